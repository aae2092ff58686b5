//! Accepts connections and performs their TLS handshakes.
//!
//! Each handshake runs in a separate task, so that a client that sends nothing does not block other clients.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

use super::platform::{self, Listener, Stream};

/// The time limit for a TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// The connections that have completed their TLS handshake.
pub(super) struct Connections {
    ready: mpsc::Receiver<Connection>,
    open: watch::Receiver<usize>,
}

/// Observes the number of open connections.
#[derive(Clone)]
pub(super) struct OpenConnections(watch::Receiver<usize>);

impl Connections {
    /// Accepts connections from `listener`. Without `acceptor`, the connections are in plain text.
    pub(super) fn accept(listener: Listener, acceptor: Option<TlsAcceptor>) -> Self {
        let (sender, ready) = mpsc::channel(1);
        let (count, open) = watch::channel(0);
        tokio::spawn(accept_all(listener, acceptor, sender, count));
        Self { ready, open }
    }

    /// The next connection.
    pub(super) async fn next(&mut self) -> Option<Connection> {
        self.ready.recv().await
    }

    /// Observes the number of open connections.
    pub(super) fn open(&self) -> OpenConnections {
        OpenConnections(self.open.clone())
    }
}

impl OpenConnections {
    /// Whether no connection is open.
    pub(super) fn is_none(&self) -> bool {
        *self.0.borrow() == 0
    }

    /// Returns when no connection is open.
    pub(super) async fn all_closed(mut self) {
        // An error means that the counter was dropped, and then no connection is open.
        let _ = self.0.wait_for(|open| *open == 0).await;
    }

    /// Returns when the first client has connected.
    pub(super) async fn first_connected(mut self) {
        if self.0.wait_for(|open| *open > 0).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Returns after `limit` if no client has connected by that time. Never returns otherwise.
    pub(super) async fn none_within(mut self, limit: Duration) {
        if tokio::time::timeout(limit, self.0.wait_for(|open| *open > 0)).await.is_ok() {
            std::future::pending::<()>().await;
        }
    }
}

async fn accept_all(
    listener: Listener,
    acceptor: Option<TlsAcceptor>,
    ready: mpsc::Sender<Connection>,
    open: watch::Sender<usize>,
) {
    loop {
        let stream = match platform::accept(&listener).await {
            Ok(stream) => stream,
            Err(error) => {
                log::warn!(error:% = error; "cannot accept a connection");
                // Wait before the next attempt. The usual reason is a lack of file descriptors, which lasts.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let (acceptor, ready, open) = (acceptor.clone(), ready.clone(), open.clone());
        tokio::spawn(async move {
            if let Some(stream) = secure(stream, acceptor).await {
                let _ = ready.send(Connection { stream, guard: OpenGuard::new(open) }).await;
            }
        });
    }
}

/// Performs the TLS handshake. `None`: the handshake failed, or a connection in plain text sent nothing.
async fn secure(stream: Stream, acceptor: Option<TlsAcceptor>) -> Option<PluginStream> {
    let Some(acceptor) = acceptor else {
        let is_client = tokio::time::timeout(HANDSHAKE_TIMEOUT, platform::is_client(&stream)).await;
        if is_client != Ok(true) {
            log::warn!("connection dropped: it sent nothing");
            return None;
        }
        log::debug!("client accepted in plain text");
        return Some(Either::Left(stream));
    };
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => {
            log::debug!("client accepted over mutual TLS");
            Some(Either::Right(Box::new(stream)))
        }
        Ok(Err(error)) => {
            log::warn!(error:% = error; "connection rejected: TLS handshake failed");
            None
        }
        Err(_) => {
            log::warn!("connection dropped: TLS handshake timed out");
            None
        }
    }
}

/// Counts a connection as open until it is dropped.
pub(super) struct OpenGuard(watch::Sender<usize>);

impl OpenGuard {
    fn new(open: watch::Sender<usize>) -> Self {
        open.send_modify(|count| *count += 1);
        Self(open)
    }
}

impl Drop for OpenGuard {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// In plain text, or over TLS.
type PluginStream = Either<Stream, Box<TlsStream<Stream>>>;

/// An accepted connection.
pub(super) struct Connection {
    pub(super) stream: PluginStream,
    pub(super) guard: OpenGuard,
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(120);

    #[tokio::test(start_paused = true)]
    async fn none_within_returns_without_a_client() {
        let (_count, open) = watch::channel(0);
        OpenConnections(open).none_within(LIMIT).await;
    }

    #[tokio::test(start_paused = true)]
    async fn none_within_never_returns_with_a_client() {
        let (count, open) = watch::channel(0);
        let _client = OpenGuard::new(count);
        let waiting = OpenConnections(open).none_within(LIMIT);
        assert!(tokio::time::timeout(LIMIT * 2, waiting).await.is_err());
    }
}
