//! Tests with the recorded signatures of the official SDKs, unchanged and altered in one place.

use hyper::body::Bytes;
use serde_json::Value;

use super::*;

/// Signatures recorded from the official SDKs. The file describes how.
fn vectors() -> Vec<Vector> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/signing/vectors.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let all = ["vectors", "go_vectors"].map(|list| file[list].as_array().unwrap().clone());
    all.concat().iter().map(Vector::read).collect()
}

fn accept(request: &Request, credentials: &BTreeMap<String, Credential>, now: Timestamp) -> Result<(), AuthError> {
    verify(request, credentials, now).map(|_| ())
}

struct Vector {
    name: String,
    request: SignedRequest,
    credentials: BTreeMap<String, Credential>,
    now: Timestamp,
    canonical: String,
}

#[derive(Clone)]
struct SignedRequest {
    method: String,
    path: String,
    query: Option<String>,
    headers: Vec<(String, String)>,
    body: String,
}

impl SignedRequest {
    fn into_request(self) -> Request {
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
            request: SignedRequest {
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

    fn check(&self, request: SignedRequest) -> Result<(), AuthError> {
        accept(&request.into_request(), &self.credentials, self.now)
    }

    fn altered(&self, alter: impl FnOnce(&mut SignedRequest)) -> Result<(), AuthError> {
        let mut request = self.request.clone();
        alter(&mut request);
        self.check(request)
    }
}

#[test]
fn signatures_of_the_official_sdks_are_accepted() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 33, "29 of the Python SDK, 4 of the Go SDKs");
    for vector in vectors {
        assert_eq!(vector.check(vector.request.clone()), Ok(()), "{}", vector.name);
    }
}

#[test]
fn canonical_requests_equal_those_of_the_official_sdks() {
    for vector in vectors() {
        let request = vector.request.clone().into_request();
        let authorization = Authorization::parse(&request).unwrap();
        let headers = authorization.headers(&request).unwrap();
        let hash = payload_hash(&request, &authorization).unwrap();
        assert_eq!(CanonicalRequest::new(&request, &headers, &hash).text, vector.canonical, "{}", vector.name);
    }
}

#[test]
fn altered_requests_are_refused() {
    for vector in vectors() {
        let name = &vector.name;
        let wrong = |result: Result<(), AuthError>, what: &str| match result {
            Err(AuthError::WrongSignature { .. }) => {}
            other => panic!("{name}, {what} altered: {other:?}"),
        };
        wrong(vector.altered(|request| request.method = "POST".to_owned()), "method");
        wrong(vector.altered(|request| request.path.push('x')), "path");
        wrong(vector.altered(|request| request.path.insert(0, '/')), "path");
        wrong(vector.altered(|request| request.query = Some("limit=51".to_owned())), "query");
        if !name.contains("unsigned_payload") {
            wrong(vector.altered(|request| request.body.push(' ')), "body");
        }
        let request = vector.request.clone().into_request();
        for signed in Authorization::parse(&request).unwrap().signed_headers {
            let altered = vector.altered(|request| request.header(signed).push('x'));
            match signed {
                "x-sdk-date" | "x-sdk-content-sha256" => {
                    assert!(matches!(altered, Err(AuthError::Malformed(_))), "{name}: {signed}");
                }
                _ => wrong(altered, signed),
            }
            let removed = vector.altered(|request| request.headers.retain(|(sent, _)| sent != signed));
            assert_eq!(removed, Err(AuthError::SignedHeaderMissing(signed.to_owned())), "{name}");
        }
        let date = |request: &mut SignedRequest| {
            *request.header("x-sdk-date") = format_date(vector.now + SignedDuration::from_secs(1));
        };
        wrong(vector.altered(date), "date");
        let mut other_key = vector.credentials.clone();
        other_key.values_mut().for_each(|credential| credential.secret_key.push('x'));
        wrong(accept(&vector.request.clone().into_request(), &other_key, vector.now), "secret key");
        let unknown = accept(&vector.request.clone().into_request(), &BTreeMap::new(), vector.now);
        assert_eq!(unknown, Err(AuthError::UnknownAccessKey), "{name}");
    }
}

fn vector(name: &str) -> Vector {
    vectors().into_iter().find(|vector| vector.name == name).unwrap()
}

