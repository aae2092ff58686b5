//! Signatures made by the official SDKs, as they are and each altered in one place.

use super::*;
use hyper::body::Bytes;
use serde_json::Value;

/// Signatures made by running the official SDKs; the file says how each was made.
fn vectors() -> Vec<Vector> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/signing/vectors.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let all = ["vectors", "go_vectors"].map(|list| file[list].as_array().unwrap().clone());
    all.concat().iter().map(Vector::read).collect()
}

fn accept(request: &Request, credentials: &BTreeMap<String, Credential>, now: Timestamp) -> Result<(), Denied> {
    check(request, credentials, now).map(|_| ())
}

struct Vector {
    name: String,
    wire: Wire,
    credentials: BTreeMap<String, Credential>,
    now: Timestamp,
    canonical: String,
}

#[derive(Clone)]
struct Wire {
    method: String,
    path: String,
    query: Option<String>,
    headers: Vec<(String, String)>,
    body: String,
}

impl Wire {
    fn request(self) -> Request {
        let Self { method, path, query, headers, body } = self;
        Request { method, path, query, headers, body: Bytes::from(body), connection: 1 }
    }

    fn header(&mut self, name: &str) -> &mut String {
        &mut self.headers.iter_mut().find(|(sent, _)| sent == name).unwrap().1
    }
}

impl Vector {
    fn read(json: &Value) -> Self {
        let text = |key: &str| json[key].as_str().unwrap().to_owned();
        let mut headers = Vec::new();
        for (name, value) in json["expected"]["headers_to_send"].as_object().unwrap() {
            headers.push((name.to_lowercase(), value.as_str().unwrap().to_owned()));
        }
        let token = headers.iter().find(|(name, _)| name == "x-security-token");
        let credential = Credential {
            secret_key: text("secret_key"),
            security_token: token.map(|(_, value)| value.clone()),
            ..Credential::default()
        };
        Self {
            name: text("name"),
            wire: Wire {
                method: text("method"),
                path: text("path"),
                query: Some(text("wire_query")).filter(|query| !query.is_empty()),
                headers,
                body: json["body"].as_str().unwrap_or_default().to_owned(),
            },
            credentials: BTreeMap::from([(text("access_key"), credential)]),
            now: parse_date(&text("x_sdk_date")).unwrap(),
            canonical: json["expected"]["canonical_request"].as_str().unwrap().to_owned(),
        }
    }

    fn check(&self, wire: Wire) -> Result<(), Denied> {
        accept(&wire.request(), &self.credentials, self.now)
    }

    fn altered(&self, alter: impl FnOnce(&mut Wire)) -> Result<(), Denied> {
        let mut wire = self.wire.clone();
        alter(&mut wire);
        self.check(wire)
    }
}

#[test]
fn signatures_of_the_official_sdks_are_accepted() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 33, "29 of the Python SDK, 4 of the Go SDKs");
    for vector in vectors {
        assert_eq!(vector.check(vector.wire.clone()), Ok(()), "{}", vector.name);
    }
}

#[test]
fn canonical_requests_are_those_of_the_official_sdks() {
    for vector in vectors() {
        let request = vector.wire.clone().request();
        let claim = Claim::of(&request).unwrap();
        let headers = claim.headers(&request).unwrap();
        let hash = payload_hash(&request, &claim).unwrap();
        assert_eq!(Canonical::of(&request, &headers, &hash).text, vector.canonical, "{}", vector.name);
    }
}

#[test]
fn any_alteration_of_a_signed_request_is_refused() {
    for vector in vectors() {
        let name = &vector.name;
        let wrong = |result: Result<(), Denied>, what: &str| match result {
            Err(Denied::WrongSignature { .. }) => {}
            other => panic!("{name}, {what} altered: {other:?}"),
        };
        wrong(vector.altered(|wire| wire.method = "POST".to_owned()), "method");
        wrong(vector.altered(|wire| wire.path.push('x')), "path");
        wrong(vector.altered(|wire| wire.path.insert(0, '/')), "path");
        wrong(vector.altered(|wire| wire.query = Some("limit=51".to_owned())), "query");
        if !name.contains("unsigned_payload") {
            wrong(vector.altered(|wire| wire.body.push(' ')), "body");
        }
        let claimed = vector.wire.clone().request();
        for signed in Claim::of(&claimed).unwrap().signed_headers {
            let altered = vector.altered(|wire| wire.header(signed).push('x'));
            match signed {
                "x-sdk-date" | "x-sdk-content-sha256" => {
                    assert!(matches!(altered, Err(Denied::Malformed(_))), "{name}: {signed}");
                }
                _ => wrong(altered, signed),
            }
            let removed = vector.altered(|wire| wire.headers.retain(|(sent, _)| sent != signed));
            assert_eq!(removed, Err(Denied::SignedHeaderMissing(signed.to_owned())), "{name}");
        }
        let date = |wire: &mut Wire| {
            *wire.header("x-sdk-date") = write_date(vector.now + SignedDuration::from_secs(1));
        };
        wrong(vector.altered(date), "date");
        let mut other_key = vector.credentials.clone();
        other_key.values_mut().for_each(|credential| credential.secret_key.push('x'));
        wrong(accept(&vector.wire.clone().request(), &other_key, vector.now), "secret key");
        let unknown = accept(&vector.wire.clone().request(), &BTreeMap::new(), vector.now);
        assert_eq!(unknown, Err(Denied::UnknownAccessKey), "{name}");
    }
}

