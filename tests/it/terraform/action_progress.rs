//! Progress of the action while it waits for members, for a background task or for a response, and what ends the wait.
//! Only on Terraform 1.15, because older versions have no actions.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use dms_emulator::state::TaskOutcome;
use dms_emulator::{Effect, Emulator, Fault, JournalEntry, ManualClock, Operation, demo};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::action::{INVOKE, action_block, invoke, messages, progress, reported_duration};
use super::awaited_texts::{BACKGROUND_TASK, GROUP_ACTIVE, PARTITIONS_TO_RESET};
use super::harness::Workspace;
use crate::snapshot::assert_snapshot;
use testkit::plugin::within;

/// Waits for a request of the running command.
fn wait_until(workspace: &Workspace, wanted: impl Fn(&JournalEntry) -> bool) -> JournalEntry {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(within(workspace.emulator.wait_until(wanted)))
}

/// A reset of the demo's group with a member.
fn online_group(arguments: &str) -> String {
    action_block(&format!("position = \"earliest\"\n    {arguments}")).replace("billing", "shipping")
}

pub(crate) fn online_group_is_refused_after_the_wait(workspace: &Workspace) {
    workspace.write("main.tf", &online_group("wait_for_inactive = \"1s\""));
    workspace.init();
    let apply = invoke(workspace).failed();
    assert_eq!(workspace.resets(), 0);
    assert_snapshot!(messages(&apply));
}

pub(crate) fn online_group_is_refused_at_once_without_a_wait(workspace: &Workspace) {
    workspace.write("main.tf", &online_group("wait_for_inactive = \"0s\""));
    workspace.init();
    let apply = invoke(workspace).failed();
    let journal = workspace.emulator.journal();
    assert_eq!(journal.count("GET", "/groups/shipping"), 1);
    assert_eq!(workspace.resets(), 0);
    assert_snapshot!(messages(&apply));
}

pub(crate) fn group_whose_member_leaves_in_time_is_reset(workspace: &Workspace) {
    let member = json!({
        "member_id": "late-1", "client_id": "late", "host": "/192.0.2.11",
        "assignment": { "orders": [0] }, "leaves_after_ms": 700,
    });
    workspace.merge(&json!({ "groups": [{ "name": "late", "members": [member], "offsets": { "orders": [1] } }] }));
    workspace.write("main.tf", &action_block("position = \"latest\"").replace("billing", "late"));
    workspace.init();
    let apply = invoke(workspace).succeeded();
    assert!(reported_duration(&apply) >= 0.7, "{apply}");
    assert_eq!(workspace.offsets_of("late"), [300, 250, 4_000_001_000]);
    assert_eq!(workspace.resets(), 1);
    assert_snapshot!(messages(&apply));
}

/// A reset of every topic. The emulator's task takes 600 ms by a clock that the test moves.
pub(crate) fn statuses_of_the_task_are_reported(workspace: &mut Workspace) {
    let clock = Arc::new(ManualClock::new(Timestamp::now()));
    workspace.emulator = Emulator::builder().clock(clock.clone()).start_in_thread().unwrap();
    workspace.write("provider.tf", &workspace.provider_block());
    workspace.merge(&json!({ "all_topics_reset": { "delay_ms": 600 } }));
    workspace.write("main.tf", &every_topic());
    workspace.init();

    let running = workspace.start(&["apply", "-auto-approve", INVOKE]);
    let mut seen = 0;
    for _ in 0..2 {
        // A read of the task after the clock was moved.
        let read =
            |entry: &JournalEntry| entry.path.contains("/tasks/") && entry.status == Some(200) && entry.sequence > seen;
        wait_until(workspace, read);
        clock.advance(SignedDuration::from_millis(300));
        seen = workspace.emulator.journal().entries().len() as u64;
    }
    let apply = running.finish().succeeded();
    let id = workspace.emulator.with_state(|state| state.instances()[demo::INSTANCE_ID].tasks[0].id.clone());
    let lines = progress(&apply).into_iter().filter(|line| line.contains(&id));
    assert_eq!(lines.count(), 3, "{apply}");
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
    assert_snapshot!(messages(&apply));
}

fn every_topic() -> String {
    action_block("timestamp = 0").replace("topic       = \"orders\"", "")
}

