//! The headers of a request.

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue};

use super::request::Request;
use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::signing::DATE_HEADER;

const JSON: &str = "application/json";
const HOST_HEADER: &str = "host";
const TYPE_HEADER: &str = "content-type";
const PROJECT_HEADER: &str = "x-project-id";
pub(super) const TOKEN_HEADER: &str = "x-security-token";

/// The headers that do not depend on credentials.
pub(super) fn base_headers(request: &Request) -> Vec<(&'static str, &str)> {
    let mut headers = vec![(HOST_HEADER, request.host())];
    if request.body.is_some() {
        headers.push((TYPE_HEADER, JSON));
    }
    if let Some(id) = &request.project_id {
        headers.push((PROJECT_HEADER, id.raw()));
    }
    headers.extend(request.headers.iter().map(|(name, value)| (*name, value.expose())));
    headers
}

/// The headers in the form of the HTTP library, which does not show values that are marked sensitive.
///
/// # Errors
/// [`ErrorKind::Config`]: a value contains characters that a header cannot contain.
pub(super) fn header_map(headers: &[(&'static str, &str)]) -> Result<HeaderMap, Error> {
    const NOT_SENSITIVE: [&str; 4] = [HOST_HEADER, TYPE_HEADER, PROJECT_HEADER, DATE_HEADER];
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| Error::new(ErrorKind::Config, format!("the header {name} cannot be sent")))?;
        value.set_sensitive(!NOT_SENSITIVE.contains(name));
        map.insert(HeaderName::from_static(name), value);
    }
    map.insert(ACCEPT, HeaderValue::from_static(JSON));
    // Without this header, a proxy may compress the response.
    map.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    Ok(map)
}
