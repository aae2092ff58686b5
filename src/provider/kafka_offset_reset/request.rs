//! A reset as the user asked for it, checked: the block is read once, here, into types that can't be wrong.
//!
//! The same reading serves validation, where values may still be unknown, and the create, where none is.

use std::time::Duration;

use crate::huaweicloud::{
    GroupName, InstanceId, MessageOffset, Partition, PartitionNumber, ProjectId, Region, ResetMessageOffset,
    ResetTarget, TopicName, UnixMillis,
};
use crate::provider::duration::parse_duration;
use crate::tf_provider::value::{Attr, Number};
use crate::tf_provider::{AttributePath, Diagnostics};

use super::schema::{ALL_PARTITIONS, OffsetReset};

/// Time limit of a create where the block names none.
const DEFAULT_CREATE_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// The greatest number that can only be seconds: in milliseconds it lies in March 1973, before there was Kafka; in
/// seconds it is the year 5138.
const LAST_IMPLAUSIBLE_MILLIS: i64 = 100_000_000_000;

/// The greatest number that can be milliseconds: the year 5138. Beyond it, it is micro- or nanoseconds.
const LAST_PLAUSIBLE_MILLIS: i64 = 100_000_000_000_000;

/// A reset, ready to be resolved to a project and sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ResetRequest {
    /// None: the provider's.
    pub(super) region: Option<Region>,
    /// None: the provider's or the region's.
    pub(super) project_id: Option<ProjectId>,
    pub(super) instance_id: InstanceId,
    pub(super) group: GroupName,
    pub(super) reset: ResetMessageOffset,
    pub(super) timeout: Duration,
}

impl ResetRequest {
    /// Everything that is wrong with a configuration, as far as its values are known.
    pub(super) fn check(config: &OffsetReset) -> Diagnostics {
        let mut reader = Reader::default();
        reader.read(config);
        reader.diagnostics
    }

    /// Reads a block whose arguments are all known.
    pub(super) fn parse(planned: &OffsetReset) -> Result<Self, Diagnostics> {
        let mut reader = Reader::default();
        match reader.read(planned) {
            Some(request) if !reader.diagnostics.has_errors() => Ok(request),
            _ if reader.diagnostics.has_errors() => Err(reader.diagnostics),
            _ => Err(Diagnostics::from_error(
                AttributePath::root(),
                "Arguments not known yet",
                "Terraform asked for the reset before it knew all of its arguments. Nothing was sent.",
            )),
        }
    }
}

/// Reads attributes one by one and gathers what is wrong with them.
#[derive(Default)]
struct Reader {
    diagnostics: Diagnostics,
}

impl Reader {
    /// None when something is wrong or not known yet.
    fn read(&mut self, block: &OffsetReset) -> Option<ResetRequest> {
        let region = self.optional("region", &block.region, Region::parse);
        let project_id = self.optional("project_id", &block.project_id, ProjectId::parse);
        let instance_id = self.required("instance_id", &block.instance_id, |text| InstanceId::parse(text));
        let group = self.required("group", &block.group, |text| GroupName::parse(text));
        let topic = self.topic(&block.topic);
        let partition = self.partition(&block.partition);
        let target = self.target(block);
        self.every_topic_fits(block);
        let timeout = self.timeout(block);
        Some(ResetRequest {
            region: region?,
            project_id: project_id?,
            instance_id: instance_id?,
            group: group?,
            reset: ResetMessageOffset { topic: topic?, partition: partition?, to: target? },
            timeout: timeout?,
        })
    }

    /// `Some(None)` where the attribute is left out, or is for the provider to fill in.
    fn optional<T, E: std::fmt::Display>(
        &mut self,
        name: &str,
        attribute: &Attr<String>,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<Option<T>> {
        match attribute {
            Attr::Null | Attr::Unknown => Some(None),
            Attr::Known(text) => self.parsed(name, parse(text)).map(Some),
        }
    }

    fn required<T, E: std::fmt::Display>(
        &mut self,
        name: &str,
        attribute: &Attr<String>,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = attribute.known()?;
        self.parsed(name, parse(text))
    }

    fn parsed<T, E: std::fmt::Display>(&mut self, name: &str, outcome: Result<T, E>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(error) => self.invalid(name, format!("{error}.")),
        }
    }

