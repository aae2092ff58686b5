//! Whether the reset can have happened, for the sentence that matters most in an error.

use jiff::Timestamp;

use crate::huaweicloud::{Delivery, Error, Partition, PartitionNumber};

use super::arguments::Form;
use super::position::Position;
use super::request::{ResetRequest, Scope, Target};
use super::resolve::{Aim, Plan};
use super::words::{offsets_in_words, partitions_in_words};

/// What became of the requests.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Sent {
    /// Nothing left this computer for the service.
    No,
    /// The service answered that it refuses.
    Refused,
    /// It may have been carried out; nobody here knows.
    Perhaps,
    /// The service took it.
    Accepted,
    /// Partitions needed a request each, and not all came to the same.
    Partly { done: Vec<PartitionNumber>, perhaps: Vec<PartitionNumber>, not_done: Vec<PartitionNumber> },
}

impl Sent {
    /// What a failed request says about it.
    pub(super) fn after(error: &Error) -> Self {
        if error.may_have_taken_effect() {
            Sent::Perhaps
        } else if error.delivery() == Delivery::NotSent {
            Sent::No
        } else {
            Sent::Refused
        }
    }

    /// Whether an offset may have changed, so that there is something to remember.
    pub(super) fn left_a_trace(&self) -> bool {
        !matches!(self, Sent::No | Sent::Refused)
    }

    /// Whether everything that was asked for may have been done, and nothing says that it was.
    pub(super) fn may_be_whole(&self) -> bool {
        match self {
            Sent::Perhaps => true,
            Sent::Partly { not_done, .. } => not_done.is_empty(),
            Sent::No | Sent::Refused | Sent::Accepted => false,
        }
    }

    /// The sentence for the user.
    pub(super) fn sentence(&self) -> String {
        match self {
            Sent::No => "The reset was not sent.".to_owned(),
            Sent::Refused => "The service refused the reset; no offset was changed.".to_owned(),
            Sent::Perhaps => format!("The reset may have been carried out. {LOOK}"),
            Sent::Accepted => format!("The reset was sent, and the service accepted it. {LOOK}"),
            Sent::Partly { done, perhaps, not_done } => {
                let parts = [(done, "Done"), (perhaps, "May have been done"), (not_done, "Not done")];
                let parts = parts.into_iter().filter(|(partitions, _)| !partitions.is_empty());
                let parts: Vec<String> =
                    parts.map(|(partitions, what)| format!("{what}: {}.", partitions_in_words(partitions))).collect();
                let sent =
                    if not_done.is_empty() { "was sent, and not all of it answered" } else { "was sent in part" };
                format!("The reset {sent}. {}", parts.join(" "))
            }
        }
    }

    /// What applying again would do; empty if that is obvious. For a relative target, includes the absolute target that
    /// completes this reset.
    pub(super) fn again(&self, request: &ResetRequest, plan: Option<&Plan>, before: Option<&[Position]>) -> String {
        if !self.left_a_trace() {
            return String::new();
        }
        let again = match request.form {
            Form::Resource => "Applying again",
            Form::Action => "Invoking it again",
        };
        let one_partition = matches!(request.scope, Scope::Topic(_, Partition::Number(_)));
        let offsets = || absolute_offsets(plan?, before?);
        let (effect, argument, absolute) = match request.target {
            // Both partition and partition_offsets would be an error.
            Target::ShiftBy(_) if one_partition => (SHIFTS, "shift_by and partition", offsets()),
            Target::ShiftBy(_) => (SHIFTS, "shift_by", offsets()),
            Target::Current if one_partition => (COMMITS, "position and partition", offsets()),
            Target::Current => (COMMITS, "position", offsets()),
            Target::ByDuration(_) => {
                ("counts back from the time of that reset", "by_duration", plan.and_then(absolute_time))
            }
            Target::Latest => return format!("{again} moves to the end of each log at that time."),
            _ => {
                return format!(
                    "{again} sends the same reset once more. That is safe while the group is stopped; a group that \
                     has run since then loses its position."
                );
            }
        };
        match absolute {
            Some(absolute) => {
                format!("{again} {effect}. To complete this reset, set {absolute} instead of {argument}.")
            }
            None => format!("{again} {effect}. Look at the group's offsets first."),
        }
    }
}

const SHIFTS: &str = "shifts the offsets committed at that time";
const COMMITS: &str = "commits the offsets committed at that time";
const LOOK: &str = "Look at the group's offsets (console: Consumer Groups, or kafka-consumer-groups --describe).";

/// The offsets that a plan sends, in the syntax of a configuration. `None`: it does not send an offset to every
/// partition.
fn absolute_offsets(plan: &Plan, before: &[Position]) -> Option<String> {
    let offset = |position: &&Position| Some((position.partition, plan.aim_of(position.partition)?.sent_offset()?));
    let offsets: Option<Vec<_>> = plan.touched(before).iter().map(offset).collect();
    let offsets = offsets.filter(|offsets| !offsets.is_empty())?;
    Some(format!("partition_offsets = {}", offsets_in_words(offsets.into_iter())))
}

/// The time that a plan sends, in the syntax of a configuration.
fn absolute_time(plan: &Plan) -> Option<String> {
    let Aim::Time(time) = plan.steps.first()?.aim else { return None };
    let time = Timestamp::from_millisecond(time.get()).ok()?;
    Some(format!("datetime = \"{time}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_named_by_what_became_of_them() {
        let numbers = |list: &[i64]| list.iter().map(|it| (*it).try_into().unwrap()).collect();
        let sent = Sent::Partly { done: numbers(&[0, 2]), perhaps: numbers(&[]), not_done: numbers(&[1]) };
        assert_eq!(sent.sentence(), "The reset was sent in part. Done: partitions 0, 2. Not done: partition 1.");
        assert!(sent.left_a_trace());
        let sent = Sent::Partly { done: numbers(&[]), perhaps: numbers(&[0, 1]), not_done: numbers(&[]) };
        assert_eq!(
            sent.sentence(),
            "The reset was sent, and not all of it answered. May have been done: partitions 0, 1."
        );
    }
}
