//! Resets of every topic: the service's background task, found and followed.

use dms_emulator::state::{Permission, TaskStatus};
use dms_emulator::{Effect, Fault, FaultResponse, Operation, demo};
use serde_json::{Value, json};

use super::awaited_texts::{SEVERAL_RESETS, WAITING_FOR_ANOTHER_RESET};
use super::harness::{Output, Workspace, reset_block};
use crate::snapshot::{Transcript, assert_snapshot};

fn every_topic(arguments: &str) -> String {
    reset_block(arguments).replace("  topic       = \"orders\"\n", "")
}

/// Sets how the emulator carries out resets of every topic.
fn configure_tasks(workspace: &Workspace, how: &Value) {
    workspace.merge(&json!({ "all_topics_reset": how }));
}

/// Adds tasks of the same name that ended long ago. The service keeps them in its list.
fn add_stale_tasks(workspace: &Workspace, count: usize, status: &str) {
    let task = |number: usize| json!({ "id": format!("stale-{status}-{number}"), "name": "kafkaResetConsumerOffset", "status": status });
    workspace.merge(&json!({ "tasks": (0..count).map(task).collect::<Vec<_>>() }));
}

pub(crate) fn task_is_followed_to_its_end(workspace: &Workspace) {
    configure_tasks(workspace, &json!({ "delay_ms": 900, "appears_after_ms": 200 }));
    add_stale_tasks(workspace, 3, "FAILED");
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    let apply = workspace.apply();
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
    let state = workspace.resource_state();
    let task = state["task_id"].as_str().expect("a task");
    assert!(!task.starts_with("stale"), "{state}");
    let (orders, payments) = (json!({ "0": 0, "1": 100, "2": 4_000_000_000_i64 }), json!({ "0": 0 }));
    assert_eq!(state["after"], json!({ "orders": orders, "payments": payments }));
    workspace.assert_no_changes();
    assert_snapshot!(apply.diagnostics());
}

pub(crate) fn failed_task_is_an_error_with_its_text(workspace: &Workspace) {
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    let mut transcript = Transcript::default();
    for outcome in ["FAILED", "CANCELLED", "DELETED"] {
        configure_tasks(
            workspace,
            &json!({ "delay_ms": 300, "outcome": outcome, "params": "{\"cause\":\"broker 2 is away\"}" }),
        );
        let apply = workspace.run(&["apply", "-auto-approve"]).failed();
        transcript.add(outcome, apply.diagnostics());
        let state = workspace.resource_state();
        assert!(state["task_id"].is_string(), "{outcome}: {state}");
    }
    configure_tasks(workspace, &json!({}));
    workspace.apply();
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
    assert_snapshot!(transcript);
}

/// The log grows, and another client moves the group to an offset that was briefly its end.
pub(crate) fn plausible_offset_does_not_outweigh_a_failed_task(workspace: &Workspace) {
    configure_tasks(workspace, &json!({ "delay_ms": 300, "outcome": "FAILED" }));
    workspace.write("main.tf", &every_topic("position = \"latest\""));
    workspace.init();
    workspace.emulator.hold();
    let running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_for_resets(1);
    workspace.emulator.with_state(|state| {
        state.topic_mut(demo::INSTANCE_ID, demo::ORDERS).unwrap()[0].append(50).unwrap();
        let group = state.group_mut(demo::INSTANCE_ID, demo::BILLING).unwrap();
        for (partition, offset) in [(0, 310), (1, 250), (2, 4_000_001_000)] {
            group.commit(demo::ORDERS, partition, offset);
        }
        group.commit(demo::PAYMENTS, 0, 50);
    });
    workspace.emulator.release();
    let apply = running.finish().failed();
    assert_snapshot!(apply.diagnostics());
}

/// Two resets at the same time, with an old successful task in the list.
pub(crate) fn each_group_follows_its_own_task(workspace: &Workspace) {
    workspace.add_group("second");
    add_stale_tasks(workspace, 1, "SUCCESS");
    configure_tasks(workspace, &json!({ "delay_ms": 500 }));
    let second = every_topic("position = \"latest\"").replace("\"this\"", "\"second\"").replace("billing", "second");
    workspace.write("main.tf", &format!("{}\n{second}", every_topic("position = \"earliest\"")));
    workspace.init();
    workspace.apply();
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
    assert_eq!(workspace.offsets_of("second"), [300, 250, 4_000_001_000]);
    assert_eq!(workspace.resets(), 2, "the service refuses a second reset while a task runs");
    let tasks = workspace.attribute_of_every_reset("task_id");
    assert_eq!(tasks.len(), 2);
    assert!(tasks[0] != tasks[1] && tasks.iter().all(|it| it.as_str().is_some_and(|id| !id.starts_with("stale"))));
}

/// There are several pages of tasks, oldest first, so the new task is on the last page.
pub(crate) fn new_task_is_found_on_any_page(workspace: &Workspace) {
    add_stale_tasks(workspace, 150, "SUCCESS");
    workspace.merge(&json!({ "tasks_order": "oldest_first" }));
    configure_tasks(workspace, &json!({ "delay_ms": 300 }));
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    workspace.apply();
    assert!(workspace.resource_state()["task_id"].as_str().is_some_and(|id| !id.starts_with("stale")));
}

