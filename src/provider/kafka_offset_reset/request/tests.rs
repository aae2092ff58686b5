//! What a block may say, and how a wrong one is told.

use super::super::schema::{OffsetReset, Timeouts};
use super::*;
use crate::huaweicloud::MessageOffset;
use crate::tf_provider::value::Number;

fn block() -> OffsetReset {
    OffsetReset {
        instance_id: Attr::Known("instance".to_owned()),
        group: Attr::Known("billing".to_owned()),
        topic: Attr::Known("orders".to_owned()),
        message_offset: Attr::Known(Number::from(5)),
        ..OffsetReset::default()
    }
}

fn now() -> Timestamp {
    "2024-06-01T12:00:00Z".parse().unwrap()
}

fn check(block: &OffsetReset) -> Diagnostics {
    ResetRequest::check(&block.arguments(), Form::Resource, None)
}

/// Reads a block in which everything is written out.
fn parse(block: &OffsetReset) -> Result<ResetRequest, Diagnostics> {
    ResetRequest::parse(&block.arguments(), Form::Resource, now())
}

/// A request to reset the group "billing", on one topic or on every topic.
pub(in crate::provider::kafka_offset_reset) fn request_for(every_topic: bool) -> ResetRequest {
    let earliest = OffsetReset { position: text("earliest"), ..targetless() };
    let block = if every_topic { OffsetReset { topic: Attr::Null, ..earliest } } else { earliest };
    parse(&block).expect("a request")
}

/// `path: summary` of each diagnostic.
fn problems(block: &OffsetReset) -> Vec<String> {
    let diagnostics = check(block);
    diagnostics.iter().map(|it| format!("{}: {}", it.path, it.summary)).collect()
}

fn detail(block: &OffsetReset) -> String {
    check(block).into_iter().map(|it| it.detail).collect::<Vec<_>>().join("\n")
}

fn by_timestamp(number: &str) -> OffsetReset {
    let number = number.parse().expect("a number");
    OffsetReset { message_offset: Attr::Null, timestamp: Attr::Known(number), ..block() }
}

