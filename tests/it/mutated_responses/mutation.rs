//! Mutations of responses: missing, duplicate or wrong members, truncated bodies, other statuses and headers, secrets
//! and unprintable characters.

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use dms_emulator::demo;
use fastrand::Rng;
use serde_json::Value;

/// The security token of every request.
pub(super) const TOKEN: &str = "MUTATED/SECURITY+TOKEN.0123456789==";

/// An response on the wire. Sending adds the length and connection headers.
#[derive(Clone, Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
}

/// What happens to one request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    Body,
    Bytes,
    Status,
    Header,
    /// The response of an earlier request.
    Other,
    /// Served, but the response is lost.
    ResponseLost,
    /// Neither served nor responded to.
    RequestLost,
    /// Not served, with a response as if it had been.
    Ignored,
    /// Not served, with another status.
    Refused,
}

impl Fate {
    pub(super) fn choose(random: &mut Rng) -> Self {
        match random.u8(0..100) {
            0..58 => Self::Body,
            58..66 => Self::Bytes,
            66..75 => Self::Status,
            75..84 => Self::Header,
            84..88 => Self::Other,
            88..92 => Self::ResponseLost,
            92..96 => Self::RequestLost,
            _ => Self::Refused,
        }
    }

    /// For a reset, where it matters most whether it was served.
    pub(super) fn choose_for_reset(random: &mut Rng) -> Self {
        match random.u8(0..10) {
            0..3 => Self::Ignored,
            3 | 4 => Self::Refused,
            5 => Self::RequestLost,
            6 => Self::ResponseLost,
            7 => Self::Status,
            _ => Self::choose(random),
        }
    }
}

/// A text that contains a secret in some form.
fn secret(random: &mut Rng, signature: &str) -> String {
    let secret = *random.choice(&[demo::SECRET_KEY, TOKEN, signature]).expect("a secret");
    let secret = if secret.is_empty() { TOKEN } else { secret };
    match random.u8(0..9) {
        0 => secret.to_owned(),
        1 => format!("Basic {}", BASE64.encode(format!("user:{secret}").as_bytes())),
        2 => BASE64URL_NOPAD.encode(secret.as_bytes()),
        3 => HEXLOWER.encode(secret.as_bytes()),
        4 => HEXUPPER.encode(secret.as_bytes()),
        5 => secret.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        6 => secret[..random.usize(16..=secret.len())].to_owned(),
        7 => format!("SDK-HMAC-SHA256 Access={}, Signature={signature}", demo::ACCESS_KEY),
        _ => format!("x-security-token:{}", secret.replace('/', "\\/")),
    }
}

const HOSTILE: [&str; 14] = [
    "\u{202e}evil",
    "a\u{200b}\u{200e}\u{200f}b",
    "\u{e0041}\u{e0042}",
    "\u{1b}[2J\u{1b}]0;title\u{7}",
    "\u{feff}x\u{61c}",
    "\u{9b}31m",
    "\0",
    "line\r\nbreak\u{2028}x",
    "\u{2066}\u{2069}\u{e000}\u{10ffff}",
    "../../x",
    "orders\u{ad}",
    "a/b c%2F#?",
    "",
    " ",
];

/// Any value, most often an almost valid one.
fn value(random: &mut Rng, signature: &str) -> Value {
    const NUMBERS: [&str; 14] = [
        "0",
        "-1",
        "1",
        "50.0",
        "1.5",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "1e400",
        "123456789012345678901234567890",
        "150",
        "4000000100",
        "1704067320000",
        "2147483648",
    ];
    let number = *random.choice(&NUMBERS).expect("a number");
    match random.u8(0..14) {
        0 => Value::Null,
        1 => random.bool().into(),
        2 | 3 => serde_json::from_str(number).expect("a number"),
        4 => number.into(),
        5..=7 => secret(random, signature).into(),
        8..=10 => (*random.choice(&HOSTILE).expect("a text")).into(),
        11 => {
            random.choice(&["orders", "payments", "STABLE", "EMPTY", "DEAD", "FAILED", "SUCCESS", "x"]).copied().into()
        }
        12 => "long ".repeat(random.usize(1..5_000)).into(),
        _ => {
            if random.bool() {
                Value::Array(Vec::new())
            } else {
                Value::Object(serde_json::Map::new())
            }
        }
    }
}

/// The path of every member in the value.
fn places(value: &Value, here: &[String], found: &mut Vec<Vec<String>>) {
    let mut visit = |name: String, inner: &Value| {
        let place = [here, &[name]].concat();
        found.push(place.clone());
        places(inner, &place, found);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, inner)| visit(name.clone(), inner)),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, inner)| visit(index.to_string(), inner)),
        _ => {}
    }
}

