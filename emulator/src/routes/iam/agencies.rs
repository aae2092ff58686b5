//! The newer call that assumes an agency, of STS.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use crate::message::{ApiError, ErrorFormat, Request, Response};
use crate::state::State;

use super::{duration_seconds, invalid, parse_body};

/// The longest lifetime of credentials.
const MAX_SECONDS: u64 = 43_200;
/// The longest lifetime if the request is signed with other temporary credentials; also the default.
const MAX_CHAINED_SECONDS: u64 = 3_600;

/// Published, with its text, in the API reference of STS.
const UNKNOWN_AGENCY: &str = "STS5.1106";
/// Invented, because the codes of STS for other errors are not published. Clients must not depend on it.
const INVALID_BODY: &str = "STS5.0980";

#[derive(Deserialize)]
struct AssumeAgencyBody {
    agency_urn: String,
    agency_session_name: String,
    duration_seconds: Option<u64>,
}

pub(crate) fn assume_agency(state: &mut State, request: &Request, now: Timestamp) -> Result<Response, ApiError> {
    let (body, domain, agency, seconds) = parse(request).map_err(|error| ApiError {
        code: INVALID_BODY.into(),
        format: ErrorFormat::Service,
        ..error
    })?;
    let AssumeAgencyBody { agency_urn: urn, agency_session_name: session, .. } = body;
    let unknown = |_| ApiError::new(404, UNKNOWN_AGENCY, format!("the agency '{urn}' cannot be found"));
    let issued = state.assume_agency(&agency, Some(&domain), None, seconds, now).map_err(unknown)?;
    Ok(Response::ok(json!({
        "source_identity": "",
        "credentials": {
            "access_key_id": issued.access_key,
            "secret_access_key": issued.secret_key,
            "security_token": issued.security_token,
            "expiration": issued.expires_at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        },
        "assumed_agency": {
            "urn": format!("sts::{domain}:assumed-agency:{agency}/{session}"),
            "id": format!("{agency}:{session}"),
        },
    })))
}

/// The valid body of a request, the account and the name of its agency, and the lifetime of the credentials.
fn parse(request: &Request) -> Result<(AssumeAgencyBody, String, String, u64), ApiError> {
    let body: AssumeAgencyBody = parse_body(request)?;
    let (domain, agency) = parse_urn(&body.agency_urn)
        .ok_or_else(|| invalid(&"agency_urn must have the form iam::<domain>:agency:<name>"))?;
    let is_chained = request.header("x-security-token").is_some();
    let max = if is_chained { MAX_CHAINED_SECONDS } else { MAX_SECONDS };
    let seconds = duration_seconds(body.duration_seconds, MAX_CHAINED_SECONDS, 900..=max)?;
    let (domain, agency) = (domain.to_owned(), agency.to_owned());
    Ok((body, domain, agency, seconds))
}

/// The account and the name of an agency.
fn parse_urn(urn: &str) -> Option<(&str, &str)> {
    let (domain, agency) = urn.strip_prefix("iam::")?.split_once(":agency:")?;
    (!domain.is_empty() && !agency.is_empty()).then_some((domain, agency))
}
