//! The course of tasks, and the resets that they block.

use crate::seed::Seed;
use crate::state::{Reset, Target};

use super::*;

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(1_589_512_791_046 + milliseconds).unwrap()
}

/// Group `g` has committed offset 5 of 10 on topic `t`; `settings` is the `all_topics_reset` of the instance.
fn state(settings: &str) -> State {
    let seed = format!(
        r#"{{"projects": [{{"id": "p", "name": "r"}}], "instances": [{{
            "id": "i", "project_id": "p", "all_topics_reset": {settings},
            "topics": [{{"name": "t", "partitions": [{{"log_end": 10}}]}}],
            "groups": [{{"name": "g", "offsets": {{"t": [5]}}}}]
        }}]}}"#
    );
    Seed::from_json(&seed).unwrap().build().unwrap()
}

fn reset(state: &mut State, topic: Option<&str>, now: Timestamp) -> Result<(), StateError> {
    let reset = Reset { topic: topic.map(str::to_owned), partition: None, target: Target::Offset(0) };
    state.reset("p", "i", "g", &reset, now)
}

fn offset(state: &State) -> i64 {
    state.group_offsets("i", "g", "t").unwrap()[0]
}

/// Of each task: the status, and the milliseconds from the reset to its creation and to its last change.
fn listed(state: &State) -> Vec<(TaskStatus, i64, i64)> {
    let since = |time: Timestamp| time.as_millisecond() - at(0).as_millisecond();
    let tasks = state.instances["i"].listed_tasks();
    tasks.map(|task| (task.status, since(task.created_at), since(task.updated_at))).collect()
}

#[test]
fn task_without_a_delay_ends_at_once() {
    let mut state = state("{}");
    reset(&mut state, None, at(0)).unwrap();
    assert_eq!(offset(&state), 0);
    assert_eq!(listed(&state), [(TaskStatus::Success, 0, 0)]);
    let task = &state.instances["i"].tasks[0];
    assert_eq!((task.name.as_str(), task.params.as_str()), ("kafkaResetConsumerOffset", "{}"));
    reset(&mut state, None, at(1)).unwrap();
    assert_eq!(listed(&state), [(TaskStatus::Success, 1, 1), (TaskStatus::Success, 0, 0)]);
    assert_ne!(state.instances["i"].tasks[0].id, state.instances["i"].tasks[1].id);
}