fn change(body: &mut Value, random: &mut Rng, signature: &str) {
    let mut found = Vec::new();
    places(body, &[], &mut found);
    let Some(place) = random.choice(&found).cloned() else {
        *body = value(random, signature);
        return;
    };
    let (name, parents) = place.split_last().expect("a place has a name");
    let parent = parents.iter().try_fold(body, |value, name| match value {
        Value::Object(members) => members.get_mut(name),
        Value::Array(items) => items.get_mut(name.parse::<usize>().ok()?),
        _ => None,
    });
    match parent.expect("it was found there") {
        Value::Object(members) => match random.u8(0..10) {
            0 | 1 => drop(members.remove(name)),
            2 => {
                let value = members.remove(name).expect("the member exists");
                members.insert(format!("{name}_x"), value);
            }
            3 => {
                // As another service would encode it.
                let value = members[name].clone();
                members[name] = if value.is_string() { Value::Null } else { value.to_string().into() };
            }
            4 => {
                let neighbours: Vec<Value> = members.values().cloned().collect();
                members[name] = random.choice(&neighbours).expect("itself").clone();
            }
            _ => members[name] = value(random, signature),
        },
        Value::Array(items) => {
            let index: usize = name.parse().expect("an index");
            match random.u8(0..6) {
                0 => drop(items.remove(index)),
                1 => items.insert(index, items[index].clone()),
                2 => {
                    let other = random.usize(0..items.len());
                    items.swap(index, other);
                }
                3 => items.extend(vec![items[index].clone(); random.usize(1..200)]),
                4 => items.truncate(index),
                _ => items[index] = value(random, signature),
            }
        }
        _ => {}
    }
}

/// Applies the fate to the response of the service.
pub(super) fn mutate(fate: Fate, response: &mut Response, random: &mut Rng, signature: &str) {
    match fate {
        Fate::Body => {
            let mut body = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
            (0..random.u8(1..=3)).for_each(|_| change(&mut body, random, signature));
            response.body = body.to_string().into_bytes();
            if response.status == 204 {
                response.status = 200;
            }
        }
        Fate::Bytes => mutate_bytes(response, random, signature),
        Fate::Status | Fate::Refused => mutate_status(response, random, signature),
        Fate::Header => {
            let text = match random.bool() {
                true => secret(random, signature),
                false => random.choice(&HOSTILE).expect("a text").chars().filter(|it| !it.is_ascii_control()).collect(),
            };
            let name = ["x-request-id", "content-type", "content-encoding", "retry-after", "location", "date"];
            let name = *random.choice(&name).expect("a name");
            response.headers.retain(|(known, _)| known != name);
            response.headers.push((name.to_owned(), text.into_bytes()));
        }
        Fate::Other | Fate::ResponseLost | Fate::RequestLost | Fate::Ignored => {}
    }
}

fn mutate_bytes(response: &mut Response, random: &mut Rng, signature: &str) {
    let length = response.body.len();
    match random.u8(0..7) {
        0 => response.body.truncate(random.usize(0..=length)),
        1 if length > 0 => (0..random.u8(1..10)).for_each(|_| response.body[random.usize(0..length)] = random.u8(..)),
        2 => response.body.clear(),
        3 => response.body.extend_from_within(..),
        4 => response.body = format!("<html>{}\u{202e}</html>", secret(random, signature)).into_bytes(),
        5 => response.body = secret(random, signature).into_bytes(),
        _ => response.body = b"\x1f\x8b\x08\0\0\0\0\0".to_vec(),
    }
    if response.status == 204 && !response.body.is_empty() {
        response.status = 200;
    }
}

fn mutate_status(response: &mut Response, random: &mut Rng, signature: &str) {
    const STATUSES: [u16; 20] =
        [200, 201, 202, 204, 206, 301, 302, 304, 400, 401, 403, 404, 405, 408, 409, 429, 500, 502, 503, 504];
    response.status = *random.choice(&STATUSES).expect("a status");
    if random.bool() {
        let text = match random.bool() {
            true => secret(random, signature),
            false => (*random.choice(&HOSTILE).expect("a text")).to_owned(),
        };
        let codes = ["DMS.00404022", "DMS.111400864", "APIGW.0301", "DMS.00400017", "X\u{202e}", ""];
        let code = *random.choice(&codes).expect("a code");
        response.body = serde_json::json!({ "error_code": code, "error_msg": text }).to_string().into_bytes();
    }
    if (300..400).contains(&response.status) {
        let location = format!("http://{}.example/{}", HEXLOWER.encode(&TOKEN.as_bytes()[..20]), demo::SECRET_KEY);
        response.headers.push(("location".to_owned(), location.into_bytes()));
    }
    if response.status == 204 {
        response.body.clear();
    }
}
