//! The log: one JSON object per line on standard error, in Terraform's format.
//!
//! Only records of this crate are written. At low levels, libraries log complete requests, including headers with
//! signatures and tokens.

use jiff::Timestamp;
use log::kv::{self, Key, VisitSource};
use log::{LevelFilter, Log, Metadata, Record};
use serde_json::{Map, Value};

use crate::printable::printable;

use super::handshake::VariableLookup;
use super::stderr;

/// Installs the logger with the level that the environment variables set. Without one, nothing is logged.
pub(super) fn install(environment: &VariableLookup<'_>, provider_type: &str) {
    let level = level(environment, provider_type);
    if level == LevelFilter::Off {
        return;
    }
    let module = format!("provider.{provider_type}");
    if log::set_boxed_logger(Box::new(JsonLines { module })).is_ok() {
        log::set_max_level(level);
    }
}

/// The level in the first of `TF_LOG_PROVIDER_<TYPE>`, `TF_LOG_PROVIDER` and `TF_LOG` that is set.
fn level(environment: &VariableLookup<'_>, provider_type: &str) -> LevelFilter {
    let specific = format!("TF_LOG_PROVIDER_{}", provider_type.to_uppercase().replace('-', "_"));
    let names = [specific.as_str(), "TF_LOG_PROVIDER", "TF_LOG"];
    let level = names.iter().find_map(|name| environment(name).filter(|value| !value.is_empty()));
    // For Terraform, JSON and unknown words are also TRACE.
    level.map_or(LevelFilter::Off, |level| level.to_string_lossy().parse().unwrap_or(LevelFilter::Trace))
}

struct JsonLines {
    module: String,
}

impl Log for JsonLines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with(env!("CARGO_CRATE_NAME"))
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            stderr::write(line(record, &self.module, Timestamp::now()).to_string());
        }
    }

    fn flush(&self) {
        stderr::flush();
    }
}

/// Formats a record. Terraform crashes if `@level`, `@message` or `@timestamp` is not a string, and requires a
/// timestamp with exactly six fractional digits.
fn line(record: &Record<'_>, module: &str, now: Timestamp) -> Value {
    let mut fields = LogFields(Map::new());
    let _ = record.key_values().visit(&mut fields);
    let LogFields(mut fields) = fields;
    let mut put = |key: &str, value: String| fields.insert(key.to_owned(), Value::String(value));
    put("@level", record.level().as_str().to_ascii_lowercase());
    put("@message", printable(&record.args().to_string()).into_owned());
    put("@module", module.to_owned());
    put("@timestamp", now.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string());
    Value::Object(fields)
}

/// The key-value pairs of a record.
struct LogFields(Map<String, Value>);

impl<'kvs> VisitSource<'kvs> for LogFields {
    fn visit_pair(&mut self, key: Key<'kvs>, value: kv::Value<'kvs>) -> Result<(), kv::Error> {
        let value = value.to_u64().map_or_else(|| printable(&value.to_string()).into(), Value::from);
        self.0.insert(key.as_str().to_owned(), value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level_of(variables: &[(&str, &str)]) -> LevelFilter {
        level(&|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()), "sample-cloud")
    }

    #[test]
    fn most_specific_variable_sets_the_level() {
        assert_eq!(level_of(&[]), LevelFilter::Off);
        assert_eq!(level_of(&[("TF_LOG", "json")]), LevelFilter::Trace);
        assert_eq!(level_of(&[("TF_LOG", "trace"), ("TF_LOG_PROVIDER", "warn")]), LevelFilter::Warn);
        let specific = ("TF_LOG_PROVIDER_SAMPLE_CLOUD", "INFO");
        assert_eq!(level_of(&[specific, ("TF_LOG_PROVIDER", "off")]), LevelFilter::Info);
    }

    #[test]
    fn line_has_the_keys_that_terraform_reads() {
        let now: Timestamp = "2024-06-07T01:02:03.5Z".parse().unwrap();
        let fields = [("count", kv::Value::from(3_u64)), ("name", kv::Value::from("a\"b"))];
        let record =
            Record::builder().args(format_args!("it\nhappened")).level(log::Level::Warn).key_values(&fields).build();
        assert_eq!(
            line(&record, "provider.sample", now).to_string(),
            r#"{"@level":"warn","@message":"it\nhappened","@module":"provider.sample","@timestamp":"2024-06-07T01:02:03.500000Z","count":3,"name":"a\"b"}"#
        );
    }

    #[test]
    fn records_of_libraries_are_not_logged() {
        let logger = JsonLines { module: String::new() };
        let of = |target: &str| logger.enabled(&Metadata::builder().target(target).build());
        assert!(of(concat!(env!("CARGO_CRATE_NAME"), "::tf_provider")));
        assert!(!of("hyper::proto"));
    }
}
