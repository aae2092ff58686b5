//! Golden tests: signatures made by the official SDKs (`tests/vectors/signing/README.md`).

use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::huaweicloud::secret::Secret;

const VECTORS: &str = include_str!("../../../tests/vectors/signing/vectors.json");

/// A vector with the headers that its signer signed.
struct Case {
    name: String,
    json: Value,
    headers: Vec<(String, String)>,
}

impl Case {
    fn new(json: &Value) -> Self {
        let text = |name: &str| json[name].as_str().map(str::to_owned);
        let mut headers: Vec<(String, String)> = json["headers_given"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect();
        // The Python SDK adds these before it signs; golangsdk adds none of them.
        if json["origin"] == "python-sdk" {
            headers.push(("Host".to_owned(), text("host").unwrap()));
            headers.extend(text("project_id").map(|id| ("X-Project-Id".to_owned(), id)));
            headers.extend(text("security_token").map(|token| ("X-Security-Token".to_owned(), token)));
            let hash = &json["expected"]["headers_to_send"]["X-Sdk-Content-Sha256"];
            headers.extend(hash.as_str().map(|hash| ("X-Sdk-Content-Sha256".to_owned(), hash.to_owned())));
        }
        Self { name: text("name").unwrap(), json: json.clone(), headers }
    }

    fn text(&self, name: &str) -> &str {
        self.json[name].as_str().unwrap_or_default()
    }

    fn expected(&self, stage: &str) -> &str {
        self.json["expected"][stage].as_str().unwrap()
    }

    fn credentials(&self) -> Credentials {
        let token = self.json["security_token"].as_str().map(Secret::from);
        Credentials::new(self.text("access_key"), self.text("secret_key"), token).unwrap()
    }

    fn sign(&self, query: &str) -> Signed {
        let headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let request = SignableRequest {
            method: self.text("method"),
            path: self.text("path"),
            query,
            headers: &headers,
            body: self.text("body").as_bytes(),
        };
        sign(&request, &self.credentials(), time(self.text("x_sdk_date"))).unwrap()
    }

    /// All headers of the request: the signed ones (trimmed), the unsigned ones, and those of the signer.
    fn headers_to_send(&self, signed: &Signed) -> BTreeMap<String, String> {
        let unsigned = self.json["headers_added_after_signing"].as_object();
        let unsigned = unsigned.into_iter().flatten();
        let given = self.headers.iter().map(|(name, value)| (name.clone(), value.trim().to_owned()));
        let authorization = signed.authorization.to_str().unwrap().to_owned();
        given
            .chain(unsigned.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())))
            .chain([("X-Sdk-Date".to_owned(), signed.date.clone()), ("Authorization".to_owned(), authorization)])
            .collect()
    }

    fn same(&self, stage: &str, ours: &str, theirs: &str) {
        assert_eq!(ours, theirs, "vector {:?} differs at stage {stage:?}", self.name);
    }

    fn check(&self) {
        let query = self.text("wire_query");
        let signed = self.sign(query);
        self.same("date", &signed.date, self.text("x_sdk_date"));
        self.same("canonical request", &signed.canonical_request, self.expected("canonical_request"));
        self.same("string to sign", &signed.string_to_sign, self.expected("string_to_sign"));
        self.same("signature", &signed.signature, self.expected("signature"));
        let authorization = signed.authorization.to_str().unwrap();
        self.same("authorization", authorization, self.expected("authorization"));
        let theirs: BTreeMap<String, String> =
            serde_json::from_value(self.json["expected"]["headers_to_send"].clone()).unwrap();
        let ours = self.headers_to_send(&signed);
        assert_eq!(ours, theirs, "vector {:?} differs at stage \"headers\"", self.name);

        let pairs: Vec<(String, String)> = serde_json::from_value(self.json["query"].clone()).unwrap();
        self.same("query on the wire", &encode_query(&pairs), query);
        let unsorted: Vec<String> = pairs
            .iter()
            .map(|(key, value)| {
                format!(
                    "{}={}",
                    encode_query(&[(key, "")]).trim_end_matches('='),
                    encode_query(&[("", value)]).trim_start_matches('=')
                )
            })
            .collect();
        let again = self.sign(&unsorted.join("&"));
        self.same("signature of an unsorted query", &again.signature, self.expected("signature"));
    }
}

fn cases(list: &str) -> Vec<Case> {
    let all: Value = serde_json::from_str(VECTORS).unwrap();
    all[list].as_array().unwrap().iter().map(Case::new).collect()
}

fn time(stamp: &str) -> Timestamp {
    let with_zone = stamp.replace('Z', "+0000");
    Timestamp::strptime("%Y%m%dT%H%M%S%z", with_zone).unwrap()
}

#[test]
fn signatures_equal_those_of_the_python_sdk() {
    let cases = cases("vectors");
    assert_eq!(cases.len(), 29);
    for case in cases {
        case.check();
    }
}

#[test]
fn signatures_equal_those_of_the_go_sdk() {
    let cases = cases("go_vectors");
    assert_eq!(cases.len(), 4);
    for case in cases {
        case.check();
    }
}

fn error(headers: &[(&str, &str)]) -> SigningError {
    let request = SignableRequest { method: "GET", path: "/", query: "", headers, body: b"" };
    let credentials = Credentials::new("AK", "SK", None).unwrap();
    sign(&request, &credentials, Timestamp::UNIX_EPOCH).unwrap_err()
}

#[test]
fn headers_that_would_make_the_signature_ambiguous_are_errors() {
    let name = str::to_owned;
    assert_eq!(error(&[("X-Sdk-Date", "x")]), SigningError::ReservedHeader(name("x-sdk-date")));
    assert_eq!(error(&[("Authorization", "x")]), SigningError::ReservedHeader(name("authorization")));
    assert_eq!(error(&[("a", "1"), ("A", "2")]), SigningError::RepeatedHeader(name("a")));
    assert_eq!(error(&[("a", "1\nhost:x")]), SigningError::HeaderText(name("a")));
    assert_eq!(error(&[("a", "1\rhost:x")]), SigningError::HeaderText(name("a")));
    for separator in ["\n", "\r", ":", ";"] {
        let key = format!("a{separator}");
        assert_eq!(error(&[(&key, "1")]), SigningError::HeaderText(name(&key)));
    }
}

#[test]
fn debug_shows_neither_token_nor_signature() {
    let case = cases("vectors").into_iter().find(|case| case.name == "put_security_token").unwrap();
    let signed = case.sign("");
    let text = format!("{signed:?} {:?} {:?}", signed.authorization, case.credentials());
    let token = case.text("security_token");
    for secret in [token, &signed.signature, case.text("secret_key")] {
        assert!(secret.len() > 8 && !text.contains(secret), "{text}");
    }
    assert!(signed.authorization.is_sensitive());
}
