//! A TCP server for tests that records the raw bytes of each request and sends given responses.
//!
//! It parses only as much HTTP as it needs to find the end of a request, and shares no code with the client.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use super::client::{Builder, Client};
use super::credentials::{Chain, Source, StaticCredentials};
use super::endpoint::EndpointSettings;
use super::region::Region;
use super::system::{Clock, Environment, System};

/// Access key, secret key, token and date of the signing vectors.
pub(super) const ACCESS_KEY: &str = "FAKEAK0123456789ABCD";
pub(super) const SECRET_KEY: &str = "FakeSk/0123456789+abcdefghijklmnopqrstuv";
pub(super) const TOKEN: &str = "FAKE.SECURITY/TOKEN+0123456789==";
pub(super) const DATE: &str = "20240115T081530Z";

/// The time limit of every wait for the peer, so that a fault fails the test instead of blocking it. In Wine, the
/// thousands of requests of some tests take longer.
pub(super) const HANG_TIMEOUT: Duration = Duration::from_secs(if cfg!(windows) { 120 } else { 10 });

/// A received request.
#[derive(Clone, Debug)]
pub(super) struct Captured {
    /// The number of the connection, from 0.
    pub(super) connection: usize,
    /// Request line and headers, without line ends.
    pub(super) lines: Vec<String>,
    pub(super) body: Vec<u8>,
}

impl Captured {
    pub(super) fn line(&self) -> &str {
        &self.lines[0]
    }

    /// The value of a header, which must not occur twice.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.lines[1..].iter().filter_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        });
        let first = found.next();
        assert_eq!(found.next(), None, "{name} occurs twice");
        first
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// The reaction to a request.
pub(super) enum Reply {
    /// Send these bytes and keep the connection open.
    Send(Vec<u8>),
    /// Send these bytes and close the connection.
    SendAndClose(Vec<u8>),
    /// Send nothing and keep the connection open until the client closes it, for at most [`HANG_TIMEOUT`].
    Silence,
}

/// A response with a body and its length.
pub(super) fn http_response(status: &str, headers: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Send(format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}").into_bytes())
}

/// The response to an accepted reset.
pub(super) fn accepted() -> Reply {
    Reply::Send(b"HTTP/1.1 204 No Content\r\nX-Request-Id: req-1\r\n\r\n".to_vec())
}

/// Listens on a free port of 127.0.0.1 until the process ends.
pub(super) struct TestServer {
    pub(super) address: SocketAddr,
    captured: Arc<Mutex<Vec<Captured>>>,
}

impl TestServer {
    /// `reply` is called for each request, on the thread of its connection.
    pub(super) fn start(reply: impl Fn(&Captured) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let captured = Arc::new(Mutex::new(Vec::new()));
        let (reply, seen) = (Arc::new(reply), Arc::clone(&captured));
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().enumerate() {
                let (reply, seen) = (Arc::clone(&reply), Arc::clone(&seen));
                thread::spawn(move || serve(connection, stream.unwrap(), &*reply, &seen));
            }
        });
        Self { address, captured }
    }

    pub(super) fn requests(&self) -> Vec<Captured> {
        self.captured.lock().unwrap().clone()
    }

    pub(super) fn only_request(&self) -> Captured {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:#?}");
        requests.remove(0)
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Settings of a client that sends all requests to this server.
    pub(super) fn client(&self) -> Builder {
        builder(&self.url(), &[])
    }
}

/// The text with `[port]` in place of the port of each test server.
pub(super) fn mask_ports(text: &str) -> String {
    let mut parts = text.split("127.0.0.1:");
    let start = parts.next().unwrap_or_default().to_owned();
    parts.fold(start, |text, part| {
        text + "127.0.0.1:[port]" + part.trim_start_matches(|character: char| character.is_ascii_digit())
    })
}

/// Settings of a client with fixed credentials, a fixed clock and these environment variables, which sends all requests
/// to `url`.
pub(super) fn builder(url: &str, variables: &[(&str, &str)]) -> Builder {
    let environment: Environment = variables.iter().copied().collect();
    let credentials = StaticCredentials::new(Some(ACCESS_KEY), Some(SECRET_KEY.into()), Some(TOKEN.into())).unwrap();
    Client::builder()
        .region(Region::parse("cn-north-4").unwrap())
        .credentials(Chain::new(vec![Source::Static(credentials)]))
        .endpoints(EndpointSettings {
            custom: ["dms", "iam"].map(|service| (service.to_owned(), url.to_owned())).into(),
            ..EndpointSettings::default()
        })
        // Tests of retries set another value.
        .max_retries(0)
        .system(System::new(Arc::new(FixedClock), environment))
}

/// Always [`DATE`].
#[derive(Debug)]
struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        "2024-01-15T08:15:30Z".parse().unwrap()
    }
}

fn serve(connection: usize, stream: TcpStream, reply: &dyn Fn(&Captured) -> Reply, seen: &Mutex<Vec<Captured>>) {
    stream.set_read_timeout(Some(HANG_TIMEOUT)).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    while let Some(captured) = read(connection, &mut reader) {
        seen.lock().unwrap().push(captured.clone());
        match reply(&captured) {
            Reply::Send(bytes) => {
                if writer.write_all(&bytes).is_err() {
                    return;
                }
            }
            Reply::SendAndClose(bytes) => {
                // Ignored: the client may have closed the connection already.
                drop(writer.write_all(&bytes));
                return;
            }
            Reply::Silence => {
                drop(reader.read(&mut [0]));
                return;
            }
        }
    }
}

/// The next request. `None`: the client has closed the connection, or has sent nothing within [`HANG_TIMEOUT`].
fn read(connection: usize, reader: &mut impl BufRead) -> Option<Captured> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end_matches("\r\n");
        if line.is_empty() {
            break;
        }
        lines.push(line.to_owned());
    }
    let mut captured = Captured { connection, lines, body: Vec::new() };
    let length = captured.header("content-length").map_or(0, |length| length.parse().unwrap());
    captured.body.resize(length, 0);
    reader.read_exact(&mut captured.body).ok()?;
    Some(captured)
}