pub(crate) fn reset_with_a_lost_response_is_not_resent_if_its_task_exists(workspace: &Workspace) {
    configure_tasks(workspace, &json!({ "delay_ms": 1500 }));
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    workspace.emulator.add_fault(Fault::new(Effect::CloseAfter).on(Operation::ResetOffsets).times(1));
    workspace.apply();
    assert_eq!(workspace.resets(), 1);
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
}

pub(crate) fn lost_reset_of_every_topic_is_resent(workspace: &Workspace) {
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    workspace.emulator.add_fault(Fault::new(Effect::CloseBefore).on(Operation::ResetOffsets).times(1));
    workspace.apply();
    assert_eq!(workspace.resets(), 2);
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
}

pub(crate) fn simultaneous_task_of_another_client_does_not_fail_the_reset(workspace: &Workspace) {
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    let unrelated = Effect::UnrelatedTask { status: TaskStatus::Failed };
    workspace.emulator.add_fault(Fault::new(unrelated).on(Operation::ResetOffsets).times(1));
    let apply = workspace.apply();
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
    assert_snapshot!(apply.diagnostics());
}

/// Revokes the permission to read tasks.
fn forbid_tasks(workspace: &Workspace) {
    let some = Some(vec![Permission::ModifyInstance, Permission::GetInstance]);
    workspace.emulator.with_state(|state| state.set_permissions(demo::ACCESS_KEY, some)).unwrap();
}

pub(crate) fn verified_reset_is_refused_without_permission_to_read_tasks(workspace: &Workspace) {
    forbid_tasks(workspace);
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    let mut transcript = Transcript::default();
    transcript.add("verify = true", apply.diagnostics());
    assert_eq!(workspace.resets(), 0);

    workspace.write("main.tf", &every_topic("position = \"earliest\"\n  verify = false"));
    transcript.add("verify = false", workspace.apply().diagnostics());
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
    assert_snapshot!(transcript);
}

/// The task takes longer than offsets usually need to become visible.
pub(crate) fn offsets_are_awaited_if_the_task_can_no_longer_be_read(workspace: &Workspace) {
    configure_tasks(workspace, &json!({ "delay_ms": 5_000 }));
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    workspace.emulator.hold();
    let running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_for_resets(1);
    forbid_tasks(workspace);
    workspace.emulator.release();
    let apply = running.finish().succeeded();
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
    assert_snapshot!(apply.diagnostics());
}

/// Only deleted topics may be skipped. A gateway's error page does not prove a deletion, and a topic with messages
/// exists.
pub(crate) fn topic_that_may_exist_is_not_skipped(workspace: &Workspace) {
    workspace.add_topic("payments", 1);
    let offsets = json!({ "orders": [140, 190, 4_000_000_500_i64], "payments": [50] });
    workspace.merge(&json!({ "groups": [{ "name": "billing", "offsets": offsets }] }));
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    let mut transcript = Transcript::default();
    for (case, response) in [
        ("error page", FaultResponse::raw(404, "text/html", "<h1>Not Found</h1>")),
        ("error", FaultResponse::new(400, "DMS.00400975", "Failed to query topics.")),
        ("empty list", FaultResponse::raw(200, "application/json", r#"{"partitions":[],"total":0}"#)),
    ] {
        workspace.emulator.clear_faults();
        workspace
            .emulator
            .add_fault(Fault::new(Effect::Status(response)).request("GET", "/topics/payments/partitions"));
        let apply = workspace.run(&["apply", "-auto-approve"]).failed();
        transcript.add(case, apply.diagnostics());
        assert_eq!(workspace.resets(), 0);
    }
    assert_snapshot!(transcript);
}

pub(crate) fn group_without_offsets_is_an_error(workspace: &Workspace) {
    workspace.merge(&json!({ "groups": [{ "name": "fresh" }] }));
    workspace.write("main.tf", &every_topic("position = \"earliest\"").replace("billing", "fresh"));
    workspace.init();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert_eq!(workspace.resets(), 0);
    assert_snapshot!(apply.diagnostics());
}

/// The task of the reset itself appears later.
pub(crate) fn task_of_another_client_that_appears_first_is_followed_too(workspace: &Workspace) {
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    let mut transcript = Transcript::default();
    for status in [TaskStatus::Failed, TaskStatus::Success] {
        workspace.emulator.reset();
        workspace.forget_state();
        configure_tasks(workspace, &json!({ "delay_ms": 2_500, "appears_after_ms": 1_000 }));
        let unrelated = Effect::UnrelatedTask { status };
        workspace.emulator.add_fault(Fault::new(unrelated).on(Operation::ResetOffsets).times(1));
        let apply = workspace.apply();
        transcript.add(format!("{status:?}"), apply.diagnostics());
        assert!(workspace.resource_state()["task_id"].is_null(), "{status:?}");
        assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000], "{status:?}");
    }
    assert_snapshot!(transcript);
}

