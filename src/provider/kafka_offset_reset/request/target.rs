//! The target of a reset: seven arguments, of which exactly one is set.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use jiff::Timestamp;

use crate::huaweicloud::{MessageOffset, PartitionNumber, UnixMillis};
use crate::provider::argument_reader::{ArgumentReader, ReadResult, Unavailable};
use crate::provider::duration::parse_duration;
use crate::tf_provider::AttributePath;
use crate::tf_provider::value::{Attr, Number};

use super::super::arguments::{ALL_PARTITIONS, Arguments};
use super::datetime::parse_datetime;

pub(super) const NO_TARGET: &str = "No reset target";
pub(super) const SEVERAL_TARGETS: &str = "More than one reset target";

/// The greatest number that can only be seconds. As milliseconds it is a time in March 1973, long before Kafka; as
/// seconds it is in the year 5138.
const MAX_SECONDS_LOOKALIKE: i64 = 100_000_000_000;

/// The greatest number that can be milliseconds: the year 5138. Greater numbers are micro- or nanoseconds.
const MAX_PLAUSIBLE_MILLIS: i64 = 100_000_000_000_000;

/// From 2010 to 2099, in milliseconds. Only such a time is suggested.
const PLAUSIBLE_TIMES: Range<i64> = 1_262_304_000_000..4_102_444_800_000;

/// How far a time may be ahead, in milliseconds, because clocks differ.
const MAX_CLOCK_DIFFERENCE: i64 = 60_000;

/// Where the offsets move to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::provider::kafka_offset_reset) enum Target {
    /// This offset.
    Offset(MessageOffset),
    /// The first message at or after this time.
    Time(UnixMillis),
    /// The first message at or after the time that is this long before the reset.
    ByDuration(Duration),
    /// The start of each log.
    Earliest,
    /// The end of each log.
    Latest,
    /// The committed offset.
    Current,
    /// The committed offset plus this number.
    ShiftBy(i64),
    /// An offset for each of these partitions. Never empty.
    PartitionOffsets(BTreeMap<PartitionNumber, MessageOffset>),
}

impl Target {
    /// Whether the new offset depends on messages.
    pub(in crate::provider::kafka_offset_reset) fn is_time(&self) -> bool {
        matches!(self, Self::Time(_) | Self::ByDuration(_))
    }
}

/// Reads the one target. `now`: reject times after this one.
///
/// # Errors
/// There is no target or more than one, it is invalid, or an argument is not known yet.
pub(super) fn read(reader: &mut ArgumentReader, block: &Arguments, now: Option<Timestamp>) -> ReadResult<Target> {
    let candidates = [
        candidate(reader, "message_offset", &block.message_offset, message_offset),
        candidate(reader, "timestamp", &block.timestamp, timestamp),
        candidate(reader, "datetime", &block.datetime, |text| datetime(text, now)),
        candidate(reader, "by_duration", &block.by_duration, |text| by_duration(text)),
        candidate(reader, "position", &block.position, |text| position(text)),
        candidate(reader, "shift_by", &block.shift_by, shift_by),
        ("partition_offsets", block.partition_offsets.as_ref().map(|map| partition_offsets(reader, map))),
    ];
    let set: Vec<&str> = candidates.iter().filter(|(_, it)| it.known().is_some()).map(|(name, _)| *name).collect();
    if set.len() > 1 {
        let detail = format!("Set only one of {}.", set.join(" and "));
        for name in set {
            reader.error(AttributePath::attribute(name), SEVERAL_TARGETS, detail.clone());
        }
        return Err(Unavailable::Reported);
    }
    // An unknown target may turn out to be null.
    if candidates.iter().any(|(_, it)| it.is_unknown()) {
        return Err(Unavailable::Unknown);
    }
    let target = candidates.iter().find_map(|(_, it)| it.known().cloned());
    target.unwrap_or_else(|| {
        let detail = "Set one of position (\"earliest\", \"latest\", \"current\"), datetime, by_duration, timestamp \
                      (Unix milliseconds), message_offset, shift_by and partition_offsets.";
        Err(reader.error(AttributePath::root(), NO_TARGET, detail))
    })
}

/// A target argument: null, unknown, or read.
fn candidate<T>(
    reader: &mut ArgumentReader,
    name: &'static str,
    argument: &Attr<T>,
    parse: impl FnOnce(&T) -> Result<Target, String>,
) -> (&'static str, Attr<ReadResult<Target>>) {
    (name, argument.as_ref().map(|value| parse(value).map_err(|detail| reader.invalid(name, detail))))
}

fn message_offset(number: &Number) -> Result<Target, String> {
    parse_offset(number).map(Target::Offset)
}

fn parse_offset(number: &Number) -> Result<MessageOffset, String> {
    number.to_i64().and_then(|offset| MessageOffset::try_from(offset).ok()).ok_or_else(|| {
        let max = MessageOffset::MAX.get();
        format!("{number} is not a valid offset. Use a whole number from 0 to {max}, or position = \"earliest\".")
    })
}

fn timestamp(number: &Number) -> Result<Target, String> {
    let Some(Ok(time)) = number.to_i64().map(UnixMillis::try_from) else {
        return Err(format!(
            "{number} is not a valid time. Use Unix milliseconds as a whole number, such as 1704067320000, or 0 for \
             the earliest offset."
        ));
    };
    match time.get() {
        seconds @ 1..=MAX_SECONDS_LOOKALIKE => Err(format!(
            "timestamp is in milliseconds, and {seconds} can only be seconds. Use {seconds}000 instead, or 0 for the \
             earliest offset."
        )),
        // The service would take such a time as the latest offset, and the group would skip every message.
        beyond if beyond > MAX_PLAUSIBLE_MILLIS => Err(too_late(beyond)),
        _ => Ok(Target::Time(time)),
    }
}