pub(crate) fn failed_task_is_reported_with_its_text(workspace: &Workspace) {
    workspace.emulator.with_state(|state| {
        let reset = &mut state.any_instance_mut(demo::INSTANCE_ID).unwrap().all_topics_reset;
        reset.outcome = TaskOutcome::Failed;
        reset.params = r#"{"reason":"broker 2 is away"}"#.to_owned();
    });
    workspace.write("main.tf", &every_topic());
    workspace.init();
    let apply = invoke(workspace).failed();
    let id = workspace.emulator.with_state(|state| state.instances()[demo::INSTANCE_ID].tasks[0].id.clone());
    assert!(apply.text().contains(&id), "{id} is missing: {apply}");
    assert_eq!(workspace.offsets(), [140, 190, 4_000_000_500]);
    assert_snapshot!(messages(&apply));
}

/// Waits until the running action has reported a line with this text. Terraform 1.15 crashes if progress arrives after
/// an interrupt.
fn wait_for_line(lines: &Receiver<String>, words: &str) {
    let patience = Duration::from_secs(60);
    while !lines.recv_timeout(patience).unwrap_or_else(|_| panic!("{words:?} is not reported")).contains(words) {}
}

pub(crate) fn interrupt_during_a_reset_reports_that_it_may_have_happened(workspace: &Workspace) {
    workspace.write("main.tf", &action_block("message_offset = 200"));
    workspace.init();
    workspace.emulator.hold();
    let (running, lines) = workspace.start_with_output_lines(&["apply", "-auto-approve", INVOKE]);
    wait_for_line(&lines, PARTITIONS_TO_RESET);
    workspace.wait_for_resets(1);
    running.interrupt_group();
    let apply = running.finish().failed();
    workspace.emulator.release();
    assert_eq!(workspace.left_by_plugins(), Vec::<String>::new());
    assert_snapshot!(apply.diagnostics());
}

pub(crate) fn interrupt_while_waiting_for_members_reports_that_nothing_was_sent(workspace: &Workspace) {
    workspace.write("main.tf", &online_group(""));
    workspace.init();
    let (running, lines) = workspace.start_with_output_lines(&["apply", "-auto-approve", INVOKE]);
    wait_for_line(&lines, GROUP_ACTIVE);
    running.interrupt_group();
    let apply = running.finish().failed();
    assert_eq!(workspace.resets(), 0);
    assert_snapshot!(apply.diagnostics());
}

pub(crate) fn interrupt_while_a_task_runs_reports_an_accepted_reset(workspace: &Workspace) {
    workspace.merge(&json!({ "all_topics_reset": { "delay_ms": 3_600_000 } }));
    workspace.write("main.tf", &every_topic());
    workspace.init();
    let (running, lines) = workspace.start_with_output_lines(&["apply", "-auto-approve", INVOKE]);
    wait_for_line(&lines, BACKGROUND_TASK);
    running.interrupt_group();
    let apply = running.finish().failed();
    assert_snapshot!(apply.diagnostics());
}

pub(crate) fn time_limit_names_the_argument_to_raise(workspace: &Workspace) {
    workspace.write("main.tf", &action_block("message_offset = 200\n    timeout = \"1s\""));
    workspace.init();
    workspace.emulator.hold();
    let apply = invoke(workspace).failed();
    workspace.emulator.release();
    assert_eq!(workspace.resets(), 1);
    assert_snapshot!(apply.diagnostics());
}

pub(crate) fn lost_response_to_a_shift_gives_the_offsets_that_complete_it(workspace: &Workspace) {
    workspace.merge(&json!({ "groups": [{ "name": "even", "offsets": { "orders": [150, 150, 150] } }] }));
    let block = action_block("shift_by = 1\n    verify = false\n    require_inactive_group = false");
    workspace.write("main.tf", &block.replace("billing", "even"));
    workspace.write("once_override.tf", "provider \"huaweicloud\" {\n  max_retries = 0\n}\n");
    workspace.init();
    workspace.emulator.add_fault(Fault::new(Effect::CloseAfter).on(Operation::ResetOffsets).times(1));
    let apply = invoke(workspace).failed();
    assert_eq!(workspace.resets(), 1);
    assert_snapshot!(apply.diagnostics());
}
