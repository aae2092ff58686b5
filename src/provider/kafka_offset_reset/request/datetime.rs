//! `datetime`: a time as RFC 3339 writes it, and in no other way.
//!
//! The library reads more: a leap second as the one before it, offsets of 25 hours, names of zones, which it ignores. So
//! the form is checked first (RFC 3339, section 5.6), and the library has the calendar.

use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::huaweicloud::UnixMillis;

/// Each `0` stands for a digit.
const DATE: &str = "0000-00-00";
const TIME: &str = "00:00:00";
const OFFSET: &str = "00:00";

/// Most digits of a fraction of a second that the library takes.
const MOST_DIGITS: usize = 9;

/// The first millisecond that is not before this time, or what is wrong with the text.
pub(in crate::provider::kafka_offset_reset) fn parse_datetime(text: &str) -> Result<UnixMillis, String> {
    let no_time = || format!("{text:?} is no time that can be used: write RFC 3339, such as \"2024-01-01T00:02:00Z\".");
    let (date, rest) = split(text, DATE).ok_or_else(no_time)?;
    if rest.is_empty() {
        return Err(format!("{text:?} is a day, not a time. Write {text}T00:00:00Z for its start in UTC."));
    }
    let rest = rest.strip_prefix(['T', 't', ' ']).ok_or_else(no_time)?;
    let (time, rest) = split(rest, TIME).ok_or_else(no_time)?;
    let (fraction, zone) = split_fraction(rest).ok_or_else(no_time)?;
    if fraction.len() > MOST_DIGITS {
        return Err(format!("{text:?} has more than {MOST_DIGITS} digits of a second. Messages carry milliseconds."));
    }
    if time.ends_with(":60") {
        return Err(format!(
            "{text:?} is a leap second, which no message can carry. Write the second before or after it."
        ));
    }
    let point = if fraction.is_empty() { "" } else { "." };
    let local = format!("{date}T{time}{point}{fraction}");
    if local.parse::<DateTime>().is_err() {
        return Err(format!("{text:?} has a date or a time of day that does not exist."));
    }
    if zone.is_empty() {
        return Err(format!(
            "{text:?} has no zone, so it could mean many times. Write {local}Z for UTC, or {local}+08:00."
        ));
    }
    let zone = if matches!(zone, "Z" | "z") { "Z" } else { offset(zone).ok_or_else(no_time)? };
    // All that can still be wrong is its distance from now.
    let time: Timestamp = format!("{local}{zone}").parse().map_err(|_| {
        format!("{text:?} lies beyond every time that can be sent. Write position = \"latest\" for the latest offset.")
    })?;
    // Messages carry milliseconds: the first at or after a time within a millisecond is one of the next.
    let millis = i64::try_from((time.as_nanosecond() + 999_999).div_euclid(1_000_000)).ok();
    millis
        .and_then(|millis| UnixMillis::try_from(millis).ok())
        .ok_or_else(|| format!("{text:?} lies before 1970. Write position = \"earliest\" for the earliest offset."))
}

/// What has this form at the start, and the rest.
fn split<'a>(text: &'a str, form: &str) -> Option<(&'a str, &'a str)> {
    let (start, rest) = text.split_at_checked(form.len())?;
    let fits = |(byte, form): (u8, u8)| if form == b'0' { byte.is_ascii_digit() } else { byte == form };
    start.bytes().zip(form.bytes()).all(fits).then_some((start, rest))
}

/// The digits of a fraction of a second, none where there is no fraction, and the rest.
fn split_fraction(text: &str) -> Option<(&str, &str)> {
    let Some(digits) = text.strip_prefix('.') else { return Some(("", text)) };
    let end = digits.find(|it: char| !it.is_ascii_digit()).unwrap_or(digits.len());
    (end > 0).then(|| digits.split_at(end))
}

/// An offset from UTC, if it is one.
fn offset(zone: &str) -> Option<&str> {
    let (digits, rest) = split(zone.strip_prefix(['+', '-'])?, OFFSET)?;
    (rest.is_empty() && digits < "24:00" && &digits[3..] < "60").then_some(zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        parse_datetime(text).expect_err(text)
    }

    /// Unix milliseconds as `date -d … +%s000` prints them.
    #[test]
    fn forms_of_the_standard_are_read() {
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

    /// Each was sent as some time: the second before, an offset of a day and an hour, another place than the named one.
    #[test]
    fn other_forms_were_read_in_silence() {
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
            assert!(told(text).contains("write RFC 3339, such as"), "{}", told(text));
        }
        assert!(told("2024-01-01T00:02:60Z").contains("leap second"));
        assert!(told("2024-01-01T00:02:00.0000000000Z").contains("more than 9 digits"));
        for text in ["2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:02:61Z"] {
            assert!(told(text).contains("does not exist"), "{}", told(text));
        }
    }

    /// It is RFC 3339, and the advice was to write RFC 3339.
    #[test]
    fn time_beyond_the_range_was_told_as_no_time() {
        assert!(told("9999-12-31T23:59:59Z").contains("position = \"latest\""));
        assert!(told("1969-12-31T23:59:59Z").contains("position = \"earliest\""));
        assert!(told("0000-01-01T00:00:00Z").contains("position = \"earliest\""));
        assert!(told("0000-01-01T00:00:00+23:59").contains("position = \"earliest\""));
    }

    /// The proposal kept the space.
    #[test]
    fn what_is_proposed_has_the_form_of_the_standard() {
        for text in ["2024-01-01 00:02:00", "2024-01-01t00:02:00", "2024-01-01T00:02:00"] {
            assert!(told(text).contains("Write 2024-01-01T00:02:00Z for UTC"), "{}", told(text));
        }
        assert!(told("2024-01-01").contains("Write 2024-01-01T00:00:00Z"));
    }
}
