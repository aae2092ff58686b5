//! Trust in certificates.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::*;
use crate::huaweicloud::endpoint::EndpointSettings;
use crate::huaweicloud::test_server::{HANG_TIMEOUT, builder};

/// A self-signed certificate for 127.0.0.1.
fn certificate() -> rcgen::CertifiedKey<rcgen::KeyPair> {
    rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap()
}

/// The certificate as text (RFC 7468).
fn pem(key: &rcgen::CertifiedKey<rcgen::KeyPair>) -> String {
    let lines: Vec<String> = STANDARD
        .encode(key.cert.der())
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

/// A valid certificate that no server uses.
pub(super) fn other_ca() -> CaCertificates {
    CaCertificates::parse(pem(&certificate()).as_bytes()).unwrap()
}

/// Starts a TLS server for one request. Returns its address and certificate.
async fn server() -> (String, String) {
    let key = certificate();
    let pem = pem(&key);
    let private = PrivateKeyDer::try_from(key.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![key.cert.der().clone()], private)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        // A client that does not trust the certificate closes the connection here.
        let Ok(stream) = acceptor.accept(stream).await else {
            return;
        };
        let (io, mut session) = stream.into_inner();
        let io = io.into_std().unwrap();
        io.set_nonblocking(false).unwrap();
        io.set_read_timeout(Some(HANG_TIMEOUT)).unwrap();
        tokio::task::spawn_blocking(move || {
            use std::io::{Read, Write};
            let mut io = io;
            let mut stream = tokio_rustls::rustls::Stream::new(&mut session, &mut io);
            assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
        });
    });
    (url, pem)
}

#[tokio::test]
async fn given_authority_is_trusted() {
    let (url, pem) = server().await;
    let client = builder(&url, &[]).ca_certificates(CaCertificates::parse(pem.as_bytes()).unwrap()).build().unwrap();
    assert_eq!(get(&client).await.unwrap().status, 204);
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_with_an_untrusted_certificate() {
    let (url, _) = server().await;
    let client = builder(&url, &[]).ca_certificates(other_ca()).max_retries(3).build().unwrap();
    let error = get(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Connect, Delivery::NotSent));
    insta::assert_snapshot!(mask_ports(&error.report()), @"GET 127.0.0.1:[port]/x: connection failed: error sending request: client error (Connect): invalid peer certificate: BadSignature");
    assert_eq!(error.attempts().unwrap().count, 1);
}

#[tokio::test]
async fn insecure_trusts_any_certificate() {
    let (url, _) = server().await;
    let client = builder(&url, &[])
        .endpoints(EndpointSettings {
            custom: [("dms".to_owned(), url.clone())].into(),
            insecure: true,
            ..EndpointSettings::default()
        })
        .build()
        .unwrap();
    assert_eq!(get(&client).await.unwrap().status, 204);
}
