//! The header `Retry-After`: how long the service asks clients to wait.
//!
//! The value is a number of seconds or a date (RFC 9110, section 10.2.3). A date is compared with the header `Date` if
//! the response has one, because this computer's clock may be wrong.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// The requested wait. `None`: there is no valid value.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // Numbers that do not fit mean the longest wait.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let until = parse_date(text)?;
    let now = headers.get(DATE).and_then(|value| parse_date(value.to_str().ok()?)).unwrap_or(now);
    Some(Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// The wait that a value of the header requests, for fuzzing.
#[cfg(any(test, feature = "fuzzing"))]
pub(in crate::huaweicloud) fn read_retry_after(value: &[u8], now: Timestamp) -> Option<Duration> {
    let value = reqwest::header::HeaderValue::from_bytes(value).ok()?;
    retry_after(&[(RETRY_AFTER, value)].into_iter().collect(), now)
}

pub(super) fn parse_date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(headers: &[(&'static str, &str)]) -> Option<Duration> {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        retry_after(&headers, "2024-01-15T08:15:30Z".parse().unwrap())
    }

    #[test]
    fn seconds_and_dates_are_read() {
        for (text, seconds) in [
            ("0", Some(0)),
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Mon, 15 Jan 2024 08:16:00 GMT", Some(30)),
            ("Mon, 15 Jan 2024 08:15:00 GMT", Some(0)),
            ("", None),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
        ] {
            assert_eq!(wait(&[("retry-after", text)]), seconds.map(Duration::from_secs), "{text:?}");
        }
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn dates_are_compared_with_the_clock_of_the_service() {
        let headers = [("retry-after", "Mon, 15 Jan 2024 09:00:10 GMT"), ("date", "Mon, 15 Jan 2024 09:00:00 GMT")];
        assert_eq!(wait(&headers), Some(Duration::from_secs(10)));
    }
}
