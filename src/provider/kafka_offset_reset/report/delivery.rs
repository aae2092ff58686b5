//! Whether a reset was sent and may have changed offsets, and what to do about it.

use jiff::Timestamp;

use crate::huaweicloud::{Delivery, Error, Partition, PartitionNumber};

use super::super::arguments::Form;
use super::super::request::{ResetRequest, Scope, Target};
use super::super::reset_plan::{Position, ResetPlan};
use super::wording::{describe_offsets, describe_partitions};

/// What is known about the delivery of all requests of a reset.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum ResetDelivery {
    /// Nothing was sent to the service.
    NotSent,
    /// The service refused the reset.
    Refused,
    /// The service may have carried out the reset.
    Unknown,
    /// The service accepted the reset.
    Accepted,
    /// There was one request per partition, with different outcomes.
    Partial { accepted: Vec<PartitionNumber>, unknown: Vec<PartitionNumber>, not_done: Vec<PartitionNumber> },
}

impl ResetDelivery {
    /// The delivery of a single request that failed.
    pub(crate) fn of_failed_request(error: &Error) -> Self {
        if error.may_have_taken_effect() {
            Self::Unknown
        } else if error.delivery() == Delivery::NotSent {
            Self::NotSent
        } else {
            Self::Refused
        }
    }

    /// Whether an offset may have changed.
    pub(crate) fn may_have_changed_offsets(&self) -> bool {
        !matches!(self, Self::NotSent | Self::Refused)
    }

    /// Whether the reset may have been carried out completely, without a confirmation from the service.
    pub(crate) fn may_be_complete(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::Partial { not_done, .. } => not_done.is_empty(),
            Self::NotSent | Self::Refused | Self::Accepted => false,
        }
    }

    /// A sentence for the user.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::NotSent => "The reset was not sent.".to_owned(),
            Self::Refused => "The service refused the reset; no offset was changed.".to_owned(),
            Self::Unknown => format!("The reset may have been carried out. {CHECK_OFFSETS}"),
            Self::Accepted => format!("The reset was sent, and the service accepted it. {CHECK_OFFSETS}"),
            Self::Partial { accepted, unknown, not_done } => {
                let parts = [(accepted, "Done"), (unknown, "May have been done"), (not_done, "Not done")];
                let parts = parts.into_iter().filter(|(partitions, _)| !partitions.is_empty());
                let parts: Vec<String> =
                    parts.map(|(partitions, what)| format!("{what}: {}.", describe_partitions(partitions))).collect();
                let sent = if not_done.is_empty() { "sent, but its outcome is not known" } else { "sent in part" };
                format!("The reset was {sent}. {}", parts.join(" "))
            }
        }
    }
}

const SHIFTS: &str = "shifts the offsets that are committed then, not those from before this reset";
const COMMITS: &str = "commits the offsets that are committed then, not those from before this reset";
const CHECK_OFFSETS: &str =
    "Check the group's offsets (console: Consumer Groups, or kafka-consumer-groups --describe).";

/// What another run would do, given that offsets may have changed. For a relative target, this includes the absolute
/// target that completes the reset.
pub(crate) fn rerun_advice(request: &ResetRequest, plan: &ResetPlan, before: &[Position]) -> String {
    let rerun = match request.form {
        Form::Resource => "Applying again",
        Form::Action | Form::DataSource => "Invoking the action again",
    };
    let is_one_partition = matches!(request.scope, Scope::Topic(_, Partition::Number(_)));
    let (effect, argument, absolute) = match request.target {
        // partition and partition_offsets together are an error.
        Target::ShiftBy(_) if is_one_partition => (SHIFTS, "shift_by and partition", absolute_offsets(plan, before)),
        Target::ShiftBy(_) => (SHIFTS, "shift_by", absolute_offsets(plan, before)),
        Target::Current if is_one_partition => (COMMITS, "position and partition", absolute_offsets(plan, before)),
        Target::Current => (COMMITS, "position", absolute_offsets(plan, before)),
        Target::ByDuration(_) => ("counts back from the time of the new reset", "by_duration", absolute_time(plan)),
        Target::Latest => return format!("{rerun} moves the offsets to what is then the end of each log."),
        _ => {
            return format!(
                "{rerun} sends the same reset once more. That is safe while the group is stopped. If the group has run \
                 since then, it loses its progress."
            );
        }
    };
    match absolute {
        Some(absolute) => format!("{rerun} {effect}. To complete this reset, set {absolute} instead of {argument}."),
        None => format!("{rerun} {effect}. Check the group's offsets first."),
    }
}

/// The offsets that a plan sends, in the syntax of a configuration. `None`: the positions before the reset were not
/// read.
fn absolute_offsets(plan: &ResetPlan, before: &[Position]) -> Option<String> {
    let offset = |position: &&Position| Some((position.partition, plan.target_of(position.partition)?.sent_offset()?));
    let offsets: Option<Vec<_>> = plan.affected(before).iter().map(offset).collect();
    let offsets = offsets.filter(|offsets| !offsets.is_empty())?;
    Some(format!("partition_offsets = {}", describe_offsets(offsets.into_iter())))
}

/// The time that a plan sends, in the syntax of a configuration.
fn absolute_time(plan: &ResetPlan) -> Option<String> {
    let time = Timestamp::from_millisecond(plan.time()?.get()).ok()?;
    Some(format!("datetime = \"{time}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_delivery_names_the_partitions_of_each_outcome() {
        let numbers = |list: &[i64]| list.iter().map(|it| (*it).try_into().unwrap()).collect();
        let partial = |accepted, unknown, not_done| ResetDelivery::Partial {
            accepted: numbers(accepted),
            unknown: numbers(unknown),
            not_done: numbers(not_done),
        };
        let delivery = partial(&[0, 2], &[], &[1]);
        assert_eq!(delivery.sentence(), "The reset was sent in part. Done: partitions 0, 2. Not done: partition 1.");
        assert!(delivery.may_have_changed_offsets() && !delivery.may_be_complete());
        let delivery = partial(&[], &[0, 1], &[]);
        assert_eq!(
            delivery.sentence(),
            "The reset was sent, but its outcome is not known. May have been done: partitions 0, 1."
        );
        assert!(delivery.may_be_complete());
    }
}
