//! The recorded figures and their comparison.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The file in the repository.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// How to record again.
    pub how: String,
    /// The context of the record. In another one, instructions and bytes differ.
    pub with: MeasurementContext,
    /// The figures by name.
    pub figures: BTreeMap<String, Recorded>,
}

/// What the figures depend on besides the code.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct MeasurementContext {
    /// Processor architecture and operating system.
    pub platform: String,
    /// The output of `rustc --version`.
    pub compiler: String,
    /// The output of `valgrind --version`. Empty if valgrind is not installed.
    pub valgrind: String,
    /// The C library: the first line of `ldd --version`.
    pub library: String,
    /// The processor features by which libraries select functions.
    pub processor: String,
}

impl MeasurementContext {
    /// Describes the differences to the recorded context.
    pub fn differences(&self, recorded: &Self) -> Vec<String> {
        let pairs = [
            ("platform", &self.platform, &recorded.platform),
            ("compiler", &self.compiler, &recorded.compiler),
            ("valgrind", &self.valgrind, &recorded.valgrind),
            ("C library", &self.library, &recorded.library),
            ("processor", &self.processor, &recorded.processor),
        ];
        let differences = pairs.into_iter().filter(|(_, current, recorded)| current != recorded);
        differences
            .map(|(what, current, recorded)| format!("{what}: {recorded:?} in the record, {current:?} here"))
            .collect()
    }
}

/// A recorded figure.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// The value.
    pub value: u64,
    /// The allowed deviation in percent.
    pub margin_percent: f64,
}

impl Recorded {
    /// The largest allowed value.
    pub fn allowed(&self) -> u64 {
        (self.value as f64 * (1.0 + self.margin_percent / 100.0)) as u64
    }

    /// The smallest expected value. Below it, the record is too generous to detect a later growth.
    fn lowest_expected(&self) -> u64 {
        (self.value as f64 * (1.0 - self.margin_percent / 100.0)) as u64
    }
}

/// The result of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// Within the margin.
    WithinMargin,
    /// Below the margin. Not an error, but the record is too generous.
    Better,
    /// Above the margin.
    Worse,
    /// The record has no such figure.
    NotRecorded,
}

/// A figure and its record.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The name.
    pub name: String,
    /// The current value.
    pub value: u64,
    /// The recorded value.
    pub recorded: Option<Recorded>,
}

impl Comparison {
    /// Compares the value with the record.
    pub fn status(&self) -> Status {
        match self.recorded {
            None => Status::NotRecorded,
            Some(recorded) if self.value > recorded.allowed() => Status::Worse,
            Some(recorded) if self.value < recorded.lowest_expected() => Status::Better,
            Some(_) => Status::WithinMargin,
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, value) = (&self.name, grouped(self.value));
        let Some(recorded) = self.recorded else {
            return write!(f, "{name}: {value}, not recorded. Record it with: cargo xtask guard --record");
        };
        let change = (self.value as f64 / recorded.value as f64 - 1.0) * 100.0;
        let (before, allowed) = (grouped(recorded.value), grouped(recorded.allowed()));
        write!(f, "{name}: {value} ({change:+.2} %; recorded {before}, allowed {allowed})")?;
        match self.status() {
            Status::Worse => f.write_str(
                "\n    TOO MUCH. Find the cause. If the change is worth it, record the figure in the same commit and explain it \
                 there: cargo xtask guard --record",
            ),
            Status::Better => f.write_str(
                "\n    Better than recorded. Record it, to detect a later regression: cargo xtask guard --record",
            ),
            Status::WithinMargin | Status::NotRecorded => Ok(()),
        }
    }
}

/// Formats 1234567 as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(value: u64, margin_percent: f64) -> Comparison {
        Comparison { name: "crates".to_owned(), value, recorded: Some(Recorded { value: 200, margin_percent }) }
    }

    #[test]
    fn figure_may_deviate_by_the_margin() {
        for (value, margin, status) in [
            (200, 0.0, Status::WithinMargin),
            (201, 0.0, Status::Worse),
            (199, 0.0, Status::Better),
            (210, 5.0, Status::WithinMargin),
            (211, 5.0, Status::Worse),
            (190, 5.0, Status::WithinMargin),
            (189, 5.0, Status::Better),
        ] {
            assert_eq!(compare(value, margin).status(), status, "{value}, {margin}");
        }
    }

    #[test]
    fn failure_reports_value_record_limit_and_command() {
        let text = compare(1_250, 5.0).to_string();
        for part in ["crates: 1,250", "+525.00 %", "recorded 200", "allowed 210", "TOO MUCH", "guard --record"] {
            assert!(text.contains(part), "{part} is missing: {text}");
        }
        assert!(!compare(201, 5.0).to_string().contains("guard"), "nothing to do");
    }

    #[test]
    fn figure_without_a_record_is_reported() {
        let comparison = Comparison { name: "new".to_owned(), value: 1, recorded: None };
        assert_eq!(comparison.status(), Status::NotRecorded);
        assert!(comparison.to_string().contains("--record"));
    }

    #[test]
    fn context_differences_are_named() {
        let here = MeasurementContext { platform: "x86_64-linux".to_owned(), ..MeasurementContext::default() };
        assert!(here.differences(&here).is_empty());
        let recorded = MeasurementContext { processor: "avx2".to_owned(), ..here.clone() };
        assert_eq!(here.differences(&recorded), ["processor: \"avx2\" in the record, \"\" here"]);
    }

    #[test]
    fn digits_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(grouped(number), text);
        }
    }
}
