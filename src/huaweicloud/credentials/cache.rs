//! Credentials looked up at the first request, kept, and renewed before they end.

use std::future::Future;
use std::sync::{Arc, Mutex as BriefMutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::Credentials;
use crate::huaweicloud::error::Error;

/// How long before their end keys are renewed. Half of their life, where that is shorter.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// How long nothing is tried after a renewal that failed, while the old keys still do.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// The credentials in use. An error is not kept: the next request looks again.
#[derive(Debug, Default)]
pub(in crate::huaweicloud) struct Cache {
    held: BriefMutex<Option<Held>>,
    /// Held by whoever looks for new ones; all others wait for its result.
    looking: Mutex<()>,
}

#[derive(Clone, Debug)]
struct Held {
    credentials: Arc<Credentials>,
    /// `None`: they last.
    renew_at: Option<Timestamp>,
}

impl Cache {
    /// The credentials for one attempt; asked anew for each, so that renewal can happen here. `sign_in` is run by one of
    /// all who ask at once. It takes its time, so `now` is asked again after it.
    pub(in crate::huaweicloud) async fn get(
        &self,
        now: impl Fn() -> Timestamp,
        sign_in: impl Future<Output = Result<Credentials, Error>>,
    ) -> Result<Arc<Credentials>, Error> {
        if let Some(fresh) = self.fresh(now()) {
            return Ok(fresh);
        }
        let _looking = self.looking.lock().await;
        if let Some(fresh) = self.fresh(now()) {
            return Ok(fresh);
        }
        match sign_in.await {
            Ok(found) => Ok(self.keep(Held::new(Arc::new(found), now()))),
            Err(error) => self.still_valid(now(), &error).ok_or(error),
        }
    }

    fn fresh(&self, now: Timestamp) -> Option<Arc<Credentials>> {
        let held = self.held()?;
        held.renew_at.is_none_or(|moment| now < moment).then_some(held.credentials)
    }

    /// The old credentials, when they outlive a failed renewal.
    fn still_valid(&self, now: Timestamp, error: &Error) -> Option<Arc<Credentials>> {
        let Held { credentials, .. } = self.held()?;
        let end = credentials.expires_at().filter(|end| now < *end)?;
        log::warn!(expires_at:% = end; "the keys could not be renewed, so the old ones are used: {}", error.report());
        // Refused keys are locked after a few refusals in a row, so they are not tried again before they must be. A file
        // that could not be read just now, or a machine that did not answer, locks nothing.
        let refused = error.kind().is_refusal_of_keys() && error.response().is_some();
        let renew_at = if refused { Some(end) } else { now.saturating_add(PAUSE).ok() };
        Some(self.keep(Held { credentials, renew_at }))
    }

    fn held(&self) -> Option<Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, held: Held) -> Arc<Credentials> {
        let credentials = Arc::clone(&held.credentials);
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(held);
        credentials
    }
}

impl Held {
    fn new(credentials: Arc<Credentials>, now: Timestamp) -> Self {
        let renew_at = credentials.expires_at().map(|end| {
            let half = end.duration_since(now) / 2;
            // Keys that seem to be over when they come belong to another clock; they are tried all the same, and
            // not fetched again for every request.
            let early =
                if half.is_positive() { end.saturating_sub(half.min(MARGIN)) } else { now.saturating_add(PAUSE) };
            early.unwrap_or(end)
        });
        Self { credentials, renew_at }
    }
}
