//! HTTP/1.1 over TCP: accepts connections, reads requests, writes responses.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Either, Full, LengthLimitError, Limited};
use hyper::StatusCode;
use hyper::body::{Bytes, Incoming};
use hyper::header::HeaderValue;
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};

use crate::connections::{Activity, Connections};
use crate::control;
use crate::delivery::{Delivery, Outcome, deliver, response_headers};
use crate::message::{ApiError, Body, Headers, Request, Response};
use crate::service::Service;
use crate::socket::Socket;

/// Larger request bodies are refused. A seed with thousands of groups is much smaller.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// Longer heads are refused with 431.
const MAX_HEAD: usize = 64 * 1024;

type ResponseBody = Either<Full<Bytes>, UnsyncBoxBody<Bytes, serde_json::Error>>;

/// Serves until `stop` completes, then closes all open connections.
pub(crate) async fn serve(listener: TcpListener, service: Arc<Service>, stop: impl Future) {
    tokio::select! {
        () = accept(listener, service) => {}
        _ = stop => {}
    }
}

async fn accept(listener: TcpListener, service: Arc<Service>) {
    let mut connections = Connections::new(service.limits.connections);
    let mut number = 0_u64;
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    number += 1;
                    let service = Arc::clone(&service);
                    connections.add(|activity| connection(stream, number, activity, service)).await;
                }
                // Most likely the process has no free file descriptors.
                Err(_) => connections.make_room().await,
            },
            () = connections.ended() => {}
        }
    }
}

async fn connection(stream: TcpStream, number: u64, activity: Activity, service: Arc<Service>) {
    // Responses are small, and clients wait for them. Without the option they are only slower.
    let _ = stream.set_nodelay(true);
    let socket = Socket::new(stream);
    let respond = service_fn(|request| {
        let (service, socket, activity) = (Arc::clone(&service), socket.clone(), activity.clone());
        async move {
            let response = respond(&service, &socket, &activity, request, number).await;
            activity.set_idle();
            // An error makes hyper close the connection without a response.
            response.ok_or(NoResponse)
        }
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(service.limits.read_timeout).max_header_size(MAX_HEAD);
    // An error is either the client's (hyper has responded to it) or a fault that imitates a broken network.
    let _ = http.serve_connection(TokioIo::new(socket.clone()), respond).await;
}

/// The response for hyper to send; `None` if a part of it, or nothing, was written to the socket directly.
async fn respond(
    service: &Service,
    socket: &Socket,
    activity: &Activity,
    request: hyper::Request<Incoming>,
    connection: u64,
) -> Option<hyper::Response<ResponseBody>> {
    let request_id = service.next_request_id();
    let (parts, body) = request.into_parts();
    let mut request = read_head(&parts, connection);
    let read = read_body(body, service.limits.read_timeout).await.map(|body| request.body = body);
    let is_control = control::is_control_path(&request.path);
    activity.set_busy();
    // A control route needs no slot, so that a hold can be released while held requests have taken all of them.
    let slot = if is_control { None } else { activity.slot().await };
    let outcome = if is_control {
        let response = read.and_then(|()| control::handle(service, &request));
        Outcome::response(response.unwrap_or_else(|error| error.into_response(&request_id)))
    } else {
        match read {
            Ok(()) if slot.is_some() => service.handle(&request, &request_id).await,
            read => service.reject(&request, &request_id, read.err().unwrap_or_else(too_many_requests)),
        }
    };
    // By the clock of the emulator, so that a client that compares times sees only one clock.
    let date = service.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let response = outcome.response.as_ref();
    let headers = response.map(|response| response_headers(response, &request_id, date)).unwrap_or_default();
    match outcome {
        Outcome { response: Some(response), delivery: Delivery::Normal, .. } => {
            Some(hyper_response(response, &headers))
        }
        Outcome { response, delivery, .. } => {
            // An error means that the client has closed the connection.
            let _ = deliver(socket, delivery, response, &headers).await;
            None
        }
    }
}

/// The error for a request that waited for others until too many waited.
fn too_many_requests() -> ApiError {
    let message = "All connections have a request in flight, for example a held reset. Release the hold, or raise the \
                   limit of connections.";
    ApiError::new(503, "EMULATOR.0503", message).with_header("connection", Some("close".to_owned()))
}

/// Reads the body of a request.
///
/// # Errors
///
/// The body is too large, is not encoded correctly, or takes too long.
async fn read_body(body: Incoming, timeout: Duration) -> Result<Bytes, ApiError> {
    let refuse = |status, message| Err(ApiError::new(status, "APIGW.0201", message));
    let read = async {
        let (mut body, mut read) = (Limited::new(body, MAX_BODY), Vec::new());
        // Copied, because even a frame of a single byte keeps a whole buffer alive.
        while let Some(frame) = body.frame().await {
            read.extend_from_slice(&frame?.into_data().unwrap_or_default());
        }
        Ok::<_, Box<dyn Error + Send + Sync>>(Bytes::from(read))
    };
    match tokio::time::timeout(timeout, read).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            refuse(413, format!("The request body is longer than {MAX_BODY} bytes."))
        }
        Ok(Err(error)) => refuse(400, format!("The request body cannot be read: {error}.")),
        Err(_) => refuse(408, format!("The request body was not complete after {} s.", timeout.as_secs_f64())),
    }
}

/// The connection is to be closed without a response from hyper.
#[derive(Debug)]
struct NoResponse;

impl fmt::Display for NoResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request gets no response")
    }
}

impl Error for NoResponse {}

fn read_head(head: &Parts, connection: u64) -> Request {
    let headers = head.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    });
    Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        headers: headers.collect(),
        body: Bytes::new(),
        connection,
    }
}

fn hyper_response(response: Response, headers: &Headers) -> hyper::Response<ResponseBody> {
    let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut written = hyper::Response::new(match response.body {
        Body::Streamed(json) => Either::Right(json),
        body => Either::Left(Full::new(body.bytes())),
    });
    *written.status_mut() = status;
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            written.headers_mut().insert(*name, value);
        }
    }
    written
}
