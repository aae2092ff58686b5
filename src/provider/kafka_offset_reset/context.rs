//! What every step of a reset needs: the request, a client, the group's address, the limits, and progress.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use crate::huaweicloud::{Client, Error, ErrorKind, GroupAddress, Region};
use crate::provider::Configured;
use crate::provider::errors::lookup_advice;
use crate::provider::operation_limits::{Interruption, Limits};
use crate::provider::read_group::group_address;
use crate::tf_provider::Diagnostics;

use super::report::{Activity, DeliveryTracker, Failure, ProgressReporter};
use super::request::ResetRequest;

const READ_SETTINGS: Activity = Activity::new("read", "reading", "the provider's settings");
const LOOK_UP_PROJECT: Activity = Activity::new("look up", "looking up", "the project");

/// The context of one reset.
pub(super) struct ResetContext<'a> {
    pub(super) request: &'a ResetRequest,
    /// For reads. It reports retries, and stops them at the time limit.
    pub(super) client: Client,
    pub(super) address: GroupAddress,
    pub(super) limits: &'a Limits,
    pub(super) progress: Arc<ProgressReporter>,
    pub(super) started: Instant,
}

/// Why a read returned nothing.
pub(super) enum ReadError {
    /// The credentials lack the permission (403).
    Forbidden(Error),
    Failed(Failure),
}

/// The service responds to an unknown project and to a missing permission in the same way.
const CHECK_PROJECT: &str =
    "Check project_id and region first: there may be no such project, or it may belong to another account.";

impl ReadError {
    pub(super) fn new(activity: &Activity, error: Error) -> Self {
        match error.kind() {
            ErrorKind::Forbidden => Self::Forbidden(error),
            _ => Self::Failed(Failure::of_read(activity, &error)),
        }
    }

    /// The failure of a check that cannot be performed. `advice` is for a missing permission.
    pub(super) fn refused(self, activity: &Activity, argument: &str, advice: &str) -> Failure {
        match self {
            Self::Failed(failure) => failure,
            Self::Forbidden(error) => {
                let advice = format!("{CHECK_PROJECT} {advice}");
                Failure::of_request(activity, &error).with_advice(&advice).with_path(argument)
            }
        }
    }
}

impl From<Failure> for ReadError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl<'a> ResetContext<'a> {
    /// Makes the client and finds the group's address. Sends nothing but the lookup of the project.
    ///
    /// # Errors
    /// The settings of the provider are wrong, or the project was not found.
    pub(super) async fn connect(
        request: &'a ResetRequest,
        configured: &Configured,
        limits: &'a Limits,
        progress: Arc<ProgressReporter>,
    ) -> Result<Self, Diagnostics> {
        let interrupted = |activity, it| Failure::interrupted(activity, it, request.form, progress.current_retry());
        let client = match limits.run(configured.client()).await {
            Ok(client) => client?.with_deadline(limits.deadline(), DeliveryTracker::new(Arc::clone(&progress))),
            Err(it) => return Err(interrupted(&READ_SETTINGS, it).not_sent(request, request.region.as_ref())),
        };
        let ResetRequest { region, project_id, instance_id, group, .. } = request;
        let found = group_address(&client, region.as_ref(), project_id.as_ref(), instance_id, group);
        let address = match limits.run(found).await {
            Ok(Ok(address)) => Ok(address),
            Ok(Err(error)) => Err(Failure::of_request(&LOOK_UP_PROJECT, &error).with_advice(lookup_advice(&error))),
            Err(it) => Err(interrupted(&LOOK_UP_PROJECT, it)),
        };
        let address = address.map_err(|failure| failure.not_sent(request, region.as_ref().or(client.region())))?;
        Ok(Self { request, client, address, limits, progress, started: Instant::now() })
    }

    /// The region of the instance. `None`: custom endpoints make it unnecessary, and none is set.
    pub(super) fn region(&self) -> Option<&Region> {
        self.address.instance.region.as_ref()
    }

    /// Runs one step within the limits.
    ///
    /// # Errors
    /// The user or the time limit ended the step.
    pub(super) async fn step<T>(&self, activity: &Activity, work: impl Future<Output = T>) -> Result<T, Failure> {
        self.limits.run(work).await.map_err(|it| self.interrupted(activity, it))
    }

    /// The failure of a step that the limits ended.
    pub(super) fn interrupted(&self, activity: &Activity, interruption: Interruption) -> Failure {
        Failure::interrupted(activity, interruption, self.request.form, self.progress.current_retry())
    }

    /// A client for one request that changes something, with the tracker of that request.
    pub(super) fn tracked_client(&self) -> (Client, Arc<DeliveryTracker>) {
        let tracker = DeliveryTracker::new(Arc::clone(&self.progress));
        (self.client.with_deadline(self.limits.deadline(), Arc::clone(&tracker) as _), tracker)
    }

    /// Reads something within the limits.
    ///
    /// # Errors
    /// The read failed, or the limits ended it.
    pub(super) async fn read<T>(
        &self,
        activity: &Activity,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, ReadError> {
        match self.step(activity, work).await? {
            Ok(value) => {
                self.progress.signed_in(self.address.instance.project_id.as_str());
                Ok(value)
            }
            Err(error) => Err(ReadError::new(activity, error)),
        }
    }
}
