//! The service's clock, read from the `Date` of its answers: this computer's clock may be minutes off and still sign.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{DATE, HeaderMap};
use tokio::time::Instant;

use super::Client;
use super::retry_after::date;

/// How far the clocks may be apart before the service refuses every signature. A date that is further away is not that
/// of the clock that checked the signature.
pub const MAX_CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(15);

/// The latest date that the service answered, and when the answer came.
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
    /// What the clock of the DMS service says, to the second. None: it has not answered yet, or without a date.
    #[must_use]
    pub fn service_time(&self) -> Option<Timestamp> {
        self.0.service_clock.now()
    }

    /// The present moment: by the service's clock where that is known and plausible, else by this computer's.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        let local = self.now();
        let is_plausible = |time: &Timestamp| time.duration_since(local).abs() <= MAX_CLOCK_SKEW;
        self.service_time().filter(is_plausible).unwrap_or(local)
    }
}