#[test]
fn clock_skew_of_fifteen_minutes_is_the_limit() {
    let vector = vector("get_no_query"); // signed at 20240115T081530Z
    let at = |seconds: i64, nanoseconds: i32| {
        let now = vector.now + SignedDuration::new(seconds, nanoseconds);
        accept(&vector.request.clone().into_request(), &vector.credentials, now)
    };
    assert_eq!(at(900, 999_999_999), Ok(()));
    assert_eq!(at(-900, 0), Ok(()));
    let late = at(901, 0).unwrap_err();
    let early = at(-901, 0).unwrap_err();
    let text = late.to_string();
    assert!(text.ends_with("signature time:20240115T081530Z,server time:20240115T083031Z"), "{text}");
    assert!(matches!(early, AuthError::Expired { server_time, .. } if server_time == "20240115T080029Z"));
}

#[test]
fn date_must_be_signed_and_well_formed() {
    let vector = vector("get_no_query");
    let unsigned = vector.altered(|request| {
        let header = request.header("authorization");
        *header = header.replace("host;x-sdk-date", "host");
    });
    assert!(matches!(unsigned, Err(AuthError::Malformed(_))), "{unsigned:?}");
    for date in ["", "2024-01-15T08:15:30Z", "20240115T08153Z", "20241315T081530Z", " 0240115T081530Z"] {
        let result = vector.altered(|request| *request.header("x-sdk-date") = date.to_owned());
        assert!(matches!(result, Err(AuthError::Malformed(_))), "{date:?}: {result:?}");
    }
}

#[test]
fn malformed_authorization_headers_are_refused() {
    let vector = vector("get_no_query");
    let valid = vector.request.clone().header("authorization").clone();
    let malformed = [
        String::new(),
        valid.replace("SDK-HMAC-SHA256", "AWS4-HMAC-SHA256"),
        valid.replace(", ", ","),
        valid.replace("Access=", "Credential="),
        valid.replace("host;x-sdk-date", "x-sdk-date;host"),
        valid.replace("host;x-sdk-date", "host;host;x-sdk-date"),
        valid.replace("host;x-sdk-date", "Host;x-sdk-date"),
        valid.to_uppercase(),
        valid[..valid.len() - 1].to_owned(),
        format!("{valid}, More=1"),
    ];
    for header in malformed {
        let result = vector.altered(|request| request.header("authorization").clone_from(&header));
        assert!(matches!(result, Err(AuthError::Malformed(_))), "{header:?}: {result:?}");
    }
    let none = vector.altered(|request| request.headers.retain(|(name, _)| name != "authorization"));
    assert_eq!(none, Err(AuthError::NoAuthorization));
    let two = vector.altered(|request| {
        request.headers.push(("authorization".to_owned(), valid.clone()));
    });
    assert_eq!(two, Err(AuthError::NoAuthorization));
}

#[test]
fn temporary_key_pair_needs_its_own_token() {
    // In this vector, the token is sent but not signed.
    let temporary = vector("golangsdk_put_reset_as_official_provider");
    let token = |request: &mut SignedRequest| request.header("x-security-token").push('x');
    assert!(matches!(temporary.altered(token), Err(AuthError::Token(_))));
    let none = temporary.altered(|request| request.headers.retain(|(name, _)| name != "x-security-token"));
    assert!(matches!(none, Err(AuthError::Token(_))));
    let permanent = vector("get_no_query");
    let sent = |request: &mut SignedRequest| {
        request.headers.push(("x-security-token".to_owned(), "x".to_owned()));
    };
    assert!(matches!(permanent.altered(sent), Err(AuthError::Token(_))));
}

#[test]
fn error_of_a_wrong_signature_contains_the_canonical_request_without_the_token() {
    let vector = vector("put_security_token");
    let denied = vector.altered(|request| request.body.push(' ')).unwrap_err().to_string();
    assert!(denied.contains(":PUT|/v2/kafka/"), "{denied}");
    assert!(denied.contains("|x-security-token:(hidden)|"), "{denied}");
    assert!(!denied.contains(vector.credentials.values().next().unwrap().security_token.as_deref().unwrap()));
    assert!(!denied.contains('\n'), "{denied}");
}

#[test]
fn payload_hash_header_must_be_signed_and_correct() {
    let vector = vector("get_no_query");
    let unsigned = vector.altered(|request| {
        request.headers.push(("x-sdk-content-sha256".to_owned(), UNSIGNED_PAYLOAD.to_owned()));
    });
    assert!(matches!(unsigned, Err(AuthError::Malformed(_))), "{unsigned:?}");
}
