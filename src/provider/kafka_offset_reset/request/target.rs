//! Where the offsets go: seven ways to say it, of which exactly one is written.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use jiff::Timestamp;

use crate::huaweicloud::{MessageOffset, PartitionNumber, UnixMillis};
use crate::provider::duration::parse_duration;
use crate::tf_provider::AttributePath;
use crate::tf_provider::value::{Attr, Number};

use super::super::arguments::Arguments;
use super::super::schema::ALL_PARTITIONS;
use super::Reader;
use super::datetime::parse_datetime;

/// The greatest number that can only be seconds: in milliseconds it lies in March 1973, before there was Kafka; in
/// seconds it is the year 5138.
const LAST_IMPLAUSIBLE_MILLIS: i64 = 100_000_000_000;

/// The greatest number that can be milliseconds: the year 5138. Beyond it, it is micro- or nanoseconds.
const LAST_PLAUSIBLE_MILLIS: i64 = 100_000_000_000_000;

/// From 2010 to 2099, in milliseconds: where a time that somebody means lies.
const OUR_DAYS: Range<i64> = 1_262_304_000_000..4_102_444_800_000;

/// How far ahead a time may be, in milliseconds, without counting as in the future: a minute, because clocks may
/// differ.
const CLOCK_DIFFERENCE: i64 = 60_000;

/// Where to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::provider::kafka_offset_reset) enum Target {
    /// This offset.
    Offset(MessageOffset),
    /// The first message at or after this time.
    Time(UnixMillis),
    /// The first message at or after the time that lies so long before the reset.
    ByDuration(Duration),
    /// The start of each log.
    Earliest,
    /// The end of each log.
    Latest,
    /// What is committed.
    Current,
    /// So many messages on from what is committed.
    ShiftBy(i64),
    /// An offset for each partition that is named. Never empty.
    PartitionOffsets(BTreeMap<PartitionNumber, MessageOffset>),
}

/// What of one target attribute is known.
enum Written {
    No,
    Perhaps,
    /// None: it is wrong, which was told, or a part of it is not known yet.
    Yes(Option<Target>),
}

impl Reader {
    /// Exactly one target. One that is still unknown may turn out to be null, so it is judged later.
    pub(super) fn target(&mut self, block: &Arguments) -> Option<Target> {
        let mut found = [
            ("message_offset", written(&block.message_offset, |it| self.message_offset("message_offset", it))),
            ("timestamp", written(&block.timestamp, |it| self.timestamp(it))),
            ("datetime", written(&block.datetime, |it| self.datetime(it))),
            ("by_duration", written(&block.by_duration, |it| self.by_duration(it))),
            ("position", written(&block.position, |it| self.position(it))),
            ("shift_by", written(&block.shift_by, |it| self.shift_by(it))),
            ("partition_offsets", written(&block.partition_offsets, |it| self.partition_offsets(it))),
        ];
        let names: Vec<&str> =
            found.iter().filter(|(_, it)| matches!(it, Written::Yes(_))).map(|(name, _)| *name).collect();
        if names.len() > 1 {
            let list = names.join(", ");
            for name in names {
                self.diagnostics.error(
                    AttributePath::attribute(name),
                    "More than one reset target",
                    format!("{list} exclude each other: write one of them."),
                );
            }
            return None;
        }
        if found.iter().any(|(_, it)| matches!(it, Written::Perhaps)) {
            return None;
        }
        let only = found.iter_mut().find_map(|(_, it)| match it {
            Written::Yes(target) => Some(target.take()),
            _ => None,
        });
        if only.is_none() {
            self.diagnostics.error(
                AttributePath::root(),
                "No reset target",
                "Write where the offsets go, one of: position (\"earliest\", \"latest\", \"current\"), datetime, \
                 by_duration, timestamp (Unix milliseconds), message_offset, shift_by, partition_offsets.",
            );
        }
        only?
    }

    fn message_offset(&mut self, name: &str, number: &Number) -> Option<Target> {
        let offset = number.to_i64().and_then(|offset| MessageOffset::try_from(offset).ok());
        offset.map(Target::Offset).or_else(|| self.invalid(name, no_offset(number)))
    }

    fn timestamp(&mut self, number: &Number) -> Option<Target> {
        let Some(Ok(millis)) = number.to_i64().map(UnixMillis::try_from) else {
            return self.invalid(
                "timestamp",
                format!(
                    "{number} is no time: write Unix milliseconds as a whole number, such as 1704067320000. 0 means the \
                     earliest offset."
                ),
            );
        };
        match millis.get() {
            seconds @ 1..=LAST_IMPLAUSIBLE_MILLIS => self.invalid(
                "timestamp",
                format!(
                    "{seconds} can only be seconds; timestamp is in milliseconds. Write {seconds}000 instead, or 0 \
                     for the earliest offset."
                ),
            ),
            // Sent as it is, it would mean the latest offset: every message skipped.
            beyond if beyond > LAST_PLAUSIBLE_MILLIS => self.invalid("timestamp", too_late(beyond)),
            _ => Some(Target::Time(millis)),
        }
    }

    fn datetime(&mut self, text: &str) -> Option<Target> {
        match parse_datetime(text) {
            Ok(time) => match self.now.filter(|now| is_in_future(time, *now)) {
                Some(now) => self.invalid("datetime", in_future(text, now)),
                None => Some(Target::Time(time)),
            },
            Err(what) => self.invalid("datetime", what),
        }
    }

