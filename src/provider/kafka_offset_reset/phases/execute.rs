//! Carries out a reset: sends it, follows its background task, and verifies the offsets.
//!
//! `next_step` decides what comes next.

use std::sync::Arc;

use jiff::Timestamp;

use crate::huaweicloud::{ProjectId, Region};
use crate::provider::Configured;
use crate::provider::operation_limits::Limits;
use crate::tf_provider::Diagnostics;

use super::super::context::{ReadError, ResetContext};
use super::super::offset_record::OffsetRecord;
use super::super::report::{
    Failure, FailureKind, ProgressReporter, ResetDelivery, Verification, WarningKind, Warnings, into_diagnostics,
    seconds,
};
use super::super::request::ResetRequest;
use super::super::steps::{
    SEND_RESET, Submission, TaskEnd, TaskList, VERIFY, background_task, record_without_verification, send_all, verify,
};
use super::next_step::{Event, ExecutionStep, Facts, next};
use super::prepare::{Prepared, prepare, warn_task_not_followed};

/// What is known of a reset that was carried out, or may have been.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ResetRecord {
    /// `None`: custom endpoints make a region unnecessary, and none is set.
    pub(crate) region: Option<Region>,
    pub(crate) project_id: ProjectId,
    /// When the service accepted it. Without a response: when it was sent.
    pub(crate) reset_at: Timestamp,
    pub(crate) request_id: Option<String>,
    pub(crate) task_id: Option<String>,
    pub(crate) offsets: OffsetRecord,
}

/// The outcome of a reset.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// `None`: no offset was changed.
    pub(crate) record: Option<ResetRecord>,
    /// Errors if the reset failed, and warnings.
    pub(crate) diagnostics: Diagnostics,
}

/// Carries out `request` once: connects, prepares, and executes.
pub(crate) async fn run(
    request: &ResetRequest,
    configured: &Configured,
    limits: &Limits,
    progress: Arc<ProgressReporter>,
) -> Outcome {
    let ctx = match ResetContext::connect(request, configured, limits, progress).await {
        Ok(ctx) => ctx,
        Err(diagnostics) => return Outcome { record: None, diagnostics },
    };
    let project = &ctx.address.instance.project_id;
    ctx.progress.report(&format!("Resetting group {:?} in project {project}", request.group.as_str()));
    let mut warnings = Warnings::new();
    match prepare(&ctx, &configured.locks, &mut warnings).await {
        Ok(prepared) => prepared.execute(&ctx, warnings).await,
        Err(failure) => Outcome::new(&ctx, None, warnings, failure.not_sent(request, ctx.region())),
    }
}

impl Outcome {
    fn new(ctx: &ResetContext<'_>, record: Option<ResetRecord>, warnings: Warnings, errors: Diagnostics) -> Self {
        let mut diagnostics = into_diagnostics(warnings, &ctx.request.group);
        diagnostics.extend(errors);
        Self { record, diagnostics }
    }
}

impl Prepared {
    /// Sends the reset, and finds out whether it was carried out.
    async fn execute(self, ctx: &ResetContext<'_>, warnings: Warnings) -> Outcome {
        let record = ResetRecord {
            region: ctx.region().cloned(),
            project_id: ctx.address.instance.project_id.clone(),
            reset_at: ctx.client.time(),
            request_id: None,
            task_id: None,
            offsets: OffsetRecord::before(&self.plan.affected(&self.before)),
        };
        let mut execution = Execution {
            ctx,
            prepared: self,
            task_ends: Vec::new(),
            task_unseen: false,
            late_tasks: None,
            delivery: ResetDelivery::NotSent,
            doubt: None,
            verification: None,
            record,
            warnings,
        };
        let outcome = execution.run().await;
        // The lock is held until this function ends.
        let Execution {
            prepared: Prepared { plan, before, guard: _guard, .. }, mut record, delivery, warnings, ..
        } = execution;
        let Err(failure) = outcome else { return Outcome::new(ctx, Some(record), warnings, Diagnostics::new()) };
        let errors = failure.after_start(ctx.request, ctx.region(), &plan, &before, &delivery);
        if !delivery.may_have_changed_offsets() {
            return Outcome::new(ctx, None, warnings, errors);
        }
        if record.offsets.before.is_some()
            && record.offsets.after.is_none()
            && let Some(offsets) = record_without_verification(ctx, &plan, &before).await
        {
            record.offsets = offsets;
        }
        Outcome::new(ctx, Some(record), warnings, errors)
    }
}

