//! Consumer groups: the documented answer and its variations.

use super::*;
use crate::huaweicloud::error::ErrorKind;

async fn show(body: &str) -> Result<ConsumerGroup, Error> {
    exchange(body, async |client| client.show_consumer_group(&group("g")).await).await.1
}

/// The one offset of a group, from the fields besides topic and partition.
async fn offset_of(fields: &str) -> Result<GroupOffset, Error> {
    let body =
        format!(r#"{{"group":{{"state":"EMPTY","group_message_offsets":[{{"topic":"t","partition":0,{fields}}}]}}}}"#);
    show(&body).await.map(|mut group| group.offsets.remove(0))
}

/// Shape and notation of the sample on the page "Querying Consumer Group Details".
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
                log_end: offset(32331),
                lag: 31396,
            },
            GroupOffset {
                topic: topic("t"),
                partition: partition(0),
                current: Some(offset(9_007_199_254_740_993)),
                log_end: offset(9_007_199_254_740_993),
                lag: 0,
            },
        ],
    }
}

#[tokio::test]
async fn the_documented_answer_is_read() {
    assert_eq!(show(&format!(r#"{{"group":{}}}"#, documented(""))).await.unwrap(), expected());
}

/// As in the sample of "Querying a Specific Consumer Group".
#[tokio::test]
async fn a_group_beside_a_null_group_is_read() {
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
    let nothing = ConsumerGroup { state: GroupState::Dead, coordinator_id: None, members: vec![], offsets: vec![] };
    for fields in ["", r#","coordinator_id":null,"members":null,"group_message_offsets":null,"unknown":[{}]"#] {
        assert_eq!(show(&format!(r#"{{"group":{{"state":"DEAD"{fields}}}}}"#)).await.unwrap(), nothing);
    }
    let nobody = GroupMember {
        member_id: String::new(),
        client_id: String::new(),
        host: String::new(),
        assignment: vec![Assignment { topic: "t".to_owned(), partitions: vec![] }],
    };
    let body = r#"{"state":"Stable","members":[{"host":null,"assignment":[{"topic":"t","partitions":null}]}]}"#;
    assert_eq!(show(body).await.unwrap().members, [nobody]);
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
        assert_eq!((read.current, read.log_end, read.lag), (None, offset(8), 8), "{fields}");
    }
}

#[tokio::test]
async fn a_missing_lag_is_computed_and_a_given_one_is_kept() {
    for (fields, lag) in [
        (r#""message_current_offset":3,"message_log_end_offset":8"#, 5),
        (r#""message_current_offset":3,"message_log_end_offset":8,"lag":null"#, 5),
        (r#""message_current_offset":-1,"message_log_end_offset":8"#, 8),
        (r#""message_current_offset":9,"message_log_end_offset":8,"lag":-1"#, -1),
        (r#""message_current_offset":3,"message_log_end_offset":8,"lag":4"#, 4),
    ] {
        assert_eq!(offset_of(fields).await.unwrap().lag, lag, "{fields}");
    }
}

#[tokio::test]
async fn texts_of_members_are_fit_to_be_shown_and_topics_are_exact() {
    let long = "c".repeat(300);
    let body = format!(
        r#"{{"state":"Stable","members":[{{"member_id":"{long}","client_id":"a\u001b[2Jb","host":"h\r\n\u202e",
            "assignment":[{{"topic":" t\t "}}]}}],
        "group_message_offsets":[{{"topic":" t\t ","partition":0,"message_log_end_offset":0}}]}}"#
    );
    let read = show(&body).await.unwrap();
    let member = &read.members[0];
    assert_eq!(member.member_id, format!("{}…", "c".repeat(200)));
    assert_eq!((member.client_id.as_str(), member.host.as_str()), ("a [2Jb", "h   "));
    assert_eq!(member.assignment[0].topic, " t\t ");
    assert_eq!(read.offsets[0].topic.as_str(), " t\t ");
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_says_what_and_where() {
    for (body, what) in [
        ("{}", "missing field `state`"),
        (r#"{"group":{"state":null}}"#, "invalid type: null"),
        (r#"{"group":"g"}"#, r#"invalid type: string "g""#),
        (r#"{"state":"Empty","coordinator_id":1.5}"#, "1.5 is not a whole number"),
        (r#"{"state":"Empty","coordinator_id":9223372036854775808}"#, "9223372036854775808 is not a whole number"),
        (r#"{"state":"Empty","coordinator_id":"\u001b[2J"}"#, r#""\u001b[2J" is not a whole number"#),
        (r#"{"state":"Empty","members":[{"assignment":[{"topic":"t","partitions":[-1]}]}]}"#, "partition -1 is not"),
        (r#"{"state":"Empty","group_message_offsets":[{"topic":"..","partition":0}]}"#, r#"topic ".." cannot be used"#),
        (r#"{"state":"Empty","group_message_offsets":[{"topic":"t","partition":0}]}"#, "`message_log_end_offset`"),
        (
            r#"{"state":"Empty","group_message_offsets":[{"topic":"t","partition":0,"message_log_end_offset":-1}]}"#,
            "message offset -1 is not",
        ),
    ] {
        let error = show(body).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
        let report = error.report();
        assert!(report.contains(what) && report.contains("at line 1 column "), "{report}");
    }
}
