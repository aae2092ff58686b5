//! The older call that issues temporary credentials, for an agency or for a token.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::message::{ApiError, Body, Request, Response};
use crate::state::State;
use crate::state::identity::IssuedCredentials;

use super::{duration_seconds, invalid, parse_body};

#[derive(Deserialize)]
struct SecurityTokenBody {
    auth: SecurityTokenAuth,
}

#[derive(Deserialize)]
struct SecurityTokenAuth {
    identity: SecurityTokenIdentity,
}

#[derive(Deserialize)]
struct SecurityTokenIdentity {
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

/// Whether the request authenticates with a token in its body instead of a signature.
pub(crate) fn uses_token(request: &Request) -> bool {
    let body = serde_json::from_slice::<SecurityTokenBody>(&request.body);
    body.is_ok_and(|body| body.auth.identity.methods == ["token"])
}

pub(crate) fn create_security_token(
    state: &mut State,
    request: &Request,
    now: Timestamp,
) -> Result<Response, ApiError> {
    let SecurityTokenBody { auth: SecurityTokenAuth { identity } } = parse_body(request)?;
    let lifetime = |requested| duration_seconds(requested, 900, 900..=86_400);
    let credentials = match (identity.methods.as_slice(), identity.assume_role, identity.token) {
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
        _ => return Err(invalid(&"methods must be [\"assume_role\"] or [\"token\"], with the object of that name")),
    };
    Ok(Response::new(201, Body::Json(credentials_json(&credentials))))
}

/// Temporary credentials in the format of the older calls and of the metadata service.
pub(crate) fn credentials_json(credentials: &IssuedCredentials) -> Value {
    json!({"credential": {
        "access": credentials.access_key,
        "secret": credentials.secret_key,
        "securitytoken": credentials.security_token,
        "expires_at": credentials.expires_at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string(),
    }})
}
