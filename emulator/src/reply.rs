//! What becomes of an answer on its way out: whole as a rule, and otherwise where a fault says so.

use crate::message::{Answer, Body};
use crate::socket::Socket;
use hyper::StatusCode;
use hyper::body::Bytes;
use std::io;
use std::time::Duration;

/// The end of a request.
pub(crate) struct Reply {
    /// None: the connection is closed without a byte.
    pub(crate) answer: Option<Answer>,
    pub(crate) delivery: Delivery,
    /// The request changed what it was to change.
    pub(crate) side_effect: bool,
}

impl Reply {
    /// An answer that goes out as it should.
    pub(crate) fn of(answer: Answer) -> Self {
        Self { answer: Some(answer), delivery: Delivery::Whole, side_effect: false }
    }

    /// No answer: the connection is closed in order, or reset.
    pub(crate) fn none(delivery: Delivery) -> Self {
        Self { answer: None, delivery, side_effect: false }
    }

    /// The client gets less than the answer announced, or nothing.
    pub(crate) fn cut_off(&self) -> bool {
        match self.delivery {
            Delivery::Whole | Delivery::Slow { .. } | Delivery::Padded { .. } => self.answer.is_none(),
            Delivery::Closed | Delivery::Reset | Delivery::Half | Delivery::WrongLength { .. } => true,
        }
    }
}

/// How an answer goes out. All but the first end the connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Delivery {
    /// As it should.
    Whole,
    /// Not at all; the connection ends in order (FIN).
    Closed,
    /// Not at all; the connection is reset (RST).
    Reset,
    /// Head and half of the body. Without a body: half of the head.
    Half,
    /// The head at once, then `bytes` of the body every `milliseconds`.
    Slow { milliseconds: u64, bytes: usize },
    /// `Content-Length` is wrong by this much.
    WrongLength { by: i64 },
    /// White space after the body, until it has this length.
    Padded { bytes: u64 },
}

/// What of an answer's head does not depend on its delivery.
pub(crate) type Head = Vec<(&'static str, String)>;

/// The headers of an answer: those that all have, then its own.
pub(crate) fn head(answer: &Answer, request_id: &str, date: String) -> Head {
    let mut head = Head::new();
    head.extend(answer.body.content_type().map(|content_type| ("content-type", content_type.to_owned())));
    head.push(("x-request-id", request_id.to_owned()));
    head.push(("date", date));
    head.extend(answer.headers.iter().cloned());
    head
}

/// Delivers an answer past hyper, which could not write it so. The caller closes the connection.
pub(crate) async fn deliver(
    socket: &Socket,
    delivery: Delivery,
    answer: Option<Answer>,
    head: &Head,
) -> io::Result<()> {
    let Some(answer) = answer else {
        return if delivery == Delivery::Reset { socket.reset_on_close() } else { Ok(()) };
    };
    let status = answer.status;
    let has_body = !matches!(answer.body, Body::Empty);
    let body = answer.body.bytes();
    let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
    match delivery {
        Delivery::Closed => Ok(()),
        Delivery::Reset => socket.reset_on_close(),
        Delivery::Half if has_body => {
            socket.write_all(write_head(status, head, Some(length), false).as_bytes()).await?;
            socket.write_all(&body[..body.len() / 2]).await
        }
        Delivery::Half => {
            let head = write_head(status, head, None, false);
            socket.write_all(&head.as_bytes()[..head.len() / 2]).await
        }
        Delivery::WrongLength { by } => {
            let announced = length.saturating_add_signed(by);
            socket.write_all(write_head(status, head, Some(announced), false).as_bytes()).await?;
            socket.write_all(&body).await
        }
        Delivery::Slow { milliseconds, bytes } => {
            let announced = has_body.then_some(length);
            socket.write_all(write_head(status, head, announced, true).as_bytes()).await?;
            dribble(socket, &body, milliseconds, bytes).await
        }
        Delivery::Padded { bytes } if has_body => {
            let announced = length.max(bytes);
            socket.write_all(write_head(status, head, Some(announced), true).as_bytes()).await?;
            socket.write_all(&body).await?;
            pad(socket, announced - length).await
        }
        Delivery::Whole | Delivery::Padded { .. } => {
            let announced = has_body.then_some(length);
            socket.write_all(write_head(status, head, announced, true).as_bytes()).await?;
            socket.write_all(&body).await
        }
    }
}

fn write_head(status: u16, head: &Head, length: Option<u64>, says_close: bool) -> String {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
    let mut text = format!("HTTP/1.1 {status} {reason}\r\n");
    for (name, value) in head {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(length) = length {
        text.push_str(&format!("content-length: {length}\r\n"));
    }
    if says_close {
        text.push_str("connection: close\r\n");
    }
    text.push_str("\r\n");
    text
}

async fn dribble(socket: &Socket, body: &Bytes, milliseconds: u64, bytes: usize) -> io::Result<()> {
    for chunk in body.chunks(bytes.max(1)) {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        socket.write_all(chunk).await?;
    }
    Ok(())
}

async fn pad(socket: &Socket, mut missing: u64) -> io::Result<()> {
    const SPACE: &[u8] = &[b' '; 64 * 1024];
    while missing > 0 {
        let length = usize::try_from(missing).unwrap_or(usize::MAX).min(SPACE.len());
        socket.write_all(&SPACE[..length]).await?;
        missing -= u64::try_from(length).unwrap_or(missing);
    }
    Ok(())
}
