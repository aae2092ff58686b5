//! Consumer groups: the documented response and its variations.

use super::*;
use crate::huaweicloud::error::ErrorKind;
use crate::huaweicloud::name::Name;

async fn show(body: &str) -> Result<ConsumerGroup, Error> {
    exchange(body, async |client| client.show_consumer_group(&group("g")).await).await.1
}

/// The one offset of a group, from the fields besides topic and partition.
async fn offset_of(fields: &str) -> Result<GroupOffset, Error> {
    let body =
        format!(r#"{{"group":{{"state":"EMPTY","group_message_offsets":[{{"topic":"t","partition":0,{fields}}}]}}}}"#);
    show(&body).await.map(|mut group| group.offsets.remove(0))
}

/// Form and notation of the sample on the page "Querying Consumer Group Details".
fn documented(start: &str) -> String {
    format!(
        r#"{{{start}"group_id":"g","state":"STABLE","coordinator_id":2,"assignment_strategy":"range",
        "members":[{{"host":"/172.16.0.7","member_id":"c-1-6b8e","client_id":"c-1",
            "assignment":[{{"topic":"t","partitions":[0,12]}}]}}],
        "group_message_offsets":[
            {{"partition":12,"lag":31396,"topic":"t","message_current_offset":935,"message_log_end_offset":32331}},
            {{"partition":0,"lag":0,"topic":"t","message_current_offset":9007199254740993,
              "message_log_end_offset":9007199254740993}}]}}"#
    )
}

fn expected() -> ConsumerGroup {
    ConsumerGroup {
        state: GroupState::Stable,
        coordinator_id: Some(2),
        members: vec![GroupMember {
            member_id: "c-1-6b8e".to_owned(),
            client_id: "c-1".to_owned(),
            host: "/172.16.0.7".to_owned(),
            assignment: vec![Assignment { topic: "t".to_owned(), partitions: vec![partition(0), partition(12)] }],
        }],
        offsets: vec![
            GroupOffset {
                topic: topic("t"),
                partition: partition(12),
                current: Some(offset(935)),
                log_end: Some(offset(32331)),
                lag: Some(31396),
            },
            GroupOffset {
                topic: topic("t"),
                partition: partition(0),
                current: Some(offset(9_007_199_254_740_993)),
                log_end: Some(offset(9_007_199_254_740_993)),
                lag: Some(0),
            },
        ],
        unreadable: vec![],
    }
}