/// A reset in progress.
struct Execution<'a> {
    ctx: &'a ResetContext<'a>,
    prepared: Prepared,
    /// How each new task ended.
    task_ends: Vec<TaskEnd>,
    /// A background task that cannot be followed may be running.
    task_unseen: bool,
    /// The new tasks that were listed during the last verification. `None`: not listed.
    late_tasks: Option<TaskList>,
    delivery: ResetDelivery,
    /// Why the reset may not have been carried out. `None`: nothing suggests that.
    doubt: Option<Failure>,
    /// The last successful verification. `None`: turned off.
    verification: Option<Verification>,
    record: ResetRecord,
    warnings: Warnings,
}

impl Execution<'_> {
    async fn run(&mut self) -> Result<(), Failure> {
        use ExecutionStep as Step;
        let mut step = Step::Submit;
        loop {
            let outcome = match step {
                Step::Submit => self.submit().await,
                Step::FollowTasks | Step::FollowLateTasks { .. } | Step::FollowFurtherTasks => {
                    self.follow_tasks().await
                }
                Step::Verify { strict } => self.verify(strict).await,
                Step::Reverify => self.verify(true).await,
                Step::Succeed => {
                    self.report_success();
                    return Ok(());
                }
                Step::Fail => {
                    let unexplained = || Failure::new(FailureKind::NotVerified, "The outcome is not known.", "");
                    return Err(self.doubt.take().unwrap_or_else(unexplained));
                }
            };
            let event = outcome.unwrap_or_else(|failure| {
                self.doubt = Some(failure.chained_to(self.doubt.take()));
                Event::Aborted
            });
            step = next(step, event, self.facts());
        }
    }

    fn facts(&self) -> Facts {
        Facts {
            has_task: self.prepared.tasks.is_some(),
            verifies: self.ctx.request.verify,
            task_seen: !self.task_ends.is_empty(),
            in_doubt: self.doubt.is_some(),
        }
    }

    /// Sends every request of the plan. A lost response is not a failure yet, because the offsets can show the outcome.
    async fn submit(&mut self) -> Result<Event, Failure> {
        // An interrupt before this point ends a reset that was not sent.
        self.ctx.step(&SEND_RESET, async {}).await?;
        let Prepared { plan, tasks, .. } = &self.prepared;
        let Submission { delivery, request_id, failure } = match plan.topic {
            Some(_) => send_all(self.ctx, plan).await,
            None => background_task::send(self.ctx, plan, tasks.as_ref()).await,
        };
        self.delivery = delivery;
        match failure {
            None => {
                let progress = &self.ctx.progress;
                progress.signed_in(self.record.project_id.as_str());
                let id = request_id.as_deref().unwrap_or("not known");
                progress.report(&format!("Reset accepted, request id {id}"));
                log::info!("reset accepted");
                self.record.request_id = request_id;
                self.record.reset_at = self.ctx.client.time();
                Ok(Event::Submitted)
            }
            Some(failure) if self.delivery.may_be_complete() && !failure.kind().is_interruption() => {
                self.doubt = Some(failure);
                Ok(Event::Submitted)
            }
            Some(failure) => Err(failure),
        }
    }

    /// Follows new tasks until they end.
    async fn follow_tasks(&mut self) -> Result<Event, Failure> {
        let Some(tasks) = &mut self.prepared.tasks else { return Ok(Event::NoNewTasks) };
        let late_tasks = self.late_tasks.take().transpose();
        let followed = async { tasks.follow(self.ctx, late_tasks?).await };
        let ends = match followed.await {
            Ok(ends) => ends,
            Err(ReadError::Failed(failure)) => return Err(failure),
            Err(ReadError::Forbidden(error)) => {
                self.task_unseen = true;
                warn_task_not_followed(&error.report(), &mut self.warnings);
                return Ok(Event::NoNewTasks);
            }
        };
        if !ends.is_empty() {
            self.task_unseen |= ends.iter().any(|end| end.may_be_running);
            self.task_ends.extend(ends);
            self.attribute_failures();
            return Ok(Event::NewTasks);
        }
        if self.task_ends.is_empty() {
            self.task_unseen = true;
            let why = "The service resets every topic in a background task, and no new task has appeared in its list \
                       within a minute.";
            if !self.ctx.request.verify {
                let advice = "Look at the tasks in the console (Background Tasks), or leave verify at its default.";
                return Err(Failure::new(FailureKind::TaskNotFound, why, advice));
            }
            self.warnings.push((WarningKind::TaskNotFound, format!("{why} {OFFSETS_COMPARED}")));
        }
        Ok(Event::NoNewTasks)
    }

    /// Attributes the ended tasks to this reset. Tasks do not name their reset, so the failure of any task leaves the
    /// outcome in doubt.
    fn attribute_failures(&mut self) {
        match &self.task_ends[..] {
            [only] if self.doubt.is_none() => self.record.task_id = Some(only.id.to_string()),
            [_] => {}
            several => {
                self.record.task_id = None;
                if !self.warnings.iter().any(|(kind, _)| *kind == WarningKind::SeveralTasks) {
                    let ids: Vec<String> = several.iter().map(|end| end.id.to_string()).collect();
                    let detail = format!(
                        "Another client seems to have reset every topic of a group on this instance at the same time. \
                         Tasks do not name their group, so it is not known which of these belongs to this reset: {}. {}",
                        ids.join(", "),
                        if self.ctx.request.verify { OFFSETS_COMPARED } else { CHECK_OFFSETS }
                    );
                    self.warnings.push((WarningKind::SeveralTasks, detail));
                }
            }
        }
        if let Some(failure) = self.task_ends.iter_mut().find_map(|end| end.failure.take()) {
            self.doubt = Some(failure);
        }
    }

    /// Verifies the offsets. `strict`: only they can show that the reset was carried out. If a task has been followed,
    /// lists the tasks at the same time, because the next step needs the list.
    async fn verify(&mut self, strict: bool) -> Result<Event, Failure> {
        let Prepared { plan, before, forecasts, tasks, .. } = &self.prepared;
        let tasks = tasks.as_ref().filter(|_| !self.task_ends.is_empty());
        match verify(self.ctx, plan, before, forecasts, strict, self.task_unseen, tasks).await {
            Ok((mut verification, late_tasks)) => {
                self.late_tasks = late_tasks;
                self.record.offsets = std::mem::take(&mut verification.record);
                let Some(failure) = verification.failure.take() else {
                    self.verification = Some(verification);
                    return Ok(Event::Verified);
                };
                self.doubt = Some(match self.doubt.take() {
                    Some(doubt) => doubt.with_context(failure.context()),
                    None => failure,
                });
                Ok(Event::NotVerified)
            }
            Err(ReadError::Failed(failure)) => Err(failure),
            Err(ReadError::Forbidden(error)) => {
                Err(Failure::of_read(&VERIFY, &error).with_kind(FailureKind::NotVerified).with_path("verify"))
            }
        }
    }

    /// The limits are checked before the reset is sent. Until the service carries it out, the ends of the logs can move.
    fn warn_of_exceeded_limits(&mut self) {
        let (Some(movement), limits) = (self.record.offsets.movement, self.ctx.request.limits) else { return };
        let exceeded = [
            ("max_replayed_messages", limits.replayed, "replayed", movement.replayed),
            ("max_skipped_messages", limits.skipped, "skipped", movement.skipped),
        ];
        for (argument, limit, verb, count) in exceeded {
            if let Some(limit) = limit.filter(|limit| count > *limit) {
                let detail = format!(
                    "{argument} is {limit}, and the reset {verb} {count} messages: after the check, messages were \
                     written or deleted, or offsets were committed, before the service carried out the reset."
                );
                self.warnings.push((WarningKind::LimitExceeded, detail));
            }
        }
    }

    fn report_success(&mut self) {
        let Some(Verification { verified, warnings, .. }) = self.verification.take() else { return };
        self.warnings.extend(warnings);
        self.warn_of_exceeded_limits();
        if let Some(doubt) = self.doubt.take() {
            let detail = format!(
                "{} However, every partition is at the requested offset, so the reset counts as complete.",
                doubt.context()
            );
            self.warnings.push((WarningKind::SucceededDespiteError, detail));
        }
        let partitions = if verified == 1 { "partition" } else { "partitions" };
        let elapsed = seconds(self.ctx.started.elapsed());
        self.ctx.progress.report(&format!("Verified {verified} {partitions}; the reset took {elapsed}"));
    }
}

const OFFSETS_COMPARED: &str = "The provider compares the offsets to find out whether this reset was carried out.";
const CHECK_OFFSETS: &str = "Verification is turned off, so check the group's offsets (console: Consumer Groups).";
