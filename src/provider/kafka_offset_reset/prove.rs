//! After a reset: where every partition stands now, and whether that is where it was asked to stand.

use std::time::Duration;

use tokio::time::Instant;

use crate::huaweicloud::{ConsumerGroup, Error, MessageOffset, UnixMillis};
use crate::provider::pace::Pace;
use crate::provider::together::together;
use crate::tf_provider::value::Attr;
use crate::tf_provider::{AttributePath, Diagnostics};

use super::failure::Failure;
use super::inactive::look;
use super::job::{Job, Unread};
use super::judge::{Verdict, clamped, judge};
use super::observe;
use super::offsets::OffsetRecord;
use super::position::Position;
use super::resolve::{Aim, Plan};
use super::sent::Sent;
use super::words::{aim_in_words, members_in_words};

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
}

/// Looks, again if need be, and judges. `task_unseen`: what was asked for may still be under way.
pub(super) async fn prove(job: &Job<'_>, plan: &Plan, before: &[Position], task_unseen: bool) -> Result<Proof, Unread> {
    let patience = if task_unseen { PATIENCE_WITH_UNSEEN_TASK } else { PATIENCE };
    let started = Instant::now();
    let mut pace = Pace::new(Duration::from_millis(250), Duration::from_secs(5));
    let mut group = look(job, &Sent::Accepted).await?;
    let mut after = observe::moved_on(before, &group);
    while !stand_as_asked(plan, before, &after, task_unseen) && started.elapsed() < patience {
        let pause = tokio::time::sleep(pace.pause());
        job.step("verifying the reset", &Sent::Accepted, pause).await.map_err(Unread::Failed)?;
        group = look(job, &Sent::Accepted).await?;
        after = with_all_of(before, observe::positions(job, &group, &Sent::Accepted).await?);
    }
    let looked: Vec<Looked> = {
        let pairs = pairs(plan, before, &after);
        pairs.map(|(aim, before, after)| (aim, before.clone(), after.clone())).collect()
    };
    let evidence = together(looked, |(aim, before, after)| {
        let (client, instance) = (job.client.clone(), job.address.instance.clone());
        async move {
            let messages = Messages { client, instance, position: after.clone() };
            let verdict = match (judge(aim, &before, &after), aim) {
                (Verdict::Unmoved, Aim::Time(time)) => messages.begin_at(time).await,
                (verdict, _) => Some(verdict),
            };
            let clamped = match (clamped(aim, &after), aim) {
                (None, Aim::Time(time)) => messages.begin_after(time).await,
                (clamped, _) => clamped,
            };
            Judged { aim, before, after, verdict, clamped }
        }
    });
    let judged = job.step("verifying the reset", &Sent::Accepted, evidence).await.map_err(Unread::Failed)?;
    Ok(conclude(&judged, &group))
}

/// Whether a further look is needless. With a task that can't be seen, a place by time that did not change may be one
/// that has not changed yet.
fn stand_as_asked(plan: &Plan, before: &[Position], after: &[Position], task_unseen: bool) -> bool {
    let unmoved_will_do = !task_unseen || pairs(plan, before, after).any(|(_, before, after)| before != after);
    pairs(plan, before, after).all(|(aim, before, after)| match judge(aim, before, after) {
        Verdict::AsAsked | Verdict::LeftOut => true,
        Verdict::Unmoved => unmoved_will_do,
        Verdict::Elsewhere => false,
    })
}

/// What is known where it could not be proved: the looks before, and where the partitions stand now, if that can be
/// read at all.
pub(super) async fn records_without_proof(job: &Job<'_>, plan: &Plan, before: &[Position]) -> Vec<OffsetRecord> {
    let after = match look(job, &Sent::Accepted).await {
        Ok(group) => observe::moved_on(before, &group),
        Err(_) => Vec::new(),
    };
    let touched = before.iter().filter(|it| plan.aim_of(it.partition).is_some());
    touched.map(|before| record(before, after.iter().find(|after| same(before, after)), None)).collect()
}

type Looked = (Aim, Position, Position);

/// What is known of one partition in the end. No verdict, or no word on clamping: it could not be read.
struct Judged {
    aim: Aim,
    before: Position,
    after: Position,
    verdict: Option<Verdict>,
    clamped: Option<bool>,
}