pub(crate) fn unknown_topic_is_announced_by_a_warning(workspace: &Workspace) {
    let block = reset_block("position = \"earliest\"")
        .replace("\"orders\"", "terraform_data.it.output == \"all\" ? null : terraform_data.it.output");
    workspace.write("main.tf", &format!("resource \"terraform_data\" \"it\" {{\n  input = \"all\"\n}}\n{block}"));
    workspace.init();
    let plan = workspace.run(&["plan"]).succeeded();
    assert_snapshot!(plan.diagnostics());
}

/// The list shows the task of the next reset as `listed`; reading the task itself returns `shown`.
fn task_is_shown_as(workspace: &Workspace, listed: &Value, shown: &[Value]) {
    let response = |tasks: &[Value]| {
        let body = json!({ "task_count": tasks.len().to_string(), "tasks": tasks });
        Effect::Status(FaultResponse::raw(200, "application/json", &body.to_string()))
    };
    workspace.emulator.clear_faults();
    // The list is first read before the reset.
    workspace.emulator.add_fault(Fault::new(response(std::slice::from_ref(listed))).on(Operation::ListTasks).skip(1));
    workspace.emulator.add_fault(Fault::new(response(shown)).on(Operation::ShowTask));
}

fn task_with_status(status: Option<&str>) -> Value {
    json!({ "id": "own-task", "name": "kafkaResetConsumerOffset", "status": status })
}

/// The published statuses of a running task are CREATED and EXECUTING; any other may mean that it has ended.
pub(crate) fn offsets_are_compared_after_an_unknown_task_status(workspace: &Workspace) {
    workspace.write("main.tf", &every_topic("position = \"earliest\""));
    workspace.init();
    let running = task_with_status(Some("EXECUTING"));
    let finished = task_with_status(Some("FINISHED"));
    let other = json!({ "id": "other-task", "name": "kafkaResetConsumerOffset", "status": "EXECUTING" });
    let mut transcript = Transcript::default();
    for (case, listed, shown) in [
        ("unknown status", &finished, vec![finished.clone()]),
        ("no status", &running, vec![task_with_status(None)]),
        ("no task", &running, vec![]),
        ("another task", &running, vec![other]),
    ] {
        workspace.emulator.reset();
        workspace.forget_state();
        task_is_shown_as(workspace, listed, &shown);
        let apply = workspace.apply();
        transcript.add(case, apply.diagnostics());
        assert_eq!(workspace.resource_state()["task_id"], "own-task", "{shown:?}");
        assert_eq!(workspace.resets(), 1, "{shown:?}");
    }
    assert_snapshot!(transcript);
}

pub(crate) fn unknown_task_status_is_an_error_without_verification(workspace: &Workspace) {
    workspace.write("main.tf", &every_topic("position = \"earliest\"\n  verify = false"));
    workspace.init();
    let task = task_with_status(Some("TIMEOUT"));
    task_is_shown_as(workspace, &task, std::slice::from_ref(&task));
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert_snapshot!(apply.diagnostics());
}

/// A running task may take any time. The error of the time limit includes its last status.
pub(crate) fn time_limit_names_the_task_and_its_status(workspace: &Workspace) {
    configure_tasks(workspace, &json!({ "delay_ms": 3_600_000 }));
    workspace.write("main.tf", &every_topic("position = \"earliest\"\n  timeouts {\n    create = \"2s\"\n  }"));
    workspace.init();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    let id = workspace.emulator.with_state(|state| state.instances()[demo::INSTANCE_ID].tasks[0].id.clone());
    assert!(apply.text().contains(&id), "{id} is missing: {apply}");
    assert_snapshot!(apply.diagnostics());
}

/// Starts two resets at once and lets the first one continue only after the second one waits for it.
fn apply_both(workspace: &Workspace, one: &str, two: &str) -> Output {
    workspace.write("main.tf", &format!("{one}\n{two}"));
    workspace.init();
    workspace.emulator.hold();
    let running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_for_log(WAITING_FOR_ANOTHER_RESET);
    workspace.wait_for_resets(1);
    workspace.emulator.release();
    let apply = running.finish().succeeded();
    assert_eq!(workspace.resets(), 2, "{apply}");
    apply
}

pub(crate) fn concurrent_resets_of_a_topic_and_of_every_topic_cause_a_warning(workspace: &Workspace) {
    let topic = reset_block("message_offset = 200").replace("\"this\"", "\"topic\"");
    let apply = apply_both(workspace, &every_topic("position = \"earliest\""), &topic);
    assert!(apply.diagnostics().contains(SEVERAL_RESETS), "{apply}");
    assert!([0, 200].contains(&workspace.offsets()[0]), "{:?}", workspace.offsets());
}

pub(crate) fn reset_that_only_waits_for_its_instance_causes_no_warning(workspace: &Workspace) {
    workspace.add_group("second");
    let second = reset_block("message_offset = 200").replace("\"this\"", "\"second\"").replace("billing", "second");
    let apply = apply_both(workspace, &every_topic("position = \"earliest\""), &second);
    assert!(!apply.diagnostics().contains(SEVERAL_RESETS), "{apply}");
    assert_eq!((workspace.offsets()[0], workspace.offsets_of("second")[0]), (0, 200));
}
