//! Answers: success or not, bodies of bounded size, JSON into types.

use std::fmt;

use jiff::Timestamp;
use reqwest::header::{CONTENT_ENCODING, HeaderMap, LOCATION};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::retry_after::retry_after;
use super::transport;
use crate::huaweicloud::credentials::Secret;
use crate::huaweicloud::error::{
    Delivery, EXCERPT_LIMIT, Error, ErrorKind, ErrorResponse, Redactor, ResponseHead, safe,
};

/// Most bytes of a successful answer's body.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// Most bytes read of any other answer's body.
const ERROR_BODY_LIMIT: usize = 64 * 1024;

/// Request ids are short; a longer one is cut.
const REQUEST_ID_LIMIT: usize = 200;

/// Most characters of a compression's name that a message holds. Real names are shorter.
const CODING_LIMIT: usize = 50;

/// A successful answer.
pub(in crate::huaweicloud) struct Response {
    request: String,
    /// HTTP status, 200 to 299.
    pub(in crate::huaweicloud) status: u16,
    /// Identifies the request towards the service's support.
    pub(in crate::huaweicloud) request_id: Option<String>,
    /// `X-Subject-Token`: a token that IAM issued.
    pub(in crate::huaweicloud) subject_token: Option<Secret>,
    body: Zeroizing<Vec<u8>>,
    /// The compression of the body, which this client does not decode.
    coding: Option<String>,
    /// Redacts text of the body, which must not be shown without it.
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
    /// Reads the body and tells success from everything else.
    pub(super) async fn classify(
        request: String,
        mut response: reqwest::Response,
        redactor: Redactor,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let status = response.status();
        let request_id = request_id(response.headers(), &redactor);
        if !status.is_success() {
            // The part that was read is enough: the status alone is an error.
            let body = read(&mut response, ERROR_BODY_LIMIT).await.start();
            let head = ResponseHead {
                status: status.as_u16(),
                request_id,
                redirect_host: redirect_host(&response),
                retry_after: retry_after(response.headers(), now),
                coding: coding(response.headers(), &body, &redactor),
            };
            return Err(Error::from_response(&request, ErrorResponse::read(head, &body, &redactor)));
        }
        let subject_token =
            response.headers().get("x-subject-token").and_then(|token| token.to_str().ok()).map(Secret::from);
        let body = match read(&mut response, BODY_LIMIT).await {
            Read::Whole(body) => Zeroizing::new(body),
            Read::Cut(_) => {
                return Err(Error::new(
                    ErrorKind::Decode,
                    format!("{request}: the answer is longer than {BODY_LIMIT} bytes"),
                )
                .with_delivery(Delivery::Responded));
            }
            Read::Broken(_, error) => return Err(transport::broken(&request, error)),
        };
        let coding = coding(response.headers(), &body, &redactor);
        Ok(Self { request, status: status.as_u16(), request_id, subject_token, body, coding, redactor })
    }

