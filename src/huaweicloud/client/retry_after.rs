//! How long the service wants to be left alone: the header `Retry-After`.
//!
//! Seconds, or a date (RFC 9110, section 10.2.3). A date is compared with the service's own clock, the header `Date`,
//! where it is sent: this computer's may be wrong.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// The wait that the headers ask for; none where they ask for none that can be read.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More seconds than fit are as good as for ever.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let until = date(text)?;
    let now = headers.get(DATE).and_then(|value| date(value.to_str().ok()?)).unwrap_or(now);
    Some(Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// The wait that one value of the header asks for; for fuzzing.
#[cfg(any(test, feature = "fuzzing"))]
pub(in crate::huaweicloud) fn read_retry_after(value: &[u8], now: Timestamp) -> Option<Duration> {
    let value = reqwest::header::HeaderValue::from_bytes(value).ok()?;
    retry_after(&[(RETRY_AFTER, value)].into_iter().collect(), now)
}

pub(super) fn date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(headers: &[(&'static str, &str)]) -> Option<Duration> {
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
            assert_eq!(asked(&[("retry-after", text)]), seconds.map(Duration::from_secs), "{text:?}");
        }
        assert_eq!(asked(&[]), None);
    }

    #[test]
    fn date_is_compared_with_the_services_clock() {
        let headers = [("retry-after", "Mon, 15 Jan 2024 09:00:10 GMT"), ("date", "Mon, 15 Jan 2024 09:00:00 GMT")];
        assert_eq!(asked(&headers), Some(Duration::from_secs(10)));
    }
}
