//! The action while it waits: for members to leave, for the service's task, for an answer; and what ends the waiting.
//! On Terraform 1.15 alone.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use dms_emulator::script::{ResetBehaviour, ResetScript};
use dms_emulator::world::TaskOutcome;
use dms_emulator::{Emulator, Entry, ManualClock, demo};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::action::{INVOKE, action_block, assert_told_in_order, invoke, progress, told_elapsed};
use super::harness::Workspace;
use plugin_client::within;

/// Waits for a request of the running command.
fn wait_until(workspace: &Workspace, wanted: impl Fn(&Entry) -> bool) -> Entry {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(within(workspace.emulator.wait_until(wanted)))
}

/// The demo's group with a member; its block waits for it as long as it is told to.
fn online_group(arguments: &str) -> String {
    action_block(&format!("position = \"earliest\"\n    {arguments}")).replace("billing", "shipping")
}

pub(crate) fn online_group_is_told_and_refused_after_the_wait(workspace: &Workspace) {
    workspace.write("main.tf", &online_group("wait_for_inactive = \"1s\""));
    workspace.init();
    let apply = invoke(workspace).failed();
    let member = "client \"shipping-1\" at \"/192.0.2.10\": topic \"orders\" partitions 0, 1, 2";
    let waiting = progress(&apply).into_iter().find(|line| line.starts_with("Group active")).expect("who is there");
    assert!(waiting.contains(member) && waiting.ends_with("waiting 1 s more"), "{apply}");
    let (_, error) = apply.stderr.split_once("Error").expect("an error");
    let error = error.split_whitespace().collect::<Vec<_>>().join(" ");
    for told in [
        "Reset of consumer group \"shipping\" refused: 1 member is active",
        member,
        "The reset was not sent.",
        "wait_for_inactive",
    ] {
        assert!(error.contains(told), "{told:?} is missing:\n{apply}");
    }
    assert_eq!(workspace.resets(), 0);
}

pub(crate) fn online_group_is_refused_at_once_where_nobody_wants_to_wait(workspace: &Workspace) {
    workspace.write("main.tf", &online_group("wait_for_inactive = \"0s\""));
    workspace.init();
    let apply = invoke(workspace).failed();
    assert!(apply.text().contains("Reset of consumer group \"shipping\" refused: 1 member is active"), "{apply}");
    assert!(!progress(&apply).iter().any(|line| line.contains("waiting")), "{apply}");
    let journal = workspace.emulator.journal();
    assert_eq!(journal.count("GET", "/groups/shipping"), 1);
    assert_eq!(workspace.resets(), 0);
}

pub(crate) fn member_that_leaves_in_time_lets_the_reset_begin(workspace: &Workspace) {
    let member = json!({
        "member_id": "late-1", "client_id": "late", "host": "/192.0.2.11",
        "assignment": { "orders": [0] }, "leaves_after_ms": 700,
    });
    workspace.merge(&json!({ "groups": [{ "name": "late", "members": [member], "offsets": { "orders": [1] } }] }));
    workspace.write("main.tf", &action_block("position = \"latest\"").replace("billing", "late"));
    workspace.init();
    let apply = invoke(workspace).succeeded();
    let steps = ["Group active", "Group inactive", "Partitions to move", "Reset accepted", "Verified"];
    assert_told_in_order(&apply, &steps);
    assert!(progress(&apply).iter().any(|line| line.contains("\"late\" at \"/192.0.2.11\"")), "{apply}");
    assert!(told_elapsed(&apply) >= 0.7, "{apply}");
    assert_eq!(workspace.offsets_of("late"), [300, 250, 4_000_001_000]);
    assert_eq!(workspace.resets(), 1);
}

/// A reset of every topic. The emulator's task takes 600 ms by a clock that the test moves.
pub(crate) fn task_of_every_topic_is_told_to_its_end(workspace: &mut Workspace) {
    let clock = Arc::new(ManualClock::new(Timestamp::now()));
    workspace.emulator = Emulator::builder().clock(clock.clone()).start_in_thread().unwrap();
    workspace.write("provider.tf", &workspace.provider_block());
    workspace.merge(&json!({ "all_topics_reset": { "delay_ms": 600 } }));
    workspace.write("main.tf", &every_topic());
    workspace.init();

    let running = workspace.start(&["apply", "-auto-approve", INVOKE]);
    let mut seen = 0;
    for _ in 0..2 {
        // A look that came after the clock was moved, and was answered.
        let look = |entry: &Entry| entry.path.contains("/tasks/") && entry.status == Some(200) && entry.sequence > seen;
        wait_until(workspace, look);
        clock.advance(SignedDuration::from_millis(300));
        seen = workspace.emulator.journal().entries().len() as u64;
    }
    let apply = running.finish().succeeded();
    let id = workspace.emulator.world(|world| world.instances()[demo::INSTANCE_ID].tasks[0].id.clone());
    let told = |status: &str| format!("Background task {id}: {status}");
    let statuses = ["CREATED", "EXECUTING", "SUCCESS"].map(told);
    let lines: Vec<&str> = progress(&apply).into_iter().filter(|line| line.starts_with("Background task")).collect();
    assert_eq!(lines, statuses, "{apply}");
    assert_told_in_order(&apply, &["Reset accepted", "Background task", "Verified 4 partitions"]);
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
}

fn every_topic() -> String {
    action_block("timestamp = 0").replace("topic       = \"orders\"", "")
}

