//! Tests of resets and of members that leave.

use jiff::Timestamp;

use crate::seed::Seed;

use super::*;

/// Topic `t` has the offsets 100 to 200 and 0 to 50, one message per second from time 0 on. Topic `u` has 7 to 9.
fn state() -> State {
    let seed = r#"{
        "projects": [{"id": "p", "name": "cn-north-4"}, {"id": "q", "name": "cn-north-4_sub"}],
        "instances": [{
            "id": "i", "project_id": "p",
            "topics": [
                {"name": "t", "partitions": [
                    {"log_start": 100, "log_end": 200,
                     "timestamps": [{"from_offset": 0, "first_timestamp": 0, "step_ms": 1000}]},
                    {"log_end": 50,
                     "timestamps": [{"from_offset": 0, "first_timestamp": 0, "step_ms": 1000}]}
                ]},
                {"name": "u", "partitions": [{"log_start": 7, "log_end": 9}]},
                {"name": "v", "partitions": [{"log_end": 1}]}
            ],
            "groups": [
                {"name": "both", "offsets": {"t": [150, null], "u": [8]}},
                {"name": "none"},
                {"name": "dead", "state": "Dead"},
                {"name": "joining", "state": "PreparingRebalance"},
                {"name": "online", "offsets": {"t": [150]},
                 "members": [{"member_id": "m", "client_id": "client-1", "host": "/192.0.2.1"}]}
            ]
        }]
    }"#;
    Seed::from_json(seed).unwrap().build().unwrap()
}

fn reset(topic: Option<&str>, partition: Option<i32>, target: Target) -> Reset {
    Reset { topic: topic.map(str::to_owned), partition, target }
}

fn offsets(state: &State, group: &str, topic: &str) -> Vec<i64> {
    state.group_offsets("i", group, topic).unwrap()
}

#[test]
fn reset_of_a_topic_covers_partitions_without_a_committed_offset() {
    let mut state = state();
    state.reset("p", "i", "both", &reset(Some("t"), None, Target::Offset(120)), after(0)).unwrap();
    assert_eq!(offsets(&state, "both", "t"), [120, 50]);
    assert_eq!(offsets(&state, "both", "u"), [8]);
}

#[test]
fn only_groups_that_requests_have_named_are_advanced() {
    let mut state = state();
    for group in ["none", "missing", "both"] {
        state.record_request("i", group, after(0));
    }
    state.instances.get_mut("i").unwrap().delete_group("both").unwrap();
    state.advance(after(1));
    assert!(state.instances["i"].requested_groups.iter().eq(["none"]));
}

#[test]
fn group_without_committed_offsets_can_be_reset() {
    let mut state = state();
    state.reset("p", "i", "none", &reset(Some("t"), None, Target::Timestamp(0)), after(0)).unwrap();
    assert_eq!(offsets(&state, "none", "t"), [100, 0]);
}

#[test]
fn reset_of_a_partition_does_not_change_the_others() {
    let mut state = state();
    state.reset("p", "i", "both", &reset(Some("t"), Some(1), Target::Timestamp(9_001)), after(0)).unwrap();
    assert_eq!(offsets(&state, "both", "t"), [150, 10]);
}

#[test]
fn reset_of_every_topic_covers_topics_with_a_committed_offset() {
    let mut state = state();
    state.reset("p", "i", "both", &reset(None, None, Target::Timestamp(i64::MAX)), after(0)).unwrap();
    assert_eq!(offsets(&state, "both", "t"), [200, 50]);
    assert_eq!(offsets(&state, "both", "u"), [9]);
    assert_eq!(offsets(&state, "both", "v"), [-1]);
}

#[test]
fn refused_reset_returns_the_reason_and_changes_nothing() {
    let to = Target::Offset(0);
    let unknown_group = |group: &str| StateError::UnknownGroup { group: group.to_owned() };
    let online = |group: &str, state, members: &[&str]| StateError::GroupOnline {
        group: group.to_owned(),
        state,
        members: members.iter().map(|&name| name.to_owned()).collect(),
    };
    let table = [
        ("x", "i", "both", reset(Some("t"), None, to), StateError::UnknownProject { project: "x".into() }),
        ("q", "i", "both", reset(Some("t"), None, to), StateError::UnknownInstance { instance: "i".into() }),
        ("p", "x", "both", reset(Some("t"), None, to), StateError::UnknownInstance { instance: "x".into() }),
        ("p", "i", "x", reset(Some("t"), None, to), unknown_group("x")),
        ("p", "i", "dead", reset(Some("t"), None, to), unknown_group("dead")),
        ("p", "i", "joining", reset(Some("t"), None, to), online("joining", GroupState::PreparingRebalance, &[])),
        ("p", "i", "online", reset(Some("t"), None, to), online("online", GroupState::Stable, &["client-1"])),
        ("p", "i", "both", reset(Some("x"), None, to), StateError::UnknownTopic { topic: "x".into() }),
        (
            "p",
            "i",
            "both",
            reset(Some("t"), Some(2), to),
            StateError::UnknownPartition { topic: "t".into(), partition: 2, count: 2 },
        ),
        ("p", "i", "both", reset(None, Some(0), to), StateError::PartitionNeedsTopic),
    ];
    for (project, instance, group, reset, expected) in table {
        let mut state = state();
        let error = state.reset(project, instance, group, &reset, after(0)).unwrap_err();
        assert_eq!(error, expected);
        assert_eq!(offsets(&state, "both", "t"), [150, -1], "after: {error}");
        assert_eq!(offsets(&state, "online", "t"), [150, -1], "after: {error}");
    }
}

