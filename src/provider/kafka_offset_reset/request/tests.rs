//! The request that each argument leads to, and the errors of invalid arguments.

use std::collections::BTreeMap;

use crate::huaweicloud::MessageOffset;
use crate::tf_provider::value::Number;

use super::super::arguments::{OffsetReset, Timeouts};
use super::*;

fn block() -> OffsetReset {
    OffsetReset {
        instance_id: Attr::Known("instance".to_owned()),
        group: Attr::Known("billing".to_owned()),
        topic: Attr::Known("orders".to_owned()),
        message_offset: Attr::Known(Number::from(5_i64)),
        ..OffsetReset::default()
    }
}

fn now() -> Timestamp {
    "2024-06-01T12:00:00Z".parse().unwrap()
}

fn check(block: &OffsetReset) -> Diagnostics {
    ResetRequest::check(&block.arguments(), Form::Resource, None)
}

/// Parses a block without unknown values.
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
fn minimal_block_becomes_a_request() {
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
fn two_targets_are_an_error_at_both() {
    let both = OffsetReset { timestamp: Attr::Known(Number::from(0_i64)), ..block() };
    assert_eq!(
        problems(&both),
        ["message_offset: More than one reset target", "timestamp: More than one reset target"]
    );
}

#[test]
fn missing_target_is_an_error() {
    let none = OffsetReset { message_offset: Attr::Null, ..block() };
    assert_eq!(problems(&none), [": No reset target"]);
}

#[test]
fn unknown_target_is_checked_later() {
    let perhaps_both = OffsetReset { timestamp: Attr::Unknown, ..block() };
    assert_eq!(problems(&perhaps_both), Vec::<String>::new());
    let perhaps_one = OffsetReset { message_offset: Attr::Unknown, timestamp: Attr::Null, ..block() };
    assert_eq!(problems(&perhaps_one), Vec::<String>::new());
    assert!(parse(&perhaps_one).is_err());
}

#[test]
fn timestamps_in_other_units_are_errors() {
    for seconds_or_more in ["1", "1571812144", "100000000000", "100000000000001", "9223372036854775807"] {
        assert_eq!(problems(&by_timestamp(seconds_or_more)), ["timestamp: Invalid timestamp"], "{seconds_or_more}");
    }
    for millis in ["0", "100000000001", "1571812144000", "100000000000000"] {
        assert_eq!(problems(&by_timestamp(millis)), Vec::<String>::new(), "{millis}");
    }
}

/// The error suggests milliseconds only if they are a plausible time. For the year 9999 it suggests none.
#[test]
fn errors_state_what_to_write() {
    let target = |change: fn(&mut OffsetReset)| {
        let mut block = targetless();
        change(&mut block);
        block
    };
    let blocks = [
        by_timestamp("1571812144"),
        by_timestamp("1571812144000000"),
        by_timestamp("1571812144000000000"),
        by_timestamp("253402300799999"),
        by_timestamp("-1"),
        targetless(),
        target(|it| (it.position, it.datetime) = (text("latest"), text("2024-01-01T00:02:00Z"))),
        target(|it| it.datetime = text("2024-01-01T00:02:00")),
        target(|it| it.by_duration = text("2 hours")),
        target(|it| it.position = text("Earliest")),
        target(|it| it.shift_by = Attr::Known("1.5".parse().unwrap())),
        target(|it| it.message_offset = Attr::Known(Number::from(-1_i64))),
        target(|it| it.partition_offsets = offsets(&[("x", Attr::Known(1)), ("0", Attr::Known(-1))])),
        target(|it| it.partition_offsets = offsets(&[])),
        OffsetReset { topic: text(""), ..block() },
        OffsetReset { topic: Attr::Null, partition: Attr::Known(2), ..block() },
        OffsetReset { partition: Attr::Known(0), partition_offsets: offsets(&[("0", Attr::Known(1))]), ..targetless() },
        OffsetReset { partition: Attr::Known(-2), ..block() },
        OffsetReset { on_out_of_range: text("ignore"), ..block() },
        OffsetReset { timeouts: Attr::Known(Timeouts { create: text("0s") }), ..block() },
    ];
    let details: Vec<String> = blocks.iter().map(detail).collect();
    let future = OffsetReset { datetime: text("2999-01-01T00:00:00Z"), ..targetless() };
    let future = parse(&future).unwrap_err().into_iter().map(|it| it.detail);
    insta::assert_snapshot!(details.into_iter().chain(future).collect::<Vec<_>>().join("\n"));
}

fn offsets(entries: &[(&str, Attr<i64>)]) -> Attr<BTreeMap<String, Attr<Number>>> {
    Attr::Known(entries.iter().map(|(key, value)| ((*key).to_owned(), value.map(Number::from))).collect())
}

#[test]
fn numbers_out_of_range_are_errors() {
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
fn invalid_names_are_errors() {
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
fn reset_of_every_topic_accepts_no_offset_and_no_partition() {
    let offset = OffsetReset { topic: Attr::Null, partition: Attr::Known(2), ..block() };
    assert_eq!(problems(&offset), ["message_offset: Invalid message_offset", "partition: Invalid partition"]);
    let timestamp = OffsetReset { topic: Attr::Null, ..by_timestamp("0") };
    assert_eq!(parse(&timestamp).unwrap().scope, Scope::EveryTopic);
}

#[test]
fn time_limit_must_be_a_positive_duration() {
    let with = |text: &str| {
        let timeouts = Timeouts { create: Attr::Known(text.to_owned()) };
        OffsetReset { timeouts: Attr::Known(timeouts), ..block() }
    };
    assert_eq!(parse(&with("1m30s")).unwrap().timeout, Duration::from_secs(90));
    for text in ["", "0s", "soon", "-5s", "30"] {
        assert_eq!(problems(&with(text)), ["timeouts.create: Invalid timeouts.create"], "{text:?}");
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
fn datetime_is_parsed_with_its_time_zone() {
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
fn invalid_datetime_is_an_error() {
    let block = OffsetReset { datetime: text("2024-01-01T00:02:00"), ..targetless() };
    assert_eq!(problems(&block), ["datetime: Invalid datetime"]);
    for wrong in ["", "yesterday", "1704067320", "2024-13-01T00:00:00Z", "1969-12-31T23:59:59Z"] {
        let block = OffsetReset { datetime: text(wrong), ..targetless() };
        assert_eq!(problems(&block), ["datetime: Invalid datetime"], "{wrong:?}");
    }
}

#[test]
fn each_other_target_is_parsed() {
    let with = |change: fn(&mut OffsetReset)| {
        let mut block = targetless();
        change(&mut block);
        target(&block)
    };
    assert_eq!(with(|it| it.by_duration = text("PT2H30M")), Target::ByDuration(Duration::from_secs(9_000)));
    assert_eq!(with(|it| it.position = text("earliest")), Target::Earliest);
    assert_eq!(with(|it| it.position = text("latest")), Target::Latest);
    assert_eq!(with(|it| it.position = text("current")), Target::Current);
    assert_eq!(with(|it| it.shift_by = Attr::Known(Number::from(-100_i64))), Target::ShiftBy(-100));
    let by_partition =
        |entries: &[(&str, Attr<i64>)]| OffsetReset { partition_offsets: offsets(entries), ..targetless() };
    let rollback = by_partition(&[("0", Attr::Known(140)), ("1", Attr::Null), ("10", Attr::Known(7))]);
    let expected = [(0, 140), (10, 7)].map(|(it, to): (i64, i64)| (it.try_into().unwrap(), to.try_into().unwrap()));
    assert_eq!(target(&rollback), Target::PartitionOffsets(expected.into()));
    assert_eq!(problems(&by_partition(&[])), ["partition_offsets: Invalid partition_offsets"]);
    assert_eq!(problems(&by_partition(&[("0", Attr::Null)])), ["partition_offsets: Invalid partition_offsets"]);
    assert_eq!(problems(&by_partition(&[("0", Attr::Unknown)])), Vec::<String>::new());
}

#[test]
fn invalid_targets_are_errors_at_their_path() {
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
        let block = OffsetReset { partition_offsets: offsets(&[(key, Attr::Known(1))]), ..targetless() };
        assert_eq!(problems(&block), [format!("partition_offsets[{key:?}]: Invalid partition_offsets[{key:?}]")]);
    }
    let block = OffsetReset { partition_offsets: offsets(&[("0", Attr::Known(-1))]), ..targetless() };
    assert_eq!(problems(&block), ["partition_offsets[\"0\"]: Invalid partition_offsets[\"0\"]"]);
}

#[test]
fn reset_of_every_topic_accepts_only_times_and_both_ends() {
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
        |it| it.timestamp = Attr::Known(Number::from(0_i64)),
    ] {
        assert_eq!(every(change), Vec::<String>::new());
    }
    assert_eq!(every(|it| it.shift_by = Attr::Known(Number::from(1_i64))), ["shift_by: Invalid shift_by"]);
    assert_eq!(every(|it| it.position = text("current")), ["position: Invalid position"]);
    assert_eq!(
        every(|it| it.partition_offsets = offsets(&[("0", Attr::Known(1))])),
        ["partition_offsets: Invalid partition_offsets"]
    );
}

#[test]
fn partition_beside_partition_offsets_is_an_error() {
    let partition_offsets = offsets(&[("0", Attr::Known(1))]);
    let block = OffsetReset { partition: Attr::Known(0), partition_offsets, ..targetless() };
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
fn wait_and_out_of_range_policy_are_parsed() {
    let with = |wait: &str, policy: &str| OffsetReset {
        wait_for_inactive: text(wait),
        on_out_of_range: text(policy),
        ..block()
    };
    let request = parse(&with("0s", "error")).unwrap();
    assert_eq!((request.wait_for_inactive, request.out_of_range), (Duration::ZERO, OutOfRangePolicy::Error));
    assert_eq!(problems(&with("soon", "clamp")), ["wait_for_inactive: Invalid wait_for_inactive"]);
    assert_eq!(problems(&with("90s", "ignore")), ["on_out_of_range: Invalid on_out_of_range"]);
}

#[test]
fn time_limit_of_an_action_is_checked_at_its_own_argument() {
    let arguments = Arguments { timeout: text("soon"), ..block().arguments() };
    let diagnostics = ResetRequest::check(&arguments, Form::Action, None);
    assert_eq!(diagnostics.iter().map(|it| it.path.to_string()).collect::<Vec<_>>(), ["timeout"]);
}

#[test]
fn every_duration_is_accepted_in_both_forms() {
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

/// A difference of up to a minute is attributed to the clocks.
#[test]
fn datetime_in_the_future_is_an_error_once_the_time_is_known() {
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
        }
    }
}