/// Each partition that the plan touches, as it was and as it is.
fn pairs<'a>(
    plan: &'a Plan,
    before: &'a [Position],
    after: &'a [Position],
) -> impl Iterator<Item = (Aim, &'a Position, &'a Position)> {
    before.iter().filter_map(|before| {
        let after = after.iter().find(|after| same(before, after))?;
        Some((plan.aim_of(before.partition)?, before, after))
    })
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
    client: crate::huaweicloud::Client,
    instance: crate::huaweicloud::InstanceAddress,
    position: Position,
}

impl Messages {
    /// Whether this place is the one that `time` means: the message here is not older, the one before it is. None: that
    /// can't be read.
    async fn begin_at(&self, time: UnixMillis) -> Option<Verdict> {
        let log = self.position.log;
        let here = self.position.committed?;
        let fits_here = here >= log.end || self.time_at(here).await.ok()??.1 >= time;
        let previous = MessageOffset::try_from(here.get() - 1).ok().filter(|previous| *previous >= log.start);
        let fits_before = match previous {
            None => true,
            // A gap, as transactions and compaction leave it, says nothing against the place.
            Some(previous) => self.time_at(previous).await.ok()?.is_none_or(|(_, before)| before < time),
        };
        Some(if fits_here && fits_before { Verdict::AsAsked } else { Verdict::Elsewhere })
    }

    /// Whether every message is younger than `time`, so that the log begins too late. None: that can't be read.
    async fn begin_after(&self, time: UnixMillis) -> Option<bool> {
        let Position { topic, partition, .. } = &self.position;
        let first = self.client.beginning_message(&self.instance, topic, *partition).await;
        first.ok().map(|first| time < first.timestamp)
    }

    async fn time_at(&self, offset: MessageOffset) -> Result<Option<(MessageOffset, UnixMillis)>, Error> {
        let Position { topic, partition, .. } = &self.position;
        let message = self.client.message_at(&self.instance, topic, *partition, offset).await?;
        Ok(message.map(|message| (message.offset, message.timestamp)))
    }
}

fn conclude(judged: &[Judged], group: &ConsumerGroup) -> Proof {
    let mut proof = Proof::default();
    let mut elsewhere = Vec::new();
    for Judged { aim, before, after, verdict, clamped } in judged {
        proof.records.push(record(before, Some(after), *clamped));
        let place = format!("Partition {} of topic {:?}", after.partition, after.topic.as_str());
        let now = after.committed.map_or_else(|| "no committed offset".to_owned(), |now| format!("offset {now}"));
        match verdict {
            Some(Verdict::AsAsked) if *clamped == Some(true) => proof.warnings.warning(
                AttributePath::root(),
                "Reset target outside of what the partition holds",
                format!(
                    "{place} holds offsets {} to {}; asked for {}, it went to {now}.",
                    after.log.start,
                    after.log.end,
                    aim_in_words(*aim)
                ),
            ),
            Some(Verdict::AsAsked) => {}
            Some(Verdict::LeftOut) => proof.warnings.warning(
                AttributePath::root(),
                "Partition without a committed offset",
                format!(
                    "{place} has none before and after the reset: the service left it out. The group starts there by \
                     its clients' auto.offset.reset."
                ),
            ),
            None | Some(Verdict::Unmoved) => proof.warnings.warning(
                AttributePath::root(),
                "Offset unchanged, and not verified",
                format!(
                    "{place} stands at {now} as before. Whether that is the place of {} could not be read from its \
                     messages.",
                    aim_in_words(*aim)
                ),
            ),
            Some(Verdict::Elsewhere) => {
                elsewhere.push(format!("  {place}: asked for {}, it has {now}", aim_in_words(*aim)));
            }
        }
    }
    if !elsewhere.is_empty() {
        proof.failure = Some(not_as_asked(&elsewhere, group));
    }
    proof
}

fn not_as_asked(elsewhere: &[String], group: &ConsumerGroup) -> Failure {
    let active = if group.members.is_empty() {
        String::new()
    } else {
        format!("\n\nThe group has members again, which may have moved on since: {}.", members_in_words(group))
    };
    let cause = format!("These partitions did not move as asked:\n{}{active}", elsewhere.join("\n"));
    let advice = "Make sure that no client of the group runs, also none that assigns partitions to itself. If a background task \
                  of the service is still at work, wait for its end.";
    Failure::of(cause, Sent::Accepted, advice).titled("Kafka offset reset not as asked")
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