#[test]
fn group_can_be_reset_after_its_members_have_left() {
    let mut state = state();
    state.group_mut("i", "online").unwrap().remove_members();
    state.reset("p", "i", "online", &reset(Some("t"), None, Target::Offset(0)), after(0)).unwrap();
    assert_eq!(offsets(&state, "online", "t"), [100, 0]);
}

#[test]
fn instance_that_is_not_running_refuses_resets() {
    let mut state = state();
    state.instance_mut("p", "i").unwrap().status = "RESTARTING".to_owned();
    let error = state.reset("p", "i", "both", &reset(Some("t"), None, Target::Offset(0)), after(0));
    assert_eq!(error, Err(StateError::InstanceBusy { status: "RESTARTING".to_owned() }));
}

#[test]
fn debug_and_json_contain_no_secrets() {
    let seed = r#"{"credentials": [{"access_key": "AK", "secret_key": "hush", "security_token": "hushhush"}]}"#;
    let seed = Seed::from_json(seed).unwrap();
    let state = seed.build().unwrap();
    for text in [format!("{seed:?}"), format!("{state:?}"), serde_json::to_string(&state).unwrap()] {
        assert!(text.contains("AK") && !text.contains("hush"), "{text}");
    }
}

fn after(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(1_700_000_000_000 + milliseconds).unwrap()
}

fn leaving_member(name: &str, leaves_after_ms: Option<u64>) -> Member {
    Member {
        member_id: name.to_owned(),
        client_id: name.to_owned(),
        host: "/192.0.2.1".to_owned(),
        assignment: BTreeMap::new(),
        leaves_after_ms,
    }
}

#[test]
fn members_leave_after_their_time_counted_from_the_first_request() {
    let mut state = state();
    let group = state.group_mut("i", "online").unwrap();
    group.members = vec![leaving_member("a", Some(1_000)), leaving_member("b", Some(2_000))];
    state.advance(after(500_000));
    state.record_request("i", "online", after(600_000));
    state.record_request("i", "online", after(600_900));
    let mut members = |milliseconds| {
        state.advance(after(milliseconds));
        let group = state.group_mut("i", "online").unwrap();
        (group.members.iter().map(|member| member.client_id.clone()).collect::<Vec<_>>().join(" "), group.state)
    };
    assert_eq!(members(600_999), ("a b".to_owned(), GroupState::Stable));
    assert_eq!(members(601_000), ("b".to_owned(), GroupState::Stable));
    assert_eq!(members(601_999), ("b".to_owned(), GroupState::Stable));
    assert_eq!(members(602_000), (String::new(), GroupState::Empty));
}

#[test]
fn member_without_a_time_stays() {
    let mut state = state();
    let members = vec![leaving_member("a", Some(0)), leaving_member("b", None), leaving_member("c", Some(u64::MAX))];
    state.group_mut("i", "online").unwrap().members = members;
    state.record_request("i", "online", after(0));
    let left: Vec<&str> =
        state.instances["i"].groups["online"].members.iter().map(|member| member.client_id.as_str()).collect();
    assert_eq!(left, ["b", "c"]);
    state.advance(after(1_000_000_000_000));
    assert_eq!(state.instances["i"].groups["online"].members.len(), 2);
}

#[test]
fn state_of_a_group_without_leaving_members_does_not_change() {
    let mut state = state();
    for group in ["both", "dead", "joining"] {
        state.record_request("i", group, after(0));
    }
    state.advance(after(1_000_000));
    let state = |group: &str| state.instances["i"].groups[group].state;
    assert_eq!(
        [state("both"), state("dead"), state("joining")],
        [GroupState::Empty, GroupState::Dead, GroupState::PreparingRebalance]
    );
}
