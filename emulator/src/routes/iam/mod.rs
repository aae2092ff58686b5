//! IAM and STS: projects, the account, and temporary keys for agencies and tokens.

mod agencies;
mod id_tokens;
mod projects;
mod security_tokens;

pub(super) use self::agencies::assume_agency;
pub(super) use self::id_tokens::create_token_with_id_token;
pub(super) use self::projects::{list_domains, list_projects};
pub(super) use self::security_tokens::{brings_token, create_security_token, written};

use crate::message::{Refusal, Request, Shape};
use serde::de::DeserializeOwned;
use std::fmt;
use std::ops::RangeInclusive;

/// Reads a body. Fields that the emulator does not know are let pass: the calls have many.
fn read<T: DeserializeOwned>(request: &Request) -> Result<T, Refusal> {
    serde_json::from_slice(&request.body).map_err(|error| invalid(&error))
}

/// How long a key shall live, if it is said and within the documented bounds.
fn seconds(asked: Option<u64>, default: u64, allowed: RangeInclusive<u64>) -> Result<u64, Refusal> {
    let seconds = asked.unwrap_or(default);
    if allowed.contains(&seconds) {
        return Ok(seconds);
    }
    let (least, most) = (allowed.start(), allowed.end());
    Err(invalid(&format!("duration_seconds must be {least} to {most}, not {seconds}")))
}

fn invalid(what: &dyn fmt::Display) -> Refusal {
    let refusal = Refusal::new(400, "IAM.0011", format!("Request body is invalid: {what}."));
    Refusal { shape: Shape::Iam, ..refusal }
}
