//! The newer call that assumes an agency, of STS.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use crate::message::{ApiError, ErrorFormat, Request, Response};
use crate::state::State;

use super::{duration_seconds, invalid, parse_body};

#[derive(Deserialize)]
struct AssumeAgencyBody {
    agency_urn: String,
    agency_session_name: String,
    duration_seconds: Option<u64>,
}

pub(crate) fn assume_agency(state: &mut State, request: &Request, now: Timestamp) -> Result<Response, ApiError> {
    // The newer calls have the error format of the gateway.
    assume(state, request, now).map_err(|error| ApiError { format: ErrorFormat::Service, ..error })
}

fn assume(state: &mut State, request: &Request, now: Timestamp) -> Result<Response, ApiError> {
    let AssumeAgencyBody { agency_urn, agency_session_name: session, duration_seconds: requested } =
        parse_body(request)?;
    let (domain, agency) =
        parse_urn(&agency_urn).ok_or_else(|| invalid(&"agency_urn must have the form iam::<domain>:agency:<name>"))?;
    let seconds = duration_seconds(requested, 3_600, 900..=43_200)?;
    let issued = state.assume_agency(agency, Some(domain), None, seconds, now)?;
    Ok(Response::ok(json!({
        "credentials": {
            "access_key_id": issued.access_key,
            "secret_access_key": issued.secret_key,
            "security_token": issued.security_token,
            "expiration": issued.expires_at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        },
        "assumed_agency": {"urn": format!("sts::{domain}:assumed-agency:{agency}/{session}")},
    })))
}

/// The account and the name of an agency.
fn parse_urn(urn: &str) -> Option<(&str, &str)> {
    let (domain, agency) = urn.strip_prefix("iam::")?.split_once(":agency:")?;
    (!domain.is_empty() && !agency.is_empty()).then_some((domain, agency))
}
