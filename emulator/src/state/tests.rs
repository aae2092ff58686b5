//! Resets, on a state of two topics and a few groups.

use super::*;
use crate::seed::Seed;
use jiff::Timestamp;

/// Topic `t`: 100 to 200 and 0 to 50, a message per second from 0. Topic `u`: 7 to 9.
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
fn one_topic_is_reset_on_every_partition_even_where_nothing_was_committed() {
    let mut state = state();
    state.reset("p", "i", "both", &reset(Some("t"), None, Target::Offset(120)), after(0)).unwrap();
    assert_eq!(offsets(&state, "both", "t"), [120, 50]);
    assert_eq!(offsets(&state, "both", "u"), [8]);
}

#[test]
fn a_group_that_never_committed_can_be_placed() {
    let mut state = state();
    state.reset("p", "i", "none", &reset(Some("t"), None, Target::Timestamp(0)), after(0)).unwrap();
    assert_eq!(offsets(&state, "none", "t"), [100, 0]);
}

#[test]
fn one_partition_leaves_the_others_alone() {
    let mut state = state();
    state.reset("p", "i", "both", &reset(Some("t"), Some(1), Target::Timestamp(9_001)), after(0)).unwrap();
    assert_eq!(offsets(&state, "both", "t"), [150, 10]);
}

#[test]
fn all_topics_are_those_with_a_committed_offset() {
    let mut state = state();
    state.reset("p", "i", "both", &reset(None, None, Target::Timestamp(i64::MAX)), after(0)).unwrap();
    assert_eq!(offsets(&state, "both", "t"), [200, 50]);
    assert_eq!(offsets(&state, "both", "u"), [9]);
    assert_eq!(offsets(&state, "both", "v"), [-1]);
}

#[test]
fn a_refused_reset_changes_nothing_and_says_why() {
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
fn a_group_can_be_reset_once_its_members_have_left() {
    let mut state = state();
    state.group_mut("i", "online").unwrap().remove_members();
    state.reset("p", "i", "online", &reset(Some("t"), None, Target::Offset(0)), after(0)).unwrap();
    assert_eq!(offsets(&state, "online", "t"), [100, 0]);
}

#[test]
fn an_instance_that_is_not_running_refuses() {
    let mut state = state();
    state.instance_mut("p", "i").unwrap().status = "RESTARTING".to_owned();
    let error = state.reset("p", "i", "both", &reset(Some("t"), None, Target::Offset(0)), after(0));
    assert_eq!(error, Err(StateError::InstanceBusy { status: "RESTARTING".to_owned() }));
}

#[test]
fn no_secret_is_in_debug_or_json() {
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

fn leaver(name: &str, leaves_after_ms: Option<u64>) -> Member {
    Member {
        member_id: name.to_owned(),
        client_id: name.to_owned(),
        host: "/192.0.2.1".to_owned(),
        assignment: BTreeMap::new(),
        leaves_after_ms,
    }
}

#[test]
fn members_leave_one_by_one_counted_from_the_first_request() {
    let mut state = state();
    let group = state.group_mut("i", "online").unwrap();
    group.members = vec![leaver("a", Some(1_000)), leaver("b", Some(2_000))];
    state.advance(after(500_000));
    state.note_request("i", "online", after(600_000));
    state.note_request("i", "online", after(600_900));
    let mut seen = |milliseconds| {
        state.advance(after(milliseconds));
        let group = state.group_mut("i", "online").unwrap();
        (group.members.iter().map(|member| member.client_id.clone()).collect::<Vec<_>>().join(" "), group.state)
    };
    assert_eq!(seen(600_999), ("a b".to_owned(), GroupState::Stable));
    assert_eq!(seen(601_000), ("b".to_owned(), GroupState::Stable));
    assert_eq!(seen(601_999), ("b".to_owned(), GroupState::Stable));
    assert_eq!(seen(602_000), (String::new(), GroupState::Empty));
}

#[test]
fn a_member_without_a_time_stays() {
    let mut state = state();
    let members = vec![leaver("a", Some(0)), leaver("b", None), leaver("c", Some(u64::MAX))];
    state.group_mut("i", "online").unwrap().members = members;
    state.note_request("i", "online", after(0));
    let left: Vec<&str> =
        state.instances["i"].groups["online"].members.iter().map(|member| member.client_id.as_str()).collect();
    assert_eq!(left, ["b", "c"]);
    state.advance(after(1_000_000_000_000));
    assert_eq!(state.instances["i"].groups["online"].members.len(), 2);
}

#[test]
fn time_alone_does_not_change_the_state_of_a_group() {
    let mut state = state();
    for group in ["both", "dead", "joining"] {
        state.note_request("i", group, after(0));
    }
    state.advance(after(1_000_000));
    let state = |group: &str| state.instances["i"].groups[group].state;
    assert_eq!(
        [state("both"), state("dead"), state("joining")],
        [GroupState::Empty, GroupState::Dead, GroupState::PreparingRebalance]
    );
}