    /// The body as `T`, not redacted: the caller must show its text only through [`redactor`](Self::redactor). The error for an
    /// unreadable body quotes its beginning.
    ///
    /// # Errors
    /// The error that the body reports, if any; else [`ErrorKind::Decode`]: the body is not JSON of that shape.
    pub(in crate::huaweicloud) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.decode().map_err(|unreadable| match unreadable {
            Unreadable::Reported(error) => error,
            Unreadable::Shape(what) => {
                let excerpt = match &self.coding {
                    Some(_) => String::new(),
                    None => self.redactor.show(&String::from_utf8_lossy(&self.body), EXCERPT_LIMIT),
                };
                let colon = if excerpt.is_empty() { "" } else { ": " };
                self.unexpected(&format!("{what}{colon}{excerpt}"))
            }
        })
    }

    /// The body as `T`, not redacted, for bodies that hold credentials or content of users. The caller must not show
    /// its text, and the error quotes nothing.
    ///
    /// # Errors
    /// As for [`json`](Self::json).
    pub(in crate::huaweicloud) fn confidential_json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.decode().map_err(|unreadable| match unreadable {
            Unreadable::Reported(error) => error,
            Unreadable::Shape(what) => self.unexpected(&what),
        })
    }

    fn decode<T: DeserializeOwned>(&self) -> Result<T, Unreadable> {
        if let Some(error) = self.reported_error() {
            return Err(Unreadable::Reported(error));
        }
        // The library's own message names types of this program, and can quote the body.
        serde_json::from_slice(&self.body).map_err(|error| Unreadable::Shape(self.describe_unreadable(error.is_data())))
    }

    /// The error that the body reports despite a status of success.
    fn reported_error(&self) -> Option<Error> {
        let answer = ErrorResponse::in_success(self.status, self.request_id.as_deref(), &self.body, &self.redactor)?;
        Some(Error::from_response(&self.request, answer))
    }

    /// Describes an unreadable body. `is_json`: only its members are wrong.
    fn describe_unreadable(&self, is_json: bool) -> String {
        let start = self.body.trim_ascii_start();
        if is_json {
            "the answer does not have the expected form".to_owned()
        } else if start.is_empty() {
            "the answer is empty".to_owned()
        } else if let Some(coding) = &self.coding {
            format!("the answer is compressed ({coding}), although the request asked for an uncompressed one")
        } else if start.starts_with(b"<") {
            "the answer is a web page instead of JSON".to_owned()
        } else {
            "the answer is not JSON".to_owned()
        }
    }

    /// The body as a secret, where it is nothing but that.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`]: it is no text, or none at all.
    pub(in crate::huaweicloud) fn secret(&self) -> Result<Secret, Error> {
        let text = std::str::from_utf8(&self.body).map(Secret::from).ok();
        text.filter(|text| !text.expose().is_empty()).ok_or_else(|| self.unexpected("the answer is empty or no text"))
    }

    /// The error for a successful answer that this client does not understand. If the body reports an error, the result
    /// is that error. `what` may quote the body.
    pub(in crate::huaweicloud) fn unexpected(&self, what: &str) -> Error {
        if let Some(error) = self.reported_error() {
            return error;
        }
        let what = self.redactor.redact(what);
        let id = match &self.request_id {
            Some(id) => format!(" (request id {id})"),
            None => String::new(),
        };
        Error::new(ErrorKind::Decode, format!("{}: status {}: {what}{id}", self.request, self.status))
            .with_delivery(Delivery::Responded)
    }
}

/// Why a body is not the expected value.
enum Unreadable {
    /// The body reports an error.
    Reported(Error),
    /// The body is not JSON, or has another form.
    Shape(String),
}

/// The compression of a body, from the header or else from its first bytes.
fn coding(headers: &HeaderMap, body: &[u8], redactor: &Redactor) -> Option<String> {
    let named: Vec<String> = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .map(|value| redactor.show(&String::from_utf8_lossy(value.as_bytes()), CODING_LIMIT))
        .filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"))
        .collect();
    if !named.is_empty() {
        return Some(named.join(", "));
    }
    // RFC 1952 and RFC 8878. Other codings have no magic number.
    [("gzip", &[0x1f, 0x8b][..]), ("zstd", &[0x28, 0xb5, 0x2f, 0xfd])]
        .into_iter()
        .find_map(|(coding, magic)| body.starts_with(magic).then(|| coding.to_owned()))
}

/// The service's name for a request: of the gateway, else of IAM.
pub(super) fn request_id(headers: &HeaderMap, redactor: &Redactor) -> Option<String> {
    ["x-request-id", "x-iam-trace-id"]
        .into_iter()
        .filter_map(|name| headers.get(name)?.to_str().ok())
        .map(|id| redactor.show(id, REQUEST_ID_LIMIT))
        .find(|id| !id.is_empty())
}

/// Where a redirect points; the host only, since the rest may hold anything.
fn redirect_host(response: &reqwest::Response) -> Option<String> {
    if !response.status().is_redirection() {
        return None;
    }
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let target = response.url().join(location).ok()?;
    target.host_str().map(|host| safe(host, REQUEST_ID_LIMIT))
}

/// How far reading a body came.
enum Read {
    Whole(Vec<u8>),
    Cut(Vec<u8>),
    Broken(Vec<u8>, reqwest::Error),
}

impl Read {
    fn start(self) -> Vec<u8> {
        match self {
            Self::Whole(body) | Self::Cut(body) | Self::Broken(body, _) => body,
        }
    }
}

/// Reads at most `limit` bytes, whatever length the answer claims to have.
async fn read(response: &mut reqwest::Response, limit: usize) -> Read {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > limit => {
                let room = limit - body.len();
                body.extend(chunk.iter().take(room));
                return Read::Cut(body);
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Read::Whole(body),
            Err(error) => return Read::Broken(body, error),
        }
    }
}
