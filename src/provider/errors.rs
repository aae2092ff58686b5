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
        match error.delivery() {
            Delivery::NotSent => Sent::No,
            Delivery::Answered if error.answer().is_some_and(|answer| is_refusal(answer.status)) => Sent::Refused,
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
                 kafka-consumer-groups --describe). Applying again sends the same reset once more, which does no harm \
                 while the group is stopped; a group that has run since loses its place."
            }
        }
    }
}

/// Whether an answer of this status says that nothing was done. These do not: a redirect that means "done, look
/// there" (303) or "as it was" (304), and the words of a gateway that lost patience (408) or its client (460, 499).
fn is_refusal(status: u16) -> bool {
    (300..500).contains(&status) && !matches!(status, 303 | 304 | 408 | 460 | 499)
}

/// What the user can do about an error of the reset.
pub(crate) fn advice(error: &Error) -> &'static str {
    advice_on(error.kind(), error.answer().map(|answer| answer.status))
}

/// What the user can do when the project could not be looked up.
pub(crate) fn lookup_advice(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Forbidden => "The keys are good, but may not list projects. Set project_id; then IAM is not asked.",
        ErrorKind::NotFound | ErrorKind::Refused | ErrorKind::Decode => {
            "Check that auth_url, endpoints and the proxy variables lead to IAM itself, or set project_id; then IAM is \
             not asked."
        }
        _ => advice(error),
    }
}

fn advice_on(kind: ErrorKind, status: Option<u16>) -> &'static str {
    match kind {
        ErrorKind::Config => "Correct the setting that is named above, then apply again.",
        ErrorKind::Credentials if status.is_none() => {
            "Set HW_ACCESS_KEY and HW_SECRET_KEY in the environment, or access_key and secret_key in the provider block, \
             then apply again."
        }
        ErrorKind::Credentials => {
            "Check the keys, their security token, and this computer's clock. Don't repeat it unchanged: after a few \
             failures in a row the service locks the access key for minutes."
        }
        ErrorKind::Forbidden => {
            "The keys are good, but may not do this. Check project_id and region: the project may be another's, or not \
             there. In the right one, the reset needs the permission dms:instance:modify."
        }
        ErrorKind::NotFound => {
            "Check instance_id, group, topic, region and project_id. Names count letter by letter, spaces too."
        }
        ErrorKind::Throttled => "The service takes no more requests at present. Wait a little, then apply again.",
        ErrorKind::Unavailable => "The service has trouble of its own. Apply again later.",
        ErrorKind::Refused if matches!(status, Some(300..400 | 404 | 405 | 407)) => {
            "Check that endpoints and the proxy variables lead to the service itself."
        }
        ErrorKind::Refused => {
            "If the service names a topic or a partition, correct that. If the group still has members, stop its clients \
             first; a stopped client counts as online until its session times out. Then apply again."
        }
        ErrorKind::Connect => {
            "Check the network, the proxy variables, region and endpoints. If a certificate is at fault, set cacert_file \
             to the authority that issued it."
        }
        ErrorKind::Interrupted | ErrorKind::Timeout => "Check the network, then apply again.",
        _ => "Check that endpoints point at the service itself, then look at the group's offsets.",
    }
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
    fn missing_keys_are_not_blamed_on_the_clock_or_threatened_with_a_lock() {
        let advice = advice_on(ErrorKind::Credentials, None);
        assert!(advice.contains("HW_ACCESS_KEY") && advice.contains("access_key"), "{advice}");
        assert!(!advice.contains("clock") && !advice.contains("locks"), "{advice}");
        assert!(advice_on(ErrorKind::Credentials, Some(401)).contains("locks the access key"));
    }

    #[test]
    fn unknown_project_is_not_blamed_on_permissions_alone() {
        let advice = advice_on(ErrorKind::Forbidden, Some(403));
        assert!(advice.contains("project_id") && advice.contains("dms:instance:modify"), "{advice}");
    }

    #[test]
    fn refusal_of_a_topic_or_partition_is_not_blamed_on_members_alone() {
        let advice = advice_on(ErrorKind::Refused, Some(400));
        assert!(advice.contains("topic") && advice.contains("partition") && advice.contains("members"), "{advice}");
    }

    #[test]
    fn repeating_a_reset_is_not_called_different_when_the_group_has_consumed() {
        let sentence = Sent::Perhaps.sentence();
        assert!(sentence.contains("does no harm while the group is stopped"), "{sentence}");
        assert!(!sentence.contains("unless"), "{sentence}");
    }

    #[test]
    fn redirects_and_unknown_addresses_are_not_blamed_on_members() {
        for status in [301, 302, 307, 404, 405, 407] {
            let advice = advice_on(ErrorKind::Refused, Some(status));
            assert!(advice.contains("endpoints") && !advice.contains("members"), "{status}: {advice}");
        }
        assert!(advice_on(ErrorKind::Refused, Some(400)).contains("members"));
    }
}