/// Suggests the milliseconds that may have been meant, if that is a plausible time.
fn too_late(number: i64) -> String {
    let units = [("microseconds", number / 1_000), ("nanoseconds", number / 1_000_000)];
    match units.into_iter().find(|(_, millis)| PLAUSIBLE_TIMES.contains(millis)) {
        Some((unit, millis)) => {
            format!("timestamp is in milliseconds, and {number} is probably in {unit}. Use {millis} instead.")
        }
        None => format!(
            "{number} milliseconds are after the year 5000. Use position = \"latest\" for the latest offset, or a time \
             in Unix milliseconds, such as 1704067320000."
        ),
    }
}

fn datetime(text: &str, now: Option<Timestamp>) -> Result<Target, String> {
    let time = parse_datetime(text)?;
    match now.filter(|now| is_in_future(time, *now)) {
        None => Ok(Target::Time(time)),
        Some(now) => {
            let now = now.strftime("%Y-%m-%dT%H:%M:%SZ");
            Err(format!(
                "{text:?} is in the future: the current time is {now}. To reset to the end of each log, use \
                 position = \"latest\"."
            ))
        }
    }
}

/// Whether a time is further ahead than clocks may differ. As time passes, this can only become false.
fn is_in_future(time: UnixMillis, now: Timestamp) -> bool {
    time.get() > now.as_millisecond().saturating_add(MAX_CLOCK_DIFFERENCE)
}

fn by_duration(text: &str) -> Result<Target, String> {
    parse_duration(text).map(Target::ByDuration).map_err(|error| format!("{error}."))
}

fn position(text: &str) -> Result<Target, String> {
    match text {
        "earliest" => Ok(Target::Earliest),
        "latest" => Ok(Target::Latest),
        "current" => Ok(Target::Current),
        other => Err(format!("{other:?} is not a valid position. Use \"earliest\", \"latest\" or \"current\".")),
    }
}

fn shift_by(number: &Number) -> Result<Target, String> {
    let shift = number.to_i64().map(Target::ShiftBy);
    shift.ok_or_else(|| format!("{number} is not a valid number of messages. Use a whole number, such as 1 or -100."))
}

fn partition_offsets(reader: &mut ArgumentReader, map: &BTreeMap<String, Attr<Number>>) -> ReadResult<Target> {
    let mut result = if map.values().any(Attr::is_unknown) { Err(Unavailable::Unknown) } else { Ok(()) };
    let mut offsets = BTreeMap::new();
    for (key, value) in map {
        let entry = parse_partition(key).and_then(|partition| {
            let offset = value.known().map(parse_offset).transpose()?;
            Ok(offset.map(|offset| (partition, offset)))
        });
        match entry {
            Ok(entry) => offsets.extend(entry),
            Err(detail) => {
                let path = AttributePath::attribute("partition_offsets").child_key(key);
                result = Err(reader.invalid_at(path, detail));
            }
        }
    }
    result?;
    if offsets.is_empty() {
        let detail = "No partition has an offset. Set at least one: { 0 = 140 }.";
        return Err(reader.invalid("partition_offsets", detail));
    }
    Ok(Target::PartitionOffsets(offsets))
}

fn parse_partition(key: &str) -> Result<PartitionNumber, String> {
    let partition = key.parse::<i64>().ok().and_then(|number| PartitionNumber::try_from(number).ok());
    // Two notations of one partition would be two entries.
    partition.filter(|number| number.to_string() == *key).ok_or_else(|| {
        format!("{key:?} is not a valid partition. Use a number from 0 to {}.", PartitionNumber::MAX.get())
    })
}

/// Rejects targets and partitions that need a topic, and a partition beside `partition_offsets`.
///
/// # Errors
/// One of them is set.
pub(super) fn check_scope(reader: &mut ArgumentReader, block: &Arguments) -> ReadResult<()> {
    let mut result = Ok(());
    let one_partition = matches!(block.partition, Attr::Known(number) if number != ALL_PARTITIONS);
    if one_partition && block.partition_offsets.known().is_some() {
        let detail = "partition_offsets already names its partitions. Remove partition, or use message_offset to reset \
                      one partition.";
        result = Err(reader.invalid("partition", detail));
    }
    if !block.topic.is_null() {
        return result;
    }
    let by_offset = [
        ("message_offset", block.message_offset.known().is_some()),
        ("shift_by", block.shift_by.known().is_some()),
        ("partition_offsets", block.partition_offsets.known().is_some()),
        ("position", block.position.known().is_some_and(|position| position == "current")),
    ];
    for (name, _) in by_offset.into_iter().filter(|(_, is_set)| *is_set) {
        let detail = "The service can reset every topic of a group only to a time, or to the earliest or latest \
                      offset. Set topic, or use datetime, by_duration, timestamp or position (\"earliest\", \
                      \"latest\").";
        result = Err(reader.invalid(name, detail));
    }
    if one_partition {
        let detail = "A single partition cannot be reset without a topic. Set topic, or remove partition.";
        result = Err(reader.invalid("partition", detail));
    }
    result
}
