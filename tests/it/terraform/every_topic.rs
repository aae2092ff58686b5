//! Resets of every topic: the service's background task, found and followed.

use dms_emulator::script::{ResetBehaviour, ResetScript};
use dms_emulator::world::{Permission, TaskStatus};
use dms_emulator::{Effect, Endpoint, Fault, FaultAnswer, demo};
use serde_json::{Value, json};

use super::harness::{Output, Workspace, reset_block};

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
    assert!(apply.text().contains("every topic of consumer group \"billing\" is reset"), "{apply}");
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
        for part in [words, "broker 2 is away", "the service accepted it", "The state keeps this reset as tainted"] {
            assert!(apply.text().contains(part), "{outcome}: {part:?} is missing: {apply}");
        }
        let state = workspace.resource_state();
        assert!(state["task_id"].is_string(), "{outcome}: {state}");
    }
    tasks_go(workspace, &json!({}));
    workspace.apply();
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
}

/// The log grows, and another client moves the group to an offset that was briefly its end.
pub(crate) fn merely_plausible_offset_does_not_outweigh_a_failed_task(workspace: &Workspace) {
    tasks_go(workspace, &json!({ "delay_ms": 300, "outcome": "FAILED" }));
    workspace.write("main.tf", &every_topic("position = \"latest\""));
    workspace.init();
    workspace.emulator.hold();
    let running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_for_resets(1);
    workspace.emulator.world(|world| {
        world.topic_mut(demo::INSTANCE_ID, demo::ORDERS).unwrap()[0].append(50).unwrap();
        let group = world.group_mut(demo::INSTANCE_ID, demo::BILLING).unwrap();
        for (partition, offset) in [(0, 310), (1, 250), (2, 4_000_001_000)] {
            group.commit(demo::ORDERS, partition, offset);
        }
        group.commit(demo::PAYMENTS, 0, 50);
    });
    workspace.emulator.release();
    let apply = running.finish().failed();
    for part in ["background task failed", "partition 0: requested the latest offset, found offset 310", "coincidence"]
    {
        assert!(apply.text().contains(part), "{part:?} is missing: {apply}");
    }
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
    let foreign = ResetBehaviour::ForeignTask { status: TaskStatus::Failed };
    workspace.emulator.script_resets([ResetScript::any(foreign)]);
    let apply = workspace.apply();
    assert!(apply.text().contains("Several background tasks"), "{apply}");
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
}

/// Revokes the permission to read tasks.
fn forbid_tasks(workspace: &Workspace) {
    let some = Some(vec![Permission::ModifyInstance, Permission::GetInstance]);
    workspace.emulator.world(|world| world.set_permissions(demo::ACCESS_KEY, some)).unwrap();
}

pub(crate) fn verified_reset_is_refused_without_permission_to_read_tasks(workspace: &Workspace) {
    forbid_tasks(workspace);
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    for part in ["dms:instance:getBackgroundTask", "verify = false", "The reset was not sent."] {
        assert!(apply.text().contains(part), "{part:?} is missing: {apply}");
    }
    assert_eq!(workspace.resets(), 0);

    workspace.write("main.tf", &every_topic("position = \"earliest\"\n  verify = false"));
    let apply = workspace.apply();
    assert!(apply.text().contains("Warning: Background task of consumer group \"billing\" not followed"), "{apply}");
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
}

/// The task takes longer than offsets usually take to become visible.
pub(crate) fn offsets_are_awaited_if_the_task_can_no_longer_be_read(workspace: &Workspace) {
    tasks_go(workspace, &json!({ "delay_ms": 5_000 }));
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    workspace.emulator.hold();
    let running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_for_resets(1);
    forbid_tasks(workspace);
    workspace.emulator.release();
    let apply = running.finish().succeeded();
    assert!(apply.text().contains("Background task of consumer group \"billing\" not followed"), "{apply}");
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
}