    fn invalid<T>(&mut self, name: &str, detail: impl Into<String>) -> Option<T> {
        self.diagnostics.error(AttributePath::attribute(name), format!("Invalid {name}"), detail);
        None
    }

    fn topic(&mut self, topic: &Attr<String>) -> Option<Option<TopicName>> {
        match topic {
            Attr::Unknown => None,
            Attr::Null => Some(None),
            Attr::Known(name) if name.is_empty() => self.invalid(
                "topic",
                "The topic's name is empty. To reset every topic of the group, leave topic out (or set it to null), \
                 so that it can't happen by an empty variable.",
            ),
            Attr::Known(name) => self.parsed("topic", TopicName::parse(name)).map(Some),
        }
    }

    fn partition(&mut self, partition: &Attr<i64>) -> Option<Partition> {
        match *partition {
            Attr::Unknown => None,
            Attr::Null | Attr::Known(ALL_PARTITIONS) => Some(Partition::All),
            Attr::Known(number) => match PartitionNumber::try_from(number) {
                Ok(number) => Some(Partition::Number(number)),
                Err(_) => self.invalid(
                    "partition",
                    format!(
                        "{number} is no partition: write -1 for every partition, or a number from 0 to {}.",
                        PartitionNumber::MAX.get()
                    ),
                ),
            },
        }
    }

    /// Exactly one target. One that is still unknown may turn out to be null, so it is judged later.
    fn target(&mut self, block: &OffsetReset) -> Option<ResetTarget> {
        let offset = match &block.message_offset {
            Attr::Known(number) => self.message_offset(number).map(ResetTarget::Offset),
            _ => None,
        };
        let timestamp = match &block.timestamp {
            Attr::Known(number) => self.timestamp(number).map(ResetTarget::Timestamp),
            _ => None,
        };
        match (&block.message_offset, &block.timestamp) {
            (Attr::Known(_), Attr::Known(_)) => {
                for name in ["message_offset", "timestamp"] {
                    self.diagnostics.error(
                        AttributePath::attribute(name),
                        "More than one reset target",
                        "message_offset and timestamp exclude each other: write one of them.",
                    );
                }
                None
            }
            (Attr::Null, Attr::Null) => {
                self.diagnostics.error(
                    AttributePath::root(),
                    "No reset target",
                    "Write where the offsets go: message_offset (an offset) or timestamp (Unix milliseconds).",
                );
                None
            }
            (Attr::Unknown, _) | (_, Attr::Unknown) => None,
            _ => offset.or(timestamp),
        }
    }

    fn message_offset(&mut self, number: &Number) -> Option<MessageOffset> {
        match number.to_i64().map(MessageOffset::try_from) {
            Some(Ok(offset)) => Some(offset),
            _ => self.invalid(
                "message_offset",
                format!(
                    "{number} is no offset: write a whole number from 0 to {}. 0 means the earliest offset.",
                    MessageOffset::MAX.get()
                ),
            ),
        }
    }