#[test]
fn plain_block_becomes_a_request() {
    let request = parse(&block()).unwrap();
    assert_eq!(request.region, None);
    assert_eq!(request.group.as_str(), "billing");
    assert_eq!(request.scope, Scope::Topic(TopicName::parse("orders").unwrap(), Partition::All));
    assert_eq!(request.target, Target::Offset(MessageOffset::try_from(5).unwrap()));
    assert_eq!(request.wait_for_inactive, Duration::from_secs(60));
    assert_eq!(request.out_of_range, OutOfRangePolicy::Clamp);
    assert!(request.require_inactive_group && request.verify);
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
    assert!(parse(&perhaps_one).is_err());
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

/// Meant as the latest, the year 9999 was taken for microseconds, and 1978 was to be written instead.
#[test]
fn number_beyond_every_time_was_taken_for_a_time_in_the_seventies() {
    for number in ["253402300799999", "100000000000001", "999999999999999999", "9223372036854775807"] {
        let block = by_timestamp(number);
        assert_eq!(problems(&block), ["timestamp: Invalid timestamp"], "{number}");
        let detail = detail(&block);
        assert!(detail.contains("position = \"latest\"") && !detail.contains("instead"), "{detail}");
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
    assert_eq!(parse(&timestamp).unwrap().scope, Scope::EveryTopic);
}

#[test]
fn time_limit_is_read_and_its_mistakes_are_told() {
    let with = |text: &str| {
        let timeouts = Timeouts { create: Attr::Known(text.to_owned()) };
        OffsetReset { timeouts: Attr::Known(timeouts), ..block() }
    };
    assert_eq!(parse(&with("1m30s")).unwrap().timeout, Duration::from_secs(90));
    for text in ["", "0s", "soon", "-5s", "30"] {
        assert_eq!(problems(&with(text)), ["timeouts.create: Invalid time limit"], "{text:?}");
    }
}

fn targetless() -> OffsetReset {
    OffsetReset { message_offset: Attr::Null, ..block() }
}

fn text(text: &str) -> Attr<String> {
    Attr::Known(text.to_owned())
}

fn target(block: &OffsetReset) -> Target {
    parse(block).unwrap_or_else(|diagnostics| panic!("{diagnostics:?}")).target
}

/// Unix milliseconds as `date -d … +%s000` prints them.
#[test]
fn datetime_is_read_with_its_zone() {
    for (written, millis) in [
        ("2024-01-01T00:02:00Z", 1_704_067_320_000),
        ("2024-01-01T08:02:00+08:00", 1_704_067_320_000),
        ("2024-01-01T00:02:00.250Z", 1_704_067_320_250),
        // The first message at or after this is one of the next millisecond.
        ("2024-01-01T00:02:00.250001Z", 1_704_067_320_251),
        ("1970-01-01T00:00:00Z", 0),
    ] {
        let block = OffsetReset { datetime: text(written), ..targetless() };
        assert_eq!(target(&block), Target::Time(millis.try_into().unwrap()), "{written}");
    }
}

#[test]
fn datetime_without_a_zone_is_told_with_what_to_write() {
    let block = OffsetReset { datetime: text("2024-01-01T00:02:00"), ..targetless() };
    assert_eq!(problems(&block), ["datetime: Invalid datetime"]);
    assert!(detail(&block).contains("Write 2024-01-01T00:02:00Z for UTC"), "{}", detail(&block));
    for wrong in ["", "yesterday", "1704067320", "2024-13-01T00:00:00Z", "1969-12-31T23:59:59Z"] {
        let block = OffsetReset { datetime: text(wrong), ..targetless() };
        assert_eq!(problems(&block), ["datetime: Invalid datetime"], "{wrong:?}");
    }
}

#[test]
fn each_other_target_is_read() {
    let with = |change: fn(&mut OffsetReset)| {
        let mut block = targetless();
        change(&mut block);
        target(&block)
    };
    assert_eq!(with(|it| it.by_duration = text("PT2H30M")), Target::ByDuration(Duration::from_secs(9_000)));
    assert_eq!(with(|it| it.position = text("earliest")), Target::Earliest);
    assert_eq!(with(|it| it.position = text("latest")), Target::Latest);
    assert_eq!(with(|it| it.position = text("current")), Target::Current);
    assert_eq!(with(|it| it.shift_by = Attr::Known(Number::from(-100))), Target::ShiftBy(-100));
    let by_partition = |pairs: &[(&str, Attr<i64>)]| {
        let map = pairs.iter().map(|(key, value)| ((*key).to_owned(), value.map(Number::from))).collect();
        OffsetReset { partition_offsets: Attr::Known(map), ..targetless() }
    };
    let rollback = by_partition(&[("0", Attr::Known(140)), ("1", Attr::Null), ("10", Attr::Known(7))]);
    let expected = [(0, 140), (10, 7)].map(|(it, to): (i64, i64)| (it.try_into().unwrap(), to.try_into().unwrap()));
    assert_eq!(target(&rollback), Target::PartitionOffsets(expected.into()));
    assert_eq!(problems(&by_partition(&[])), ["partition_offsets: Invalid partition_offsets"]);
    assert_eq!(problems(&by_partition(&[("0", Attr::Null)])), ["partition_offsets: Invalid partition_offsets"]);
    assert_eq!(problems(&by_partition(&[("0", Attr::Unknown)])), Vec::<String>::new());
}

#[test]
fn wrong_targets_are_told_at_their_place() {
    let wrong = |change: fn(&mut OffsetReset)| {
        let mut block = targetless();
        change(&mut block);
        problems(&block)
    };
    assert_eq!(wrong(|it| it.by_duration = text("2 hours")), ["by_duration: Invalid by_duration"]);
    assert_eq!(wrong(|it| it.by_duration = text("P1M")), ["by_duration: Invalid by_duration"]);
    assert_eq!(wrong(|it| it.position = text("Earliest")), ["position: Invalid position"]);
    assert_eq!(wrong(|it| it.shift_by = Attr::Known("1.5".parse().unwrap())), ["shift_by: Invalid shift_by"]);
    for key in ["-1", "01", "+1", " 1", "one", "2147483648"] {
        let map = [(key.to_owned(), Attr::Known(Number::from(1)))].into();
        let block = OffsetReset { partition_offsets: Attr::Known(map), ..targetless() };
        assert_eq!(problems(&block), [format!("partition_offsets[{key:?}]: Invalid partition_offsets")]);
    }
    let map = [("0".to_owned(), Attr::Known(Number::from(-1)))].into();
    let block = OffsetReset { partition_offsets: Attr::Known(map), ..targetless() };
    assert_eq!(problems(&block), ["partition_offsets[\"0\"]: Invalid partition_offsets"]);
}

#[test]
fn every_topic_takes_times_and_both_ends_only() {
    let every = |change: fn(&mut OffsetReset)| {
        let mut block = OffsetReset { topic: Attr::Null, ..targetless() };
        change(&mut block);
        problems(&block)
    };
    for change in [
        (|it| it.datetime = text("2024-01-01T00:02:00Z")) as fn(&mut OffsetReset),
        |it| it.by_duration = text("PT1H"),
        |it| it.position = text("earliest"),
        |it| it.position = text("latest"),
        |it| it.timestamp = Attr::Known(Number::from(0)),
    ] {
        assert_eq!(every(change), Vec::<String>::new());
    }
    assert_eq!(every(|it| it.shift_by = Attr::Known(Number::from(1))), ["shift_by: Invalid shift_by"]);
    assert_eq!(every(|it| it.position = text("current")), ["position: Invalid position"]);
    let offsets = |it: &mut OffsetReset| {
        it.partition_offsets = Attr::Known([("0".to_owned(), Attr::Known(Number::from(1)))].into());
    };
    assert_eq!(every(offsets), ["partition_offsets: Invalid partition_offsets"]);
}

#[test]
fn partition_beside_offsets_by_partition_is_told() {
    let map = [("0".to_owned(), Attr::Known(Number::from(1)))].into();
    let block = OffsetReset { partition: Attr::Known(0), partition_offsets: Attr::Known(map), ..targetless() };
    assert_eq!(problems(&block), ["partition: Invalid partition"]);
}

#[test]
fn checks_are_enabled_unless_the_block_turns_them_off() {
    for (written, expected) in [(Attr::Null, true), (Attr::Known(true), true), (Attr::Known(false), false)] {
        let request = parse(&OffsetReset { require_inactive_group: written, verify: written, ..block() }).unwrap();
        assert_eq!((request.require_inactive_group, request.verify), (expected, expected), "{written:?}");
    }
}

#[test]
fn waits_and_ways_are_read_and_their_mistakes_are_told() {
    let with =
        |wait: &str, way: &str| OffsetReset { wait_for_inactive: text(wait), on_out_of_range: text(way), ..block() };
    let request = parse(&with("0s", "error")).unwrap();
    assert_eq!((request.wait_for_inactive, request.out_of_range), (Duration::ZERO, OutOfRangePolicy::Error));
    assert_eq!(problems(&with("soon", "clamp")), ["wait_for_inactive: Invalid wait_for_inactive"]);
    assert_eq!(problems(&with("90s", "ignore")), ["on_out_of_range: Invalid on_out_of_range"]);
}

#[test]
fn time_limit_of_an_action_is_told_at_its_own_argument() {
    let arguments = Arguments { timeout: text("soon"), ..block().arguments() };
    let diagnostics = ResetRequest::check(&arguments, Form::Action, None);
    assert_eq!(diagnostics.iter().map(|it| it.path.to_string()).collect::<Vec<_>>(), ["timeout"]);
}

#[test]
fn every_duration_is_read_in_both_forms() {
    for (one, other, seconds) in [("1h30m", "PT1H30M", 5_400), ("90s", "PT90S", 90), ("24h", "P1D", 86_400)] {
        for written in [one, other] {
            let arguments = Arguments {
                wait_for_inactive: text(written),
                by_duration: text(written),
                timeout: text(written),
                ..targetless().arguments()
            };
            for form in [Form::Resource, Form::Action] {
                let request = ResetRequest::parse(&arguments, form, now()).unwrap();
                let duration = Duration::from_secs(seconds);
                assert_eq!((request.wait_for_inactive, request.timeout), (duration, duration), "{written}");
                assert_eq!(request.target, Target::ByDuration(duration), "{written}");
            }
        }
    }
}

/// A difference of up to a minute is attributed to the clocks. An accepted plan stays accepted.
#[test]
fn datetime_in_the_future_is_refused_where_the_time_is_known() {
    let at = |datetime: &str| OffsetReset { datetime: text(datetime), ..targetless() };
    for (datetime, is_accepted) in [
        ("2024-06-01T12:00:00Z", true),
        ("2024-06-01T12:01:00Z", true),
        ("2024-06-01T12:01:00.001Z", false),
        ("2024-06-01T14:01:01+02:00", false),
        ("2999-01-01T00:00:00Z", false),
    ] {
        let block = at(datetime);
        assert_eq!(problems(&block), Vec::<String>::new(), "validation does not depend on the time");
        let planned = ResetRequest::check(&block.arguments(), Form::Resource, Some(now()));
        assert_eq!(planned.has_errors(), !is_accepted, "{datetime}");
        let parsed = parse(&block);
        assert_eq!(parsed.is_ok(), is_accepted, "{datetime}");
        for it in planned.iter() {
            assert_eq!((it.path.to_string(), &*it.summary), ("datetime".to_owned(), "Invalid datetime"));
            assert!(it.detail.contains("use position = \"latest\""), "{}", it.detail);
            assert!(it.detail.contains("2024-06-01T12:00:00Z"), "{}", it.detail);
        }
    }
}