/// Only deleted topics may be left out. A gateway's page does not prove a deletion, and a topic with messages exists.
pub(crate) fn topic_that_may_exist_is_not_left_out(workspace: &Workspace) {
    workspace.add_topic("payments", 1);
    let offsets = json!({ "orders": [140, 190, 4_000_000_500_i64], "payments": [50] });
    workspace.merge(&json!({ "groups": [{ "name": "billing", "offsets": offsets }] }));
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    for (answer, words) in [
        (FaultAnswer::raw(404, "text/html", "<h1>Not Found</h1>"), "answered 404: <h1>Not Found</h1>"),
        (
            FaultAnswer::new(400, "DMS.00400975", "Failed to query topics."),
            "although its response about the group shows messages",
        ),
        (FaultAnswer::raw(200, "application/json", r#"{"partitions":[],"total":0}"#), "the service lists none"),
    ] {
        workspace.emulator.clear_faults();
        workspace.emulator.add_fault(Fault::new(Effect::Status(answer)).request("GET", "/topics/payments/partitions"));
        let apply = workspace.run(&["apply", "-auto-approve"]).failed();
        for part in ["The reset was not sent.", words] {
            assert!(apply.text().contains(part), "{part:?} is missing: {apply}");
        }
        assert_eq!(workspace.resets(), 0);
    }
}

pub(crate) fn group_that_has_consumed_nothing_is_told(workspace: &Workspace) {
    workspace.merge(&json!({ "groups": [{ "name": "fresh" }] }));
    workspace.write("main.tf", &every_topic("position = \"earliest\"").replace("billing", "fresh"));
    workspace.init();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert!(apply.text().contains("on no topic, so there is nothing to reset"), "{apply}");
    assert_eq!(workspace.resets(), 0);
}

/// The first new task was taken for the reset's own, which showed up later.
pub(crate) fn foreign_task_that_shows_up_first_decided(workspace: &Workspace) {
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    for status in [TaskStatus::Failed, TaskStatus::Success] {
        workspace.emulator.reset();
        workspace.forget_state();
        tasks_go(workspace, &json!({ "delay_ms": 2_500, "appears_after_ms": 1_000 }));
        let foreign = ResetBehaviour::ForeignTask { status };
        workspace.emulator.script_resets([ResetScript::any(foreign)]);
        let apply = workspace.apply();
        assert!(apply.text().contains("Several background tasks"), "{status:?}: {apply}");
        assert!(workspace.resource_state()["task_id"].is_null(), "{status:?}");
        assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000], "{status:?}");
    }
}

pub(crate) fn topic_that_turns_out_to_be_null_was_not_warned_about(workspace: &Workspace) {
    let block = reset_block("position = \"earliest\"")
        .replace("\"orders\"", "terraform_data.it.output == \"all\" ? null : terraform_data.it.output");
    workspace.write("main.tf", &format!("resource \"terraform_data\" \"it\" {{\n  input = \"all\"\n}}\n{block}"));
    workspace.init();
    let plan = workspace.run(&["plan"]).succeeded();
    assert!(
        plan.text().contains("Topic not known yet: without one, every topic of consumer group \"billing\" is reset"),
        "{plan}"
    );
}

/// The list shows the task of the next reset as `listed`; reading the task itself returns `shown`.
fn task_is_shown_as(workspace: &Workspace, listed: &Value, shown: &[Value]) {
    let answer = |tasks: &[Value]| {
        let body = json!({ "task_count": tasks.len().to_string(), "tasks": tasks });
        Effect::Status(FaultAnswer::raw(200, "application/json", &body.to_string()))
    };
    workspace.emulator.clear_faults();
    // The list is first read before the reset.
    workspace.emulator.add_fault(Fault::new(answer(std::slice::from_ref(listed))).on(Endpoint::ListTasks).after(1));
    workspace.emulator.add_fault(Fault::new(answer(shown)).on(Endpoint::ShowTask));
}

fn task_with_status(status: Option<&str>) -> Value {
    json!({ "id": "own-task", "name": "kafkaResetConsumerOffset", "status": status })
}