    fn timestamp(&mut self, number: &Number) -> Option<UnixMillis> {
        let Some(Ok(millis)) = number.to_i64().map(UnixMillis::try_from) else {
            return self.invalid(
                "timestamp",
                format!(
                    "{number} is no time: write Unix milliseconds as a whole number from 0 to {}. 0 means the \
                     earliest offset.",
                    UnixMillis::MAX.get()
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
            beyond if beyond > LAST_PLAUSIBLE_MILLIS => {
                // Sent as it is, it would mean the latest offset: every message skipped.
                let (unit, per_millisecond) = if beyond < LAST_PLAUSIBLE_MILLIS * 1_000 {
                    ("microseconds", 1_000)
                } else {
                    ("nanoseconds", 1_000_000)
                };
                let likely = beyond / per_millisecond;
                self.invalid(
                    "timestamp",
                    format!(
                        "{beyond} milliseconds lie beyond the year 5000, so these are {unit}, it seems; timestamp is \
                         in milliseconds. Write {likely} instead."
                    ),
                )
            }
            _ => Some(millis),
        }
    }

    /// What the API can do without a topic.
    fn every_topic_fits(&mut self, block: &OffsetReset) {
        if !matches!(block.topic, Attr::Null) {
            return;
        }
        if matches!(block.message_offset, Attr::Known(_)) {
            self.invalid::<()>(
                "message_offset",
                "One offset can't fit every topic of the group. Name the topic, or go by timestamp.",
            );
        }
        if matches!(block.partition, Attr::Known(number) if number != ALL_PARTITIONS) {
            self.invalid::<()>(
                "partition",
                "One partition of every topic can't be reset. Name the topic, or leave partition out.",
            );
        }
    }

    fn timeout(&mut self, block: &OffsetReset) -> Option<Duration> {
        let text = match &block.timeouts {
            Attr::Null => return Some(DEFAULT_CREATE_TIMEOUT),
            Attr::Unknown => return None,
            Attr::Known(timeouts) => match &timeouts.create {
                Attr::Null => return Some(DEFAULT_CREATE_TIMEOUT),
                Attr::Unknown => return None,
                Attr::Known(text) => text,
            },
        };
        let problem = match parse_duration(text) {
            Ok(Duration::ZERO) => "The time limit is zero: nothing could ever be sent.".to_owned(),
            Ok(timeout) => return Some(timeout),
            Err(error) => format!("{error}."),
        };
        let path = AttributePath::attribute("timeouts").child_attribute("create");
        self.diagnostics.error(path, "Invalid time limit", problem);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::Timeouts;
    use super::*;

    fn block() -> OffsetReset {
        OffsetReset {
            instance_id: Attr::Known("instance".to_owned()),
            group: Attr::Known("billing".to_owned()),
            topic: Attr::Known("orders".to_owned()),
            message_offset: Attr::Known(Number::from(5)),
            ..OffsetReset::default()
        }
    }

    /// `path: summary` of each diagnostic.
    fn problems(block: &OffsetReset) -> Vec<String> {
        let diagnostics = ResetRequest::check(block);
        diagnostics.iter().map(|it| format!("{}: {}", it.path, it.summary)).collect()
    }

    fn detail(block: &OffsetReset) -> String {
        ResetRequest::check(block).into_iter().map(|it| it.detail).collect::<Vec<_>>().join("\n")
    }

    fn by_timestamp(number: &str) -> OffsetReset {
        let number = number.parse().expect("a number");
        OffsetReset { message_offset: Attr::Null, timestamp: Attr::Known(number), ..block() }
    }

    #[test]
    fn plain_block_becomes_a_request() {
        let request = ResetRequest::parse(&block()).unwrap();
        assert_eq!(request.region, None);
        assert_eq!(request.group.as_str(), "billing");
        assert_eq!(request.reset.partition, Partition::All);
        assert_eq!(request.reset.to, ResetTarget::Offset(MessageOffset::try_from(5).unwrap()));
        assert_eq!(request.timeout, Duration::from_secs(1800));
    }

    #[test]
    fn two_targets_are_told_at_both() {
        let both = OffsetReset { timestamp: Attr::Known(Number::from(0)), ..block() };
        assert_eq!(
            problems(&both),
            ["message_offset: More than one reset target", "timestamp: More than one reset target"]
        );
    }

    #[test]
    fn no_target_is_told() {
        let none = OffsetReset { message_offset: Attr::Null, ..block() };
        assert_eq!(problems(&none), [": No reset target"]);
    }

    #[test]
    fn unknown_target_is_judged_later() {
        let perhaps_both = OffsetReset { timestamp: Attr::Unknown, ..block() };
        assert_eq!(problems(&perhaps_both), Vec::<String>::new());
        let perhaps_one = OffsetReset { message_offset: Attr::Unknown, timestamp: Attr::Null, ..block() };
        assert_eq!(problems(&perhaps_one), Vec::<String>::new());
        assert!(ResetRequest::parse(&perhaps_one).is_err());
    }

    #[test]
    fn seconds_are_told_with_the_milliseconds_to_write() {
        for seconds in ["1", "1571812144", "100000000000"] {
            let block = by_timestamp(seconds);
            assert_eq!(problems(&block), ["timestamp: Invalid timestamp"], "{seconds}");
            assert!(detail(&block).contains(&format!("Write {seconds}000 instead")), "{seconds}");
        }
        for millis in ["0", "100000000001", "1571812144000", "100000000000000"] {
            assert_eq!(problems(&by_timestamp(millis)), Vec::<String>::new(), "{millis}");
        }
    }

    #[test]
    fn microseconds_and_nanoseconds_are_told_with_the_milliseconds_to_write() {
        for (number, unit) in [("1571812144000000", "microseconds"), ("1571812144000000000", "nanoseconds")] {
            let block = by_timestamp(number);
            assert_eq!(problems(&block), ["timestamp: Invalid timestamp"], "{number}");
            let detail = detail(&block);
            assert!(detail.contains(unit) && detail.contains("Write 1571812144000 instead"), "{detail}");
        }
    }

    #[test]
    fn numbers_out_of_range_are_told_at_their_attribute() {
        for number in ["-1", "1.5", "9223372036854775808", "1e400"] {
            let parsed: Number = number.parse().expect("a number");
            let offset = OffsetReset { message_offset: Attr::Known(parsed), ..block() };
            assert_eq!(problems(&offset), ["message_offset: Invalid message_offset"], "{number}");
            assert_eq!(problems(&by_timestamp(number)), ["timestamp: Invalid timestamp"], "{number}");
        }
        for number in [-2, i64::from(i32::MAX) + 1] {
            let partition = OffsetReset { partition: Attr::Known(number), ..block() };
            assert_eq!(problems(&partition), ["partition: Invalid partition"], "{number}");
        }
    }

    #[test]
    fn names_that_no_path_can_hold_are_told() {
        for name in ["", ".", ".."] {
            let group = OffsetReset { group: Attr::Known(name.to_owned()), ..block() };
            assert_eq!(problems(&group), ["group: Invalid group"], "{name:?}");
        }
        let topic = OffsetReset { topic: Attr::Known(String::new()), ..block() };
        assert_eq!(problems(&topic), ["topic: Invalid topic"]);
        let region = OffsetReset { region: Attr::Known("CN North".to_owned()), ..block() };
        assert_eq!(problems(&region), ["region: Invalid region"]);
    }

    #[test]
    fn every_topic_takes_neither_an_offset_nor_a_partition() {
        let offset = OffsetReset { topic: Attr::Null, partition: Attr::Known(2), ..block() };
        assert_eq!(problems(&offset), ["message_offset: Invalid message_offset", "partition: Invalid partition"]);
        let timestamp = OffsetReset { topic: Attr::Null, ..by_timestamp("0") };
        assert_eq!(ResetRequest::parse(&timestamp).unwrap().reset.topic, None);
    }

    #[test]
    fn time_limit_is_read_and_its_mistakes_are_told() {
        let with = |text: &str| {
            let timeouts = Timeouts { create: Attr::Known(text.to_owned()) };
            OffsetReset { timeouts: Attr::Known(timeouts), ..block() }
        };
        assert_eq!(ResetRequest::parse(&with("1m30s")).unwrap().timeout, Duration::from_secs(90));
        for text in ["", "0s", "soon", "-5s", "30"] {
            assert_eq!(problems(&with(text)), ["timeouts.create: Invalid time limit"], "{text:?}");
        }
    }
}
