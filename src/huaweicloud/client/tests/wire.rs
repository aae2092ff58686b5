//! The bytes of requests, and that they are exactly the signed ones.

use super::*;
use crate::huaweicloud::signing;
use crate::huaweicloud::signing::Credentials;
use crate::huaweicloud::test_server::{
    ACCESS_KEY, Captured, DATE, SECRET_KEY, TOKEN, accepted, builder, http_response,
};

/// Signs the received request with the signer that the golden tests check, and compares the signatures.
fn assert_signature_matches(captured: &Captured) {
    let authorization = captured.header("authorization").unwrap();
    let (_, rest) = authorization.split_once("SignedHeaders=").unwrap();
    let (names, _) = rest.split_once(", Signature=").unwrap();
    let headers: Vec<(&str, &str)> = names
        .split(';')
        .filter(|name| *name != "x-sdk-date")
        .map(|name| (name, captured.header(name).unwrap()))
        .collect();
    let mut words = captured.line().split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let signed = signing::sign(
        &signing::SignableRequest { method, path, query, headers: &headers, body: &captured.body },
        &Credentials::new(ACCESS_KEY, SECRET_KEY, None).unwrap(),
        "2024-01-15T08:15:30Z".parse().unwrap(),
    )
    .unwrap();
    assert_eq!(authorization, signed.authorization.to_str().unwrap());
}

/// Group names that URL libraries may change. Encodings by RFC 3986.
#[tokio::test]
async fn paths_are_sent_byte_for_byte_as_signed() {
    for (name, wire) in [
        ("a/b", "a%2Fb"),
        ("a%2Fb", "a%252Fb"),
        ("a#b", "a%23b"),
        ("a?b", "a%3Fb"),
        ("é", "%C3%A9"),
        ("消费", "%E6%B6%88%E8%B4%B9"),
        ("a'b", "a%27b"),
        ("a|b", "a%7Cb"),
        ("{a}", "%7Ba%7D"),
        ("a b", "a%20b"),
        ("a+b", "a%2Bb"),
        ("a\\b", "a%5Cb"),
        ("a;b=c,d", "a%3Bb%3Dc%2Cd"),
        ("%2e%2e", "%252e%252e"),
        ("...", "..."),
        ("C:", "C%3A"),
        ("~._-", "~._-"),
        ("a\tb\r\n", "a%09b%0D%0A"),
        ("`^\"<>[]", "%60%5E%22%3C%3E%5B%5D"),
    ] {
        let server = TestServer::start(|_| accepted());
        let client = server.client().build().unwrap();
        client.send(&request(&client, "PUT", &["groups", name, "x"], &[])).await.unwrap();
        let captured = server.only_request();
        assert_eq!(captured.line(), format!("PUT /groups/{wire}/x HTTP/1.1"), "{name:?}");
        assert_signature_matches(&captured);
    }
}

#[tokio::test]
async fn queries_are_sent_in_the_signed_canonical_form() {
    let server = TestServer::start(|_| accepted());
    let client = server.client().build().unwrap();
    // The official SDK's `wire_query` for these pairs: vector `get_query_reserved_chars`.
    let query = [("topic", "主题"), ("group", "a b+c/d=e&f%g~h*i:j")];
    client.send(&request(&client, "GET", &["groups"], &query)).await.unwrap();
    let captured = server.only_request();
    assert_eq!(
        captured.line(),
        "GET /groups?group=a%20b%2Bc%2Fd%3De%26f%25g~h%2Ai%3Aj&topic=%E4%B8%BB%E9%A2%98 HTTP/1.1"
    );
    assert_signature_matches(&captured);
}

#[tokio::test]
async fn relevant_headers_of_a_request_with_a_body_are_signed() {
    let server = TestServer::start(|_| accepted());
    let client = server.client().build().unwrap();
    let project = ProjectId::parse(PROJECT).unwrap();
    let request = request(&client, "PUT", &["x"], &[]).project(&project).json(&[1]).unwrap();
    client.send(&request).await.unwrap();
    let captured = server.only_request();
    assert_eq!(captured.text(), "[1]");
    for (name, value) in [
        ("host", server.address.to_string().as_str()),
        ("content-type", "application/json"),
        ("x-project-id", PROJECT),
        ("x-security-token", TOKEN),
        ("x-sdk-date", DATE),
        ("accept", "application/json"),
        ("accept-encoding", "identity"),
        ("user-agent", concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"))),
        ("content-length", "3"),
    ] {
        assert_eq!(captured.header(name), Some(value), "{name}");
    }
    let authorization = captured.header("authorization").unwrap();
    assert!(
        authorization.starts_with(&format!(
            "SDK-HMAC-SHA256 Access={ACCESS_KEY}, SignedHeaders=content-type;host;x-project-id;x-sdk-date;x-security-token, Signature="
        )),
        "{authorization}"
    );
    assert_signature_matches(&captured);
}

#[tokio::test]
async fn request_without_a_body_has_no_content_type() {
    let server = TestServer::start(|_| accepted());
    let client = server.client().build().unwrap();
    get(&client).await.unwrap();
    let captured = server.only_request();
    for name in ["content-type", "x-project-id", "cookie", "referer"] {
        assert_eq!(captured.header(name), None, "{name}");
    }
    assert_signature_matches(&captured);
}

#[tokio::test]
async fn path_prefix_of_the_endpoint_is_sent_and_signed() {
    let server = TestServer::start(|_| accepted());
    let client = builder(&format!("{}/gate/way/", server.url()), &[]).build().unwrap();
    get(&client).await.unwrap();
    let captured = server.only_request();
    assert_eq!(captured.line(), "GET /gate/way/x HTTP/1.1");
    assert_signature_matches(&captured);
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let server = TestServer::start(|_| http_response("200 OK", "", "{}"));
    let client = server.client().build().unwrap();
    for _ in 0..3 {
        get(&client).await.unwrap();
    }
    let connections: Vec<usize> = server.requests().iter().map(|it| it.connection).collect();
    assert_eq!(connections, [0, 0, 0]);
}

#[tokio::test]
async fn cookies_are_not_kept() {
    let server = TestServer::start(|_| http_response("200 OK", "Set-Cookie: a=b\r\n", "{}"));
    let client = server.client().build().unwrap();
    get(&client).await.unwrap();
    get(&client).await.unwrap();
    assert_eq!(server.requests()[1].header("cookie"), None);
}

#[tokio::test]
async fn loopback_is_reached_without_a_proxy() {
    let proxy = TestServer::start(|_| http_response("502 Bad Gateway", "", "proxy"));
    let server = TestServer::start(|_| accepted());
    let address = proxy.url();
    let variables = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].map(|name| (name, address.as_str()));
    let client = builder(&server.url(), &variables).build().unwrap();
    get(&client).await.unwrap();
    assert_eq!(proxy.requests().len(), 0);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn other_hosts_are_reached_through_the_proxy_of_the_environment() {
    let proxy = TestServer::start(|_| http_response("503 Service Unavailable", "", ""));
    let address = proxy.url();
    // A reserved name (RFC 2606) that does not exist, so only the proxy can receive the request.
    let variables = [("https_proxy", address.as_str())];
    let client = builder("https://dms.invalid", &variables).ca_certificates(tls::other_ca()).build().unwrap();
    let error = get(&client).await.unwrap_err();
    assert_eq!(proxy.only_request().line(), "CONNECT dms.invalid:443 HTTP/1.1");
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Connect, Delivery::NotSent));
}
