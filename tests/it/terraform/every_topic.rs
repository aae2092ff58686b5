//! Resets of every topic: the service's background task, found and followed.

use dms_emulator::demo;
use dms_emulator::script::{ResetBehaviour, ResetScript};
use dms_emulator::world::Permission;
use serde_json::{Value, json};

use super::harness::{Workspace, reset_block};

fn every_topic(arguments: &str) -> String {
    reset_block(arguments).replace("  topic       = \"orders\"\n", "")
}

/// How the emulator carries such resets out.
fn tasks_go(workspace: &Workspace, how: &Value) {
    workspace.merge(&json!({ "all_topics_reset": how }));
}

/// Tasks of the same name that ended long ago, as a service keeps them.
fn add_stale_tasks(workspace: &Workspace, count: usize, status: &str) {
    let task = |number: usize| json!({ "id": format!("stale-{status}-{number}"), "name": "kafkaResetConsumerOffset", "status": status });
    workspace.merge(&json!({ "tasks": (0..count).map(task).collect::<Vec<_>>() }));
}

pub(crate) fn task_is_followed_to_its_end(workspace: &Workspace) {
    tasks_go(workspace, &json!({ "delay_ms": 900, "appears_after_ms": 200 }));
    add_stale_tasks(workspace, 3, "FAILED");
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    let apply = workspace.apply();
    assert!(apply.text().contains("Every topic of the group will be reset"), "{apply}");
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
    let state = workspace.resource_state();
    let task = state["task_id"].as_str().expect("a task");
    assert!(!task.starts_with("stale"), "{state}");
    let topics: Vec<_> = state["offsets"].as_array().unwrap().iter().map(|it| it["topic"].clone()).collect();
    assert_eq!(topics, ["orders", "orders", "orders", "payments"]);
    workspace.assert_no_changes();
}

pub(crate) fn ends_other_than_success_fail_with_the_tasks_words(workspace: &Workspace) {
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    for (outcome, words) in
        [("FAILED", "task failed"), ("CANCELLED", "task was cancelled"), ("DELETED", "task was deleted")]
    {
        tasks_go(
            workspace,
            &json!({ "delay_ms": 300, "outcome": outcome, "params": "{\"cause\":\"broker 2 is away\"}" }),
        );
        let apply = workspace.run(&["apply", "-auto-approve"]).failed();
        for part in [words, "broker 2 is away", "the service accepted it", "kept in the state, as tainted"] {
            assert!(apply.text().contains(part), "{outcome}: {part:?} is missing: {apply}");
        }
        let state = workspace.resource_state();
        assert!(state["task_id"].is_string(), "{outcome}: {state}");
    }
    tasks_go(workspace, &json!({}));
    workspace.apply();
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
}

/// Two at once, a stale success in the list: each follows its own, one after the other.
pub(crate) fn two_groups_in_one_apply_follow_their_own_tasks(workspace: &Workspace) {
    workspace.add_group("second");
    add_stale_tasks(workspace, 1, "SUCCESS");
    tasks_go(workspace, &json!({ "delay_ms": 500 }));
    let second = every_topic("position = \"latest\"").replace("\"this\"", "\"second\"").replace("billing", "second");
    workspace.write("main.tf", &format!("{}\n{second}", every_topic("position = \"earliest\"")));
    workspace.init();
    workspace.apply();
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
    assert_eq!(workspace.offsets_of("second"), [300, 250, 4_000_001_000]);
    assert_eq!(workspace.resets(), 2, "the service refuses a second one while a task runs");
    let tasks = workspace.all_states("task_id");
    assert_eq!(tasks.len(), 2);
    assert!(tasks[0] != tasks[1] && tasks.iter().all(|it| it.as_str().is_some_and(|id| !id.starts_with("stale"))));
}

/// More tasks than one answer holds, oldest first: the new one is on the last page.
pub(crate) fn new_task_is_found_on_any_page(workspace: &Workspace) {
    add_stale_tasks(workspace, 150, "SUCCESS");
    workspace.merge(&json!({ "tasks_order": "oldest_first" }));
    tasks_go(workspace, &json!({ "delay_ms": 300 }));
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    workspace.apply();
    assert!(workspace.resource_state()["task_id"].as_str().is_some_and(|id| !id.starts_with("stale")));
}

pub(crate) fn lost_answer_is_not_sent_again_when_its_task_is_there(workspace: &Workspace) {
    tasks_go(workspace, &json!({ "delay_ms": 1500 }));
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    workspace.emulator.script_resets([ResetScript::any(ResetBehaviour::AnswerLost)]);
    workspace.apply();
    assert_eq!(workspace.resets(), 1);
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
}

pub(crate) fn lost_request_of_every_topic_is_sent_again(workspace: &Workspace) {
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    workspace.emulator.script_resets([ResetScript::any(ResetBehaviour::RequestLost)]);
    workspace.apply();
    assert_eq!(workspace.resets(), 2);
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
}

pub(crate) fn task_of_somebody_else_at_the_same_moment_does_not_decide(workspace: &Workspace) {
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    let foreign = ResetBehaviour::ForeignTask { status: dms_emulator::world::TaskStatus::Failed };
    workspace.emulator.script_resets([ResetScript::any(foreign)]);
    let apply = workspace.apply();
    assert!(apply.text().contains("Several background tasks"), "{apply}");
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
}

pub(crate) fn keys_that_may_not_read_tasks_make_a_warning(workspace: &Workspace) {
    let some = Some(vec![Permission::ModifyInstance, Permission::GetInstance]);
    workspace.emulator.world(|world| world.set_permissions(demo::ACCESS_KEY, some)).unwrap();
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    let apply = workspace.apply();
    assert!(apply.text().contains("Background task not followed"), "{apply}");
    assert!(apply.text().contains("dms:instance:getBackgroundTask"), "{apply}");
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
}

/// Offsets that had not moved after four seconds were told as a failure, while the task was still at work.
pub(crate) fn task_that_may_not_be_read_was_taken_for_done(workspace: &Workspace) {
    let some = Some(vec![Permission::ModifyInstance, Permission::GetInstance]);
    workspace.emulator.world(|world| world.set_permissions(demo::ACCESS_KEY, some)).unwrap();
    tasks_go(workspace, &json!({ "delay_ms": 5_000 }));
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    let apply = workspace.apply();
    assert!(apply.text().contains("Background task not followed"), "{apply}");
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
}

pub(crate) fn group_that_has_consumed_nothing_is_told(workspace: &Workspace) {
    workspace.merge(&json!({ "groups": [{ "name": "fresh" }] }));
    workspace.write("main.tf", &every_topic("position = \"earliest\"").replace("billing", "fresh"));
    workspace.init();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert!(apply.text().contains("on no topic, so there is nothing to reset"), "{apply}");
    assert_eq!(workspace.resets(), 0);
}
