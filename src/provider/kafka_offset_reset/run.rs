//! Carries out one reset: sign in, wait for the group, look; then `finish`: send, follow, look again.
//!
//! The resource and the action run the same code; they differ in where progress goes and in what becomes of the
//! outcome.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;

use crate::huaweicloud::{Client, ConsumerGroup, GroupAddress, InstanceAddress, Partition, ProjectId, Region};
use crate::provider::Configured;
use crate::provider::errors::lookup_advice;
use crate::provider::limits::Limits;
use crate::provider::reset_locks::{self, Conflict, Guard};
use crate::tf_provider::{AttributePath, Diagnostics};

use super::every_topic::{self, Tasks};
use super::failure::Failure;
use super::inactive;
use super::job::{Job, Unread};
use super::narration::Narration;
use super::observe::{self, Seen};
use super::offsets::OffsetRecord;
use super::position::Position;
use super::present::present;
use super::range;
use super::request::{OutOfRangePolicy, ResetRequest, Scope, Target};
use super::resolve::{Plan, Unresolvable, resolve};
use super::sent::Sent;
use super::watch::Watch;
use super::words::{Attempted, offsets_in_words, partitions_in_words, way_back};

/// A reset that was carried out, or may have been, with what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Trace {
    /// None where custom endpoints make a region needless and none is set.
    pub(super) region: Option<Region>,
    pub(super) project_id: ProjectId,
    /// When the service took it, or when it was sent.
    pub(super) reset_at: Timestamp,
    pub(super) request_id: Option<String>,
    pub(super) task_id: Option<String>,
    /// None: not read.
    pub(super) offsets: Option<Vec<OffsetRecord>>,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Ran {
    /// None: no offset was changed.
    pub(super) trace: Option<Trace>,
    /// Errors if it failed, warnings in any case.
    pub(super) diagnostics: Diagnostics,
}

/// Carries out `request` once.
pub(super) async fn run(
    request: &ResetRequest,
    configured: &Configured,
    limits: &Limits,
    narration: &Arc<Narration>,
) -> Ran {
    let client = match limits.run(configured.client()).await {
        Ok(Ok(client)) => client.with_deadline(limits.deadline(), Watch::new(Arc::clone(narration))),
        Ok(Err(diagnostics)) => return Ran { trace: None, diagnostics },
        Err(interruption) => {
            let step = "reading the provider's settings";
            let failure = Failure::interrupted(step, interruption, Sent::No, request.form, narration.wait());
            let attempted = Attempted { request, region: request.region.as_ref() };
            return Ran { trace: None, diagnostics: failure.diagnostics(&attempted, None, None) };
        }
    };
    let client = &client;
    // The region it really goes to, so that an instance has one address, whoever names it.
    let region = request.region.as_ref().or(client.region());
    let attempted = Attempted { request, region };
    let address = match address(request, region, client, limits, narration).await {
        Ok(address) => address,
        Err(failure) => return Ran { trace: None, diagnostics: failure.diagnostics(&attempted, None, None) },
    };
    let mut run = Run {
        job: Job { request, client, address: &address, limits, narration },
        configured,
        started: Instant::now(),
        warnings: Diagnostics::new(),
        plan: None,
        before: None,
        trace: None,
        task_unseen: false,
    };
    let outcome = run.carry_out().await;
    let mut diagnostics = run.warnings;
    if let Err(failure) = outcome {
        if !failure.sent().left_a_trace() {
            run.trace = None;
        }
        diagnostics.extend(failure.diagnostics(&attempted, run.plan.as_ref(), run.before.as_deref()));
    }
    Ran { trace: run.trace, diagnostics }
}

/// The group's address, whose project may have to be looked up.
async fn address(
    request: &ResetRequest,
    region: Option<&Region>,
    client: &Client,
    limits: &Limits,
    narration: &Narration,
) -> Result<GroupAddress, Failure> {
    let project_id = match &request.project_id {
        Some(given) => given.clone(),
        None => {
            let step = "looking up the project";
            let found = limits.run(client.project_id(region)).await;
            let found = found.map_err(|it| Failure::interrupted(step, it, Sent::No, request.form, narration.wait()))?;
            found.map_err(|error| Failure::error(step, &error, Sent::No).advised(lookup_advice(&error)))?
        }
    };
    narration.tell(&format!("Resetting group {:?} in project {project_id}", request.group.as_str()));
    let instance = InstanceAddress { project_id, region: region.cloned(), instance_id: request.instance_id.clone() };
    Ok(GroupAddress { instance, group: request.group.clone() })
}

