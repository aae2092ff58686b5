//! The outcome of a request, and how its response is sent: normally, or in a way that a fault asks for.

use std::io;
use std::time::Duration;

use hyper::StatusCode;
use hyper::body::Bytes;

use crate::message::{Body, Headers, Response};
use crate::socket::Socket;

/// The outcome of a request.
pub(crate) struct Outcome {
    /// `None`: the connection ends without a response.
    pub(crate) response: Option<Response>,
    pub(crate) delivery: Delivery,
    /// The request changed something, even if a fault withholds the response that reports it.
    pub(crate) side_effect: bool,
}

impl Outcome {
    /// A response that is sent normally.
    pub(crate) fn response(response: Response) -> Self {
        let side_effect = response.side_effect;
        Self { response: Some(response), delivery: Delivery::Normal, side_effect }
    }

    /// No response: the connection is closed or reset.
    pub(crate) fn no_response(delivery: Delivery) -> Self {
        Self { response: None, delivery, side_effect: false }
    }

    /// Whether the client receives less than a complete response before the connection ends.
    pub(crate) fn closes_early(&self) -> bool {
        match self.delivery {
            Delivery::Normal | Delivery::Slow { .. } | Delivery::Padded { .. } => self.response.is_none(),
            Delivery::Close | Delivery::Reset | Delivery::Truncated | Delivery::WrongLength { .. } => true,
        }
    }
}

/// How a response is sent. All but `Normal` end the connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Delivery {
    /// Completely, by hyper.
    Normal,
    /// Not at all; the connection is closed (FIN).
    Close,
    /// Not at all; the connection is reset (RST).
    Reset,
    /// The head and half of the body. Half of the head if the response has no body.
    Truncated,
    /// The head at once, then `bytes` of the body every `milliseconds`.
    Slow { milliseconds: u64, bytes: usize },
    /// With `by` added to `Content-Length`.
    WrongLength { by: i64 },
    /// With spaces after the body, up to this length.
    Padded { bytes: u64 },
}

/// The common headers of all responses, and those of this one.
pub(crate) fn response_headers(response: &Response, request_id: &str, date: String) -> Headers {
    let mut headers = Headers::new();
    headers.extend(response.body.content_type().map(|content_type| ("content-type", content_type.to_owned())));
    headers.push(("x-request-id", request_id.to_owned()));
    headers.push(("date", date));
    headers.extend(response.headers.iter().cloned());
    headers
}

/// Writes a response to the socket directly, because hyper sends valid responses only. The caller closes the
/// connection.
///
/// # Errors
///
/// The client has closed the connection.
pub(crate) async fn deliver(
    socket: &Socket,
    delivery: Delivery,
    response: Option<Response>,
    headers: &Headers,
) -> io::Result<()> {
    let Some(response) = response else {
        return if delivery == Delivery::Reset { socket.reset_on_close() } else { Ok(()) };
    };
    let status = response.status;
    let has_body = !matches!(response.body, Body::Empty);
    let body = response.body.bytes();
    let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
    match delivery {
        Delivery::Close => Ok(()),
        Delivery::Reset => socket.reset_on_close(),
        Delivery::Truncated if has_body => {
            socket.write_all(head(status, headers, Some(length), false).as_bytes()).await?;
            socket.write_all(&body[..body.len() / 2]).await
        }
        Delivery::Truncated => {
            let head = head(status, headers, None, false);
            socket.write_all(&head.as_bytes()[..head.len() / 2]).await
        }
        Delivery::WrongLength { by } => {
            let announced = length.saturating_add_signed(by);
            socket.write_all(head(status, headers, Some(announced), false).as_bytes()).await?;
            socket.write_all(&body).await
        }
        Delivery::Slow { milliseconds, bytes } => {
            let announced = has_body.then_some(length);
            socket.write_all(head(status, headers, announced, true).as_bytes()).await?;
            write_slowly(socket, &body, milliseconds, bytes).await
        }
        Delivery::Padded { bytes } if has_body => {
            let announced = length.max(bytes);
            socket.write_all(head(status, headers, Some(announced), true).as_bytes()).await?;
            socket.write_all(&body).await?;
            write_spaces(socket, announced - length).await
        }
        Delivery::Normal | Delivery::Padded { .. } => {
            let announced = has_body.then_some(length);
            socket.write_all(head(status, headers, announced, true).as_bytes()).await?;
            socket.write_all(&body).await
        }
    }
}

fn head(status: u16, headers: &Headers, content_length: Option<u64>, announces_close: bool) -> String {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
    let mut text = format!("HTTP/1.1 {status} {reason}\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(length) = content_length {
        text.push_str(&format!("content-length: {length}\r\n"));
    }
    if announces_close {
        text.push_str("connection: close\r\n");
    }
    text.push_str("\r\n");
    text
}

async fn write_slowly(socket: &Socket, body: &Bytes, milliseconds: u64, bytes: usize) -> io::Result<()> {
    for chunk in body.chunks(bytes.max(1)) {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        socket.write_all(chunk).await?;
    }
    Ok(())
}

async fn write_spaces(socket: &Socket, mut remaining: u64) -> io::Result<()> {
    const SPACES: &[u8] = &[b' '; 64 * 1024];
    while remaining > 0 {
        let length = usize::try_from(remaining).unwrap_or(usize::MAX).min(SPACES.len());
        socket.write_all(&SPACES[..length]).await?;
        remaining -= u64::try_from(length).unwrap_or(remaining);
    }
    Ok(())
}
