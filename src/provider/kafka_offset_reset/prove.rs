//! After a reset: where every partition stands now, and whether that is where it was asked to stand.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::huaweicloud::{Client, ConsumerGroup, Error, InstanceAddress, MessageOffset, UnixMillis};
use crate::provider::pace::Pace;
use crate::provider::together::together;
use crate::tf_provider::value::Attr;
use crate::tf_provider::{AttributePath, Diagnostics};

use super::failure::Failure;
use super::inactive::look;
use super::job::{Job, Unread};
use super::judge::{Verdict, clamped, judge, lies_outside};
use super::observe;
use super::offsets::OffsetRecord;
use super::position::Position;
use super::resolve::{Aim, Plan};
use super::sent::Sent;
use super::words::{aim_in_words, log_in_words, members_in_words};

const STEP: &str = "verifying the reset";
/// How long to look again while a partition does not stand where it should: the service may tell what it did a little
/// later than it did it.
const PATIENCE: Duration = Duration::from_secs(4);
/// The same while a background task that can't be seen may be at work.
const PATIENCE_WITH_UNSEEN_TASK: Duration = Duration::from_secs(120);

/// What two looks have shown.
#[derive(Debug, Default)]
pub(super) struct Proof {
    /// For the state.
    pub(super) records: Vec<OffsetRecord>,
    pub(super) warnings: Diagnostics,
    /// Partitions that stand elsewhere, told.
    pub(super) failure: Option<Failure>,
    /// Partitions of which it can't be told.
    open: bool,
}

impl Proof {
    /// Whether every partition is known to stand where it was asked to.
    pub(super) fn is_whole(&self) -> bool {
        self.failure.is_none() && !self.open
    }
}

/// Looks, again if need be, and judges. `task_unseen`: what was asked for may still be under way.
pub(super) async fn prove(
    job: &Job<'_>,
    plan: &Plan,
    before: &[Position],
    sent: &Sent,
    task_unseen: bool,
) -> Result<Proof, Unread> {
    let patience = if task_unseen { PATIENCE_WITH_UNSEEN_TASK } else { PATIENCE };
    let started = Instant::now();
    let mut pace = Pace::new(Duration::from_millis(250), Duration::from_secs(5));
    let mut group = look(job, sent).await?;
    let mut after = observe::moved_on(before, &group);
    loop {
        let judged = job.step(STEP, sent, judge_all(job, plan, before, &after)).await.map_err(Unread::Failed)?;
        let moved = has_moved(&judged);
        let settled = judged.iter().all(|it| match it.verdict {
            Some(Verdict::AsAsked) => true,
            // Before anything has moved, one without an offset may be one that has none yet.
            Some(Verdict::LeftOut) => moved,
            // A place that did not change may be one that has not changed yet.
            Some(Verdict::Unmoved) | None => !task_unseen,
            Some(Verdict::Elsewhere) => false,
        });
        if settled || started.elapsed() >= patience {
            return Ok(conclude(&judged, &group, sent));
        }
        job.step(STEP, sent, tokio::time::sleep(pace.pause())).await.map_err(Unread::Failed)?;
        group = look(job, sent).await?;
        after = with_all_of(before, observe::positions(job, &group, sent).await?.positions);
    }
}

/// Judges every partition that the plan touches; by time, with the messages around the place where it stands.
async fn judge_all(job: &Job<'_>, plan: &Plan, before: &[Position], after: &[Position]) -> Vec<Judged> {
    together(pairs(plan, before, after), |(aim, before, after)| {
        let (client, instance) = (job.client.clone(), job.address.instance.clone());
        async move {
            let messages = Messages { client, instance, position: after.clone() };
            let verdict = match (judge(aim, &before, &after), aim) {
                (verdict @ (Verdict::AsAsked | Verdict::Unmoved), Aim::Time(time)) => {
                    // Where messages can't be read, a partition that has moved is taken for moved as asked.
                    messages.begin_at(time).await.or((verdict == Verdict::AsAsked).then_some(verdict))
                }
                (verdict, _) => Some(verdict),
            };
            let clamped = match (verdict, clamped(aim, &after), aim) {
                (Some(Verdict::Elsewhere), ..) => lies_outside(aim, &after),
                (_, None, Aim::Time(time)) => messages.begin_after(time).await,
                (_, clamped, _) => clamped,
            };
            Judged { aim, before, after, verdict, clamped }
        }
    })
    .await
}

/// What is known where it could not be proved: the looks before, and where the partitions stand now, if that can be
/// read at all.
pub(super) async fn records_without_proof(job: &Job<'_>, plan: &Plan, before: &[Position]) -> Vec<OffsetRecord> {
    let after = match look(job, &Sent::Accepted).await {
        Ok(group) => observe::moved_on(before, &group),
        Err(_) => Vec::new(),
    };
    let now = |before: &Position| after.iter().find(|after| same(before, after));
    plan.touched(before).into_iter().map(|before| record(before, now(before), None)).collect()
}

