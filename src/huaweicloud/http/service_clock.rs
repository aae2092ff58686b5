//! The service's clock, read from the `Date` of its responses.
//!
//! This computer's clock can be minutes off and still produce valid signatures.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{DATE, HeaderMap};
use tokio::time::Instant;

use super::retry_after::parse_date;

/// The clock difference beyond which the service rejects every signature. A date that differs more does not come from
/// the clock that checked the signature.
pub const MAX_CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(15);

/// The `Date` of the latest response, and when that response arrived.
#[derive(Debug, Default)]
pub(super) struct ServiceClock(Mutex<Option<(Timestamp, Instant)>>);

impl ServiceClock {
    /// Takes the date from the headers of a response, if it has one.
    pub(super) fn update(&self, headers: &HeaderMap) {
        if let Some(date) = headers.get(DATE).and_then(|value| parse_date(value.to_str().ok()?)) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((date, Instant::now()));
        }
    }

    pub(super) fn now(&self) -> Option<Timestamp> {
        let (date, arrived) = (*self.0.lock().unwrap_or_else(PoisonError::into_inner))?;
        date.checked_add(arrived.elapsed()).ok()
    }
}
