//! Durations in two forms: that of Go's `time.ParseDuration`, which Terraform configurations use (`2h30m`), and ISO
//! 8601 (`PT2H30M`).

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};

/// Reads a duration in either form.
///
/// # Errors
/// The text has neither form, has years or months, or is negative. The error is a sentence without a full stop.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let (is_negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let duration = if unsigned.starts_with('P') { parse_iso(unsigned)? } else { parse_go(unsigned) };
    match duration {
        None => Err(format!(
            "{text:?} is not a valid duration. Use a form such as \"90s\" or \"2h30m\", or ISO 8601, such as \"PT90S\" \
             or \"P1DT12H\""
        )),
        Some(duration) if is_negative && !duration.is_zero() => {
            Err(format!("{text:?} is negative. Use a duration such as \"5m\" or \"PT5M\""))
        }
        Some(duration) => Ok(duration),
    }
}

/// Reads a duration of ISO 8601. A day has 24 hours and a week 7 days, as in Java's `Duration`, which Kafka's own tool
/// reads.
fn parse_iso(text: &str) -> Result<Option<Duration>, String> {
    let Ok(span) = text.parse::<Span>() else { return Ok(None) };
    if span.get_years() != 0 || span.get_months() != 0 {
        return Err(format!(
            "{text:?} has years or months, whose lengths vary. Use days or hours, such as \"P30D\" or \"720h\""
        ));
    }
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok();
    Ok(duration.and_then(|duration| Duration::try_from(duration).ok()))
}

/// The units of Go, in nanoseconds. A unit whose name starts with another unit's name comes first.
const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Reads what Go's `time.ParseDuration` reads: numbers with units, or a bare zero.
fn parse_go(text: &str) -> Option<Duration> {
    match text {
        "" => return None,
        "0" => return Some(Duration::ZERO),
        _ => {}
    }
    let mut rest = text;
    let mut nanos: u128 = 0;
    while !rest.is_empty() {
        let (whole, after) = split_digits(rest);
        let (fraction, after) = after.strip_prefix('.').map_or(("", after), split_digits);
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let (unit, after) = UNITS.iter().find_map(|(name, nanos)| Some((*nanos, after.strip_prefix(name)?)))?;
        // A unit is less than 10¹³ ns, so the digits after the 18th of a fraction add less than a nanosecond.
        let fraction = fraction.get(..18).unwrap_or(fraction);
        let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
        let [whole, fraction] = [whole, fraction].map(|digits| if digits.is_empty() { "0" } else { digits });
        let whole = u128::from(whole.parse::<u64>().ok()?) * u128::from(unit);
        let fraction = u128::from(fraction.parse::<u64>().ok()?) * u128::from(unit) / scale;
        nanos = nanos.checked_add(whole + fraction)?;
        rest = after;
    }
    let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
    let below_a_second = u32::try_from(nanos % 1_000_000_000).ok()?;
    Some(Duration::new(seconds, below_a_second))
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The results of Go's `time.ParseDuration` for the same texts.
    #[test]
    fn go_durations_are_read_as_in_go() {
        for (text, nanos) in [
            ("0", 0),
            ("0s", 0),
            ("-0s", 0),
            ("500ms", 500_000_000),
            ("90s", 90_000_000_000),
            ("30m", 1_800_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("1.5h", 5_400_000_000_000),
            ("1h0m0.5s", 3_600_500_000_000),
            ("2h30m", 9_000_000_000_000),
            (".5s", 500_000_000),
            ("1.s", 1_000_000_000),
            ("+5s", 5_000_000_000),
            ("1m90s", 150_000_000_000),
            ("3ns", 3),
            ("2us", 2_000),
            ("2\u{b5}s", 2_000),
            ("2\u{3bc}s", 2_000),
            ("1.5ms", 1_500_000),
            ("1.5ns", 1),
            ("100000h", 360_000_000_000_000_000),
            ("1h1m1s1ms1us1ns", 3_661_001_001_001),
            ("0.000000001s", 1),
            ("0.0000000000000000000000001h", 0),
            ("00h05m", 300_000_000_000),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_nanos(nanos)), "{text}");
        }
    }

    /// The results of Java's `Duration.parse`, which Kafka's own tool uses, for the same texts. Java does not accept
    /// weeks, or fractions of units other than seconds.
    #[test]
    fn iso_8601_durations_are_read_as_in_kafkas_tool() {
        for (text, millis) in [
            ("PT0S", 0),
            ("PT2H30M", 9_000_000),
            ("PT90M", 5_400_000),
            ("PT90S", 90_000),
            ("P1D", 86_400_000),
            ("P1DT12H", 129_600_000),
            ("P2DT3H4M5S", 183_845_000),
            ("PT36H", 129_600_000),
            ("PT0.5S", 500),
            ("+PT5M", 300_000),
            ("P1W", 604_800_000),
            ("PT1.5H", 5_400_000),
            ("PT0,5S", 500),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn errors_show_what_to_write() {
        let messages = ["soon", "P1M", "-5s"].map(|text| parse_duration(text).unwrap_err());
        insta::assert_snapshot!(messages.join("\n"), @r#"
        "soon" is not a valid duration. Use a form such as "90s" or "2h30m", or ISO 8601, such as "PT90S" or "P1DT12H"
        "P1M" has years or months, whose lengths vary. Use days or hours, such as "P30D" or "720h"
        "-5s" is negative. Use a duration such as "5m" or "PT5M"
        "#);
    }

    #[test]
    fn other_notations_are_errors() {
        let malformed = [
            "",
            "30",
            "soon",
            "5 parsecs",
            "1h ago",
            "1d",
            "1h 30m",
            "1H",
            "1mh",
            ".s",
            "1e3s",
            "1,5h",
            "s",
            "+",
            "-",
            "1h-5m",
            "5 m",
            "2h30",
            "--5s",
            " 5s",
            "99999999999999999999h",
            "P",
            "PT",
            "PT5",
            "P1H",
            "pt5m",
            " PT5M",
            "PT-5M",
            "P1DT",
            "P1D2H",
            "PT1H30",
            "PT99999999999999999999H",
        ];
        let texts = [
            (" is not a valid duration. ", malformed.as_slice()),
            (" has years or months, ", &["P1M", "P1Y", "P1Y2M3D", "P1MT1H"]),
            (" is negative. ", &["-5s", "-PT5M", "-1.5h"]),
        ];
        for (reason, texts) in texts {
            for text in texts {
                let error = parse_duration(text).expect_err(text);
                assert!(error.starts_with(&format!("{text:?}{reason}")), "{error}");
            }
        }
    }
}
