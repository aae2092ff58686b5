//! Accepts connections and hands them to the server when their TLS handshake is done.
//!
//! Handshakes run in tasks of their own: a client that connects and then says nothing keeps nobody else out.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long a client may take for its TLS handshake.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// The connections that are ready to serve, one after the other.
pub(super) struct Connections {
    ready: mpsc::Receiver<Connection>,
    open: watch::Receiver<usize>,
}

/// Tells when the last connection is closed.
#[derive(Clone)]
pub(super) struct Open(watch::Receiver<usize>);

impl Connections {
    /// Starts to accept from `listener`; with an acceptor over TLS, without one in plain text.
    pub(super) fn accept(listener: UnixListener, acceptor: Option<TlsAcceptor>) -> Self {
        let (sender, ready) = mpsc::channel(1);
        let (count, open) = watch::channel(0);
        tokio::spawn(accept_all(listener, acceptor, sender, count));
        Self { ready, open }
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Option<Connection> {
        self.ready.recv().await
    }

    /// Watches the connections handed out.
    pub(super) fn open(&self) -> Open {
        Open(self.open.clone())
    }
}

impl Open {
    /// Whether no connection is open.
    pub(super) fn is_none(&self) -> bool {
        *self.0.borrow() == 0
    }

    /// Returns when no connection is open.
    pub(super) async fn all_closed(mut self) {
        // An error means that nobody counts any more: nothing is open then either.
        let _ = self.0.wait_for(|open| *open == 0).await;
    }

    /// Returns when the first client was let in.
    pub(super) async fn first_came(mut self) {
        if self.0.wait_for(|open| *open > 0).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Returns after `limit` if no connection was made until then, and never otherwise.
    pub(super) async fn nobody_came_within(mut self, limit: Duration) {
        if tokio::time::timeout(limit, self.0.wait_for(|open| *open > 0)).await.is_ok() {
            std::future::pending::<()>().await;
        }
    }
}

async fn accept_all(
    listener: UnixListener,
    acceptor: Option<TlsAcceptor>,
    ready: mpsc::Sender<Connection>,
    open: watch::Sender<usize>,
) {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                log::warn!(error:% = error; "a connection could not be accepted");
                // Out of file descriptors, most likely: trying again at once would only spin.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let (acceptor, ready, open) = (acceptor.clone(), ready.clone(), open.clone());
        tokio::spawn(async move {
            if let Some(transport) = secure(stream, acceptor).await {
                let _ = ready.send(Connection { transport, _counted: Counted::new(open) }).await;
            }
        });
    }
}

async fn secure(stream: UnixStream, acceptor: Option<TlsAcceptor>) -> Option<Transport> {
    let Some(acceptor) = acceptor else {
        log::debug!("client accepted in plain text");
        return Some(Transport::Plain(stream));
    };
    match tokio::time::timeout(HANDSHAKE_TIME, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => {
            log::debug!("client accepted over mutual TLS");
            Some(Transport::Tls(Box::new(stream)))
        }
        Ok(Err(error)) => {
            log::warn!(error:% = error; "a connection was refused: its TLS handshake failed");
            None
        }
        Err(_) => {
            log::warn!("a connection was dropped: its TLS handshake took too long");
            None
        }
    }
}

/// Counts a connection as long as it lives.
struct Counted(watch::Sender<usize>);

impl Counted {
    fn new(open: watch::Sender<usize>) -> Self {
        open.send_modify(|count| *count += 1);
        Self(open)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

enum Transport {
    Plain(UnixStream),
    Tls(Box<TlsStream<UnixStream>>),
}

/// A connection that may talk to the provider.
pub(super) struct Connection {
    transport: Transport,
    _counted: Counted,
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_read(context, into),
            Transport::Tls(stream) => Pin::new(stream).poll_read(context, into),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Transport::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Transport::Tls(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.transport {
            Transport::Plain(stream) => stream.is_write_vectored(),
            Transport::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_flush(context),
            Transport::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Transport::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(120);

    #[tokio::test(start_paused = true)]
    async fn process_that_nobody_connects_to_is_told_so() {
        let (_count, open) = watch::channel(0);
        Open(open).nobody_came_within(LIMIT).await;
    }

    #[tokio::test(start_paused = true)]
    async fn process_that_has_a_client_may_wait_for_ever() {
        let (count, open) = watch::channel(0);
        let _client = Counted::new(count);
        let waiting = Open(open).nobody_came_within(LIMIT);
        assert!(tokio::time::timeout(LIMIT * 2, waiting).await.is_err());
    }
}
