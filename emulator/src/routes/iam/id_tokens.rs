//! A token for the token of an identity provider.

use super::{invalid, read};
use crate::message::{Answer, Body, Refusal, Request};
use crate::state::State;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Document {
    auth: Auth,
}

#[derive(Deserialize)]
struct Auth {
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
) -> Result<Answer, Refusal> {
    let provider = request.header("x-idp-id").ok_or_else(|| invalid(&"the header X-Idp-Id is missing"))?;
    let Document { auth: Auth { id_token } } = read(request)?;
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
    let mut answer = Answer::new(201, Body::Json(body));
    answer.headers.push(("x-subject-token", token));
    Ok(answer)
}
