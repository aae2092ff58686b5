//! What an error of the cloud means for its subject, and what the user can do about it.

use crate::huaweicloud::{Error, ErrorCode, ErrorKind};

/// What the user can do about a group that is not there.
pub(crate) const MISSING_GROUP: &str = "Check the group's name, letter by letter, and the instance: a group exists once a \
                                        client of it has joined or committed.";
/// What the user can do about a topic that is not there.
pub(crate) const MISSING_TOPIC: &str = "Check the topic's name, letter by letter, and the instance.";

/// Whether the answer says that the instance does not exist, whatever was asked of it.
pub(crate) fn is_missing_instance(error: &Error) -> bool {
    error.is_missing_instance()
}

/// Whether the answer says that there is no such group, or topic, on an instance that is there.
pub(crate) fn is_missing_on_instance(error: &Error) -> bool {
    error.is_missing_on_instance()
}

/// What the user can do about an error of the reset.
pub(crate) fn advice(error: &Error) -> &'static str {
    match error.error_code() {
        Some(ErrorCode::TaskRunning) => {
            "Another task of the instance is at work, perhaps a reset by another run or another provider block. Wait for its \
             end (console: Background Tasks), then try again."
        }
        Some(ErrorCode::InstanceBusy) => {
            "The instance is busy with a change of its own. Wait until it is running, then try again."
        }
        _ => advice_on(error.kind(), error.response().map(|answer| answer.status)),
    }
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

/// What the user can do when something could not be read.
pub(crate) fn read_advice(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Forbidden => {
            "The keys are good, but may not do this. Check project_id and region: the project may be another's, or not \
             there. In the right one, reading needs the permission dms:instance:get."
        }
        ErrorKind::Refused if !matches!(error.response().map(|it| it.status), Some(300..400 | 404 | 405 | 407)) => {
            "The service's own words above say what is wrong."
        }
        _ => advice(error),
    }
}

/// What the user can do about an answer that did not come from the service.
const NOT_THE_SERVICE: &str = "Check that endpoints and the proxy variables lead to the service itself: a proxy, or \
                               the login page of a network, may have answered instead.";

fn advice_on(kind: ErrorKind, status: Option<u16>) -> &'static str {
    match kind {
        ErrorKind::Config => "Correct the setting that is named above, then try again.",
        ErrorKind::Credentials if status.is_none() => {
            "Set HW_ACCESS_KEY and HW_SECRET_KEY in the environment, or access_key and secret_key in the provider block, \
             or correct the source that is named above, then try again."
        }
        ErrorKind::SignIn => {
            "Check the step of the sign-in that is named above: that the agency, its account and the identity provider \
             are written right, that the keys or the token may take the role on, and that auth_url and endpoints lead to \
             IAM and STS. Then try again."
        }
        ErrorKind::Credentials => {
            "Check the keys, their security token, and this computer's clock. Don't repeat it unchanged: after a few \
             failures in a row the service locks the access key for five minutes, and then refuses right keys too."
        }
        ErrorKind::KeyLocked => {
            "The service has locked the access key for five minutes, after several requests in a row with a wrong \
             signature. Wait five minutes, and send no requests with this key: the service refuses correct requests \
             too. If it is locked again, another program uses this access key with a wrong secret key."
        }
        ErrorKind::Forbidden => {
            "The keys are good, but may not do this. Check project_id and region: the project may be another's, or not \
             there. In the right one, the reset needs the permission dms:instance:modify."
        }
        ErrorKind::NotFound => {
            "Check instance_id, group, topic, region and project_id. Names count letter by letter, spaces too."
        }
        ErrorKind::Throttled => "The service takes no more requests at present. Wait a little, then try again.",
        ErrorKind::Unavailable => "The service has trouble of its own. Try again later.",
        ErrorKind::Refused if matches!(status, Some(300..400 | 404 | 405 | 407)) => {
            "Check that endpoints and the proxy variables lead to the service itself."
        }
        ErrorKind::Refused => {
            "If the service names a topic or a partition, correct that. If the group still has members, stop its clients \
             first; a stopped client counts as online until its session times out. Then try again."
        }
        ErrorKind::Connect => {
            "Check the network, the proxy variables, region and endpoints. If a certificate is at fault, set cacert_file \
             to the authority that issued it."
        }
        ErrorKind::Interrupted | ErrorKind::Timeout => "Check the network, then try again.",
        _ => NOT_THE_SERVICE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_keys_are_not_blamed_on_the_clock_or_threatened_with_a_lock() {
        let advice = advice_on(ErrorKind::Credentials, None);
        assert!(advice.contains("HW_ACCESS_KEY") && advice.contains("access_key"), "{advice}");
        assert!(!advice.contains("clock") && !advice.contains("locks"), "{advice}");
        assert!(advice_on(ErrorKind::Credentials, Some(401)).contains("locks the access key"));
    }

    #[test]
    fn advice_for_a_locked_key_is_to_wait() {
        let advice = advice_on(ErrorKind::KeyLocked, Some(401));
        assert!(advice.contains("locked") && advice.contains("Wait five minutes"), "{advice}");
        assert!(!advice.contains("Check the keys") && !advice.contains("clock"), "{advice}");
    }

    #[test]
    fn refused_role_is_not_blamed_on_the_group_or_the_project() {
        for status in [400, 403, 404] {
            let advice = advice_on(ErrorKind::SignIn, Some(status));
            assert!(advice.contains("agency") && advice.contains("STS"), "{advice}");
            assert!(!advice.contains("group") && !advice.contains("project_id"), "{advice}");
        }
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
    fn redirects_and_unknown_addresses_are_not_blamed_on_members() {
        for status in [301, 302, 307, 404, 405, 407] {
            let advice = advice_on(ErrorKind::Refused, Some(status));
            assert!(advice.contains("endpoints") && !advice.contains("members"), "{status}: {advice}");
        }
        assert!(advice_on(ErrorKind::Refused, Some(400)).contains("members"));
    }
}