/// One reset under way, and what is known so far.
pub(super) struct Run<'a> {
    pub(super) job: Job<'a>,
    pub(super) configured: &'a Configured,
    pub(super) started: Instant,
    pub(super) warnings: Diagnostics,
    pub(super) plan: Option<Plan>,
    /// None: not read, because it is not wanted or not allowed.
    pub(super) before: Option<Vec<Position>>,
    /// Set as soon as an offset may have changed.
    pub(super) trace: Option<Trace>,
    /// A background task may still be at work when the proof begins.
    pub(super) task_unseen: bool,
}

impl Run<'_> {
    async fn carry_out(&mut self) -> Result<(), Failure> {
        let mut group = self.inactive_group().await?;
        let (_guard, waited) = self.guard().await?;
        if waited {
            group = self.inactive_group().await?;
        }
        let seen = self.look(group).await?;
        let now = present(&self.job, &mut self.warnings).await?;
        let plan = self.plan(seen.as_ref(), now)?;
        let before = seen.map(|seen| seen.positions);
        self.check_range(&plan, before.as_deref()).await?;
        let tasks = self.known_tasks().await?;
        self.before = before;
        self.plan = Some(plan.clone());
        self.finish(&plan, tasks).await
    }

    /// The group, once it has no members. `None`: the check is turned off.
    async fn inactive_group(&self) -> Result<Option<ConsumerGroup>, Failure> {
        if !self.job.request.require_inactive_group {
            return Ok(None);
        }
        let group = inactive::wait_for_inactive(&self.job).await;
        group.map(Some).map_err(|unread| {
            unread.refused(
                inactive::STEP,
                "require_inactive_group",
                &format!("The check for members needs {READ}. {TURN_OFF_MEMBER_CHECK}."),
            )
        })
    }

    /// The lock of this reset, and whether it had to wait for it.
    async fn guard(&mut self) -> Result<(Guard, bool), Failure> {
        let (topic, partitions) = match (&self.job.request.scope, &self.job.request.target) {
            (Scope::EveryTopic, _) => (None, None),
            (Scope::Topic(topic, _), Target::PartitionOffsets(offsets)) => {
                (Some(topic.clone()), Some(offsets.keys().copied().collect()))
            }
            (Scope::Topic(topic, Partition::Number(number)), _) => (Some(topic.clone()), Some([*number].into())),
            (Scope::Topic(topic, Partition::All), _) => (Some(topic.clone()), None),
        };
        let scope = reset_locks::Scope { group: self.job.address.clone(), topic, partitions };
        let pending = self.configured.locks.request(scope);
        let conflict = pending.conflict();
        let why = match conflict {
            None => return Ok((pending.granted().await, false)),
            Some(Conflict::Instance) => {
                "waiting for another reset on this instance, because one of them is of every topic"
            }
            Some(Conflict::Partitions) => "waiting for another reset of the same partitions",
        };
        self.job.narration.tell(&format!("Now {why}"));
        let guard = self.job.step(why, &Sent::No, pending.granted()).await?;
        if conflict == Some(Conflict::Partitions) {
            self.warnings.warning(
                AttributePath::root(),
                "Several resets of the same partitions",
                "Another reset in this run moved the same partitions of this group, and this reset waited for it. \
                 Their order is not defined unless one depends on the other (depends_on).",
            );
        }
        Ok((guard, true))
    }

    /// The group's offsets before the reset. `None`: nothing needs them.
    async fn look(&self, group: Option<ConsumerGroup>) -> Result<Option<Seen>, Failure> {
        let request = self.job.request;
        let relative_to = match request.target {
            Target::Current => Some("position"),
            Target::ShiftBy(_) => Some("shift_by"),
            _ => None,
        };
        let strict = request.out_of_range == OutOfRangePolicy::Error;
        if !request.verify && relative_to.is_none() && !strict {
            return Ok(None);
        }
        let read = async {
            let group = match group {
                Some(group) => group,
                None => inactive::look(&self.job, &Sent::No).await?,
            };
            observe::positions(&self.job, &group, &Sent::No).await
        };
        let seen = read.await.map_err(|unread| {
            let step = "reading the group's offsets";
            if let Some(argument) = relative_to {
                let advice = format!("This target is relative to the committed offsets. Reading them needs {READ}.");
                unread.refused(step, argument, &advice)
            } else if strict {
                let advice = format!(
                    "on_out_of_range = \"error\" compares the target with the log of each partition. Reading the logs \
                     needs {READ}. To let the service use the nearer end of the log, set on_out_of_range = \"clamp\"."
                );
                unread.refused(step, "on_out_of_range", &advice)
            } else {
                let advice = format!("Verifying the reset needs {READ}. {TURN_OFF_VERIFICATION}.");
                unread.refused(step, "verify", &advice)
            }
        })?;
        if seen.positions.is_empty() { Err(nothing_to_reset(request)) } else { Ok(Some(seen)) }
    }

    fn plan(&self, seen: Option<&Seen>, now: Timestamp) -> Result<Plan, Failure> {
        let request = self.job.request;
        let (positions, counted) = seen.map_or((&[][..], false), |seen| (&*seen.positions, seen.counted));
        let plan = resolve(&request.scope, &request.target, positions, counted, now).map_err(unresolvable)?;
        if seen.is_some() {
            let touched = plan.touched(positions);
            let (partitions, requests) = (touched.len(), plan.steps.len());
            self.job.narration.tell(&format!("Partitions to move: {partitions}; requests to send: {requests}"));
            for line in way_back(&touched) {
                self.job.narration.tell(&format!("The way back on {line}"));
            }
        }
        Ok(plan)
    }

    /// Refuses a target outside the log, and a reset by time that could not be verified.
    async fn check_range(&self, plan: &Plan, before: Option<&[Position]>) -> Result<(), Failure> {
        let Some(before) = before else { return Ok(()) };
        if self.job.request.out_of_range == OutOfRangePolicy::Error {
            return range::check(&self.job, plan, before).await.map_err(|unread| {
                let advice = format!(
                    "on_out_of_range = \"error\" compares the time with these timestamps. Reading them needs {READ}."
                );
                unread.refused(range::STEP, "on_out_of_range", &advice)
            });
        }
        if !self.job.request.verify {
            return Ok(());
        }
        range::check_messages_are_readable(&self.job, plan, before).await.map_err(|unread| {
            let advice = format!("Verifying a reset by time needs {READ}. {TURN_OFF_VERIFICATION}.");
            unread.refused(range::STEP, "verify", &advice)
        })
    }

    /// The tasks that existed before a reset of every topic. `None`: the reset is of one topic, or the credentials are
    /// not allowed to read tasks.
    async fn known_tasks(&mut self) -> Result<Option<Tasks>, Failure> {
        if self.job.request.scope != Scope::EveryTopic {
            return Ok(None);
        }
        match every_topic::known_tasks(&self.job).await {
            Ok(tasks) => Ok(Some(tasks)),
            Err(Unread::Forbidden(error)) if !self.job.request.verify => {
                self.task_not_followed(&error.report());
                Ok(None)
            }
            Err(unread) => {
                let advice = format!(
                    "The service resets every topic in a background task. Waiting for its end needs the permission \
                     dms:instance:getBackgroundTask. {TURN_OFF_VERIFICATION}."
                );
                Err(unread.refused(every_topic::LIST_STEP, "verify", &advice))
            }
        }
    }
}

