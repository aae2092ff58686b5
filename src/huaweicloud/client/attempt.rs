//! One attempt at a request: sign → send → classify.

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use super::Client;
use super::request::Request;
use super::response::Response;
use crate::huaweicloud::credentials::{Credentials, Secret};
use crate::huaweicloud::error::{Error, ErrorKind, Redactor};
use crate::huaweicloud::signing::{self, DATE_HEADER};

const JSON: &str = "application/json";
const HOST_HEADER: &str = "host";
const TYPE_HEADER: &str = "content-type";
const PROJECT_HEADER: &str = "x-project-id";
const TOKEN_HEADER: &str = "x-security-token";

impl Client {
    /// Signs with the keys and the time of now, sends, and sorts the outcome.
    pub(super) async fn attempt(&self, request: &Request) -> Result<Response, Error> {
        let credentials = self.credentials().await?;
        let (headers, signature) = self.sign(request, &credentials)?;
        if let Some(observer) = &self.1.observer {
            observer.on_attempt();
        }
        self.exchange(request, headers, &self.redactor(&credentials, &signature)).await
    }

    /// An attempt with these keys, whatever the client's own are, on the way to the attempt that somebody waits for.
    pub(in crate::huaweicloud) async fn attempt_as(
        &self,
        credentials: &Credentials,
        request: &Request,
    ) -> Result<Response, Error> {
        let (headers, signature) = self.sign(request, credentials)?;
        self.exchange(request, headers, &self.redactor(credentials, &signature)).await
    }

    /// An attempt without a signature, for requests that carry what proves them, or need no proof.
    pub(in crate::huaweicloud) async fn attempt_unsigned(&self, request: &Request) -> Result<Response, Error> {
        let headers = header_map(&plain_headers(request))?;
        self.exchange(request, headers, &self.0.redactor).await
    }

    /// The redactor for answers to a request with these credentials and this signature.
    fn redactor(&self, credentials: &Credentials, signature: &Secret) -> Redactor {
        self.0.redactor.learn([credentials.secret_key()].into_iter().chain(credentials.security_token()));
        self.0.redactor.with(signature)
    }

    async fn exchange(&self, request: &Request, headers: HeaderMap, redactor: &Redactor) -> Result<Response, Error> {
        redactor.learn(request.secrets.iter().chain(self.0.transport.secrets()));
        let start = Instant::now();
        let sent = self.0.transport.send(request, headers, redactor).await;
        log_outcome(request, &sent, start, redactor);
        // Only requests to DMS name a project. The clocks of other services do not matter.
        if let (Ok(answer), Some(_)) = (&sent, &request.project_id) {
            self.0.service_clock.note(answer.headers());
        }
        Response::classify(request.describe(redactor), sent?, redactor.clone(), self.0.system.now()).await
    }

    /// The headers to send, and the signature in them, which must stay secret.
    fn sign(&self, request: &Request, credentials: &Credentials) -> Result<(HeaderMap, Secret), Error> {
        let mut to_sign = plain_headers(request);
        if let Some(token) = credentials.security_token() {
            to_sign.push((TOKEN_HEADER, token.expose()));
        }
        let signed = signing::sign(
            &signing::Request {
                method: request.method.as_str(),
                path: request.url.path(),
                query: request.url.query().unwrap_or_default(),
                headers: &to_sign,
                body: request.body.as_ref().map_or(&[], |body| body.as_slice()),
            },
            credentials,
            self.0.system.now(),
        )
        .map_err(|error| Error::new(ErrorKind::Config, "the request cannot be signed").with_source(error))?;

        to_sign.push((DATE_HEADER, &signed.date));
        let mut headers = header_map(&to_sign)?;
        headers.insert(AUTHORIZATION, signed.authorization);
        Ok((headers, Secret::new(signed.signature)))
    }
}

/// What a request sends whoever asks.
fn plain_headers(request: &Request) -> Vec<(&'static str, &str)> {
    let mut headers = vec![(HOST_HEADER, request.host())];
    if request.body.is_some() {
        headers.push((TYPE_HEADER, JSON));
    }
    if let Some(id) = &request.project_id {
        headers.push((PROJECT_HEADER, id.exact()));
    }
    headers.extend(request.headers.iter().map(|(name, value)| (*name, value.expose())));
    headers
}

/// For the HTTP library, which shows no value that is marked sensitive.
fn header_map(headers: &[(&'static str, &str)]) -> Result<HeaderMap, Error> {
    const OPEN: [&str; 4] = [HOST_HEADER, TYPE_HEADER, PROJECT_HEADER, DATE_HEADER];
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| Error::new(ErrorKind::Config, format!("the header {name} cannot be sent")))?;
        value.set_sensitive(!OPEN.contains(name));
        map.insert(HeaderName::from_static(name), value);
    }
    map.insert(ACCEPT, HeaderValue::from_static(JSON));
    // Without this header, a proxy may compress the answer.
    map.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    Ok(map)
}

/// Never headers, never bodies, never the query.
fn log_outcome(request: &Request, sent: &Result<reqwest::Response, Error>, start: Instant, redactor: &Redactor) {
    let method = request.method.as_str();
    let host = request.host();
    let path = &*redactor.redact_name(request.url.path());
    let milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    match sent {
        Ok(response) => {
            let request_id = super::response::request_id(response.headers(), redactor);
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
