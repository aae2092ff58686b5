//! Responses: classification, bodies of bounded size, and decoding of JSON.

use std::fmt;

use jiff::Timestamp;
use reqwest::header::{CONTENT_ENCODING, HeaderMap, LOCATION};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::retry_after::retry_after;
use super::transport::incomplete;
use crate::huaweicloud::error::{Delivery, Error, ErrorKind, ErrorResponse, ResponseHead};
use crate::huaweicloud::redact::Redactor;
use crate::huaweicloud::secret::Secret;
use crate::huaweicloud::text::EXCERPT_LIMIT;
use crate::printable::one_line;

/// Most bytes of the body of a successful response.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// Most bytes that are read of the body of any other response.
const ERROR_BODY_LIMIT: usize = 64 * 1024;

/// Request ids are short. A longer one is cut.
const REQUEST_ID_LIMIT: usize = 200;

/// Most characters of the name of a compression. Real names are shorter.
const ENCODING_LIMIT: usize = 50;

/// A successful response.
pub(in crate::huaweicloud) struct Response {
    request: String,
    /// HTTP status, 200 to 299.
    pub(in crate::huaweicloud) status: u16,
    /// The id by which the service's support finds the request.
    pub(in crate::huaweicloud) request_id: Option<String>,
    /// `X-Subject-Token`: a token that IAM issued.
    pub(in crate::huaweicloud) subject_token: Option<Secret>,
    body: Zeroizing<Vec<u8>>,
    /// The compression of the body, which this client does not decode.
    content_encoding: Option<String>,
    /// Redacts the text of the body, which must not be shown without it.
    pub(in crate::huaweicloud) redactor: Redactor,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("request", &self.request)
            .field("status", &self.status)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

impl Response {
    /// Reads the body. `request` describes the request.
    ///
    /// # Errors
    /// The response has no success status, or its body is incomplete or too long.
    pub(super) async fn classify(
        request: String,
        mut response: reqwest::Response,
        redactor: Redactor,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let status = response.status();
        let request_id = request_id(response.headers(), &redactor);
        if !status.is_success() {
            // An incomplete body does not matter: the status alone is an error.
            let (body, _) = read(&mut response, ERROR_BODY_LIMIT).await;
            let head = ResponseHead {
                status: status.as_u16(),
                request_id,
                redirect_host: redirect_host(&response),
                retry_after: retry_after(response.headers(), now),
                content_encoding: content_encoding(response.headers(), &body, &redactor),
            };
            return Err(Error::from_response(&request, ErrorResponse::read(head, &body, &redactor)));
        }
        let subject_token =
            response.headers().get("x-subject-token").and_then(|token| token.to_str().ok()).map(Secret::from);
        let (body, end) = read(&mut response, BODY_LIMIT).await;
        let body = Zeroizing::new(body);
        match end {
            End::Complete => {}
            End::TooLong => {
                let message = format!("{request}: the response is longer than {BODY_LIMIT} bytes");
                return Err(Error::new(ErrorKind::Decode, message).with_delivery(Delivery::Responded));
            }
            End::Interrupted(error) => return Err(incomplete(&request, error)),
        }
        let content_encoding = content_encoding(response.headers(), &body, &redactor);
        Ok(Self { request, status: status.as_u16(), request_id, subject_token, body, content_encoding, redactor })
    }

    /// The body as `T`, not redacted: the caller must show its text only through [`redactor`](Self::redactor). The
    /// error about an unreadable body quotes its beginning.
    ///
    /// # Errors
    /// The error that the body reports, otherwise [`ErrorKind::Decode`]: the body is not JSON of that shape.
    pub(in crate::huaweicloud) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.decode(true)
    }

