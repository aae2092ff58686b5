//! A proxy between the provider and an emulator, which forwards requests unchanged and mutates responses. The mutations
//! depend only on a seed and the request, not on the order of requests.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, RwLock};

use fastrand::Rng;
use serde_json::Value;

use super::mutation::{Fate, Response, mutate};

/// The mutations of one case, and what the proxy recorded.
#[derive(Default)]
pub(super) struct Case {
    /// `None`: every response is forwarded unchanged.
    pub(super) seed: Option<u64>,
    /// The resets received: path and body.
    pub(super) resets: Vec<(String, Value)>,
    /// The resets forwarded.
    pub(super) signatures: Vec<String>,
    /// The mutations, to print with a failure.
    pub(super) changes: Vec<String>,
    counts: HashMap<String, u64>,
    responses: Vec<Response>,
}

/// The proxy of one case.
pub(super) struct Proxy {
    address: SocketAddr,
    pub(super) case: Arc<Mutex<Case>>,
    /// Read while a request is forwarded, so that none is forwarded after the end.
    is_over: Arc<RwLock<bool>>,
}

impl Proxy {
    pub(super) fn start(emulator: SocketAddr, seed: Option<u64>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let case = Arc::new(Mutex::new(Case { seed, ..Case::default() }));
        let is_over = Arc::new(RwLock::new(false));
        let shared = (Arc::clone(&case), Arc::clone(&is_over));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (case, is_over) = shared.clone();
                if *is_over.read().unwrap() {
                    break;
                }
                // It ends with its connection. Errors of the client or the emulator are expected.
                std::thread::spawn(move || drop(serve(&stream, emulator, &case, &is_over)));
            }
        });
        Self { address, case, is_over }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits for the requests that are being forwarded, and ends the proxy. A request that the provider sent before its
    /// time limit can arrive later. It must not change the next case.
    pub(super) fn end(&self) {
        *self.is_over.write().unwrap() = true;
        // Wakes the thread that waits for connections.
        drop(TcpStream::connect(self.address));
    }
}

/// A message as received, with headers as lines of `name: value`.
struct Message {
    start: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Message {
    fn read(reader: &mut impl BufRead) -> std::io::Result<Option<Self>> {
        let mut lines = Vec::new();
        loop {
            let mut line = Vec::new();
            if reader.read_until(b'\n', &mut line)? == 0 {
                return Ok(None);
            }
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            if line.is_empty() {
                break;
            }
            lines.push(line);
        }
        let headers: Vec<(String, String)> = lines[1..]
            .iter()
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
        reader.read_exact(&mut body)?;
        Ok(Some(Self { start: lines.swap_remove(0), headers, body }))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

fn serve(client: &TcpStream, emulator: SocketAddr, case: &Mutex<Case>, is_over: &RwLock<bool>) -> std::io::Result<()> {
    let service = TcpStream::connect(emulator)?;
    for stream in [client, &service] {
        stream.set_nodelay(true)?;
    }
    let (mut requests, mut responses) = (BufReader::new(client), BufReader::new(&service));
    while let Some(request) = Message::read(&mut requests)? {
        let is_over = is_over.read().unwrap();
        if *is_over {
            return Ok(());
        }
        let signature = request.header("authorization").rsplit_once("Signature=").map_or("", |(_, it)| it).to_owned();
        let (fate, mut random) = observe(&mut case.lock().unwrap(), &request, &signature);
        if matches!(fate, Some(Fate::RequestLost)) {
            return Ok(());
        }
        let response = match fate {
            Some(Fate::Ignored | Fate::Refused) => Response { status: 204, headers: Vec::new(), body: Vec::new() },
            _ => forward(&service, &mut responses, &request)?,
        };
        drop(is_over);
        let mut changed = response.clone();
        if let Some(fate) = fate {
            mutate(fate, &mut changed, &mut random, &signature);
        }
        let mut case = case.lock().unwrap();
        if let (Some(Fate::Other), Some(other)) = (fate, random.choice(&case.responses)) {
            changed = other.clone();
        }
        case.responses.push(response);
        if let Some(fate) = fate {
            let body: String = String::from_utf8_lossy(&changed.body).chars().take(600).collect();
            let header = |(name, value): &(String, Vec<u8>)| format!(" {name}={:?}", String::from_utf8_lossy(value));
            let headers: String = changed.headers.iter().map(header).collect();
            case.changes.push(format!("{} → {fate:?} {} {body:?}{headers}", request.start, changed.status));
        }
        drop(case);
        if matches!(fate, Some(Fate::ResponseLost)) {
            return Ok(());
        }
        send(client, &changed)?;
    }
    Ok(())
}

/// Records the request, and decides what happens to it.
fn observe(case: &mut Case, request: &Message, signature: &str) -> (Option<Fate>, Rng) {
    case.signatures.push(signature.to_owned());
    let is_reset = request.start.starts_with("PUT ");
    if is_reset {
        let path = request.start.split(' ').nth(1).unwrap().to_owned();
        case.resets.push((path, serde_json::from_slice(&request.body).unwrap()));
    }
    let count = case.counts.entry(request.start.clone()).or_default();
    *count += 1;
    // FNV-1a: the same case on every machine and with every release of Rust.
    let text = format!("{:?} {} {count}", case.seed, request.start);
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mut random = Rng::with_seed(hash);
    let chance: f64 = case.seed.map_or(0.0, |seed| [0.05, 0.15, 0.4][seed as usize % 3]);
    let fate = match is_reset {
        true => (random.f64() < chance.max(0.3)).then(|| Fate::choose_for_reset(&mut random)),
        false => (random.f64() < chance).then(|| Fate::choose(&mut random)),
    };
    let fate = fate.filter(|_| case.seed.is_some());
    (fate, random)
}

fn forward(mut service: &TcpStream, responses: &mut impl BufRead, request: &Message) -> std::io::Result<Response> {
    let mut head = format!("{}\r\n", request.start);
    for (name, value) in &request.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    service.write_all(&[head.as_bytes(), b"\r\n", &request.body].concat())?;
    let response = Message::read(responses)?.ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let status = response.start.split(' ').nth(1).unwrap().parse().unwrap();
    let own = ["content-length", "connection", "transfer-encoding"];
    let headers = response.headers.into_iter().filter(|(name, _)| !own.contains(&name.as_str()));
    Ok(Response {
        status,
        headers: headers.map(|(name, value)| (name, value.into_bytes())).collect(),
        body: response.body,
    })
}

fn send(mut client: &TcpStream, response: &Response) -> std::io::Result<()> {
    let mut bytes = format!("HTTP/1.1 {} X\r\n", response.status).into_bytes();
    for (name, value) in &response.headers {
        bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    if !matches!(response.status, 204 | 304) {
        bytes.extend(format!("content-length: {}\r\n", response.body.len()).into_bytes());
    }
    bytes.extend(b"\r\n");
    if !matches!(response.status, 204 | 304) {
        bytes.extend(&response.body);
    }
    client.write_all(&bytes)
}
