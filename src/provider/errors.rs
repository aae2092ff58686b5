//! The advice that a user reads after an error from the cloud.

use crate::huaweicloud::{Error, ErrorCode, ErrorKind};

/// The advice for a group that does not exist.
pub(crate) const MISSING_GROUP: &str = "Check the name of the group (names are case-sensitive) and the instance. A \
                                        group exists once a client has joined it or has committed an offset.";
/// The advice for a topic that does not exist.
pub(crate) const MISSING_TOPIC: &str = "Check the name of the topic (names are case-sensitive) and the instance.";

/// The advice for an error from the reset request.
pub(crate) fn advice(error: &Error) -> &'static str {
    match error.error_code() {
        Some(ErrorCode::TaskRunning) => {
            "Another task of the instance is running, perhaps a reset by another run or another provider block. Wait \
             until it ends (console: Background Tasks), then try again."
        }
        Some(ErrorCode::InstanceBusy) => {
            "The instance is being changed. Wait until it is running again, then try again."
        }
        _ => advice_on(error.kind(), error.response().map(|response| response.status)),
    }
}

/// The advice for a project that could not be looked up.
pub(crate) fn lookup_advice(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Forbidden => {
            "The credentials are valid but not allowed to list projects. Set project_id, so that no lookup is needed."
        }
        ErrorKind::NotFound | ErrorKind::Refused | ErrorKind::Decode => {
            "Check that auth_url, endpoints and the proxy variables point to IAM itself, or set project_id, so that no \
             lookup is needed."
        }
        _ => advice(error),
    }
}

/// The advice for something that could not be read.
pub(crate) fn read_advice(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Forbidden => {
            "The credentials are valid but not allowed to read this. Check project_id and region: there may be no such \
             project, or it may belong to another account. If both are correct, grant the permission dms:instance:get."
        }
        ErrorKind::Refused if !is_from_elsewhere(error.response().map(|response| response.status)) => {
            "The service's message above states the reason."
        }
        _ => advice(error),
    }
}

/// Whether a refusal with this status usually comes from a proxy or another server.
fn is_from_elsewhere(status: Option<u16>) -> bool {
    matches!(status, Some(300..400 | 404 | 405 | 407))
}

fn advice_on(kind: ErrorKind, status: Option<u16>) -> &'static str {
    match kind {
        ErrorKind::Config => "Correct the setting that is named above, then try again.",
        ErrorKind::Credentials if status.is_none() => {
            "Set HW_ACCESS_KEY and HW_SECRET_KEY in the environment, or access_key and secret_key in the provider \
             block, or correct the source that is named above, then try again."
        }
        ErrorKind::SignIn => {
            "Check the step of the sign-in that is named above: the names of the agency, its account and the identity \
             provider; that the credentials or the token are allowed to assume the agency; and that auth_url and \
             endpoints point to IAM and STS. Then try again."
        }
        ErrorKind::Credentials => {
            "Check the access key, the secret key, the security token, and this computer's clock before you try again. \
             After a few failures in a row, the service locks the access key for five minutes and refuses correct \
             requests too."
        }
        ErrorKind::KeyLocked => {
            "The service has locked the access key for five minutes, after several requests in a row with a wrong \
             signature. Wait five minutes, and send no requests with this key: the service refuses correct requests \
             too. If the key is locked again, another program is using it with a wrong secret key."
        }
        ErrorKind::Forbidden => {
            "The credentials are valid but not allowed to do this. Check project_id and region: there may be no such \
             project, or it may belong to another account. If both are correct, grant the permission \
             dms:instance:modify."
        }
        ErrorKind::NotFound => {
            "Check instance_id, group, topic, region and project_id. Names are case-sensitive, and spaces count."
        }
        ErrorKind::Throttled => "The service limits the rate of requests. Wait a little, then try again.",
        ErrorKind::Unavailable => "The service has a problem. Try again later.",
        ErrorKind::Refused if is_from_elsewhere(status) => {
            "Check that endpoints and the proxy variables point to the service itself."
        }
        ErrorKind::Refused => {
            "If the service names a topic or a partition, correct that. If the group still has members, stop its \
             clients first; a stopped client counts as a member until its session times out. Then try again."
        }
        ErrorKind::Connect => {
            "Check the network, the proxy variables, region and endpoints. If a certificate is not trusted, set \
             cacert_file to the certificate of the authority that issued it."
        }
        ErrorKind::Interrupted | ErrorKind::Timeout => "Check the network, then try again.",
        // The response did not come from the service.
        _ => {
            "Check that endpoints and the proxy variables point to the service itself. A proxy or a captive portal may \
             have responded instead."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each kind of error with its advice, because wrong advice misleads the user.
    #[test]
    fn advice_fits_the_kind_of_error() {
        let kinds = [
            (ErrorKind::Config, None),
            (ErrorKind::Credentials, None),
            (ErrorKind::Credentials, Some(401)),
            (ErrorKind::KeyLocked, Some(401)),
            (ErrorKind::SignIn, Some(403)),
            (ErrorKind::Forbidden, Some(403)),
            (ErrorKind::NotFound, Some(404)),
            (ErrorKind::Throttled, Some(429)),
            (ErrorKind::Unavailable, Some(503)),
            (ErrorKind::Refused, Some(400)),
            (ErrorKind::Refused, Some(404)),
            (ErrorKind::Connect, None),
            (ErrorKind::Timeout, None),
            (ErrorKind::Decode, Some(200)),
        ];
        let lines = kinds.map(|(kind, status)| format!("{kind:?} {status:?}: {}", advice_on(kind, status)));
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn redirects_and_unknown_addresses_are_not_blamed_on_members() {
        for status in [301, 302, 307, 404, 405, 407] {
            assert_eq!(advice_on(ErrorKind::Refused, Some(status)), advice_on(ErrorKind::Refused, Some(404)));
        }
        assert_ne!(advice_on(ErrorKind::Refused, Some(400)), advice_on(ErrorKind::Refused, Some(404)));
    }
}
