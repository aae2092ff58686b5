//! What every step of a reset needs at hand.

use std::future::Future;
use std::sync::Arc;

use crate::huaweicloud::{Client, Error, ErrorKind, GroupAddress};
use crate::provider::limits::{Interruption, Limits};

use super::failure::Failure;
use super::narration::Narration;
use super::request::ResetRequest;
use super::sent::Sent;
use super::watch::Watch;

/// One reset under way.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) request: &'a ResetRequest,
    /// For reads. Its waits are told, and end with the time limit.
    pub(super) client: &'a Client,
    pub(super) address: &'a GroupAddress,
    pub(super) limits: &'a Limits,
    pub(super) narration: &'a Arc<Narration>,
}

/// Why a read brought nothing.
pub(super) enum Unread {
    /// The keys may not read it (403).
    Forbidden(Error),
    /// Anything else, told.
    Failed(Failure),
}

/// A service refuses a project that does not exist like one that lacks a permission.
const CHECK_PROJECT: &str =
    "Check project_id and region first: the project may not exist, or belong to another account.";

impl Unread {
    /// The error of an enabled check that cannot be made, before anything was sent. `advice` is for a missing
    /// permission.
    pub(super) fn refused(self, step: &str, argument: &str, advice: &str) -> Failure {
        match self {
            Unread::Failed(failure) => failure,
            Unread::Forbidden(error) => {
                let advice = format!("{CHECK_PROJECT} {advice}");
                Failure::error(step, &error, Sent::No).advised(&advice).at(argument)
            }
        }
    }
}

impl Job<'_> {
    /// Runs one step within the limits. `step` completes "interrupted while …"; `sent` says what is known of the reset
    /// when the limits end the step.
    pub(super) async fn step<T>(&self, step: &str, sent: &Sent, work: impl Future<Output = T>) -> Result<T, Failure> {
        let outcome = self.limits.run(work).await;
        outcome.map_err(|it| self.interrupted(step, it, sent.clone()))
    }

    /// The limits ended this step.
    pub(super) fn interrupted(&self, step: &str, interruption: Interruption, sent: Sent) -> Failure {
        Failure::interrupted(step, interruption, sent, self.request.form, self.narration.wait())
    }

    /// A client for one request that changes something, and what watches it.
    pub(super) fn watched_client(&self) -> (Client, Arc<Watch>) {
        let watch = Watch::new(Arc::clone(self.narration));
        (self.client.with_deadline(self.limits.deadline(), Arc::clone(&watch) as _), watch)
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
            Err(error) => Err(Unread::Failed(Failure::read_error(step, &error, sent.clone()))),
        }
    }
}
