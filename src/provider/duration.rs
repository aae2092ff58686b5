//! Durations as Terraform configurations write them (`90s`, `10m`, `1h30m`), and as ISO 8601 does (`PT2H30M`).

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Span, SpanRelativeTo};

/// A text that is no duration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct NotADuration(String);

impl fmt::Display for NotADuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a duration: write a number with a unit, such as \"90s\", \"10m\" or \"1h30m\"", self.0)
    }
}

/// Reads a duration of hours, minutes, seconds and milliseconds. Not negative; a bare number has no unit and is refused.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, NotADuration> {
    let wrong = || NotADuration(text.to_owned());
    // The library would also read ISO 8601 ("PT5M"), whose look-alikes in Terraform mean something else.
    if !text.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return Err(wrong());
    }
    let parsed: SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(parsed).map_err(|_| wrong())
}

/// A text that is no duration of ISO 8601, or not one of a fixed length.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum NotAnIsoDuration {
    /// Something else altogether.
    Malformed(String),
    /// It names years or months, of which one is not as long as another.
    NoFixedLength(String),
    /// It reaches into the future, or further than numbers do.
    OutOfRange(String),
}

impl fmt::Display for NotAnIsoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(text) => {
                write!(f, "{text:?} is no duration of ISO 8601: write one such as \"PT2H30M\" or \"P1DT12H\"")
            }
            Self::NoFixedLength(text) => {
                write!(f, "{text:?} names years or months, which differ in length: write days")
            }
            Self::OutOfRange(text) => write!(f, "{text:?} is out of range: write a duration that is not negative"),
        }
    }
}

/// Reads a duration of ISO 8601. A day has 24 hours and a week 7 days, as in Java's `Duration`, which Kafka's own tool
/// reads; years and months are refused.
pub(crate) fn parse_iso_duration(text: &str) -> Result<Duration, NotAnIsoDuration> {
    // The library also reads "2h 30m", which belongs to the other form.
    let span = text.parse::<Span>().ok().filter(|_| text.starts_with('P'));
    let span = span.ok_or_else(|| NotAnIsoDuration::Malformed(text.to_owned()))?;
    if span.get_years() != 0 || span.get_months() != 0 {
        return Err(NotAnIsoDuration::NoFixedLength(text.to_owned()));
    }
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok();
    let length = length.and_then(|length| Duration::try_from(length).ok());
    length.ok_or_else(|| NotAnIsoDuration::OutOfRange(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Go's `time.ParseDuration` makes of the same texts.
    #[test]
    fn reads_what_terraform_users_write() {
        for (text, millis) in [
            ("0s", 0),
            ("500ms", 500),
            ("90s", 90_000),
            ("30m", 1_800_000),
            ("1h30m", 5_400_000),
            ("1.5h", 5_400_000),
            ("1h0m0.5s", 3_600_500),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_duration() {
        for text in ["", "30", "-5s", "soon", "PT5M", "5 parsecs", "1h ago"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
    /// What Java's `Duration.parse` makes of the same texts, which is what Kafka's own tool does.
    #[test]
    fn reads_iso_durations_as_kafkas_tool_does() {
        for (text, seconds) in [
            ("PT0S", 0),
            ("PT2H30M", 9_000),
            ("PT90M", 5_400),
            ("P1D", 86_400),
            ("P2DT3H4M5S", 183_845),
            ("PT36H", 129_600),
        ] {
            assert_eq!(parse_iso_duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse_iso_duration("PT0.5S"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_iso_duration("P1W"), Ok(Duration::from_secs(604_800)), "not Java's, but of ISO 8601");
    }

    #[test]
    fn refuses_iso_durations_that_are_none_or_have_no_fixed_length() {
        for text in ["", "P", "PT", "2h30m", "90s", "PT5", "P1H", "5", "soon", " PT5M"] {
            assert!(matches!(parse_iso_duration(text), Err(NotAnIsoDuration::Malformed(_))), "{text:?}");
        }
        for text in ["P1M", "P1Y", "P1Y2M3D", "P1MT1H"] {
            assert!(matches!(parse_iso_duration(text), Err(NotAnIsoDuration::NoFixedLength(_))), "{text:?}");
        }
        for text in ["-PT5M", "PT-5M"] {
            assert!(parse_iso_duration(text).is_err(), "{text:?}");
        }
    }
}
