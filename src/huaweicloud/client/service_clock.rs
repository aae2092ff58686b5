//! The service's clock, read from the `Date` of its answers. This computer's clock can be minutes off and still produce
//! valid signatures.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{DATE, HeaderMap};
use tokio::time::Instant;

use super::Client;
use super::retry_after::date;

/// The clock difference beyond which the service refuses every signature. A date that differs more does not come from
/// the clock that checked the signature.
pub const MAX_CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(15);

/// The `Date` of the latest answer, and when that answer arrived.
#[derive(Debug, Default)]
pub(super) struct ServiceClock(Mutex<Option<(Timestamp, Instant)>>);

impl ServiceClock {
    pub(super) fn note(&self, headers: &HeaderMap) {
        if let Some(date) = headers.get(DATE).and_then(|value| date(value.to_str().ok()?)) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((date, Instant::now()));
        }
    }

    fn now(&self) -> Option<Timestamp> {
        let (date, came) = (*self.0.lock().unwrap_or_else(PoisonError::into_inner))?;
        date.checked_add(came.elapsed()).ok()
    }
}

impl Client {
    /// The time by the clock of the DMS service, to the second. `None`: no answer yet, or none with a date.
    #[must_use]
    pub fn service_time(&self) -> Option<Timestamp> {
        self.0.service_clock.now()
    }

    /// The current time, by the service's clock if that is known and plausible, else by this computer's.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        let local = self.now();
        let is_plausible = |time: &Timestamp| time.duration_since(local).abs() <= MAX_CLOCK_SKEW;
        self.service_time().filter(is_plausible).unwrap_or(local)
    }
}
