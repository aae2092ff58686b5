//! The metadata service of an ECS, which issues temporary credentials for the agency of the ECS.

use jiff::Timestamp;

use crate::message::{ApiError, Body, ErrorFormat, Request, Response};
use crate::state::State;

use super::iam;

pub(super) fn create_token(state: &mut State, request: &Request, now: Timestamp) -> Result<Response, ApiError> {
    let seconds = request.header("x-metadata-token-ttl-seconds").and_then(|text| text.parse().ok());
    let seconds = seconds.filter(|seconds| (1..=21_600).contains(seconds));
    // A service without tokens refuses even an invalid request that way, so this check comes first.
    let token = state.issue_metadata_token(seconds.unwrap_or_default(), now)?;
    if seconds.is_none() {
        let message = "X-Metadata-Token-Ttl-Seconds must be an integer from 1 to 21600";
        return Err(ApiError { format: ErrorFormat::Text, ..ApiError::new(400, "", message) });
    }
    Ok(Response::new(200, Body::Text { content_type: Some("text/plain".to_owned()), text: token }))
}

pub(super) fn show_security_key(state: &mut State, request: &Request, now: Timestamp) -> Result<Response, ApiError> {
    let credentials = state.metadata_credentials(request.header("x-metadata-token"), now)?;
    Ok(Response::ok(iam::credentials_json(&credentials)))
}