/// What is known of one partition in the end. No verdict, or no word on clamping: it could not be read.
struct Judged {
    aim: Aim,
    before: Position,
    after: Position,
    verdict: Option<Verdict>,
    clamped: Option<bool>,
}

/// Each partition that the plan touches, as it was and as it is.
fn pairs(plan: &Plan, before: &[Position], after: &[Position]) -> Vec<(Aim, Position, Position)> {
    let after: HashMap<_, _> = after.iter().map(|it| ((&it.topic, it.partition), it)).collect();
    let pair = |before: &Position| {
        let after = after.get(&(&before.topic, before.partition))?;
        Some((plan.aim_of(before.partition)?, before.clone(), (*after).clone()))
    };
    before.iter().filter_map(pair).collect()
}

fn same(one: &Position, other: &Position) -> bool {
    one.partition == other.partition && one.topic == other.topic
}

/// A partition that is not listed any more stands nowhere.
fn with_all_of(before: &[Position], mut after: Vec<Position>) -> Vec<Position> {
    for position in before {
        if !after.iter().any(|after| same(position, after)) {
            after.push(Position { committed: None, ..position.clone() });
        }
    }
    after
}

/// The messages around the place where a partition stands.
struct Messages {
    client: Client,
    instance: InstanceAddress,
    position: Position,
}

impl Messages {
    /// Whether this place is the one that `time` means: the message here is not older, the one before it is. None: that
    /// can't be read.
    async fn begin_at(&self, time: UnixMillis) -> Option<Verdict> {
        let log = self.position.log;
        let here = self.position.committed?;
        let fits_here = here >= log.end || self.time_at(here).await.ok()?? >= time;
        let previous = MessageOffset::try_from(here.get() - 1).ok().filter(|previous| *previous >= log.start);
        let fits_before = match previous {
            None => true,
            // A gap, as transactions and compaction leave it, says nothing against the place.
            Some(previous) => self.time_at(previous).await.ok()?.is_none_or(|before| before < time),
        };
        Some(if fits_here && fits_before { Verdict::AsAsked } else { Verdict::Elsewhere })
    }

    /// Whether every message is younger than `time`, so that the log begins too late. None: that can't be read.
    async fn begin_after(&self, time: UnixMillis) -> Option<bool> {
        let Position { topic, partition, .. } = &self.position;
        let first = self.client.beginning_message(&self.instance, topic, *partition).await;
        first.ok().map(|first| time < first.timestamp)
    }

    async fn time_at(&self, offset: MessageOffset) -> Result<Option<UnixMillis>, Error> {
        let Position { topic, partition, .. } = &self.position;
        let message = self.client.message_at(&self.instance, topic, *partition, offset).await?;
        Ok(message.map(|message| message.timestamp))
    }
}

/// Whether a partition stands where it was asked to, and did not before. Only then is it known that the service has done
/// the reset, and left out what still has no offset.
fn has_moved(judged: &[Judged]) -> bool {
    judged.iter().any(|it| it.verdict == Some(Verdict::AsAsked) && it.before.committed != it.after.committed)
}

