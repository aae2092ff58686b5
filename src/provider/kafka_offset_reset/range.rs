//! Checks before a reset: that every target lies within its partition's log, if it must not be clamped, and that
//! messages can be read, if they are needed for verification.

use crate::huaweicloud::{Error, StoredMessage, UnixMillis};
use crate::provider::together::try_together;

use super::failure::Failure;
use super::job::{Job, Unread};
use super::position::{LogRange, Position};
use super::resolve::{Aim, Plan};
use super::sent::Sent;
use super::words::{aim_in_words, bounded_list, log_in_words};

pub(super) const STEP: &str = "reading the timestamps of the topic's messages";

/// On which side of a partition's messages a target lies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Outside {
    Before,
    After,
}

/// Refuses the plan if a target lies outside. Times are compared with those of the first and the last message.
pub(super) async fn check(job: &Job<'_>, plan: &Plan, positions: &[Position]) -> Result<(), Unread> {
    let mut problems = Vec::new();
    let mut by_time = Vec::new();
    for position in positions {
        let Some(aim) = plan.aim_of(position.partition) else { continue };
        let side = aim.asked_offset().and_then(|asked| offset_outside(asked, position.log));
        problems.extend(side.map(|side| (position.clone(), side)));
        if let Aim::Time(time) = aim
            && time > UnixMillis::MIN
            && !position.log.is_empty()
        {
            by_time.push((position.clone(), time));
        }
    }
    let ends = try_together(by_time, |(position, time)| {
        let (client, instance) = (job.client.clone(), job.address.instance.clone());
        async move {
            let first = client.beginning_message(&instance, &position.topic, position.partition).await?;
            let last = client.end_message(&instance, &position.topic, position.partition).await?;
            Ok::<_, Error>(time_outside(time, &first, &last).map(|side| (position, side)))
        }
    });
    let ends = job.read(STEP, &Sent::No, ends).await?;
    problems.extend(ends.into_iter().flatten());
    if problems.is_empty() { Ok(()) } else { Err(Unread::Failed(refused(plan, &problems))) }
}

/// Reads the last message of one partition that the plan moves by time. If the service does not allow that, the reset
/// could not be verified, so it is better to fail before sending.
pub(super) async fn check_messages_are_readable(
    job: &Job<'_>,
    plan: &Plan,
    positions: &[Position],
) -> Result<(), Unread> {
    let by_time = |it: &&Position| matches!(plan.aim_of(it.partition), Some(Aim::Time(_))) && !it.log.is_empty();
    let Some(position) = positions.iter().find(by_time) else { return Ok(()) };
    let read = job.client.end_message(&job.address.instance, &position.topic, position.partition);
    job.read(STEP, &Sent::No, read).await.map(|_| ())
}

fn offset_outside(offset: i64, log: LogRange) -> Option<Outside> {
    if offset < log.start.get() {
        Some(Outside::Before)
    } else if offset > log.end.get() {
        Some(Outside::After)
    } else {
        None
    }
}

fn time_outside(time: UnixMillis, first: &StoredMessage, last: &StoredMessage) -> Option<Outside> {
    if time < first.timestamp {
        Some(Outside::Before)
    } else if time > last.timestamp {
        Some(Outside::After)
    } else {
        None
    }
}

fn refused(plan: &Plan, problems: &[(Position, Outside)]) -> Failure {
    let lines: Vec<String> = problems
        .iter()
        .filter_map(|(position, side)| {
            let side = match side {
                Outside::Before => "before",
                Outside::After => "after",
            };
            let aim = aim_in_words(plan.aim_of(position.partition)?);
            let (topic, partition) = (position.topic.as_str(), position.partition);
            Some(format!(
                "  topic {topic:?} partition {partition}: {aim} lies {side} what it holds, {}",
                log_in_words(position.log)
            ))
        })
        .collect();
    let cause = format!("The target lies outside the logs of these partitions:\n{}", bounded_list(&lines));
    let advice = "Correct the target, or write on_out_of_range = \"clamp\" to go to the nearer end.";
    Failure::of(cause, Sent::No, advice).titled("Reset target out of range").at("on_out_of_range")
}

#[cfg(test)]
mod tests {
    use super::super::position::tests::offset;
    use super::*;

    /// An offset equal to the log end is where the next message will be: a place to stand, not out of range.
    #[test]
    fn offsets_within_a_log_include_both_of_its_ends() {
        let log = LogRange { start: offset(100), end: offset(250) };
        for (asked, expected) in [(99, Some(Outside::Before)), (100, None), (250, None), (251, Some(Outside::After))] {
            assert_eq!(offset_outside(asked, log), expected, "{asked}");
        }
    }

    /// The API page speaks of the earliest and the largest timestamp.
    #[test]
    fn times_are_compared_with_the_first_and_the_last_message() {
        let message = |millis: i64| StoredMessage { offset: offset(1), timestamp: millis.try_into().unwrap() };
        for (asked, expected) in [(99, Some(Outside::Before)), (100, None), (250, None), (251, Some(Outside::After))] {
            let time = i64::from(asked).try_into().unwrap();
            assert_eq!(time_outside(time, &message(100), &message(250)), expected, "{asked}");
        }
    }
}
