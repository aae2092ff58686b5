//! HTTP/1.1 over TCP: accepts connections, reads requests, writes answers.

use crate::message::{Answer, Refusal, Request};
use crate::reply::{Delivery, Head, Reply, deliver, head};
use crate::service::Service;
use crate::socket::Socket;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::HeaderValue;
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Larger bodies are refused. A seed with thousands of groups stays far below.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// Serves until `stop` is done. Then open connections are closed, whatever they are doing.
pub(crate) async fn serve(listener: TcpListener, service: Arc<Service>, stop: impl Future) {
    tokio::select! {
        () = accept(listener, service) => {}
        _ = stop => {}
    }
}

async fn accept(listener: TcpListener, service: Arc<Service>) {
    // Dropping the set ends the connections in it.
    let mut connections = JoinSet::new();
    let mut number = 0_u64;
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    number += 1;
                    connections.spawn(connection(stream, number, Arc::clone(&service)));
                }
                // Out of file descriptors, most likely: some will be free again shortly.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, number: u64, service: Arc<Service>) {
    // Answers are small and awaited. Failing to say so costs time, nothing else.
    let _ = stream.set_nodelay(true);
    let socket = Socket::new(stream);
    let respond = service_fn(|request| {
        let (service, socket) = (Arc::clone(&service), socket.clone());
        // An error makes hyper close the connection without an answer.
        async move { respond(&service, &socket, request, number).await.ok_or(Unanswered) }
    });
    // An error is the client's (a broken request line, a connection cut off), which has been told,
    // or is meant to look like a broken network.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket.clone()), respond).await;
}

/// What hyper is to answer; `None` where the answer, or a part of it, went out past hyper.
async fn respond(
    service: &Service,
    socket: &Socket,
    request: hyper::Request<Incoming>,
    connection: u64,
) -> Option<Response<Full<Bytes>>> {
    let request_id = service.next_request_id();
    let (parts, body) = request.into_parts();
    let mut request = read_head(&parts, connection);
    let reply = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => {
            request.body = body.to_bytes();
            service.handle(&request, &request_id).await
        }
        Err(error) => {
            let message = format!("The request body cannot be read: {error}.");
            service.refuse(&request, &request_id, Refusal::new(413, "APIGW.0201", message))
        }
    };
    // The emulator's clock, not the computer's: a client that compares times must see one time.
    let date = service.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let head = reply.answer.as_ref().map(|answer| head(answer, &request_id, date)).unwrap_or_default();
    match reply {
        Reply { answer: Some(answer), delivery: Delivery::Whole, .. } => Some(write(answer, &head)),
        Reply { answer, delivery, .. } => {
            // An error is the client's, which has gone away.
            let _ = deliver(socket, delivery, answer, &head).await;
            None
        }
    }
}

/// The connection is to be closed instead of answering.
#[derive(Debug)]
struct Unanswered;

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request is not to be answered")
    }
}

impl std::error::Error for Unanswered {}

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

fn write(answer: Answer, head: &Head) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(answer.body.bytes()));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in head {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(*name, value);
        }
    }
    response
}
