//! Carries out one reset: sign in, wait for the group, look, send, follow, look again.
//!
//! The resource and the action run the same code; they differ in where progress goes and in what becomes of the
//! outcome.

use std::time::Instant;

use jiff::Timestamp;

use crate::huaweicloud::{
    Accepted, Client, ConsumerGroup, Error, GroupAddress, InstanceAddress, ProjectId, Region, TopicName,
};
use crate::provider::Configured;
use crate::provider::errors::lookup_advice;
use crate::provider::instance_locks::InstanceGuard;
use crate::provider::limits::Limits;
use crate::tf_provider::{AttributePath, Diagnostics};

use super::every_topic::{self, Followed, KnownTasks};
use super::failure::Failure;
use super::inactive;
use super::job::{Job, Unread};
use super::narration::Narration;
use super::observe;
use super::offsets::OffsetRecord;
use super::position::Position;
use super::prove;
use super::range;
use super::request::{OutOfRange, ResetRequest, Safeguard, Scope, Target};
use super::resolve::{Plan, Unresolvable, resolve};
use super::send;
use super::sent::Sent;
use super::words::{offsets_in_words, partitions_in_words, seconds};

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
    narration: &Narration,
) -> Ran {
    let client = match configured.client() {
        Ok(client) => client,
        Err(diagnostics) => return Ran { trace: None, diagnostics },
    };
    let address = match address(request, client, limits, narration).await {
        Ok(address) => address,
        Err(failure) => return Ran { trace: None, diagnostics: failure.diagnostics(request, None) },
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
        diagnostics.extend(failure.diagnostics(request, run.plan.as_ref()));
    }
    Ran { trace: run.trace, diagnostics }
}

/// The group's address, whose project may have to be looked up.
async fn address(
    request: &ResetRequest,
    client: &Client,
    limits: &Limits,
    narration: &Narration,
) -> Result<GroupAddress, Failure> {
    let project_id = match &request.project_id {
        Some(given) => given.clone(),
        None => {
            let step = "looking up the project";
            let region = request.region.as_ref().or(client.region());
            let found = limits.run(client.project_id(region)).await;
            let found = found.map_err(|it| Failure::interrupted(step, it, Sent::No, request.form))?;
            found.map_err(|error| Failure::error(step, &error, Sent::No).advised(lookup_advice(&error)))?
        }
    };
    narration.tell(&format!("Resetting group {:?} in project {project_id}", request.group.as_str()));
    let instance =
        InstanceAddress { project_id, region: request.region.clone(), instance_id: request.instance_id.clone() };
    Ok(GroupAddress { instance, group: request.group.clone() })
}

/// One reset under way, and what is known so far.
struct Run<'a> {
    job: Job<'a>,
    configured: &'a Configured,
    started: Instant,
    warnings: Diagnostics,
    plan: Option<Plan>,
    /// None: not read, because it is not wanted or not allowed.
    before: Option<Vec<Position>>,
    /// Set as soon as an offset may have changed.
    trace: Option<Trace>,
    /// A background task may still be at work when the proof begins.
    task_unseen: bool,
}