    fn by_duration(&mut self, text: &str) -> Option<Target> {
        self.parsed("by_duration", parse_duration(text)).map(Target::ByDuration)
    }

    fn position(&mut self, text: &str) -> Option<Target> {
        match text {
            "earliest" => Some(Target::Earliest),
            "latest" => Some(Target::Latest),
            "current" => Some(Target::Current),
            other => self.invalid(
                "position",
                format!("{other:?} is no position: write \"earliest\", \"latest\" or \"current\"."),
            ),
        }
    }

    fn shift_by(&mut self, number: &Number) -> Option<Target> {
        let shift = number.to_i64().map(Target::ShiftBy);
        shift.or_else(|| {
            self.invalid(
                "shift_by",
                format!("{number} is no number of messages: write a whole number, such as 1 or -100."),
            )
        })
    }

    fn partition_offsets(&mut self, map: &BTreeMap<String, Attr<Number>>) -> Option<Target> {
        let mut offsets = BTreeMap::new();
        let mut sound = true;
        for (key, value) in map {
            let partition = key.parse::<i64>().ok().and_then(|number| PartitionNumber::try_from(number).ok());
            let Some(partition) = partition.filter(|number| number.to_string() == *key) else {
                sound = self.invalid_partition(
                    key,
                    format!("{key:?} is no partition: write a number from 0 to {}.", PartitionNumber::MAX.get()),
                );
                continue;
            };
            match value {
                Attr::Null => {}
                Attr::Unknown => sound = false,
                Attr::Known(number) => match number.to_i64().map(MessageOffset::try_from) {
                    Some(Ok(offset)) => drop(offsets.insert(partition, offset)),
                    _ => sound = self.invalid_partition(key, format!("Partition {partition}: {}", no_offset(number))),
                },
            }
        }
        if sound && offsets.is_empty() {
            return self.invalid("partition_offsets", "No partition has an offset. Name at least one: { 0 = 140 }.");
        }
        sound.then_some(Target::PartitionOffsets(offsets))
    }

    /// Always false, for the caller's convenience.
    fn invalid_partition(&mut self, key: &str, detail: String) -> bool {
        let path = AttributePath::attribute("partition_offsets").child_key(key);
        self.diagnostics.error(path, "Invalid partition_offsets", detail);
        false
    }

    /// What goes without a topic, and which target names its partitions itself.
    pub(super) fn targets_fit_scope(&mut self, block: &Arguments) {
        let one_partition = matches!(block.partition, Attr::Known(number) if number != ALL_PARTITIONS);
        if one_partition && block.partition_offsets.known().is_some() {
            self.invalid::<()>(
                "partition",
                "partition_offsets names its partitions itself: leave partition out, or write message_offset for one.",
            );
        }
        if !block.topic.is_null() {
            return;
        }
        let by_offset = [
            ("message_offset", block.message_offset.known().is_some()),
            ("shift_by", block.shift_by.known().is_some()),
            ("partition_offsets", block.partition_offsets.known().is_some()),
            ("position", block.position.known().is_some_and(|position| position == "current")),
        ];
        for (name, _) in by_offset.into_iter().filter(|(_, written)| *written) {
            self.invalid::<()>(
                name,
                "The service resets every topic of a group by time, or to its start or end. Name the topic, or go by \
                 datetime, by_duration, timestamp or position (\"earliest\", \"latest\").",
            );
        }
        if one_partition {
            self.invalid::<()>(
                "partition",
                "One partition of every topic can't be reset. Name the topic, or leave partition out.",
            );
        }
    }
}

/// Whether a time is further ahead than clocks may differ. As time passes, this can only become false.
fn is_in_future(time: UnixMillis, now: Timestamp) -> bool {
    time.get() > now.as_millisecond().saturating_add(CLOCK_DIFFERENCE)
}

fn in_future(text: &str, now: Timestamp) -> String {
    let now = now.strftime("%Y-%m-%dT%H:%M:%SZ");
    format!("{text:?} is in the future: it is now {now}. To reset to the end of each log, use position = \"latest\".")
}

fn written<T>(attribute: &Attr<T>, read: impl FnOnce(&T) -> Option<Target>) -> Written {
    match attribute {
        Attr::Null => Written::No,
        Attr::Unknown => Written::Perhaps,
        Attr::Known(value) => Written::Yes(read(value)),
    }
}

/// A number that is no time in milliseconds; what it may be instead is proposed only where that is a time of our days.
fn too_late(number: i64) -> String {
    let units = [("microseconds", number / 1_000), ("nanoseconds", number / 1_000_000)];
    match units.into_iter().find(|(_, millis)| OUR_DAYS.contains(millis)) {
        Some((unit, millis)) => format!(
            "{number} milliseconds lie beyond the year 5000, so these are {unit}, it seems; timestamp is in \
             milliseconds. Write {millis} instead."
        ),
        None => format!(
            "{number} milliseconds lie beyond the year 5000. Write position = \"latest\" for the latest offset, or a \
             time in Unix milliseconds, such as 1704067320000."
        ),
    }
}

fn no_offset(number: &Number) -> String {
    format!(
        "{number} is no offset: write a whole number from 0 to {}, or position = \"earliest\" for the earliest.",
        MessageOffset::MAX.get()
    )
}
