//! IAM and STS: projects, the account, and temporary credentials for agencies and tokens.

mod agencies;
mod id_tokens;
mod projects;
mod security_tokens;

pub(super) use self::agencies::assume_agency;
pub(super) use self::id_tokens::create_token_with_id_token;
pub(super) use self::projects::{list_domains, list_projects};
pub(super) use self::security_tokens::{create_security_token, credentials_json, uses_token};

use std::fmt;
use std::ops::RangeInclusive;

use serde::de::DeserializeOwned;

use crate::encoding::{Query, QueryError};
use crate::message::{ApiError, ErrorFormat, Request};
use crate::object::Object;

/// Parses the body of a call without query parameters. Unknown fields are ignored, because the real calls have many
/// more.
fn parse_body<T: DeserializeOwned>(request: &Request) -> Result<T, ApiError> {
    Query::parse(request.query.as_deref(), &[]).map_err(invalid_query)?;
    let parsed = serde_json::from_slice(&request.body).map_err(|error| invalid(&error));
    parsed.map(|Object(body)| body)
}

/// The lifetime of credentials: as requested, if within the documented bounds, or the default.
fn duration_seconds(requested: Option<u64>, default: u64, allowed: RangeInclusive<u64>) -> Result<u64, ApiError> {
    let seconds = requested.unwrap_or(default);
    if allowed.contains(&seconds) {
        return Ok(seconds);
    }
    let (least, most) = (allowed.start(), allowed.end());
    Err(invalid(&format!("duration_seconds must be from {least} to {most}, not {seconds}")))
}

fn invalid(what: &dyn fmt::Display) -> ApiError {
    ApiError { format: ErrorFormat::Iam, ..ApiError::new(400, "IAM.0011", format!("Details: {what}.")) }
}

/// The documented error for a query parameter.
fn invalid_query(error: QueryError) -> ApiError {
    match error {
        QueryError::Encoding(error) => error.into(),
        QueryError::Invalid { key, detail } => {
            let message = format!("Request parameter {key} is invalid. It {detail}.");
            ApiError { format: ErrorFormat::Iam, ..ApiError::new(400, "IAM.0007", message) }
        }
    }
}
