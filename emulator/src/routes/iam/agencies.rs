//! The newer way to an agency's key, of STS.

use super::{invalid, read, seconds};
use crate::message::{Answer, Refusal, Request, Shape};
use crate::state::State;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Document {
    agency_urn: String,
    agency_session_name: String,
    duration_seconds: Option<u64>,
}

pub(crate) fn assume_agency(state: &mut State, request: &Request, now: Timestamp) -> Result<Answer, Refusal> {
    // The newer calls write errors as the gateway does.
    assume(state, request, now).map_err(|refusal| Refusal { shape: Shape::Service, ..refusal })
}

fn assume(state: &mut State, request: &Request, now: Timestamp) -> Result<Answer, Refusal> {
    let Document { agency_urn, agency_session_name: session, duration_seconds } = read(request)?;
    let (domain, agency) =
        parse(&agency_urn).ok_or_else(|| invalid(&"agency_urn must read iam::<domain>:agency:<name>"))?;
    let seconds = seconds(duration_seconds, 3_600, 900..=43_200)?;
    let key = state.assume_agency(agency, Some(domain), None, seconds, now)?;
    Ok(Answer::ok(json!({
        "credentials": {
            "access_key_id": key.access_key,
            "secret_access_key": key.secret_key,
            "security_token": key.security_token,
            "expiration": key.expires_at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        },
        "assumed_agency": {"urn": format!("sts::{domain}:assumed-agency:{agency}/{session}")},
    })))
}

/// Account and name of an agency.
fn parse(urn: &str) -> Option<(&str, &str)> {
    let (domain, agency) = urn.strip_prefix("iam::")?.split_once(":agency:")?;
    (!domain.is_empty() && !agency.is_empty()).then_some((domain, agency))
}
