//! The TCP port on the loopback interface that Terraform connects to.
//!
//! Any local process can connect. With mutual TLS, only the Terraform that started the process can use the provider.
//! Without TLS (`--debug`, `TF_DISABLE_PLUGIN_TLS`), every local process can.

use std::ffi::OsStr;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;

use tokio::net::{TcpListener, TcpStream};

use crate::tf_provider::plugin::handshake::{Address, VariableLookup, set};

const MIN_PORT: &str = "PLUGIN_MIN_PORT";
const MAX_PORT: &str = "PLUGIN_MAX_PORT";

pub(in crate::tf_provider::plugin) type Listener = TcpListener;
pub(in crate::tf_provider::plugin) type Stream = TcpStream;

/// A bound port. The listener owns it, so there is nothing to remove.
#[derive(Debug)]
pub(in crate::tf_provider::plugin) struct PluginSocket(SocketAddr);

impl PluginSocket {
    /// Listens on the first free port of those that the environment allows.
    ///
    /// # Errors
    ///
    /// If the range is not valid or no port in it is free.
    pub(in crate::tf_provider::plugin) fn bind(environment: &VariableLookup<'_>) -> io::Result<(Self, Listener)> {
        let ports = port_range(environment)?;
        let mut reason = None;
        for port in ports.clone() {
            match std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
                Ok(listener) => {
                    listener.set_nonblocking(true)?;
                    return Ok((Self(listener.local_addr()?), TcpListener::from_std(listener)?));
                }
                Err(error) => reason = Some(error),
            }
        }
        let reason = reason.map(|error| format!(" ({error})")).unwrap_or_default();
        let (first, last) = ports.into_inner();
        Err(io::Error::other(format!(
            "no port of 127.0.0.1 from {first} to {last} ({MIN_PORT} to {MAX_PORT}) is free{reason}; end programs that \
             use these ports, and try again"
        )))
    }

    /// The address for clients.
    pub(in crate::tf_provider::plugin) fn address(&self) -> Address {
        Address { network: "tcp", text: self.0.to_string() }
    }

    /// Does nothing: the port closes with the process. On Unix, this method removes the socket's files.
    pub(in crate::tf_provider::plugin) fn clean_up(self) {}
}

/// Accepts the next connection.
///
/// # Errors
///
/// If the system cannot accept one.
pub(in crate::tf_provider::plugin) async fn accept(listener: &Listener) -> io::Result<Stream> {
    let (stream, _) = listener.accept().await?;
    // Calls are small, and each waits for its response, so delaying packets to join them only costs time. A failure
    // makes them slower at most.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// Whether a connection in plain text is that of a client. A client sends first. A port scanner closes its connection
/// without sending, and must not end this process.
pub(in crate::tf_provider::plugin) async fn is_client(stream: &Stream) -> bool {
    stream.peek(&mut [0]).await.is_ok_and(|count| count > 0)
}

/// The ports that Terraform allows. As in go-plugin, an unset limit is 0, and port 0 is any free port.
fn port_range(environment: &VariableLookup<'_>) -> io::Result<RangeInclusive<u16>> {
    let limit = |name: &str| set(environment, name).map_or(Ok(0), |value| port(name, &value));
    let (first, last) = (limit(MIN_PORT)?, limit(MAX_PORT)?);
    if first > last {
        let advice = format!("increase {MAX_PORT}, or unset both variables");
        return Err(io::Error::other(format!("{MIN_PORT}={first} is greater than {MAX_PORT}={last}; {advice}")));
    }
    Ok(first..=last)
}

fn port(name: &str, value: &OsStr) -> io::Result<u16> {
    let value = value.to_string_lossy();
    value.parse().map_err(|_| io::Error::other(format!("{name} must be a port from 0 to 65535, not {value:?}")))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn environment(min: &str, max: &str) -> impl Fn(&str) -> Option<OsString> {
        let variables = [(MIN_PORT, min.to_owned()), (MAX_PORT, max.to_owned())];
        move |name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
    }

    fn bind(min: u16, max: u16) -> io::Result<(PluginSocket, Listener)> {
        PluginSocket::bind(&environment(&min.to_string(), &max.to_string()))
    }

    #[test]
    fn range_is_read_from_the_environment() {
        let range = |min, max| port_range(&environment(min, max)).map_err(|error| error.to_string());
        assert_eq!(range("10000", "25000"), Ok(10_000..=25_000));
        assert_eq!(range("", ""), Ok(0..=0));
        assert_eq!(range("", "7"), Ok(0..=7));
        assert_eq!(range("65535", "65535"), Ok(65_535..=65_535));
        let invalid = [range("2", "1"), range("7", ""), range("-1", "2"), range("1", "65536"), range(" 1", "2")];
        let invalid = invalid.map(Result::unwrap_err).join("\n");
        insta::assert_snapshot!(invalid, @r#"
        PLUGIN_MIN_PORT=2 is greater than PLUGIN_MAX_PORT=1; increase PLUGIN_MAX_PORT, or unset both variables
        PLUGIN_MIN_PORT=7 is greater than PLUGIN_MAX_PORT=0; increase PLUGIN_MAX_PORT, or unset both variables
        PLUGIN_MIN_PORT must be a port from 0 to 65535, not "-1"
        PLUGIN_MAX_PORT must be a port from 0 to 65535, not "65536"
        PLUGIN_MIN_PORT must be a port from 0 to 65535, not " 1"
        "#);
    }

    #[tokio::test]
    async fn first_free_port_of_the_range_is_used() {
        let (taken, _listener) = bind(0, 0).unwrap();
        let first = taken.0.port();
        let (next, _other) = bind(first, first.saturating_add(50)).unwrap();
        assert!(next.0.port() > first, "{next:?}");
        taken.clean_up();
        assert_eq!(next.address(), Address { network: "tcp", text: format!("127.0.0.1:{}", next.0.port()) });
    }

    #[tokio::test]
    async fn range_without_a_free_port_is_an_error() {
        let (taken, _listener) = bind(0, 0).unwrap();
        let port = taken.0.port();
        let error = bind(port, port).unwrap_err().to_string();
        let expected =
            format!("no port of 127.0.0.1 from {port} to {port} (PLUGIN_MIN_PORT to PLUGIN_MAX_PORT) is free (");
        assert!(error.starts_with(&expected), "{error}");
    }

    #[tokio::test]
    async fn client_is_a_connection_that_sends() {
        let (socket, listener) = bind(0, 0).unwrap();
        for sends in [true, false] {
            let mut client = TcpStream::connect(socket.0).await.unwrap();
            let stream = accept(&listener).await.unwrap();
            if sends {
                client.write_all(b"a").await.unwrap();
            }
            drop(client);
            assert_eq!(is_client(&stream).await, sends);
        }
    }

    #[tokio::test]
    async fn accepted_connection_does_not_delay_packets() {
        let (socket, listener) = bind(0, 0).unwrap();
        let mut client = TcpStream::connect(socket.0).await.unwrap();
        let mut stream = accept(&listener).await.unwrap();
        assert!(stream.nodelay().unwrap());
        client.write_all(b"a").await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'a');
    }
}