fn vector(name: &str) -> Vector {
    vectors().into_iter().find(|vector| vector.name == name).unwrap()
}

#[test]
fn fifteen_minutes_are_accepted_and_a_second_more_is_not() {
    let vector = vector("get_no_query"); // signed at 20240115T081530Z
    let at = |seconds: i64, nanoseconds: i32| {
        let now = vector.now + SignedDuration::new(seconds, nanoseconds);
        accept(&vector.wire.clone().request(), &vector.credentials, now)
    };
    assert_eq!(at(900, 999_999_999), Ok(()));
    assert_eq!(at(-900, 0), Ok(()));
    let late = at(901, 0).unwrap_err();
    let early = at(-901, 0).unwrap_err();
    let text = late.to_string();
    assert!(text.ends_with("signature time:20240115T081530Z,server time:20240115T083031Z"), "{text}");
    assert!(matches!(early, Denied::Expired { server_time, .. } if server_time == "20240115T080029Z"));
}

#[test]
fn the_date_must_be_signed_and_well_formed() {
    let vector = vector("get_no_query");
    let unsigned = vector.altered(|wire| {
        let header = wire.header("authorization");
        *header = header.replace("host;x-sdk-date", "host");
    });
    assert!(matches!(unsigned, Err(Denied::Malformed(_))), "{unsigned:?}");
    for date in ["", "2024-01-15T08:15:30Z", "20240115T08153Z", "20241315T081530Z", " 0240115T081530Z"] {
        let result = vector.altered(|wire| *wire.header("x-sdk-date") = date.to_owned());
        assert!(matches!(result, Err(Denied::Malformed(_))), "{date:?}: {result:?}");
    }
}

#[test]
fn malformed_authorizations_are_refused_before_any_hash() {
    let vector = vector("get_no_query");
    let good = vector.wire.clone().header("authorization").clone();
    let bad = [
        String::new(),
        good.replace("SDK-HMAC-SHA256", "AWS4-HMAC-SHA256"),
        good.replace(", ", ","),
        good.replace("Access=", "Credential="),
        good.replace("host;x-sdk-date", "x-sdk-date;host"),
        good.replace("host;x-sdk-date", "host;host;x-sdk-date"),
        good.replace("host;x-sdk-date", "Host;x-sdk-date"),
        good.to_uppercase(),
        good[..good.len() - 1].to_owned(),
        format!("{good}, More=1"),
    ];
    for header in bad {
        let result = vector.altered(|wire| wire.header("authorization").clone_from(&header));
        assert!(matches!(result, Err(Denied::Malformed(_))), "{header:?}: {result:?}");
    }
    let none = vector.altered(|wire| wire.headers.retain(|(name, _)| name != "authorization"));
    assert_eq!(none, Err(Denied::NoAuthorization));
    let two = vector.altered(|wire| {
        wire.headers.push(("authorization".to_owned(), good.clone()));
    });
    assert_eq!(two, Err(Denied::NoAuthorization));
}

#[test]
fn a_temporary_key_needs_its_own_token() {
    // In this vector the token is sent, but not signed.
    let temporary = vector("golangsdk_put_reset_as_official_provider");
    let token = |wire: &mut Wire| wire.header("x-security-token").push('x');
    assert!(matches!(temporary.altered(token), Err(Denied::Token(_))));
    let none = temporary.altered(|wire| wire.headers.retain(|(name, _)| name != "x-security-token"));
    assert!(matches!(none, Err(Denied::Token(_))));
    let permanent = vector("get_no_query");
    let sent = |wire: &mut Wire| {
        wire.headers.push(("x-security-token".to_owned(), "x".to_owned()));
    };
    assert!(matches!(permanent.altered(sent), Err(Denied::Token(_))));
}

#[test]
fn a_refused_signature_shows_the_canonical_request_without_the_token() {
    let vector = vector("put_security_token");
    let denied = vector.altered(|wire| wire.body.push(' ')).unwrap_err().to_string();
    assert!(denied.contains(":PUT|/v2/kafka/"), "{denied}");
    assert!(denied.contains("|x-security-token:(hidden)|"), "{denied}");
    assert!(!denied.contains(vector.credentials.values().next().unwrap().security_token.as_deref().unwrap()));
    assert!(!denied.contains('\n'), "{denied}");
}

#[test]
fn a_payload_hash_header_must_be_signed_and_true() {
    let vector = vector("get_no_query");
    let unsigned = vector.altered(|wire| {
        wire.headers.push(("x-sdk-content-sha256".to_owned(), UNSIGNED_PAYLOAD.to_owned()));
    });
    assert!(matches!(unsigned, Err(Denied::Malformed(_))), "{unsigned:?}");
}