pub(crate) fn task_that_fails_is_told_with_its_own_text(workspace: &Workspace) {
    workspace.emulator.world(|world| {
        let reset = &mut world.any_instance_mut(demo::INSTANCE_ID).unwrap().all_topics_reset;
        reset.outcome = TaskOutcome::Failed;
        reset.params = r#"{"reason":"broker 2 is away"}"#.to_owned();
    });
    workspace.write("main.tf", &every_topic());
    workspace.init();
    let apply = invoke(workspace).failed();
    let id = workspace.emulator.world(|world| world.instances()[demo::INSTANCE_ID].tasks[0].id.clone());
    for told in ["background task failed", &id, "broker 2 is away", "the service accepted it"] {
        assert!(apply.text().contains(told), "{told:?} is missing:\n{apply}");
    }
    assert_eq!(workspace.offsets(), [140, 190, 4_000_000_500]);
}

/// Waits until the running action has shown a line that says this. An interrupt must not overtake it: Terraform 1.15
/// crashes when progress comes after one.
fn wait_for_line(lines: &Receiver<String>, words: &str) {
    let patience = Duration::from_secs(60);
    while !lines.recv_timeout(patience).unwrap_or_else(|_| panic!("{words:?} is not told")).contains(words) {}
}

pub(crate) fn interrupt_of_a_reset_under_way_says_that_it_may_have_been_carried_out(workspace: &Workspace) {
    workspace.write("main.tf", &action_block("message_offset = 200"));
    workspace.init();
    workspace.emulator.hold();
    let (running, lines) = workspace.start_watched(&["apply", "-auto-approve", INVOKE]);
    wait_for_line(&lines, "Partitions to move");
    workspace.wait_for_resets(1);
    running.interrupt_group();
    let apply = running.finish().failed();
    workspace.emulator.release();
    assert!(apply.text().contains("Reset of consumer group \"billing\" interrupted"), "{apply}");
    assert!(apply.text().contains("may have been carried out"), "{apply}");
    assert!(apply.text().contains("Invoking it again sends the same reset once more"), "{apply}");
    assert!(!apply.text().contains("again when you are ready"), "{apply}");
    assert!(!apply.text().contains("Plugin did not respond"), "{apply}");
    assert_eq!(workspace.left_by_plugins(), Vec::<String>::new());
}

pub(crate) fn interrupt_while_waiting_for_members_says_that_nothing_was_sent(workspace: &Workspace) {
    workspace.write("main.tf", &online_group(""));
    workspace.init();
    let (running, lines) = workspace.start_watched(&["apply", "-auto-approve", INVOKE]);
    wait_for_line(&lines, "Group active");
    running.interrupt_group();
    let apply = running.finish().failed();
    assert!(apply.text().contains("Reset of consumer group \"shipping\" interrupted"), "{apply}");
    assert!(apply.text().contains("The reset was not sent."), "{apply}");
    assert!(apply.text().contains("Invoke the action again"), "{apply}");
    assert!(!apply.text().contains("Plugin did not respond"), "{apply}");
    assert_eq!(workspace.resets(), 0);
}

pub(crate) fn interrupt_while_a_task_runs_says_that_the_reset_was_accepted(workspace: &Workspace) {
    workspace.merge(&json!({ "all_topics_reset": { "delay_ms": 3_600_000 } }));
    workspace.write("main.tf", &every_topic());
    workspace.init();
    let (running, lines) = workspace.start_watched(&["apply", "-auto-approve", INVOKE]);
    wait_for_line(&lines, "Background task");
    running.interrupt_group();
    let apply = running.finish().failed();
    assert!(apply.text().contains("Reset of consumer group \"billing\" interrupted"), "{apply}");
    assert!(apply.text().contains("The reset was sent, and the service accepted it."), "{apply}");
    assert!(!apply.text().contains("Plugin did not respond"), "{apply}");
}

pub(crate) fn time_limit_names_the_argument_to_raise(workspace: &Workspace) {
    workspace.write("main.tf", &action_block("message_offset = 200\n    timeout = \"1s\""));
    workspace.init();
    workspace.emulator.hold();
    let apply = invoke(workspace).failed();
    workspace.emulator.release();
    assert_eq!(workspace.resets(), 1);
    assert!(apply.text().contains("Timed out after 1 s while sending the reset."), "{apply}");
    assert!(apply.text().contains("may have been carried out"), "{apply}");
    assert!(apply.text().contains("Raise the time limit (timeout)"), "{apply}");
    assert!(!apply.text().contains("timeouts"), "{apply}");
}

pub(crate) fn lost_answer_of_a_shift_gives_the_offsets_that_complete_it(workspace: &Workspace) {
    workspace.merge(&json!({ "groups": [{ "name": "even", "offsets": { "orders": [150, 150, 150] } }] }));
    let block = action_block("shift_by = 1\n    verify = false\n    require_inactive_group = false");
    workspace.write("main.tf", &block.replace("billing", "even"));
    workspace.write("once_override.tf", "provider \"huaweicloud\" {\n  max_retries = 0\n}\n");
    workspace.init();
    workspace.emulator.script_resets([ResetScript::any(ResetBehaviour::AnswerLost)]);
    let apply = invoke(workspace).failed();
    let advice = "Invoking it again shifts the offsets committed at that time. To complete this reset, set \
                  partition_offsets = { 0 = 151, 1 = 151, 2 = 151 } instead of shift_by.";
    assert!(apply.text().contains(advice), "{apply}");
    assert_eq!(workspace.resets(), 1);
}
