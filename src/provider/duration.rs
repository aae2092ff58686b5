//! Durations as Terraform configurations write them: `90s`, `10m`, `1h30m`.

use std::fmt;
use std::time::Duration;

use jiff::SignedDuration;

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
}
