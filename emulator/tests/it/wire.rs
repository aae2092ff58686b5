//! An HTTP client without any normalization, so that paths are sent exactly as the test writes them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use dms_emulator::{Emulator, demo};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use serde_json::Value;

pub(crate) const INSTANCE: &str = "/v2/0d0e0f00000000000000000000000001/instances/00000000-0000-4000-8000-00000000d305";
pub(crate) const GROUPS: &str =
    "/v2/kafka/0d0e0f00000000000000000000000001/instances/00000000-0000-4000-8000-00000000d305/groups";

/// Only a failing test waits this long.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

/// The bytes that a canonical path does not escape.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Waits for a future. Panics after [`TIMEOUT`], so that a hang fails the test.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(TIMEOUT, future).await.expect("the future must complete in time")
}

/// A client with one persistent connection.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) date: Timestamp,
    /// Additional headers, which are not signed.
    pub(crate) extra: Vec<(String, String)>,
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(sent, _)| sent == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The status and the error code.
    pub(crate) fn error(&self) -> (u16, String) {
        let code = self.json()["error_code"].as_str().map(str::to_owned);
        (self.status, code.unwrap_or_default())
    }

    /// The status and the error code in the format of the older calls of IAM.
    pub(crate) fn iam_error(&self) -> (u16, String) {
        let code = self.json()["error"]["code"].as_str().map(str::to_owned);
        (self.status, code.unwrap_or_default())
    }

    pub(crate) fn message(&self) -> String {
        self.json()["error_msg"].as_str().unwrap().to_owned()
    }
}

impl Client {
    /// A client with the key pair of the demo data and the current time.
    pub(crate) fn of(emulator: &Emulator) -> Self {
        Self::at(emulator.address())
    }

    pub(crate) fn at(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        // A missing response fails the test instead of blocking it.
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        Self {
            stream: BufReader::new(stream),
            address,
            access_key: demo::ACCESS_KEY.to_owned(),
            secret_key: demo::SECRET_KEY.to_owned(),
            date: Timestamp::now(),
            extra: Vec::new(),
        }
    }

    pub(crate) fn get(&mut self, target: &str) -> Response {
        self.signed("GET", target, "")
    }

    /// Signs all further requests with these temporary credentials.
    pub(crate) fn use_credentials(&mut self, access_key: &Value, secret_key: &Value, security_token: &Value) {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (self.access_key, self.secret_key) = (text(access_key), text(secret_key));
        self.extra = vec![("X-Security-Token".to_owned(), text(security_token))];
    }

    pub(crate) fn put(&mut self, target: &str, body: &str) -> Response {
        self.signed("PUT", target, body)
    }

    pub(crate) fn reset(&mut self, group: &str, body: &str) -> Response {
        self.put(&format!("{GROUPS}/{group}/reset-message-offset"), body)
    }

    pub(crate) fn signed(&mut self, method: &str, target: &str, body: &str) -> Response {
        self.send_signed(method, target, body);
        self.receive()
    }

    pub(crate) fn send_signed(&mut self, method: &str, target: &str, body: &str) {
        let date = self.date.strftime("%Y%m%dT%H%M%SZ").to_string();
        let authorization = self.authorization(method, target, body, &date);
        let mut headers = vec![("X-Sdk-Date".to_owned(), date), ("Authorization".to_owned(), authorization)];
        headers.extend(self.extra.clone());
        self.send(method, target, &headers, body);
    }

    pub(crate) fn unsigned(&mut self, method: &str, target: &str, body: &str) -> Response {
        self.send(method, target, &[], body);
        self.receive()
    }

    pub(crate) fn send(&mut self, method: &str, target: &str, headers: &[(String, String)], body: &str) {
        let mut text = format!("{method} {target} HTTP/1.1\r\n");
        if !headers.iter().any(|(name, _)| name == "Host") {
            text.push_str(&format!("Host: {}\r\n", self.address));
        }
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        self.stream.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// Sends bytes, and ignores that the server closes the connection.
    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        let _ = self.stream.get_mut().write_all(bytes);
    }

    /// Closes the sending side only.
    pub(crate) fn half_close(&self) {
        self.stream.get_ref().shutdown(Shutdown::Write).unwrap();
    }

    pub(crate) fn receive(&mut self) -> Response {
        let status = self.line();
        let status = status.split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else {
                break;
            };
            headers.push((name.to_lowercase(), value.to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let mut body = vec![0; length.map_or(0, |(_, value)| value.parse().unwrap())];
        self.stream.read_exact(&mut body).unwrap();
        if headers.contains(&("transfer-encoding".to_owned(), "chunked".to_owned())) {
            body = self.chunks();
        }
        Response { status, headers, body: String::from_utf8(body).unwrap() }
    }

    /// Waits until the server closes the connection (`true`) or sends a byte (`false`).
    pub(crate) fn is_closed(&mut self) -> bool {
        self.stream.read(&mut [0]).unwrap() == 0
    }

    /// Everything that the server sends until the connection ends, and the error if the connection was reset.
    pub(crate) fn read_to_end(&mut self) -> (String, std::io::Result<()>) {
        let mut bytes = Vec::new();
        let end = self.stream.read_to_end(&mut bytes);
        (String::from_utf8(bytes).unwrap(), end.map(drop))
    }

    fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let length = usize::from_str_radix(&self.line(), 16).unwrap();
            let start = body.len();
            body.resize(start + length, 0);
            self.stream.read_exact(&mut body[start..]).unwrap();
            assert_eq!(self.line(), "");
            if length == 0 {
                return body;
            }
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Signs `host` and `x-sdk-date`. The tests with the recorded requests check that the emulator accepts the
    /// signatures of real signers.
    fn authorization(&self, method: &str, target: &str, body: &str, date: &str) -> String {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = percent_encode(&percent_decode_str(path).collect::<Vec<_>>(), ESCAPED).to_string();
        let slash = if path.ends_with('/') { "" } else { "/" };
        let mut pairs: Vec<String> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| if pair.contains('=') { pair.to_owned() } else { format!("{pair}=") })
            .map(|pair| pair.replace('/', "%2F"))
            .collect();
        pairs.sort();
        let hash = |bytes: &[u8]| HEXLOWER.encode(digest(&SHA256, bytes).as_ref());
        let canonical = format!(
            "{method}\n{path}{slash}\n{}\nhost:{}\nx-sdk-date:{date}\n\nhost;x-sdk-date\n{}",
            pairs.join("&"),
            self.address,
            hash(body.as_bytes()),
        );
        let to_sign = format!("SDK-HMAC-SHA256\n{date}\n{}", hash(canonical.as_bytes()));
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret_key.as_bytes());
        let signature = HEXLOWER.encode(hmac::sign(&key, to_sign.as_bytes()).as_ref());
        let key = &self.access_key;
        format!("SDK-HMAC-SHA256 Access={key}, SignedHeaders=host;x-sdk-date, Signature={signature}")
    }
}
