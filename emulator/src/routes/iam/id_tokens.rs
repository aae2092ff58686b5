//! The call that exchanges the id token of an identity provider for a token of IAM.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use crate::message::{ApiError, Body, ErrorFormat, Request, Response};
use crate::state::State;

use super::{invalid, parse_body};

#[derive(Deserialize)]
struct IdTokenBody {
    auth: IdTokenAuth,
}

#[derive(Deserialize)]
struct IdTokenAuth {
    id_token: IdToken,
}

#[derive(Deserialize)]
struct IdToken {
    id: String,
}

pub(crate) fn create_token_with_id_token(
    state: &mut State,
    request: &Request,
    now: Timestamp,
) -> Result<Response, ApiError> {
    // Unlike the other calls of version 3, this one has the newer format for its documented errors.
    exchange(state, request, now).map_err(|error| ApiError { format: ErrorFormat::Service, ..error })
}

fn exchange(state: &mut State, request: &Request, now: Timestamp) -> Result<Response, ApiError> {
    let provider = request.header("x-idp-id").ok_or_else(|| invalid(&"the header X-Idp-Id is missing"))?;
    let IdTokenBody { auth: IdTokenAuth { id_token } } = parse_body(request)?;
    let (token, end) = state.exchange_id_token(provider, &id_token.id, now)?;
    let time = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
    let body = json!({"token": {
        "methods": ["mapped"],
        "issued_at": time(now),
        "expires_at": time(end),
        "user": {
            "id": "0d0e0f0000000000000000000000d0a2",
            "name": provider,
            "domain": {"id": state.identity.domain.id, "name": state.identity.domain.name},
        },
    }});
    let mut response = Response::new(201, Body::Json(body));
    response.headers.push(("x-subject-token", token));
    Ok(response)
}