impl Run<'_> {
    async fn carry_out(&mut self) -> Result<(), Failure> {
        let mut group = self.inactive_group().await?;
        let (_guard, waited) = self.guard().await?;
        if waited {
            group = self.inactive_group().await?;
        }
        let before = self.look(group).await?;
        let plan = self.plan(before.as_deref())?;
        self.check_range(&plan, before.as_deref()).await?;
        let known = self.known_tasks().await?;
        self.before.clone_from(&before);
        self.plan = Some(plan.clone());

        let sent = self.send(&plan, known.as_ref()).await;
        let outcome = match (sent, known) {
            (Ok(()), Some(known)) => self.follow(&known).await,
            (outcome, _) => outcome,
        };
        match (outcome, before) {
            (Ok(()), Some(before)) => self.prove(&plan, &before).await,
            (Ok(()), None) => Ok(()),
            (Err(failure), before) => {
                // The way back is worth a look, even now.
                if let (Some(before), Some(trace)) = (before, &mut self.trace)
                    && failure.sent().left_a_trace()
                {
                    trace.offsets = Some(prove::records_without_proof(&self.job, &plan, &before).await);
                }
                Err(failure)
            }
        }
    }

    /// The group without members; none where nobody wants to know, or nobody may.
    async fn inactive_group(&mut self) -> Result<Option<ConsumerGroup>, Failure> {
        let wanted = self.job.request.require_inactive_group;
        if wanted == Safeguard::Off {
            return Ok(None);
        }
        match inactive::wait_for_inactive(&self.job).await {
            Ok(group) => Ok(Some(group)),
            Err(Unread::Failed(failure)) => Err(failure),
            Err(Unread::Forbidden(error)) => {
                let step = "reading the group";
                self.not_allowed(wanted, "require_inactive_group", "Group not checked for members", step, &error)?;
                if self.job.request.verify == Safeguard::Demanded {
                    // It needs the same read: better told now than after a warning that the reset goes on.
                    self.warnings = Diagnostics::new();
                    self.not_allowed(Safeguard::Demanded, "verify", "Offsets not verified", step, &error)?;
                }
                Ok(None)
            }
        }
    }

    /// A safeguard that the keys do not allow: a warning by default, an error where it was demanded.
    fn not_allowed(
        &mut self,
        wanted: Safeguard,
        argument: &'static str,
        summary: &'static str,
        step: &str,
        error: &Error,
    ) -> Result<(), Failure> {
        let needs = "It needs the permission dms:instance:get";
        if wanted == Safeguard::Demanded {
            let advice = format!("{needs}; or leave {argument} out, which makes this a warning.");
            return Err(Failure::error(step, error, Sent::No).advised(&advice).titled(summary).at(argument));
        }
        let told = self.warnings.iter().any(|it| it.summary == summary);
        if !told {
            let detail = format!(
                "The keys may not do what {argument} needs: {}. The reset goes on without. {needs}; write {argument} = \
                 false to do without it and without this warning.",
                error.report()
            );
            self.warnings.warning(AttributePath::attribute(argument), summary, detail);
        }
        Ok(())
    }

    /// The right to reset on the instance, and whether it had to be waited for.
    async fn guard(&self) -> Result<(InstanceGuard, bool), Failure> {
        let (locks, instance) = (&self.configured.locks, &self.job.address.instance);
        let alone = self.job.request.scope == Scope::EveryTopic;
        if let Some(guard) = locks.try_acquire(instance, alone) {
            return Ok((guard, false));
        }
        let why = "waiting for another reset on this instance, which is of every topic";
        self.job.narration.tell(&format!("Now {why}"));
        Ok((self.job.step(why, &Sent::No, locks.acquire(instance, alone)).await?, true))
    }

    /// Where the group stands before the reset; none where that is not needed, or not allowed.
    async fn look(&mut self, group: Option<ConsumerGroup>) -> Result<Option<Vec<Position>>, Failure> {
        let request = self.job.request;
        let relative = matches!(request.target, Target::Current | Target::Shift(_));
        let strict = request.out_of_range == OutOfRange::Refuse;
        if request.verify == Safeguard::Off && !relative && !strict {
            return Ok(None);
        }
        let read = async {
            let group = match group {
                Some(group) => group,
                None => inactive::look(&self.job, &Sent::No).await?,
            };
            observe::positions(&self.job, &group, &Sent::No).await
        };
        let step = "reading the group's offsets";
        match read.await {
            Ok(positions) if positions.is_empty() => Err(nothing_to_reset(request)),
            Ok(positions) => Ok(Some(positions)),
            Err(Unread::Failed(failure)) => Err(failure),
            Err(Unread::Forbidden(error)) if relative || strict => {
                let needs = "This reset can't be worked out without reading the group's offsets, which needs the permission \
                             dms:instance:get.";
                Err(Failure::error(step, &error, Sent::No).advised(needs))
            }
            Err(Unread::Forbidden(error)) => {
                self.not_allowed(request.verify, "verify", "Offsets not verified", step, &error)?;
                Ok(None)
            }
        }
    }

    fn plan(&self, before: Option<&[Position]>) -> Result<Plan, Failure> {
        let request = self.job.request;
        let now = self.configured.host.now();
        let plan = resolve(&request.scope, &request.target, before.unwrap_or_default(), now).map_err(unresolvable)?;
        if let Some(before) = before {
            let touched = before.iter().filter(|it| plan.aim_of(it.partition).is_some()).count();
            self.job.narration.tell(&format!("Partitions to move: {touched}; requests to send: {}", plan.steps.len()));
            self.tell_the_way_back(&plan, before);
        }
        Ok(plan)
    }

    /// Where the partitions stand now, as a configuration that takes the group back there.
    fn tell_the_way_back(&self, plan: &Plan, before: &[Position]) {
        let mut topics: Vec<&TopicName> = before.iter().map(|it| &it.topic).collect();
        topics.dedup();
        for topic in topics {
            let of_topic = before.iter().filter(|it| it.topic == *topic && plan.aim_of(it.partition).is_some());
            let committed: Vec<_> = of_topic.filter_map(|it| Some((it.partition, it.committed?))).collect();
            if !committed.is_empty() {
                let offsets = offsets_in_words(committed.into_iter());
                let line = format!("The way back on topic {:?}: partition_offsets = {offsets}", topic.as_str());
                self.job.narration.tell(&line);
            }
        }
    }

    async fn check_range(&self, plan: &Plan, before: Option<&[Position]>) -> Result<(), Failure> {
        let (OutOfRange::Refuse, Some(before)) = (self.job.request.out_of_range, before) else { return Ok(()) };
        match range::check(&self.job, plan, before).await {
            Ok(()) => Ok(()),
            Err(Unread::Failed(failure)) => Err(failure),
            Err(Unread::Forbidden(error)) => {
                let needs =
                    "on_out_of_range = \"error\" needs to read the times of messages (permission dms:instance:get).";
                Err(Failure::error("reading the times of messages", &error, Sent::No).advised(needs))
            }
        }
    }

    /// The tasks that were there before a reset of every topic; none for a topic's, or where they may not be read.
    async fn known_tasks(&mut self) -> Result<Option<KnownTasks>, Failure> {
        if self.job.request.scope != Scope::EveryTopic {
            return Ok(None);
        }
        match every_topic::known_tasks(&self.job).await {
            Ok(known) => Ok(Some(known)),
            Err(Unread::Failed(failure)) => Err(failure),
            Err(Unread::Forbidden(error)) if self.job.request.verify == Safeguard::Demanded => {
                let needs = "To wait for the end of a reset of every topic needs the permission \
                             dms:instance:getBackgroundTask; or leave verify out, which makes this a warning.";
                let step = "listing the service's background tasks";
                Err(Failure::error(step, &error, Sent::No).advised(needs).at("verify"))
            }
            Err(Unread::Forbidden(error)) => {
                self.task_not_followed(&error.report());
                Ok(None)
            }
        }
    }

    fn task_not_followed(&mut self, why: &str) {
        self.task_unseen = true;
        let detail = format!(
            "The service resets every topic in a background task, and the end of it could not be waited for: {why}. \
             Before you start the group, look at the task in the console (Background Tasks). To follow it needs the \
             permission dms:instance:getBackgroundTask."
        );
        self.warnings.warning(AttributePath::root(), "Background task not followed", detail);
    }

    async fn send(&mut self, plan: &Plan, known: Option<&KnownTasks>) -> Result<(), Failure> {
        // From here on, an interrupt is one of a reset that may be on its way.
        self.job.step(send::STEP, &Sent::No, async {}).await?;
        let region = self.job.request.region.as_ref().or(self.job.client.region());
        let trace = self.trace.insert(Trace {
            region: region.cloned(),
            project_id: self.job.address.instance.project_id.clone(),
            reset_at: self.configured.host.now(),
            request_id: None,
            task_id: None,
            offsets: None,
        });
        let accepted = match plan.topic {
            Some(_) => send::all(&self.job, plan).await,
            None => every_topic::send(&self.job, plan, known).await,
        };
        let Accepted { request_id } = accepted?;
        self.job.narration.signed_in(self.job.address.instance.project_id.as_str());
        let told = request_id.as_deref().unwrap_or("not known");
        self.job.narration.tell(&format!("Reset accepted, request id {told}"));
        log::info!("reset accepted");
        trace.request_id = request_id;
        trace.reset_at = self.configured.host.now();
        Ok(())
    }

    async fn follow(&mut self, known: &KnownTasks) -> Result<(), Failure> {
        let (id, outcome) = match every_topic::follow(&self.job, known).await {
            Followed::Done(id) => (Some(id), Ok(())),
            Followed::Failed(id, failure) => (id, Err(failure)),
            Followed::Several(which) => {
                let why = format!(
                    "Somebody else seems to have reset every topic of a group on this instance at the same moment, and \
                     tasks don't say whose they are: {which}."
                );
                (None, self.left_to_proof("Several background tasks", why))
            }
            Followed::NotSeen => {
                let why = "The service resets every topic in a background task, and no new one has shown up in its list \
                           within a minute.";
                (None, self.left_to_proof("Background task not seen", why.to_owned()))
            }
            Followed::Forbidden(error) => {
                self.task_not_followed(&error.report());
                (None, Ok(()))
            }
        };
        if let Some(trace) = &mut self.trace {
            trace.task_id = id.map(|id| id.to_string());
        }
        outcome
    }

    /// Where the task does not tell how it ended, the offsets do, if they are looked at.
    fn left_to_proof(&mut self, summary: &'static str, why: String) -> Result<(), Failure> {
        if self.job.request.verify == Safeguard::Off || self.before.is_none() {
            let advice = "Look at the tasks in the console (Background Tasks), or write verify = true.";
            return Err(Failure::of(why, Sent::Accepted, advice).titled(summary));
        }
        self.task_unseen = true;
        let detail = format!("{why} So the offsets themselves have to tell whether this reset was done.");
        self.warnings.warning(AttributePath::root(), summary, detail);
        Ok(())
    }

    async fn prove(&mut self, plan: &Plan, before: &[Position]) -> Result<(), Failure> {
        if self.job.request.verify == Safeguard::Off {
            return Ok(());
        }
        let proof = match prove::prove(&self.job, plan, before, self.task_unseen).await {
            Ok(proof) => proof,
            Err(Unread::Failed(failure)) => {
                self.keep(prove::records_without_proof(&self.job, plan, before).await);
                return Err(failure);
            }
            Err(Unread::Forbidden(error)) => {
                let step = "verifying the reset";
                return Err(Failure::error(step, &error, Sent::Accepted));
            }
        };
        self.warnings.extend(proof.warnings);
        let count = proof.records.len();
        self.keep(proof.records);
        match proof.failure {
            Some(failure) => Err(failure),
            None => {
                let elapsed = seconds(self.started.elapsed());
                self.job.narration.tell(&format!("Verified {count} partitions, after {elapsed} in all"));
                Ok(())
            }
        }
    }

    fn keep(&mut self, records: Vec<OffsetRecord>) {
        if let Some(trace) = &mut self.trace {
            trace.offsets = Some(records);
        }
    }
}

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
