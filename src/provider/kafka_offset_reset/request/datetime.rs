//! Parses `datetime`, which must have the format of RFC 3339.
//!
//! `jiff` accepts more: it reads a leap second as the second before, accepts offsets of 25 hours, and ignores names of
//! time zones. So this parser checks the format (RFC 3339, section 5.6), and `jiff` does the calendar.

use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::huaweicloud::UnixMillis;

/// Each `0` stands for a digit.
const DATE: &str = "0000-00-00";
const TIME: &str = "00:00:00";
const OFFSET: &str = "00:00";

/// The most digits of a fraction of a second that `jiff` accepts.
const MAX_DIGITS: usize = 9;

/// The first millisecond that is not before this time.
///
/// # Errors
/// A sentence about what is wrong with the text.
pub(in crate::provider::kafka_offset_reset) fn parse_datetime(text: &str) -> Result<UnixMillis, String> {
    let malformed = || format!("{text:?} is not a valid time. Use RFC 3339, such as \"2024-01-01T00:02:00Z\".");
    let (date, rest) = split(text, DATE).ok_or_else(malformed)?;
    if rest.is_empty() {
        return Err(format!("{text:?} is a date without a time. Use {text}T00:00:00Z for its start in UTC."));
    }
    let rest = rest.strip_prefix(['T', 't', ' ']).ok_or_else(malformed)?;
    let (time, rest) = split(rest, TIME).ok_or_else(malformed)?;
    let (fraction, zone) = split_fraction(rest).ok_or_else(malformed)?;
    if fraction.len() > MAX_DIGITS {
        return Err(format!(
            "{text:?} has more than {MAX_DIGITS} decimal places. Timestamps of messages are in milliseconds."
        ));
    }
    if time.ends_with(":60") {
        return Err(format!(
            "{text:?} is a leap second, which no message can have. Use the second before or after it."
        ));
    }
    let point = if fraction.is_empty() { "" } else { "." };
    let local = format!("{date}T{time}{point}{fraction}");
    if local.parse::<DateTime>().is_err() {
        return Err(format!("{text:?} is a date or a time of day that does not exist."));
    }
    if zone.is_empty() {
        return Err(format!("{text:?} has no time zone. Use {local}Z for UTC, or an offset such as {local}+08:00."));
    }
    let zone = if matches!(zone, "Z" | "z") { "Z" } else { offset(zone).ok_or_else(malformed)? };
    // The format is right, so only the range can be wrong.
    let time: Timestamp = format!("{local}{zone}")
        .parse()
        .map_err(|_| format!("{text:?} is too late. Use position = \"latest\" for the latest offset."))?;
    // Rounded up, because timestamps of messages are in milliseconds.
    let millis = i64::try_from((time.as_nanosecond() + 999_999).div_euclid(1_000_000)).ok();
    millis
        .and_then(|millis| UnixMillis::try_from(millis).ok())
        .ok_or_else(|| format!("{text:?} is before 1970. Use position = \"earliest\" for the earliest offset."))
}

/// The start of the text, which has this format, and the rest.
fn split<'a>(text: &'a str, form: &str) -> Option<(&'a str, &'a str)> {
    let (start, rest) = text.split_at_checked(form.len())?;
    let fits = |(byte, form): (u8, u8)| if form == b'0' { byte.is_ascii_digit() } else { byte == form };
    start.bytes().zip(form.bytes()).all(fits).then_some((start, rest))
}

/// The digits of the fraction of a second, if any, and the rest.
fn split_fraction(text: &str) -> Option<(&str, &str)> {
    let Some(digits) = text.strip_prefix('.') else { return Some(("", text)) };
    let end = digits.find(|it: char| !it.is_ascii_digit()).unwrap_or(digits.len());
    (end > 0).then(|| digits.split_at(end))
}

/// The text, if it is a valid offset from UTC.
fn offset(zone: &str) -> Option<&str> {
    let (digits, rest) = split(zone.strip_prefix(['+', '-'])?, OFFSET)?;
    (rest.is_empty() && digits < "24:00" && &digits[3..] < "60").then_some(zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        parse_datetime(text).expect_err(text)
    }

    /// Unix milliseconds as `date -d … +%s000` prints them.
    #[test]
    fn formats_of_rfc_3339_are_accepted() {
        for (text, millis) in [
            ("2024-01-01T00:02:00Z", 1_704_067_320_000),
            ("2024-01-01t00:02:00z", 1_704_067_320_000),
            ("2024-01-01 00:02:00Z", 1_704_067_320_000),
            ("2024-01-01T08:02:00+08:00", 1_704_067_320_000),
            ("2023-12-31T00:03:00-23:59", 1_704_067_320_000),
            ("2024-01-01T23:59:00+23:59", 1_704_067_200_000),
            ("2024-01-01T00:02:00-00:00", 1_704_067_320_000),
            ("2024-01-01T00:02:00.25Z", 1_704_067_320_250),
            ("2024-01-01T00:02:00.250000001Z", 1_704_067_320_251),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000),
            ("1970-01-01T00:00:00Z", 0),
        ] {
            assert_eq!(parse_datetime(text), Ok(millis.try_into().unwrap()), "{text}");
        }
    }

    /// `jiff` reads some of them as another time than the one that is written.
    #[test]
    fn other_formats_are_errors() {
        for text in [
            "2024-01-01T00:02:00+25:00",
            "2024-01-01T00:02:00+24:00",
            "2024-01-01T00:02:00+08:60",
            "2024-01-01T00:02:00+08",
            "2024-01-01T00:02:00+0800",
            "2024-01-01T00:02:00+08:00:00",
            "2024-01-01T09:02:00+09:00[America/New_York]",
            "2024-01-01T00:02:00Z[UTC]",
            "20240101T000200Z",
            "2024-01-01T00Z",
            "2024-01-01T00:02Z",
            "2024-01-01T000200Z",
            "2024-01-01  00:02:00Z",
            "2024-01-01_00:02:00Z",
            "2024-01-01T00:02:00,5Z",
            "2024-01-01T00:02:00.Z",
            "2024-01-01T00:02:00 Z",
            "+002024-01-01T00:02:00Z",
            " 2024-01-01T00:02:00Z",
            "2024-01-0१T00:02:00Z",
            "2024-01-01T00:02:00+0१:00",
            "now",
            "",
        ] {
            let expected = format!("{text:?} is not a valid time. Use RFC 3339, such as \"2024-01-01T00:02:00Z\".");
            assert_eq!(error(text), expected);
        }
    }

    /// Each error says what to write instead, in the format of RFC 3339.
    #[test]
    fn errors_show_what_to_write() {
        let errors = [
            "2024-01-01T00:02:60Z",
            "2024-01-01T00:02:00.0000000000Z",
            "2024-02-30T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:02:61Z",
            "9999-12-31T23:59:59Z",
            "1969-12-31T23:59:59Z",
            "0000-01-01T00:00:00Z",
            "0000-01-01T00:00:00+23:59",
            "2024-01-01 00:02:00",
            "2024-01-01t00:02:00",
            "2024-01-01T00:02:00",
            "2024-01-01",
        ];
        insta::assert_snapshot!(errors.map(error).join("\n"));
    }
}