#[test]
fn task_is_created_then_executing_then_successful_and_offsets_change_at_its_end() {
    let mut state = state(r#"{"delay_ms": 1000}"#);
    reset(&mut state, None, at(0)).unwrap();
    let table = [
        (0, TaskStatus::Created, 0, 5),
        (499, TaskStatus::Created, 0, 5),
        (500, TaskStatus::Executing, 500, 5),
        (999, TaskStatus::Executing, 500, 5),
        (1_000, TaskStatus::Success, 1_000, 0),
        (2_000, TaskStatus::Success, 1_000, 0),
    ];
    for (now, status, updated, moved) in table {
        state.advance(at(now));
        assert_eq!(listed(&state), [(status, 0, updated)], "after {now} ms");
        assert_eq!(offset(&state), moved, "after {now} ms");
    }
}

#[test]
fn task_ends_without_intermediate_accesses() {
    let mut state = state(r#"{"delay_ms": 1000}"#);
    reset(&mut state, None, at(0)).unwrap();
    state.advance(at(60_000));
    assert_eq!(listed(&state), [(TaskStatus::Success, 0, 1_000)]);
    assert_eq!(offset(&state), 0);
}

#[test]
fn unsuccessful_task_changes_no_offset() {
    for delay in [0, 1_000] {
        for (outcome, status) in
            [("FAILED", TaskStatus::Failed), ("CANCELLED", TaskStatus::Cancelled), ("DELETED", TaskStatus::Deleted)]
        {
            let mut state = state(&format!(r#"{{"delay_ms": {delay}, "outcome": "{outcome}", "params": "x"}}"#));
            reset(&mut state, None, at(0)).unwrap();
            state.advance(at(1_000));
            assert_eq!(listed(&state), [(status, 0, delay)]);
            assert_eq!(offset(&state), 5, "{outcome}");
            assert_eq!(state.instances["i"].tasks[0].params, "x");
        }
    }
}

#[test]
fn task_fails_if_the_group_cannot_be_reset_at_its_end() {
    let mut state = state(r#"{"delay_ms": 1000}"#);
    reset(&mut state, None, at(0)).unwrap();
    state.group_mut("i", "g").unwrap().state = crate::state::GroupState::PreparingRebalance;
    state.advance(at(1_000));
    assert_eq!(listed(&state), [(TaskStatus::Failed, 0, 1_000)]);
    assert_eq!(offset(&state), 5);
}

#[test]
fn refused_reset_creates_no_task() {
    let mut state = state("{}");
    state.group_mut("i", "g").unwrap().state = crate::state::GroupState::Dead;
    reset(&mut state, None, at(0)).unwrap_err();
    assert_eq!(listed(&state), []);
}

#[test]
fn running_task_blocks_every_reset_even_before_it_is_listed() {
    let mut state = state(r#"{"delay_ms": 1000, "appears_after_ms": 600}"#);
    reset(&mut state, None, at(0)).unwrap();
    for (now, status) in [(0, TaskStatus::Created), (500, TaskStatus::Executing), (999, TaskStatus::Executing)] {
        state.advance(at(now));
        for topic in [None, Some("t")] {
            let task = RESET_TASK.to_owned();
            assert_eq!(reset(&mut state, topic, at(now)), Err(StateError::TaskRunning { task, status }));
        }
    }
    state.advance(at(1_000));
    reset(&mut state, Some("t"), at(1_000)).unwrap();
}

#[test]
fn task_can_end_before_it_is_listed() {
    let mut state = state(r#"{"appears_after_ms": 300}"#);
    reset(&mut state, None, at(0)).unwrap();
    assert_eq!(offset(&state), 0);
    let id = state.instances["i"].tasks[0].id.clone();
    state.advance(at(299));
    assert_eq!(listed(&state), []);
    assert!(state.instances["i"].task(&id).is_err());
    assert!(state.any_instance_mut("i").unwrap().remove_task(&id).is_err());
    state.advance(at(300));
    assert_eq!(listed(&state), [(TaskStatus::Success, 0, 0)]);
    assert!(state.instances["i"].task(&id).is_ok());
}

#[test]
fn record_of_a_task_is_removed_only_after_its_end() {
    let mut state = state(r#"{"delay_ms": 1000}"#);
    reset(&mut state, None, at(0)).unwrap();
    let id = state.instances["i"].tasks[0].id.clone();
    let mut remove = |now: i64| {
        state.advance(at(now));
        state.any_instance_mut("i").unwrap().remove_task(&id)
    };
    for (now, status) in [(0, TaskStatus::Created), (500, TaskStatus::Executing)] {
        assert_eq!(remove(now), Err(StateError::TaskRunning { task: RESET_TASK.to_owned(), status }));
    }
    assert_eq!(remove(1_000), Ok(()));
    assert_eq!((listed(&state), offset(&state)), (vec![], 0));
}

#[test]
fn task_whose_status_a_test_has_set_stays_ended() {
    let mut state = state(r#"{"delay_ms": 1000}"#);
    reset(&mut state, None, at(0)).unwrap();
    let tasks = &mut state.any_instance_mut("i").unwrap().tasks;
    let id = tasks[0].id.clone();
    tasks.set_status(&id, TaskStatus::Cancelled);
    state.advance(at(2_000));
    assert_eq!(listed(&state), [(TaskStatus::Cancelled, 0, 0)]);
    assert_eq!(offset(&state), 5);
}

#[test]
fn new_task_gets_an_id_that_the_seed_does_not_have() {
    let mut state = state("{}");
    let taken = Task::new(format!("{:032x}", 1), "restartInstance", TaskStatus::Success, at(0));
    state.any_instance_mut("i").unwrap().tasks.push(taken);
    reset(&mut state, None, at(0)).unwrap();
    let tasks = &state.instances["i"].tasks;
    assert_ne!(tasks[0].id, tasks[1].id);
    assert_eq!(tasks[1].id.len(), 32);
}

#[test]
fn ended_tasks_are_not_visited_by_later_requests() {
    let mut state = state(r#"{"delay_ms": 1000, "appears_after_ms": 2000}"#);
    let open = |state: &State| state.instances["i"].tasks.open().count();
    for number in 0..3 {
        let start = number * 10_000;
        reset(&mut state, None, at(start)).unwrap();
        for (now, expected) in [(start, 1), (start + 1_000, 1), (start + 2_000, 0)] {
            state.advance(at(now));
            assert_eq!(open(&state), expected, "at {now} ms");
        }
        assert_eq!(state.instances["i"].listed_task_count(), listed(&state).len());
    }
    let tasks = &mut state.any_instance_mut("i").unwrap().tasks;
    let ids = [0, 1].map(|index| tasks[index].id.clone());
    tasks.set_status(&ids[1], TaskStatus::Executing);
    tasks.remove(&ids[0]);
    assert_eq!(open(&state), 1, "the open task is found again after another one was removed");
    let task = RESET_TASK.to_owned();
    let running = StateError::TaskRunning { task, status: TaskStatus::Executing };
    assert_eq!(reset(&mut state, None, at(90_000)), Err(running));
}