    /// The body as `T`, not redacted, for bodies that contain credentials or data of users. The caller must not show
    /// its text, and the error does not quote it.
    ///
    /// # Errors
    /// As for [`json`](Self::json).
    pub(in crate::huaweicloud) fn confidential_json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.decode(false)
    }

    fn decode<T: DeserializeOwned>(&self, quote: bool) -> Result<T, Error> {
        if let Some(error) = self.reported_error() {
            return Err(error);
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            // The library's message names types of this program and can quote the body.
            let mut what = self.describe_unreadable(error.is_data());
            if quote && self.content_encoding.is_none() && !self.body.trim_ascii().is_empty() {
                let excerpt = self.redactor.show(&String::from_utf8_lossy(&self.body), EXCERPT_LIMIT);
                what = format!("{what}: {excerpt}");
            }
            self.unexpected(&what)
        })
    }

    /// The error that the body reports despite the success status.
    fn reported_error(&self) -> Option<Error> {
        let reported = ErrorResponse::in_success(self.status, self.request_id.as_deref(), &self.body, &self.redactor)?;
        Some(Error::from_response(&self.request, reported))
    }

    /// Describes an unreadable body. `is_json`: it is JSON of another shape.
    fn describe_unreadable(&self, is_json: bool) -> String {
        let start = self.body.trim_ascii_start();
        if is_json {
            "the response does not have the expected form".to_owned()
        } else if start.is_empty() {
            "the response is empty".to_owned()
        } else if let Some(encoding) = &self.content_encoding {
            format!("the response is compressed ({encoding}), although the request asked for an uncompressed one")
        } else if start.starts_with(b"<") {
            "the response is a web page instead of JSON".to_owned()
        } else {
            "the response is not JSON".to_owned()
        }
    }

    /// The whole body as a secret.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`]: the body is empty or not UTF-8.
    pub(in crate::huaweicloud) fn secret(&self) -> Result<Secret, Error> {
        let text = std::str::from_utf8(&self.body).map(Secret::from).ok();
        text.filter(|text| !text.is_empty()).ok_or_else(|| self.unexpected("the response is empty or not text"))
    }

    /// The error about a successful response that this client does not understand. If the body reports an error, the
    /// result is that error. `what` may quote the body.
    pub(in crate::huaweicloud) fn unexpected(&self, what: &str) -> Error {
        if let Some(error) = self.reported_error() {
            return error;
        }
        let what = self.redactor.redact(what);
        let id = self.request_id.as_ref().map(|id| format!(" (request id {id})")).unwrap_or_default();
        Error::new(ErrorKind::Decode, format!("{}: status {}: {what}{id}", self.request, self.status))
            .with_delivery(Delivery::Responded)
    }
}

/// The compression of a body, from the header or else from the first bytes.
fn content_encoding(headers: &HeaderMap, body: &[u8], redactor: &Redactor) -> Option<String> {
    let named: Vec<String> = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .map(|value| redactor.show(&String::from_utf8_lossy(value.as_bytes()), ENCODING_LIMIT))
        .filter(|encoding| !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity"))
        .collect();
    if !named.is_empty() {
        return Some(named.join(", "));
    }
    // RFC 1952 and RFC 8878. Other encodings have no magic number.
    [("gzip", &[0x1f, 0x8b][..]), ("zstd", &[0x28, 0xb5, 0x2f, 0xfd])]
        .into_iter()
        .find_map(|(encoding, magic)| body.starts_with(magic).then(|| encoding.to_owned()))
}

/// The request id, from the header of the gateway or else of IAM.
pub(super) fn request_id(headers: &HeaderMap, redactor: &Redactor) -> Option<String> {
    ["x-request-id", "x-iam-trace-id"]
        .into_iter()
        .filter_map(|name| headers.get(name)?.to_str().ok())
        .map(|id| redactor.show(id, REQUEST_ID_LIMIT))
        .find(|id| !id.is_empty())
}

/// The target host of a redirect. Only the host, because the rest of the URL may contain secrets.
fn redirect_host(response: &reqwest::Response) -> Option<String> {
    if !response.status().is_redirection() {
        return None;
    }
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let target = response.url().join(location).ok()?;
    target.host_str().map(|host| one_line(host, REQUEST_ID_LIMIT))
}

/// How reading a body ended.
enum End {
    Complete,
    TooLong,
    Interrupted(reqwest::Error),
}

/// Reads at most `limit` bytes, regardless of the length in the headers.
async fn read(response: &mut reqwest::Response, limit: usize) -> (Vec<u8>, End) {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > limit => {
                let rest = limit - body.len();
                body.extend(chunk.iter().take(rest));
                return (body, End::TooLong);
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return (body, End::Complete),
            Err(error) => return (body, End::Interrupted(error)),
        }
    }
}
