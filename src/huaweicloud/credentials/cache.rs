//! Keeps credentials from the first request on, and renews them before they expire.

use std::future::Future;
use std::sync::{Arc, Mutex as SyncMutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::huaweicloud::error::Error;
use crate::huaweicloud::signing::Credentials;

/// How long before their expiry credentials are renewed, or half of their remaining life if that is shorter.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// The time between two renewals while the old credentials are valid.
const RENEWAL_INTERVAL: SignedDuration = SignedDuration::from_secs(30);

/// The credentials in use. Errors are not kept: the next request signs in again.
#[derive(Debug, Default)]
pub(in crate::huaweicloud) struct Cache {
    entry: SyncMutex<Option<CachedCredentials>>,
    /// Locked during a sign-in, so that concurrent requests wait for its result.
    sign_in: Mutex<()>,
}

#[derive(Clone, Debug)]
struct CachedCredentials {
    credentials: Arc<Credentials>,
    /// `None`: they do not expire.
    renew_at: Option<Timestamp>,
}

impl Cache {
    /// The credentials for one attempt, renewed if necessary. Of several concurrent callers, only one runs `sign_in`.
    /// It takes time, so `now` is read again after it.
    ///
    /// # Errors
    /// The error of the sign-in, unless the old credentials are still valid.
    pub(in crate::huaweicloud) async fn get(
        &self,
        now: impl Fn() -> Timestamp,
        sign_in: impl Future<Output = Result<Credentials, Error>>,
    ) -> Result<Arc<Credentials>, Error> {
        if let Some(fresh) = self.fresh(now()) {
            return Ok(fresh);
        }
        let _guard = self.sign_in.lock().await;
        if let Some(fresh) = self.fresh(now()) {
            return Ok(fresh);
        }
        match sign_in.await {
            Ok(credentials) => Ok(self.set(CachedCredentials::new(Arc::new(credentials), now()))),
            Err(error) => self.still_valid(now(), &error).ok_or(error),
        }
    }

    fn fresh(&self, now: Timestamp) -> Option<Arc<Credentials>> {
        let entry = self.entry()?;
        entry.renew_at.is_none_or(|renew_at| now < renew_at).then_some(entry.credentials)
    }

    /// The old credentials, if they are still valid after a failed renewal.
    fn still_valid(&self, now: Timestamp, error: &Error) -> Option<Arc<Credentials>> {
        let CachedCredentials { credentials, .. } = self.entry()?;
        let expires_at = credentials.expires_at().filter(|expires_at| now < *expires_at)?;
        log::warn!(expires_at:%; "failed to renew the credentials, the old ones are still used: {}", error.report());
        // The service locks an access key after a few rejections in a row, so rejected credentials are not tried again
        // before the old ones expire. Other errors, such as of a file that cannot be read, lock nothing.
        let rejected = error.kind().is_credential_rejection() && error.response().is_some();
        let renew_at = if rejected { Some(expires_at) } else { now.saturating_add(RENEWAL_INTERVAL).ok() };
        Some(self.set(CachedCredentials { credentials, renew_at }))
    }

    fn entry(&self) -> Option<CachedCredentials> {
        self.entry.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, entry: CachedCredentials) -> Arc<Credentials> {
        let credentials = Arc::clone(&entry.credentials);
        *self.entry.lock().unwrap_or_else(PoisonError::into_inner) = Some(entry);
        credentials
    }
}

impl CachedCredentials {
    fn new(credentials: Arc<Credentials>, now: Timestamp) -> Self {
        let renew_at = credentials.expires_at().map(|expires_at| {
            let half_life = expires_at.duration_since(now) / 2;
            let renew_at = if half_life.is_positive() {
                expires_at.saturating_sub(half_life.min(MARGIN))
            } else {
                // Credentials already expired on arrival indicate clock skew. They are used, and not renewed for every
                // request.
                now.saturating_add(RENEWAL_INTERVAL)
            };
            renew_at.unwrap_or(expires_at)
        });
        Self { credentials, renew_at }
    }
}
