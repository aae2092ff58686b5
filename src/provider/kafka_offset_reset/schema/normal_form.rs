//! Normal forms of arguments: two values with the same normal form mean the same reset. An invalid value is its own
//! normal form.

use crate::provider::duration::parse_duration;
use crate::tf_provider::value::Value;

use super::super::arguments::ALL_PARTITIONS;
use super::super::request::parse_datetime;

/// Null means every partition.
pub(super) fn partition(value: &Value) -> Value {
    if value.is_null() { Value::from(ALL_PARTITIONS) } else { value.clone() }
}

/// The Unix milliseconds of a `datetime`, in any time zone and with any number of digits.
pub(super) fn datetime(value: &Value) -> Value {
    let millis = value.as_str().and_then(|text| parse_datetime(text).ok());
    millis.map_or_else(|| value.clone(), |millis| Value::from(millis.get()))
}

/// The nanoseconds of a duration.
pub(super) fn duration(value: &Value) -> Value {
    let read = |text| parse_duration(text).ok();
    let nanos = value.as_str().and_then(read).and_then(|duration| u64::try_from(duration.as_nanos()).ok());
    nanos.map_or_else(|| value.clone(), |nanos| Value::Number(nanos.into()))
}

/// A map without its null entries; null if no entry remains.
pub(super) fn without_null_entries(value: &Value) -> Value {
    let Some(entries) = value.as_map() else { return value.clone() };
    let entries: Vec<_> = entries.iter().filter(|(_, entry)| !entry.is_null()).collect();
    if entries.is_empty() {
        return Value::Null;
    }
    entries.into_iter().map(|(key, entry)| (key.clone(), entry.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(normal_form: fn(&Value) -> Value, texts: &[&str]) -> Vec<Value> {
        texts.iter().map(|text| normal_form(&Value::from(*text))).collect()
    }

    #[test]
    fn notations_of_one_instant_have_one_normal_form() {
        let same = [
            "2024-01-01T00:02:00Z",
            "2024-01-01T00:02:00.000Z",
            "2024-01-01 00:02:00z",
            "2024-01-01T08:02:00+08:00",
            "2024-01-01T00:01:59.9999999-00:00",
        ];
        assert_eq!(texts(datetime, &same), vec![Value::from(1_704_067_320_000_i64); same.len()]);
        assert_ne!(datetime(&"2024-01-01T00:02:00+08:00".into()), Value::from(1_704_067_320_000_i64));
    }

    #[test]
    fn notations_of_one_duration_have_one_normal_form() {
        let same = ["PT1H", "PT60M", "PT3600S", "PT1H0M", "60m", "1h", "1h0m0s"];
        assert_eq!(texts(duration, &same), vec![Value::from(3_600_000_000_000_i64); same.len()]);
        assert_ne!(duration(&"PT61M".into()), duration(&"PT1H".into()));
    }

    #[test]
    fn null_entries_and_empty_maps_are_absent() {
        let map = |entries: &[(&str, Value)]| -> Value { entries.iter().cloned().collect() };
        let some = map(&[("0", Value::from(140))]);
        assert_eq!(without_null_entries(&map(&[("0", Value::from(140)), ("1", Value::Null)])), some);
        assert_eq!(without_null_entries(&map(&[("1", Value::Null)])), Value::Null);
        assert_eq!(without_null_entries(&map(&[])), Value::Null);
        let unknown = map(&[("0", Value::from(140)), ("1", Value::Unknown)]);
        assert_eq!(without_null_entries(&unknown), unknown);
    }

    #[test]
    fn invalid_value_is_its_own_normal_form() {
        for normal_form in [datetime, duration, without_null_entries] {
            for value in [Value::Null, Value::Unknown, Value::from("soon")] {
                assert_eq!(normal_form(&value), value);
            }
        }
        assert_eq!(partition(&Value::Unknown), Value::Unknown);
        assert_eq!(partition(&Value::Null), Value::from(-1));
    }
}
