//! The second half of a reset: sends it, follows its task, and verifies the offsets.
//!
//! What the service says of a reset can be lost, or be about another one. Where that leaves a doubt, the offsets
//! themselves decide, if they are looked at.

use crate::tf_provider::AttributePath;

use super::every_topic::{self, End, Taken, Tasks};
use super::failure::Failure;
use super::job::Unread;
use super::offsets::OffsetRecord;
use super::position::Position;
use super::resolve::Plan;
use super::run::{Run, Trace};
use super::send;
use super::sent::Sent;
use super::verification::Verification;
use super::verify;
use super::words::seconds;

impl Run<'_> {
    /// Sends, follows and proves.
    pub(super) async fn finish(&mut self, plan: &Plan, tasks: Option<Tasks>) -> Result<(), Failure> {
        let outcome = self.send_and_prove(plan, tasks).await;
        let nothing_read = self.trace.as_ref().is_some_and(|trace| trace.offsets.is_none());
        if let (Err(failure), Some(before)) = (&outcome, self.before.clone())
            && failure.sent().left_a_trace()
            && nothing_read
        {
            // The way back is worth a look, even now.
            self.keep(verify::records_without_verification(&self.job, plan, &before).await);
        }
        outcome
    }

    async fn send_and_prove(&mut self, plan: &Plan, mut tasks: Option<Tasks>) -> Result<(), Failure> {
        // What would be told, if the offsets did not say otherwise.
        let mut doubt = self.send(plan, tasks.as_ref()).await?;
        let mut ends = Vec::new();
        loop {
            let sent = doubt.as_ref().map_or(Sent::Accepted, |doubt| doubt.sent().clone());
            if let Some(tasks) = &mut tasks {
                let news = self.follow(tasks, &sent, ends.is_empty()).await;
                let news = news.map_err(|failure| failure.after(doubt.take()))?;
                if news.is_empty() && !ends.is_empty() {
                    break;
                }
                ends.extend(news);
                doubt = self.weigh(&mut ends, doubt);
            }
            let Some(before) = self.before.clone().filter(|_| self.job.request.verify) else {
                return doubt.map_or(Ok(()), Err);
            };
            let was_in_doubt = doubt.is_some();
            let verified = self.verify(plan, &before, &sent, was_in_doubt).await;
            let mut verification = verified.map_err(|failure| failure.after(doubt.take()))?;
            let Some(failure) = verification.failure.take() else {
                if let Some(tasks) = tasks.as_mut().filter(|_| !ends.is_empty()) {
                    // The task of this reset may have appeared after another task.
                    let news = self.follow(tasks, &sent, false).await;
                    ends.extend(news.map_err(|failure| failure.after(doubt.take()))?);
                    doubt = self.weigh(&mut ends, doubt);
                }
                if doubt.is_some() && !was_in_doubt {
                    // After a failure, the offsets must match more strictly than after a success.
                    let verified = self.verify(plan, &before, &sent, true).await;
                    verification = verified.map_err(|failure| failure.after(doubt.take()))?;
                    if let Some(failure) = verification.failure {
                        return Err(failure.after(doubt));
                    }
                }
                self.report_verified(verification, doubt);
                return Ok(());
            };
            doubt = Some(match doubt.take() {
                Some(doubt) => doubt.because(failure.cause()),
                None => failure,
            });
            // The task of this reset may have appeared since.
            if tasks.is_none() || ends.is_empty() {
                break;
            }
        }
        doubt.map_or(Ok(()), Err)
    }

    /// Sends every request of the plan. What comes back is a doubt about whether the service took it.
    async fn send(&mut self, plan: &Plan, tasks: Option<&Tasks>) -> Result<Option<Failure>, Failure> {
        // From here on, an interrupt is one of a reset that may be on its way.
        self.job.step(send::STEP, &Sent::No, async {}).await?;
        let instance = &self.job.address.instance;
        self.trace = Some(Trace {
            region: instance.region.clone(),
            project_id: instance.project_id.clone(),
            reset_at: self.job.client.time(),
            request_id: None,
            task_id: None,
            offsets: None,
        });
        let taken = match plan.topic {
            Some(_) => send::all(&self.job, plan).await.map(|accepted| Taken { accepted, doubt: None }),
            None => every_topic::send(&self.job, plan, tasks).await,
        };
        let Taken { accepted, doubt } = match taken {
            Ok(taken) => taken,
            // The answers were lost: the offsets can tell.
            Err(failure) if failure.sent().may_be_whole() && !failure.is_interruption() => return Ok(Some(failure)),
            Err(failure) => return Err(failure),
        };
        if doubt.is_none() {
            self.job.narration.signed_in(self.job.address.instance.project_id.as_str());
            let told = accepted.request_id.as_deref().unwrap_or("not known");
            self.job.narration.tell(&format!("Reset accepted, request id {told}"));
            log::info!("reset accepted");
        }
        if let Some(trace) = &mut self.trace {
            trace.request_id = accepted.request_id;
            trace.reset_at = self.job.client.time();
        }
        Ok(doubt)
    }

    /// The ends of new tasks. None where there are none, or where they can't be seen, which is told the first time.
    async fn follow(&mut self, tasks: &mut Tasks, sent: &Sent, first: bool) -> Result<Vec<End>, Failure> {
        match tasks.follow(&self.job, sent).await {
            Err(Unread::Failed(failure)) => Err(failure),
            Err(Unread::Forbidden(error)) => {
                self.task_not_followed(&error.report());
                Ok(Vec::new())
            }
            Ok(ends) if ends.is_empty() && first => {
                self.task_unseen = true;
                let why = "The service resets every topic in a background task, and no new one has shown up in its list \
                           within a minute.";
                if !self.job.request.verify || self.before.is_none() {
                    let advice = "Look at the tasks in the console (Background Tasks), or leave verify at its default.";
                    return Err(Failure::of(why, sent.clone(), advice).titled("Background task not seen"));
                }
                let detail = format!("{why} So the offsets themselves have to tell whether this reset was done.");
                self.warnings.warning(AttributePath::root(), "Background task not seen", detail);
                Ok(ends)
            }
            Ok(ends) => {
                self.task_unseen |= ends.iter().any(|end| end.may_be_running);
                Ok(ends)
            }
        }
    }

    /// What the ends of tasks say of this reset. Of several, nobody can tell which one is its own.
    fn weigh(&mut self, ends: &mut [End], doubt: Option<Failure>) -> Option<Failure> {
        if let [only] = ends {
            if doubt.is_none()
                && let Some(trace) = &mut self.trace
            {
                trace.task_id = Some(only.id.to_string());
            }
            return only.failure.take().or(doubt);
        }
        if ends.len() > 1 {
            if let Some(trace) = &mut self.trace {
                trace.task_id = None;
            }
            let list: Vec<String> = ends.iter().map(|end| end.id.to_string()).collect();
            let summary = "Several background tasks";
            if !self.warnings.iter().any(|warning| warning.summary == summary) {
                let detail = format!(
                    "Somebody else seems to have reset every topic of a group on this instance at the same moment, and \
                     tasks don't say whose they are: {}. So the offsets themselves have to tell whether this reset was \
                     done.",
                    list.join(", ")
                );
                self.warnings.warning(AttributePath::root(), summary, detail);
            }
        }
        ends.iter_mut().find_map(|end| end.failure.take()).or(doubt)
    }

    /// Verifies the offsets. `in_doubt`: an answer or a background task reported a failure.
    async fn verify(
        &mut self,
        plan: &Plan,
        before: &[Position],
        sent: &Sent,
        in_doubt: bool,
    ) -> Result<Verification, Failure> {
        match verify::verify(&self.job, plan, before, sent, in_doubt, self.task_unseen).await {
            Ok(mut verification) => {
                self.keep(std::mem::take(&mut verification.records));
                Ok(verification)
            }
            Err(Unread::Failed(failure)) => Err(failure),
            Err(Unread::Forbidden(error)) => {
                self.keep(verify::records_without_verification(&self.job, plan, before).await);
                Err(Failure::read_error("verifying the reset", &error, sent.clone())
                    .titled("Offsets not verified")
                    .at("verify"))
            }
        }
    }

    fn report_verified(&mut self, verification: Verification, doubt: Option<Failure>) {
        let count = verification.verified;
        self.warnings.extend(verification.warnings);
        if let Some(doubt) = doubt {
            let detail = format!(
                "{} However, every partition is at the requested offset, so the reset counts as done.",
                doubt.cause()
            );
            self.warnings.warning(AttributePath::root(), "Reset succeeded despite an error", detail);
        }
        let partitions = if count == 1 { "partition" } else { "partitions" };
        let elapsed = seconds(self.started.elapsed());
        self.job.narration.tell(&format!("Verified {count} {partitions}, after {elapsed} in all"));
    }

    /// Told before the reset, or in the middle of it.
    pub(super) fn task_not_followed(&mut self, why: &str) {
        self.task_unseen = true;
        let detail = format!(
            "The service resets every topic in a background task, and the end of it could not be waited for: {why}. \
             Before you start the group, look at the task in the console (Background Tasks). To follow it needs the \
             permission dms:instance:getBackgroundTask."
        );
        self.warnings.warning(AttributePath::root(), "Background task not followed", detail);
    }

    fn keep(&mut self, records: Vec<OffsetRecord>) {
        if let Some(trace) = &mut self.trace {
            trace.offsets = Some(records);
        }
    }
}
