//! When a request is sent again, and how long to wait before. Pure.
//!
//! | what came of an attempt | sent again |
//! |---|---|
//! | no connection | yes: the service saw nothing |
//! | keys could not be had: no connection, no answer, 429, 5xx | yes: the service saw nothing, and keys may be asked for twice |
//! | a connection, and no answer | if repeating is safe |
//! | 429 | yes: it was refused for now |
//! | 500, 502, 503, 504 | if repeating is safe |
//! | 400 because a task is running, or of the instance's status | yes: it was refused for now |
//! | any other answer; a certificate, a name or a setting that is wrong | never |

use std::time::Duration;

use crate::huaweicloud::error::{Delivery, Error, ErrorKind, ErrorResponse};

/// The first wait, and the longest that is not the service's own wish.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Refused for now: "a task of this instance is still running", "not allowed in the instance's present status".
const REFUSED_FOR_NOW: [&str; 2] = ["DMS.00400017", "DMS.00400026"];

/// What to do after a failed attempt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum RetryAction {
    /// Send it again, after the wait that the service asks for, if it asks for one.
    Retry(Option<Duration>),
    /// Tell the error.
    NoRetry,
}

/// Judges a failed attempt. `idempotent`: doing it twice does what doing it once does.
pub(super) fn classify(error: &Error, idempotent: bool) -> RetryAction {
    let Some(answer) = error.response() else {
        return match (error.delivery(), error.kind()) {
            // Interrupted: on the way to the keys.
            (Delivery::NotSent, ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Interrupted)
                if !error.is_permanent() =>
            {
                RetryAction::Retry(None)
            }
            (Delivery::Unknown, _) if idempotent => RetryAction::Retry(None),
            // A success of which not all has arrived.
            (Delivery::Responded, ErrorKind::Interrupted | ErrorKind::Timeout) if idempotent => {
                RetryAction::Retry(None)
            }
            _ => RetryAction::NoRetry,
        };
    };
    if error.delivery() == Delivery::NotSent {
        return match error.kind() {
            // Keys could not be had, for now.
            ErrorKind::Throttled | ErrorKind::Unavailable => RetryAction::Retry(wish(answer)),
            // An earlier answer, told once more; or a role that is refused.
            _ => RetryAction::NoRetry,
        };
    }
    let code = answer.code.as_deref().unwrap_or_default();
    match answer.status {
        _ if error.kind() == ErrorKind::Throttled => RetryAction::Retry(wish(answer)),
        500 | 502..=504 if idempotent => RetryAction::Retry(wish(answer)),
        400 if REFUSED_FOR_NOW.contains(&code) => RetryAction::Retry(None),
        _ => RetryAction::NoRetry,
    }
}

/// The wait that the service asks for. "At once", as a date that is over or a fraction of a second cut off has it, is no
/// wait: all repetitions would be used up within a moment.
fn wish(answer: &ErrorResponse) -> Option<Duration> {
    answer.retry_after.filter(|wait| !wait.is_zero())
}

/// How long to wait before a repetition, counted from 1: twice as long each time, and at random between half of that
/// and all of it, so that those who failed together don't come again together. `chance` is from 0 to 1.
pub(super) fn backoff(repetition: u32, chance: f64) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(1 << repetition.saturating_sub(1).min(16));
    doubled.min(LONGEST_WAIT).mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, code: &str, retry_after: Option<u64>) -> Error {
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

    fn without_answer(kind: ErrorKind, delivery: Delivery) -> Error {
        Error::new(kind, "PUT x").with_delivery(delivery)
    }

    const RETRY: RetryAction = RetryAction::Retry(None);

    #[test]
    fn attempts_are_judged_as_the_table_says() {
        use RetryAction::NoRetry;
        // An attempt; repeating is safe; repeating is not.
        for (error, safe, unsafe_) in [
            (without_answer(ErrorKind::Connect, Delivery::NotSent), RETRY, RETRY),
            (without_answer(ErrorKind::Timeout, Delivery::NotSent), RETRY, RETRY),
            (without_answer(ErrorKind::Connect, Delivery::NotSent).permanent(), NoRetry, NoRetry),
            (without_answer(ErrorKind::Config, Delivery::NotSent), NoRetry, NoRetry),
            (without_answer(ErrorKind::Credentials, Delivery::NotSent), NoRetry, NoRetry),
            (without_answer(ErrorKind::Interrupted, Delivery::Unknown), RETRY, NoRetry),
            (without_answer(ErrorKind::Timeout, Delivery::Unknown), RETRY, NoRetry),
            (without_answer(ErrorKind::Interrupted, Delivery::Responded), RETRY, NoRetry),
            (without_answer(ErrorKind::Decode, Delivery::Responded), NoRetry, NoRetry),
            (answered(429, "APIGW.0308", None), RETRY, RETRY),
            (answered(500, "DMS.00500000", None), RETRY, NoRetry),
            (answered(502, "APIGW.0201", None), RETRY, NoRetry),
            (answered(503, "DMS.111501025", None), RETRY, NoRetry),
            (answered(504, "APIGW.0201", None), RETRY, NoRetry),
            (answered(400, "DMS.00400017", None), RETRY, RETRY),
            (answered(400, "DMS.00400026", None), RETRY, RETRY),
            (answered(400, "DMS.00400800", None), NoRetry, NoRetry),
            (answered(401, "APIGW.0301", None), NoRetry, NoRetry),
            (answered(403, "DMS.00403002", None), NoRetry, NoRetry),
            (answered(404, "DMS.00404022", None), NoRetry, NoRetry),
            (answered(501, "X", None), NoRetry, NoRetry),
            (answered(302, "X", None), NoRetry, NoRetry),
        ] {
            assert_eq!(classify(&error, true), safe, "safe to repeat: {error}");
            assert_eq!(classify(&error, false), unsafe_, "not safe to repeat: {error}");
        }
    }

    #[test]
    fn wish_of_the_service_is_kept() {
        for status in [429, 503] {
            let verdict = classify(&answered(status, "X", Some(7)), true);
            assert_eq!(verdict, RetryAction::Retry(Some(Duration::from_secs(7))), "{status}");
        }
    }

    #[test]
    fn wish_for_no_wait_used_up_all_repetitions_at_once() {
        for status in [429, 503] {
            assert_eq!(classify(&answered(status, "X", Some(0)), true), RETRY, "{status}");
        }
    }

    #[test]
    fn waits_double_up_to_thirty_seconds_and_vary_by_half() {
        let longest: Vec<u128> = (1..=9).map(|repetition| backoff(repetition, 1.0).as_millis()).collect();
        assert_eq!(longest, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
        let shortest: Vec<u128> = (1..=3).map(|repetition| backoff(repetition, 0.0).as_millis()).collect();
        assert_eq!(shortest, [250, 500, 1_000]);
        assert_eq!(backoff(u32::MAX, 1.0), LONGEST_WAIT);
    }
}
