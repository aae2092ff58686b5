//! What the cloud said, as the user reads it: what was attempted, the answer, whether it was done, what to do.

use crate::huaweicloud::{Delivery, Error, ErrorKind};

/// Whether the reset can have happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Sent {
    /// Nothing left this computer for the service.
    No,
    /// The service answered that it refuses.
    Refused,
    /// It may have been carried out; nobody here knows.
    Perhaps,
}

impl Sent {
    /// What a failed request says about it. A server that fails may have done its part before it failed.
    pub(crate) fn after(error: &Error) -> Self {
        let refusal = |status: u16| (300..500).contains(&status) && status != 408;
        match error.delivery() {
            Delivery::NotSent => Sent::No,
            Delivery::Answered if error.answer().is_some_and(|answer| refusal(answer.status)) => Sent::Refused,
            Delivery::Answered | Delivery::Unknown => Sent::Perhaps,
        }
    }

    /// The sentence for the user.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Sent::No => "The reset was not sent.",
            Sent::Refused => "The service refused the reset; no offset was changed.",
            Sent::Perhaps => {
                "The reset may have been carried out. Look at the group's offsets (console: Consumer Groups, or \
                 kafka-consumer-groups --describe); applying again sends the same reset once more, which ends at the \
                 same offsets unless the group has consumed in between."
            }
        }
    }
}

/// What the user can do about an error.
pub(crate) fn advice(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Config => "Correct the setting that is named above, then apply again.",
        ErrorKind::Credentials => {
            "Check the keys, their security token, and this computer's clock. Don't repeat it unchanged: after a few \
             failures in a row the service locks the access key for minutes."
        }
        ErrorKind::Forbidden => {
            "The keys are good, but may not do this. The reset needs the permission dms:instance:modify in this \
             project."
        }
        ErrorKind::NotFound => "Check instance_id, group, topic, region and project_id.",
        ErrorKind::Throttled => "The service takes no more requests at present. Wait a little, then apply again.",
        ErrorKind::Unavailable => "The service has trouble of its own. Apply again later.",
        ErrorKind::Refused => {
            "If the group still has members, stop its clients first; a stopped client counts as online until its \
             session times out."
        }
        ErrorKind::Connect => "Check the network, the proxy variables, region and endpoints.",
        ErrorKind::Interrupted | ErrorKind::Timeout => "Check the network, then apply again.",
        _ => "Check that endpoints point at the service itself, then look at the group's offsets.",
    }
}
