//! Decides whether a request is sent again after a failed attempt, and after how long. Pure.
//!
//! | Result of the attempt | Sent again |
//! |---|---|
//! | no connection | yes: the service received nothing |
//! | sign-in failed: no connection, no response, 429, 5xx | yes: the service received nothing |
//! | no response on an open connection | if the request is idempotent |
//! | 429 | yes: rejected temporarily |
//! | 500, 502, 503, 504 | if the request is idempotent |
//! | 400 because a task is running, or because of the status of the instance | yes: rejected temporarily |
//! | any other response; a certificate, a host name or a setting that is not valid | no |

use std::time::Duration;

use crate::huaweicloud::error::{Delivery, Error, ErrorCode, ErrorKind, ErrorResponse};

/// The first wait, and the longest wait unless the service requests a longer one.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What to do after a failed attempt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum RetryAction {
    /// Send the request again, after the wait that the service requests, if any.
    Retry(Option<Duration>),
    /// Return the error.
    NoRetry,
}

/// Classifies a failed attempt. `idempotent`: the request is safe to send again.
pub(super) fn classify(error: &Error, idempotent: bool) -> RetryAction {
    let Some(response) = error.response() else {
        return match (error.delivery(), error.kind()) {
            // Interrupted: during the sign-in.
            (Delivery::NotSent, ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Interrupted)
                if !error.is_permanent() =>
            {
                RetryAction::Retry(None)
            }
            (Delivery::Unknown, _) if idempotent => RetryAction::Retry(None),
            // An incomplete successful response.
            (Delivery::Responded, ErrorKind::Interrupted | ErrorKind::Timeout) if idempotent => {
                RetryAction::Retry(None)
            }
            _ => RetryAction::NoRetry,
        };
    };
    if error.delivery() == Delivery::NotSent {
        return match error.kind() {
            // The identity service is temporarily unavailable.
            ErrorKind::Throttled | ErrorKind::Unavailable => RetryAction::Retry(requested_wait(response)),
            // An earlier rejection of the credentials, or a rejected role.
            _ => RetryAction::NoRetry,
        };
    }
    match response.status {
        _ if error.kind() == ErrorKind::Throttled => RetryAction::Retry(requested_wait(response)),
        500 | 502..=504 if idempotent => RetryAction::Retry(requested_wait(response)),
        400 if error.error_code().is_some_and(ErrorCode::is_busy) => RetryAction::Retry(None),
        _ => RetryAction::NoRetry,
    }
}

/// The wait that the service requests. Zero, which can also be a date in the past or a rounded fraction of a second,
/// does not count: it would use up all retries within a moment.
fn requested_wait(response: &ErrorResponse) -> Option<Duration> {
    response.retry_after.filter(|wait| !wait.is_zero())
}

/// The wait before a retry, counted from 1: doubled each time, and random between half of that and all of it, so that
/// requests that failed together are not sent again together. `random` is between 0 and 1.
pub(super) fn backoff(retry: u32, random: f64) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(1 << retry.saturating_sub(1).min(16));
    doubled.min(LONGEST_WAIT).mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, code: &str, retry_after: Option<u64>) -> Error {
        Error::from_response(
            "PUT x",
            ErrorResponse {
                status,
                code: Some(code.to_owned()),
                retry_after: retry_after.map(Duration::from_secs),
                ..ErrorResponse::default()
            },
        )
    }

    fn no_response(kind: ErrorKind, delivery: Delivery) -> Error {
        Error::new(kind, "PUT x").with_delivery(delivery)
    }

    const RETRY: RetryAction = RetryAction::Retry(None);

    #[test]
    fn attempts_are_classified_by_the_table() {
        use RetryAction::NoRetry;
        // The error; the action if the request is idempotent; the action if it is not.
        for (error, idempotent, other) in [
            (no_response(ErrorKind::Connect, Delivery::NotSent), RETRY, RETRY),
            (no_response(ErrorKind::Timeout, Delivery::NotSent), RETRY, RETRY),
            (no_response(ErrorKind::Connect, Delivery::NotSent).permanent(), NoRetry, NoRetry),
            (no_response(ErrorKind::Config, Delivery::NotSent), NoRetry, NoRetry),
            (no_response(ErrorKind::Credentials, Delivery::NotSent), NoRetry, NoRetry),
            (no_response(ErrorKind::Interrupted, Delivery::Unknown), RETRY, NoRetry),
            (no_response(ErrorKind::Timeout, Delivery::Unknown), RETRY, NoRetry),
            (no_response(ErrorKind::Interrupted, Delivery::Responded), RETRY, NoRetry),
            (no_response(ErrorKind::Decode, Delivery::Responded), NoRetry, NoRetry),
            (response(429, "APIGW.0308", None), RETRY, RETRY),
            (response(500, "DMS.00500000", None), RETRY, NoRetry),
            (response(502, "APIGW.0201", None), RETRY, NoRetry),
            (response(503, "DMS.111501025", None), RETRY, NoRetry),
            (response(504, "APIGW.0201", None), RETRY, NoRetry),
            (response(400, "DMS.00400017", None), RETRY, RETRY),
            (response(400, "DMS.00400026", None), RETRY, RETRY),
            (response(400, "DMS.00400800", None), NoRetry, NoRetry),
            (response(401, "APIGW.0301", None), NoRetry, NoRetry),
            (response(403, "DMS.00403002", None), NoRetry, NoRetry),
            (response(404, "DMS.00404022", None), NoRetry, NoRetry),
            (response(501, "X", None), NoRetry, NoRetry),
            (response(302, "X", None), NoRetry, NoRetry),
        ] {
            assert_eq!(classify(&error, true), idempotent, "idempotent: {error}");
            assert_eq!(classify(&error, false), other, "not idempotent: {error}");
        }
    }

    #[test]
    fn requested_wait_is_kept() {
        for status in [429, 503] {
            let action = classify(&response(status, "X", Some(7)), true);
            assert_eq!(action, RetryAction::Retry(Some(Duration::from_secs(7))), "{status}");
        }
    }

    #[test]
    fn requested_wait_of_zero_is_ignored() {
        for status in [429, 503] {
            assert_eq!(classify(&response(status, "X", Some(0)), true), RETRY, "{status}");
        }
    }

    #[test]
    fn waits_double_up_to_thirty_seconds_and_vary_by_half() {
        let longest: Vec<u128> = (1..=9).map(|retry| backoff(retry, 1.0).as_millis()).collect();
        assert_eq!(longest, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
        let shortest: Vec<u128> = (1..=3).map(|retry| backoff(retry, 0.0).as_millis()).collect();
        assert_eq!(shortest, [250, 500, 1_000]);
        assert_eq!(backoff(u32::MAX, 1.0), LONGEST_WAIT);
    }
}
