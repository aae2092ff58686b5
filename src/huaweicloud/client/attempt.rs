//! One attempt at a request: sign → send → classify.

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use super::Client;
use super::request::Request;
use super::response::Response;
use crate::huaweicloud::credentials::Credentials;
use crate::huaweicloud::error::{Error, ErrorKind, Scrub};
use crate::huaweicloud::signing::{self, DATE_HEADER};

const JSON: &str = "application/json";
const PROJECT_HEADER: &str = "x-project-id";
const TOKEN_HEADER: &str = "x-security-token";

impl Client {
    /// Signs with the keys and the time of now, sends, and sorts the outcome.
    pub(super) async fn attempt(&self, request: &Request) -> Result<Response, Error> {
        let credentials = self.0.credentials.get(&self.0.host).await?;
        let (headers, signature) = self.sign(request, credentials)?;
        if let Some(observer) = &self.1.observer {
            observer.attempting();
        }
        let start = Instant::now();
        let sent = self.0.transport.send(request, headers).await;
        let scrub = Scrub::new(credentials, &signature);
        log_outcome(request, &sent, start, &scrub);
        Response::classify(request.describe(), sent?, &scrub, self.0.host.now()).await
    }

    /// The headers to send, and the signature in them, which must not be shown.
    fn sign(&self, request: &Request, credentials: &Credentials) -> Result<(HeaderMap, String), Error> {
        let mut to_sign = vec![(HOST.as_str(), request.host())];
        if request.body.is_some() {
            to_sign.push((CONTENT_TYPE.as_str(), JSON));
        }
        if let Some(id) = &request.project_id {
            to_sign.push((PROJECT_HEADER, id.as_str()));
        }
        if let Some(token) = credentials.security_token() {
            to_sign.push((TOKEN_HEADER, token.expose()));
        }
        let signed = signing::sign(
            &signing::Request {
                method: request.method.as_str(),
                path: request.url.path(),
                query: request.url.query().unwrap_or_default(),
                headers: &to_sign,
                body: request.body.as_deref().unwrap_or_default(),
            },
            credentials,
            self.0.host.now(),
        )
        .map_err(|error| Error::new(ErrorKind::Config, "the request cannot be signed").with_source(error))?;

        to_sign.push((DATE_HEADER, &signed.date));
        let mut headers = HeaderMap::new();
        for (name, value) in to_sign {
            let mut value = HeaderValue::from_str(value)
                .map_err(|_| Error::new(ErrorKind::Config, format!("the header {name} cannot be sent")))?;
            value.set_sensitive(name == TOKEN_HEADER);
            headers.insert(HeaderName::from_static(name), value);
        }
        headers.insert(ACCEPT, HeaderValue::from_static(JSON));
        headers.insert(AUTHORIZATION, signed.authorization);
        Ok((headers, signed.signature))
    }
}

/// Never headers, never bodies, never the query.
fn log_outcome(request: &Request, sent: &Result<reqwest::Response, Error>, start: Instant, scrub: &Scrub) {
    let method = request.method.as_str();
    let host = request.host();
    let path = request.url.path();
    let milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    match sent {
        Ok(response) => {
            let request_id = super::response::request_id(response.headers(), scrub);
            log::debug!(
                method, host, path, milliseconds,
                status = response.status().as_u16(),
                request_id = request_id.as_deref();
                "request answered"
            );
        }
        Err(error) => log::debug!(
            method, host, path, milliseconds,
            kind:? = error.kind(),
            delivery:? = error.delivery();
            "request failed"
        ),
    }
}