#[tokio::test]
async fn documented_response_is_read() {
    assert_eq!(show(&format!(r#"{{"group":{}}}"#, documented(""))).await.unwrap(), expected());
}

/// As in the sample of "Querying a Specific Consumer Group".
#[tokio::test]
async fn fields_next_to_a_null_group_are_read() {
    assert_eq!(show(&documented(r#""group":null,"#)).await.unwrap(), expected());
    assert_eq!(show(&documented("")).await.unwrap(), expected());
}

/// The official SDKs declare some of these numbers as strings.
#[tokio::test]
async fn numbers_in_strings_are_read() {
    let mut body = documented("");
    for number in ["2", "0", "12", "31396", "935", "32331", "9007199254740993"] {
        for (before, after) in [(':', ','), (':', '}'), ('[', ','), (',', ']')] {
            let quoted = format!(r#"{before}"{number}"{after}"#);
            body = body.replace(&format!("{before}{number}{after}"), &quoted);
        }
    }
    assert!(body.contains(r#"["0","12"]"#) && body.contains(r#""coordinator_id":"2""#), "{body}");
    assert_eq!(show(&body).await.unwrap(), expected());
}

#[tokio::test]
async fn missing_and_null_parts_are_empty() {
    let nothing = ConsumerGroup {
        state: GroupState::Dead,
        coordinator_id: None,
        members: vec![],
        offsets: vec![],
        unreadable: vec![],
    };
    for fields in ["", r#","coordinator_id":null,"members":null,"group_message_offsets":null,"unknown":[{}]"#] {
        assert_eq!(show(&format!(r#"{{"group":{{"state":"DEAD"{fields}}}}}"#)).await.unwrap(), nothing);
    }
    let empty = GroupMember {
        member_id: String::new(),
        client_id: String::new(),
        host: String::new(),
        assignment: vec![Assignment { topic: "t".to_owned(), partitions: vec![] }],
    };
    let body = r#"{"state":"Stable","members":[{"host":null,"assignment":[{"topic":"t","partitions":null}]}]}"#;
    assert_eq!(show(body).await.unwrap().members, [empty]);
}

#[tokio::test]
async fn no_committed_offset_is_none() {
    for fields in [
        r#""message_current_offset":-1,"message_log_end_offset":8,"lag":8"#,
        r#""message_current_offset":"-1","message_log_end_offset":8,"lag":8"#,
        r#""message_current_offset":null,"message_log_end_offset":8,"lag":8"#,
        r#""message_log_end_offset":8,"lag":8"#,
    ] {
        let read = offset_of(fields).await.unwrap();
        assert_eq!((read.current, read.log_end, read.lag), (None, Some(offset(8)), Some(8)), "{fields}");
    }
}

#[tokio::test]
async fn unreadable_lag_is_computed_and_lag_is_never_negative() {
    for (fields, lag) in [
        (r#""message_current_offset":3,"message_log_end_offset":8"#, 5),
        (r#""message_current_offset":3,"message_log_end_offset":8,"lag":null"#, 5),
        (r#""message_current_offset":-1,"message_log_end_offset":8"#, 8),
        (r#""message_current_offset":9,"message_log_end_offset":8,"lag":-1"#, 0),
        (r#""message_current_offset":9,"message_log_end_offset":8"#, 0),
        (r#""message_current_offset":3,"message_log_end_offset":8,"lag":4"#, 4),
        (r#""message_current_offset":3,"message_log_end_offset":8,"lag":4.0"#, 4),
        (r#""message_current_offset":3,"message_log_end_offset":8,"lag":"""#, 5),
        (r#""message_current_offset":3,"message_log_end_offset":8,"lag":{}"#, 5),
        (r#""message_current_offset":3,"message_log_end_offset":-1,"lag":4"#, 4),
    ] {
        assert_eq!(offset_of(fields).await.unwrap().lag, Some(lag), "{fields}");
    }
}

#[tokio::test]
async fn texts_of_members_are_sanitized_and_topics_of_offsets_are_unchanged() {
    let long = "c".repeat(300);
    let body = format!(
        r#"{{"state":"Stable","members":[{{"member_id":"{long}","client_id":"a\u001b[2Jb","host":"h\r\n\u202e",
            "assignment":[{{"topic":" t\t "}}]}}],
        "group_message_offsets":[{{"topic":" t\t ","partition":0,"message_log_end_offset":0}}]}}"#
    );
    let read = show(&body).await.unwrap();
    let member = &read.members[0];
    assert_eq!(member.member_id, format!("{}…", "c".repeat(200)));
    assert_eq!((member.client_id.as_str(), member.host.as_str()), ("a\\u{1b}[2Jb", "h  \\u{202e}"));
    assert_eq!(member.assignment[0].topic, "t");
    assert_eq!(read.offsets[0].topic.as_str(), " t\t ");
}

#[tokio::test]
async fn group_without_a_state_is_an_error() {
    for (body, excerpt) in [
        ("{}", ""),
        (r#"{"group":{"state":null}}"#, ""),
        (r#"{"group":{"state":" "},"state":"EMPTY"}"#, ""),
        (r#"{"group":"g"}"#, ""),
        ("[1]", ": [1]"),
    ] {
        let error = show(body).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
        let report = error.report();
        let known = ["does not contain the group's state", "does not have the expected form"];
        assert!(known.iter().any(|it| report.contains(it)) && report.contains(excerpt), "{report}");
    }
}

#[tokio::test]
async fn rows_that_contradict_each_other_are_unreadable() {
    let row = |partition: i64, current: &str| {
        format!(r#"{{"topic":"t","partition":{partition},"message_current_offset":{current}}}"#)
    };
    for (second, contradicts) in [("3", false), ("4", true), ("-1", true)] {
        let rows = [row(0, "3"), row(1, "5"), row(0, second)].join(",");
        let read = show(&format!(r#"{{"state":"Empty","group_message_offsets":[{rows}]}}"#)).await.unwrap();
        let topic = TopicName::parse("t").unwrap();
        let why = |partition: i64| read.why_unreadable(&topic, partition.try_into().unwrap());
        let expected = contradicts.then_some("the response contains it twice, with different offsets");
        assert_eq!((why(0), why(1)), (expected, None), "{second}");
        assert_eq!(read.offsets.iter().any(|it| it.partition.get() == 0), !contradicts, "{second}");
    }
}

/// Without lenient fields, each of these would make the whole group unreadable.
#[tokio::test]
async fn unneeded_fields_never_make_a_group_unreadable() {
    let row = |fields: &str| format!(r#"{{"topic":"t","partition":0,"message_current_offset":3{fields}}}"#);
    let group = |fields: &str| format!(r#"{{"group":{{"state":"Empty"{fields}}}}}"#);
    for body in [
        group(r#","coordinator_id":"""#),
        group(r#","coordinator_id":1.5"#),
        group(r#","coordinator_id":9223372036854775808"#),
        group(r#","coordinator_id":{"id":1}"#),
        group(r#","members":null"#),
        group(r#","members":"""#),
        group(r#","members":{}"#),
        group(r#","assignment_strategy":7,"group_id":null"#),
    ] {
        let read = show(&body).await.unwrap();
        assert!(read.is_inactive() && read.coordinator_id.is_none(), "{body}: {read:?}");
    }
    for fields in [
        "",
        r#","message_log_end_offset":-1"#,
        r#","message_log_end_offset":null,"lag":null"#,
        r#","message_log_end_offset":"","lag":"""#,
        r#","message_log_end_offset":[8],"lag":true,"consumer_id":{}"#,
    ] {
        let read = show(&group(&format!(r#","group_message_offsets":[{}]"#, row(fields)))).await.unwrap();
        let expected = GroupOffset {
            topic: topic("t"),
            partition: partition(0),
            current: Some(offset(3)),
            log_end: None,
            lag: None,
        };
        assert_eq!((&*read.offsets, &*read.unreadable), (&[expected][..], &[][..]), "{fields}");
    }
    assert_eq!(offset_of(r#""message_current_offset":50.0"#).await.unwrap().current, Some(offset(50)));
}

/// Each of them may be about a committed offset.
#[tokio::test]
async fn unreadable_rows_are_kept_with_the_reason() {
    let mut reasons = Vec::new();
    for (row, name, number) in [
        ("{}", None, None),
        ("7", None, None),
        (r#"["t",0,3]"#, None, None),
        (r#"{"topic":null,"partition":0,"message_current_offset":3}"#, None, Some(0)),
        (r#"{"topic":"..","partition":0,"message_current_offset":3}"#, Some(".."), Some(0)),
        (r#"{"topic":"t","message_current_offset":3}"#, Some("t"), None),
        (r#"{"topic":"t","partition":-1}"#, Some("t"), None),
        (r#"{"topic":"t","partition":0,"message_current_offset":""}"#, Some("t"), Some(0)),
        (r#"{"topic":"t","partition":0,"message_current_offset":1.5}"#, Some("t"), Some(0)),
        (r#"{"topic":"t","partition":0,"message_current_offset":-2}"#, Some("t"), Some(0)),
        (r#"{"topic":"t","partition":0,"message_current_offset":9007199254740993.0}"#, Some("t"), Some(0)),
    ] {
        let read = show(&format!(r#"{{"state":"Empty","group_message_offsets":[{row}]}}"#)).await.unwrap();
        let [only] = &*read.unreadable else { panic!("{row}: {read:?}") };
        assert_eq!(
            (only.topic.as_ref().map(Name::raw), only.partition.map(PartitionNumber::get)),
            (name, number),
            "{row}"
        );
        assert!(read.offsets.is_empty(), "{row}: {read:?}");
        reasons.push(only.why.to_string());
    }
    insta::assert_snapshot!(reasons.join("\n"), @r#"
    topic is missing
    topic is missing
    topic is missing
    topic is missing
    topic ".." cannot be used: it must not be "." or "..", which a URL path cannot contain
    partition is missing
    partition: partition -1 is not between 0 and 2147483647
    message_current_offset: "" is not a whole number of 64 bits
    message_current_offset: 1.5 is not a whole number of 64 bits
    message_current_offset: message offset -2 is not between 0 and 9223372036854775807
    message_current_offset: 9007199254740993.0 is not a whole number of 64 bits
    "#);
    let long = format!(
        r#"{{"state":"Empty","group_message_offsets":[{{"topic":"t","partition":0,"message_current_offset":"{}"}}]}}"#,
        "x".repeat(10_000)
    );
    assert!(show(&long).await.unwrap().unreadable[0].why.len() < 200);
}

#[tokio::test]
async fn unreadable_row_applies_to_every_partition_to_which_it_may_belong() {
    let rows = r#"{"topic":"t","partition":0,"message_current_offset":3},
        {"topic":"t","partition":1,"message_current_offset":"x"},{"topic":"u","partition":null}"#;
    let read = show(&format!(r#"{{"state":"Empty","group_message_offsets":[{rows}]}}"#)).await.unwrap();
    let is_unreadable = |name: &str, number| read.why_unreadable(&topic(name), partition(number)).is_some();
    assert!(!is_unreadable("t", 0) && is_unreadable("t", 1) && !is_unreadable("t", 2));
    assert!(is_unreadable("u", 0) && is_unreadable("u", 7) && !is_unreadable("v", 0));
}

/// A member that is not counted would be reset while it is active.
#[tokio::test]
async fn members_of_any_form_count_as_members() {
    for (members, count) in [
        (r#"[{"assignment":[{"topic":"t","partitions":[-1,"x",2]}]}]"#, 1),
        (r#"[{"assignment":"none","host":{},"client_id":7}]"#, 1),
        (r#"[null,7,"c-1",[]]"#, 4),
        (r#"{"member_id":"c-1"}"#, 1),
        ("3", 1),
    ] {
        let read = show(&format!(r#"{{"state":"Empty","members":{members}}}"#)).await.unwrap();
        assert_eq!(read.members.len(), count, "{members}");
        assert!(!read.is_inactive(), "{members}");
    }
}

#[tokio::test]
async fn only_an_empty_group_without_members_is_inactive() {
    for state in
        ["Stable", "PREPARING_REBALANCE", "CompletingRebalance", "Assigning", "RECONCILING", "not_ready", "DEAD", "New"]
    {
        let read = show(&format!(r#"{{"state":"{state}"}}"#)).await.unwrap();
        assert!(!read.is_inactive(), "{state}");
    }
    assert!(show(r#"{"state":"EMPTY","members":[]}"#).await.unwrap().is_inactive());
}

/// A group of the newer consumer protocol is reported like this.
#[tokio::test]
async fn dead_group_with_offsets_or_members_is_not_gone() {
    for (fields, gone) in [
        ("", true),
        (r#","members":[],"group_message_offsets":[]"#, true),
        (r#","members":[{"client_id":"c"}]"#, false),
        (r#","group_message_offsets":[{"topic":"t","partition":0,"message_current_offset":3}]"#, false),
        (r#","group_message_offsets":[{"topic":"t"}]"#, false),
    ] {
        let read = show(&format!(r#"{{"state":"dead"{fields}}}"#)).await.unwrap();
        assert_eq!((read.is_gone(), read.is_inactive()), (gone, false), "{fields}");
    }
}

/// A row without a topic may belong to any topic.
#[tokio::test]
async fn retain_topic_keeps_rows_that_may_belong_to_the_topic() {
    let rows = r#"{"topic":"a","partition":0,"message_current_offset":1},
        {"topic":"b","partition":0,"message_current_offset":1},
        {"topic":"a","partition":1,"message_current_offset":"?"},
        {"topic":"c","partition":0,"message_current_offset":"?"},
        {"topic":"TOO_LONG","partition":0,"message_current_offset":1},
        {"partition":2,"message_current_offset":1}"#;
    let body = format!(r#"{{"group":{{"state":"EMPTY","group_message_offsets":[{rows}]}}}}"#);
    let body = body.replace("TOO_LONG", &"d".repeat(250));
    let mut group = show(&body).await.unwrap();
    assert_eq!(group.topics(), ["a", "b", "c"].map(topic).into());
    group.retain_topic(&topic("a"));
    assert_eq!(group.topics(), [topic("a")].into());
    let unreadable: Vec<_> = group.unreadable.iter().map(|row| (row.topic(), row.partition)).collect();
    assert_eq!(
        (group.offsets.len(), unreadable),
        (1, vec![(Some(topic("a")), Some(partition(1))), (None, Some(partition(2)))])
    );
}