fn conclude(judged: &[Judged], group: &ConsumerGroup, sent: &Sent) -> Proof {
    let mut proof = Proof::default();
    let nothing_committed = judged.iter().all(|it| it.verdict == Some(Verdict::LeftOut));
    let (mut outside, mut stepped_over, mut left_out) = (vec![], vec![], vec![]);
    let (mut unproved, mut elsewhere) = (vec![], vec![]);
    for Judged { aim, before, after, verdict, clamped } in judged {
        proof.records.push(record(before, Some(after), *clamped));
        let place = format!("  topic {:?} partition {}", after.topic.as_str(), after.partition);
        let asked = aim_in_words(*aim);
        let now = after.committed.map_or_else(|| "no committed offset".to_owned(), |now| format!("offset {now}"));
        // By an offset it is asked for; a time is usually meant to lead back.
        let ahead = match (aim, before.committed, after.committed) {
            (Aim::Time(_), Some(before), Some(after)) => after.get() - before.get(),
            _ => 0,
        };
        if *verdict == Some(Verdict::AsAsked) && ahead > 0 {
            stepped_over.push(format!("{place}: {ahead}, on to {now}"));
        }
        match verdict {
            Some(Verdict::AsAsked) if *clamped == Some(true) => {
                let holds = log_in_words(after.log);
                outside.push(format!("{place}: asked for {asked}, it went to {now}; it holds {holds}"));
            }
            Some(Verdict::AsAsked) => {}
            Some(Verdict::LeftOut) if !nothing_committed => left_out.push(place),
            None | Some(Verdict::Unmoved) => unproved.push(format!("{place}: {now}, asked for {asked}")),
            Some(Verdict::Elsewhere | Verdict::LeftOut) => {
                elsewhere.push(format!("{place}: asked for {asked}, it has {now}"));
            }
        }
    }
    proof.open = !unproved.is_empty() || (!left_out.is_empty() && !has_moved(judged));
    // One warning for all partitions: Terraform shows the first of several with the same heading.
    let warnings = [
        ("Reset target outside of what a partition holds", "The service went to the nearer end:", outside),
        (
            "Unread messages stepped over",
            "The group had not come as far as that time. So many offsets were stepped over, unread:",
            stepped_over,
        ),
        (
            "Partition without a committed offset",
            "None before and after the reset: the service left these out. The group starts there by its clients' \
             auto.offset.reset.",
            left_out,
        ),
        (
            "Offset unchanged, and not verified",
            "These stand where they stood. Whether that is the place that was asked for could not be read from their \
             messages.",
            unproved,
        ),
    ];
    for (summary, what, partitions) in warnings {
        if !partitions.is_empty() {
            let detail = format!("{what}\n{}", partitions.join("\n"));
            proof.warnings.warning(AttributePath::root(), summary, detail);
        }
    }
    if !elsewhere.is_empty() {
        proof.failure = Some(not_as_asked(&elsewhere, group, sent));
    }
    proof
}

fn not_as_asked(elsewhere: &[String], group: &ConsumerGroup, sent: &Sent) -> Failure {
    let active = if group.members.is_empty() {
        String::new()
    } else {
        format!("\n\nThe group has members again, which may have moved on since: {}.", members_in_words(group))
    };
    let cause = format!("These partitions did not move as asked:\n{}{active}", elsewhere.join("\n"));
    let advice = "Something else has moved them, or still will: a client of the group, also one that assigns partitions to \
                  itself; another reset of the same group elsewhere; a background task of the service that is still at \
                  work.";
    Failure::of(cause, sent.clone(), advice).titled("Kafka offset reset not as asked")
}

fn record(before: &Position, after: Option<&Position>, clamped: Option<bool>) -> OffsetRecord {
    let log = after.unwrap_or(before).log;
    OffsetRecord {
        topic: Attr::Known(before.topic.as_str().to_owned()),
        partition: Attr::Known(before.partition.get()),
        before: Attr::from_option(before.committed.map(MessageOffset::get)),
        after: Attr::from_option(after.and_then(|it| it.committed).map(MessageOffset::get)),
        log_start: Attr::Known(log.start.get()),
        log_end: Attr::Known(log.end.get()),
        clamped: Attr::from_option(clamped),
    }
}

#[cfg(test)]
mod tests {
    use super::super::position::tests::{offset, position};
    use super::*;
    use crate::huaweicloud::GroupState;

    /// Partitions that are asked to go to 200, by what was committed before and after, and the verdict on them.
    fn concluded(partitions: &[(Option<i64>, Option<i64>, Verdict)]) -> Proof {
        let judged: Vec<Judged> = (0..)
            .zip(partitions)
            .map(|(number, (before, after, verdict))| Judged {
                aim: Aim::Offset(offset(200)),
                before: position(number, *before, (0, 300)),
                after: position(number, *after, (0, 300)),
                verdict: Some(*verdict),
                clamped: Some(false),
            })
            .collect();
        let group = ConsumerGroup { state: GroupState::Empty, coordinator_id: None, members: vec![], offsets: vec![] };
        conclude(&judged, &group, &Sent::Perhaps)
    }

    /// Six requests were lost on their way, nothing was committed, and the apply ended well.
    #[test]
    fn lost_reset_of_a_group_without_offsets_was_told_as_done() {
        use Verdict::{AsAsked, LeftOut};
        let nothing = concluded(&[(None, None, LeftOut), (None, None, LeftOut)]);
        assert!(!nothing.is_whole());
        let failure = nothing.failure.expect("no partition stands where it was asked to");
        assert!(
            failure.cause().contains("partition 1: asked for offset 200, it has no committed offset"),
            "{failure:?}"
        );

        // It stood there before, which says nothing about the other one.
        let open = concluded(&[(Some(200), Some(200), AsAsked), (None, None, LeftOut)]);
        assert!(open.failure.is_none() && !open.is_whole());

        let moved = concluded(&[(Some(140), Some(200), AsAsked), (None, None, LeftOut)]);
        assert!(moved.is_whole());
        assert_eq!(moved.warnings.iter().count(), 1);
    }
}
