//! The older way to a temporary key: for an agency, or for a token.

use super::{invalid, read, seconds};
use crate::message::{Answer, Body, Refusal, Request};
use crate::state::State;
use crate::state::identity::IssuedKey;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Document {
    auth: Auth,
}

#[derive(Deserialize)]
struct Auth {
    identity: Identity,
}

#[derive(Deserialize)]
struct Identity {
    methods: Vec<String>,
    assume_role: Option<AssumeRole>,
    token: Option<Token>,
}

#[derive(Deserialize)]
struct AssumeRole {
    agency_name: String,
    domain_name: Option<String>,
    domain_id: Option<String>,
    duration_seconds: Option<u64>,
}

#[derive(Deserialize)]
struct Token {
    id: String,
    duration_seconds: Option<u64>,
}

/// Whether the body brings a token, which stands for a signature.
pub(crate) fn brings_token(request: &Request) -> bool {
    let document = serde_json::from_slice::<Document>(&request.body);
    document.is_ok_and(|document| document.auth.identity.methods == ["token"])
}

pub(crate) fn create_security_token(state: &mut State, request: &Request, now: Timestamp) -> Result<Answer, Refusal> {
    let Document { auth: Auth { identity } } = read(request)?;
    let lifetime = |asked| seconds(asked, 900, 900..=86_400);
    let key = match (identity.methods.as_slice(), identity.assume_role, identity.token) {
        ([method], Some(role), _) if method == "assume_role" => {
            if role.domain_name.is_none() && role.domain_id.is_none() {
                return Err(invalid(&"assume_role needs domain_name or domain_id"));
            }
            let (domain_id, domain_name) = (role.domain_id.as_deref(), role.domain_name.as_deref());
            let seconds = lifetime(role.duration_seconds)?;
            state.assume_agency(&role.agency_name, domain_id, domain_name, seconds, now)?
        }
        ([method], _, Some(token)) if method == "token" => {
            state.exchange_subject_token(&token.id, lifetime(token.duration_seconds)?, now)?
        }
        _ => return Err(invalid(&"methods must be assume_role or token, with the object of that name")),
    };
    Ok(Answer::new(201, Body::Json(written(&key))))
}

/// A key as the older calls and the metadata service tell it.
pub(crate) fn written(key: &IssuedKey) -> Value {
    json!({"credential": {
        "access": key.access_key,
        "secret": key.secret_key,
        "securitytoken": key.security_token,
        "expires_at": key.expires_at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string(),
    }})
}
