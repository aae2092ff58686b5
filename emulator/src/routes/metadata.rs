//! The metadata service that an ECS asks for its agency's key.

use super::iam;
use crate::message::{Answer, Body, Refusal, Request, Shape};
use crate::state::State;
use jiff::Timestamp;

pub(super) fn create_token(state: &mut State, request: &Request, now: Timestamp) -> Result<Answer, Refusal> {
    let seconds = request.header("x-metadata-token-ttl-seconds").and_then(|text| text.parse().ok());
    let seconds = seconds.filter(|seconds| (1..=21_600).contains(seconds));
    // Where there are no tokens, that is said whatever was asked for.
    let token = state.issue_metadata_token(seconds.unwrap_or_default(), now)?;
    if seconds.is_none() {
        let message = "X-Metadata-Token-Ttl-Seconds must be a whole number from 1 to 21600";
        return Err(Refusal { shape: Shape::Text, ..Refusal::new(400, "", message) });
    }
    Ok(Answer::new(200, Body::Text { content_type: Some("text/plain".to_owned()), text: token }))
}

pub(super) fn show_security_key(state: &mut State, request: &Request, now: Timestamp) -> Result<Answer, Refusal> {
    let key = state.metadata_key(request.header("x-metadata-token"), now)?;
    Ok(Answer::ok(iam::written(&key)))
}
