//! Whether the reset can have happened, for the sentence that matters most in an error.

use crate::huaweicloud::{Delivery, Error, Partition, PartitionNumber};

use super::arguments::Form;
use super::request::{ResetRequest, Target};
use super::resolve::Plan;
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
        if error.may_have_been_done() {
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

    /// What the same apply would do once more; empty where that goes without saying.
    pub(super) fn again(&self, request: &ResetRequest, plan: Option<&Plan>) -> String {
        if !self.left_a_trace() {
            return String::new();
        }
        let again = match request.form {
            Form::Resource => "Applying again",
            Form::Action => "Invoking it again",
        };
        match (&request.target, plan.and_then(absolute)) {
            (Target::Shift(_), Some(offsets)) => format!(
                "{again} would shift from where the group stands by then. To finish this very reset, write \
                 partition_offsets = {offsets} in place of shift_by."
            ),
            (Target::Shift(_), None) => {
                format!("{again} would shift from where the group stands by then: look at its offsets first.")
            }
            (Target::Ago(_), _) => format!("{again} counts back from then."),
            (Target::Current, _) => format!("{again} commits what is committed by then."),
            _ => format!(
                "{again} sends the same reset once more, which does no harm while the group is stopped; a group that has \
                 run since loses its place."
            ),
        }
    }
}

const LOOK: &str = "Look at the group's offsets (console: Consumer Groups, or kafka-consumer-groups --describe).";

/// The offsets that a plan sends to single partitions, as a configuration writes them.
fn absolute(plan: &Plan) -> Option<String> {
    let offsets: Option<Vec<_>> = plan
        .steps
        .iter()
        .map(|step| match (step.partition, step.aim) {
            (Partition::Number(number), aim) => Some((number, aim.sent_offset()?)),
            (Partition::All, _) => None,
        })
        .collect();
    offsets.map(|offsets| offsets_in_words(offsets.into_iter()))
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
