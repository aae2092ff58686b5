//! The command line of `cargo xtask bench`.

use std::ffi::OsString;
use std::path::PathBuf;

/// A group of measurements.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// Starts of the provider, with our own client.
    Starts,
    /// The size of the binary.
    Sizes,
    /// Whole runs of Terraform.
    Apply,
    /// The provider without Terraform, with our own client.
    Alone,
    /// Single resets, without Terraform, on an emulator with slow responses.
    RoundTrips,
    /// Criterion's measurement of a signature.
    Signing,
}

impl Part {
    /// All parts by name, in the order of the table.
    pub const ALL: [(&'static str, Self); 6] = [
        ("starts", Self::Starts),
        ("sizes", Self::Sizes),
        ("apply", Self::Apply),
        ("alone", Self::Alone),
        ("round-trips", Self::RoundTrips),
        ("signing", Self::Signing),
    ];
}

/// The measurements to take.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Arguments {
    /// How many times each apply and each single reset is measured. Starts are measured more often.
    pub runs: u32,
    /// The numbers of resources of the applies.
    pub resources: Vec<u32>,
    /// The numbers of resets that the provider does without Terraform.
    pub alone: Vec<u32>,
    /// The parts to measure.
    pub parts: Vec<Part>,
    /// The file for the measurements. Default: a new file in `target/bench`.
    pub json: Option<PathBuf>,
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            runs: 10,
            resources: vec![1, 100, 1_000],
            alone: vec![1_000, 10_000],
            parts: Part::ALL.map(|(_, part)| part).to_vec(),
            json: None,
        }
    }
}

impl Arguments {
    /// Parses the options, in any order. If an option is repeated, the last one counts.
    ///
    /// # Errors
    /// An option is unknown, or its value is missing or not valid.
    pub fn parse(words: &[OsString]) -> Result<Self, String> {
        let mut arguments = Self::default();
        let mut words = words.iter();
        while let Some(option) = words.next() {
            let option = option.to_string_lossy();
            if !["--runs", "--resources", "--alone", "--only", "--json"].contains(&&*option) {
                return Err(format!("unknown option \"{option}\""));
            }
            let value = words.next().filter(|value| !value.is_empty());
            let value = value.ok_or_else(|| format!("{option} needs a value"))?;
            let text = value.to_string_lossy();
            match &*option {
                "--runs" => arguments.runs = number(&option, &text)?,
                "--resources" => arguments.resources = list(&text, |word| number(&option, word))?,
                "--alone" => arguments.alone = list(&text, |word| number(&option, word))?,
                "--only" => arguments.parts = list(&text, part)?,
                _ => arguments.json = Some(value.into()),
            }
        }
        Ok(arguments)
    }
}

fn list<T>(text: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    text.split(',').map(|word| read(word.trim())).collect()
}

fn number(option: &str, text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (1..=100_000).contains(number));
    number.ok_or_else(|| format!("{option}: \"{text}\" is not a number from 1 to 100000"))
}

fn part(text: &str) -> Result<Part, String> {
    let found = Part::ALL.into_iter().find(|(name, _)| *name == text);
    let names = Part::ALL.map(|(name, _)| name).join(", ");
    found.map(|(_, part)| part).ok_or_else(|| format!("--only: \"{text}\" is not one of {names}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        let words: Vec<OsString> = line.split(' ').filter(|word| !word.is_empty()).map(Into::into).collect();
        Arguments::parse(&words)
    }

    #[test]
    fn default_measures_everything() {
        assert_eq!(parse("").unwrap(), Arguments::default());
    }

    #[test]
    fn options_are_accepted_in_any_order() {
        let arguments = parse("--only apply,signing --resources 1,10000 --json f.json --runs 3 --alone 5").unwrap();
        let expected = Arguments {
            runs: 3,
            resources: vec![1, 10_000],
            alone: vec![5],
            parts: vec![Part::Apply, Part::Signing],
            json: Some("f.json".into()),
        };
        assert_eq!(arguments, expected);
    }

    #[test]
    fn invalid_options_are_named() {
        for (line, word) in [
            ("--run 3", "--run"),
            ("--runs", "--runs needs"),
            ("--runs 0", "\"0\""),
            ("--resources 1,,2", "\"\""),
            ("--resources 1000000", "1000000"),
            ("--only start", "starts, sizes"),
            ("quickly", "quickly"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(word), "{line}: {error}");
        }
    }
}