/// The permission that reads need.
const READ: &str = "the permission dms:instance:get";
const TURN_OFF_MEMBER_CHECK: &str =
    "To reset without this check, for example a group that you know is stopped, set require_inactive_group = false";
const TURN_OFF_VERIFICATION: &str = "To reset without verification, set verify = false";

fn nothing_to_reset(request: &ResetRequest) -> Failure {
    let (cause, advice) = match request.scope {
        Scope::EveryTopic => (
            "The group has committed offsets on no topic, so there is nothing to reset.",
            "Name a topic: then the group is placed there, whether or not it was before.",
        ),
        Scope::Topic(..) => ("The topic has no such partition.", "Correct the number."),
    };
    Failure::of(cause, Sent::No, advice)
}

fn unresolvable(why: Unresolvable) -> Failure {
    match why {
        Unresolvable::NothingCommitted => Failure::of(
            "The group has committed no offset there, so it has no current one.",
            Sent::No,
            "Write where to go by another target, such as position = \"earliest\".",
        ),
        Unresolvable::NothingToShift { missing, others } => {
            let cause = format!(
                "The group has committed no offset on {}, so there is nothing to shift.",
                partitions_in_words(&missing)
            );
            let advice = if others.is_empty() {
                "Write where to go by another target, such as position = \"earliest\".".to_owned()
            } else {
                let others = offsets_in_words(others.into_iter());
                format!("To move the others alone, write partition_offsets = {others} in place of shift_by.")
            };
            Failure::of(cause, Sent::No, advice).at("shift_by")
        }
    }
}