/// The published statuses of a running task are CREATED and EXECUTING; any other may mean that it has ended.
pub(crate) fn offsets_decide_after_an_unknown_task_status(workspace: &Workspace) {
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    let running = task_with_status(Some("EXECUTING"));
    let finished = task_with_status(Some("FINISHED"));
    let other = json!({ "id": "other-task", "name": "kafkaResetConsumerOffset", "status": "EXECUTING" });
    for (listed, shown, words) in [
        (&finished, vec![finished.clone()], "unknown status \"FINISHED\""),
        (&running, vec![task_with_status(None)], "no status"),
        (&running, vec![], "does not show task own-task"),
        (&running, vec![other], "does not show task own-task"),
    ] {
        workspace.emulator.reset();
        workspace.forget_state();
        task_is_shown_as(workspace, listed, &shown);
        let apply = workspace.apply();
        for part in ["Warning: Reset of consumer group \"billing\" succeeded despite an error", words, "own-task"] {
            assert!(apply.text().contains(part), "{shown:?}: {part:?} is missing: {apply}");
        }
        assert_eq!(workspace.resource_state()["task_id"], "own-task", "{shown:?}");
        assert_eq!(workspace.resets(), 1, "{shown:?}");
    }
}

pub(crate) fn unknown_task_status_is_an_error_without_verification(workspace: &Workspace) {
    workspace.write("main.tf", &every_topic("position = \"earliest\"\n  verify = false"));
    workspace.init();
    let task = task_with_status(Some("TIMEOUT"));
    task_is_shown_as(workspace, &task, std::slice::from_ref(&task));
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    for part in ["unknown status \"TIMEOUT\"", "own-task", "the service accepted it"] {
        assert!(apply.text().contains(part), "{part:?} is missing: {apply}");
    }
}

/// A running task may take any time. The error of the time limit includes its last status.
pub(crate) fn time_limit_names_the_task_and_its_status(workspace: &Workspace) {
    tasks_go(workspace, &json!({ "delay_ms": 3_600_000 }));
    workspace.write("main.tf", &every_topic("position = \"earliest\"\n  timeouts {\n    create = \"2s\"\n  }"));
    workspace.init();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    let id = workspace.emulator.world(|world| world.instances()[demo::INSTANCE_ID].tasks[0].id.clone());
    let message = format!("following the service's background task {id} (status CREATED)");
    for part in ["Reset of consumer group \"billing\" timed out", &*message] {
        assert!(apply.text().contains(part), "{part:?} is missing: {apply}");
    }
}

/// Starts two resets at once and lets the first one continue only after the second one waits for it.
fn apply_both(workspace: &Workspace, one: &str, two: &str) -> Output {
    workspace.write("main.tf", &format!("{one}\n{two}"));
    workspace.init();
    workspace.emulator.hold();
    let running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_for_log("waiting for another reset");
    workspace.wait_for_resets(1);
    workspace.emulator.release();
    let apply = running.finish().succeeded();
    assert_eq!(workspace.resets(), 2, "{apply}");
    apply
}

const SEVERAL: &str = "Warning: Several resets of the same partitions";

pub(crate) fn concurrent_resets_of_a_topic_and_of_every_topic_cause_a_warning(workspace: &Workspace) {
    let topic = reset_block("message_offset = 200").replace("\"this\"", "\"topic\"");
    let apply = apply_both(workspace, &every_topic("position = \"earliest\""), &topic);
    assert_eq!(apply.text().matches(SEVERAL).count(), 1, "{apply}");
    assert!([0, 200].contains(&workspace.offsets()[0]), "{:?}", workspace.offsets());
}

pub(crate) fn reset_that_only_waits_for_its_instance_causes_no_warning(workspace: &Workspace) {
    workspace.add_group("second");
    let second = reset_block("message_offset = 200").replace("\"this\"", "\"second\"").replace("billing", "second");
    let apply = apply_both(workspace, &every_topic("position = \"earliest\""), &second);
    assert_eq!(apply.text().matches(SEVERAL).count(), 0, "{apply}");
    assert_eq!((workspace.offsets()[0], workspace.offsets_of("second")[0]), (0, 200));
}
