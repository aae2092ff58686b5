//! Whether the reset can have happened, for the sentence that matters most in an error.

use crate::huaweicloud::{Delivery, Error, PartitionNumber};

use super::arguments::Form;
use super::request::{ResetRequest, Target};
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
    /// What a failed request says about it. A server that fails may have done its part before it failed.
    pub(super) fn after(error: &Error) -> Self {
        match error.delivery() {
            Delivery::NotSent => Sent::No,
            Delivery::Answered if error.answer().is_some_and(|answer| is_refusal(answer.status)) => Sent::Refused,
            Delivery::Answered | Delivery::Unknown => Sent::Perhaps,
        }
    }

    /// Whether an offset may have changed, so that there is something to remember.
    pub(super) fn left_a_trace(&self) -> bool {
        !matches!(self, Sent::No | Sent::Refused)
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
                format!("The reset was sent in part. {}", parts.join(" "))
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
            (crate::huaweicloud::Partition::Number(number), Aim::Offset(offset)) => Some((number, offset)),
            _ => None,
        })
        .collect();
    offsets.map(|offsets| offsets_in_words(offsets.into_iter()))
}

/// Whether an answer of this status says that nothing was done. These do not: a redirect that means "done, look
/// there" (303) or "as it was" (304), and the words of a gateway that lost patience (408) or its client (460, 499).
fn is_refusal(status: u16) -> bool {
    (300..500).contains(&status) && !matches!(status, 303 | 304 | 408 | 460 | 499)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_that_leave_the_outcome_open_are_no_refusals() {
        for status in [303, 304, 408, 460, 499, 500, 502, 503, 504, 200, 202, 600] {
            assert!(!is_refusal(status), "{status}");
        }
        for status in [301, 302, 307, 308, 400, 401, 403, 404, 405, 407, 409, 413, 429] {
            assert!(is_refusal(status), "{status}");
        }
    }

    #[test]
    fn partitions_are_named_by_what_became_of_them() {
        let numbers = |list: &[i64]| list.iter().map(|it| (*it).try_into().unwrap()).collect();
        let sent = Sent::Partly { done: numbers(&[0, 2]), perhaps: numbers(&[]), not_done: numbers(&[1]) };
        assert_eq!(sent.sentence(), "The reset was sent in part. Done: partitions 0, 2. Not done: partition 1.");
        assert!(sent.left_a_trace());
    }
}
