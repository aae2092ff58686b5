//! What every step of a reset needs at hand.

use std::future::Future;

use crate::huaweicloud::{Client, Error, ErrorKind, GroupAddress};
use crate::provider::limits::Limits;

use super::failure::Failure;
use super::narration::Narration;
use super::request::ResetRequest;
use super::sent::Sent;

/// One reset under way.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) request: &'a ResetRequest,
    pub(super) client: &'a Client,
    pub(super) address: &'a GroupAddress,
    pub(super) limits: &'a Limits,
    pub(super) narration: &'a Narration,
}

/// Why a read brought nothing.
pub(super) enum Unread {
    /// The keys may not read it (403).
    Forbidden(Error),
    /// Anything else, told.
    Failed(Failure),
}

impl Job<'_> {
    /// Runs one step within the limits. `step` completes "interrupted while …"; `sent` says what is known of the reset
    /// when the limits end the step.
    pub(super) async fn step<T>(&self, step: &str, sent: &Sent, work: impl Future<Output = T>) -> Result<T, Failure> {
        let outcome = self.limits.run(work).await;
        outcome.map_err(|it| Failure::interrupted(step, it, sent.clone(), self.request.form))
    }

    /// Reads something, before the reset or after it.
    pub(super) async fn read<T>(
        &self,
        step: &str,
        sent: &Sent,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Unread> {
        let answer = self.step(step, sent, work).await.map_err(Unread::Failed)?;
        match answer {
            Ok(value) => {
                self.narration.signed_in(self.address.instance.project_id.as_str());
                Ok(value)
            }
            Err(error) if error.kind() == ErrorKind::Forbidden => Err(Unread::Forbidden(error)),
            Err(error) => Err(Unread::Failed(Failure::error(step, &error, sent.clone()))),
        }
    }
}
