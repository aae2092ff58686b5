//! Failures between the provider and the service: retries, redirects, limits, and the errors that users read.

use std::time::{Duration, Instant};

use dms_emulator::{Effect, Fault, FaultResponse, Operation, RateLimit, demo};

use super::awaited_texts::LONG_RETRY;
use super::harness::{Workspace, reset_block};
use crate::snapshot::{Transcript, assert_snapshot};

const RESET: Operation = Operation::ResetOffsets;

/// A reset that reads nothing before and after it, so that every fault is one of the reset itself.
fn unchecked_reset_block(arguments: &str) -> String {
    reset_block(&format!("{arguments}\n  require_inactive_group = false\n  verify = false"))
}

fn throttled() -> FaultResponse {
    FaultResponse::new(429, "APIGW.0308", "The throttling threshold has been reached.")
}

/// However often the reset is sent, the group moves exactly as requested.
pub(crate) fn temporary_failures_are_retried(workspace: &Workspace) {
    workspace.write("main.tf", "");
    workspace.init();
    for (fault, sent) in [
        (Fault::new(Effect::Status(throttled().retry_after("1"))).on(RESET).times(2), 3),
        (Fault::new(Effect::Status(FaultResponse::new(503, "DMS.111501025", "Busy."))).on(RESET).times(1), 2),
        (Fault::new(Effect::Status(FaultResponse::raw(500, "text/html", "<html>Oops</html>"))).on(RESET).times(1), 2),
        (Fault::new(Effect::Status(FaultResponse::new(400, "DMS.00400017", "A task runs."))).on(RESET).times(1), 2),
        (Fault::new(Effect::ResetBefore).on(RESET).times(1), 2),
        (Fault::new(Effect::ResetAfter).on(RESET).times(1), 2),
        (Fault::new(Effect::CloseAfter).on(RESET).times(1), 2),
        (Fault::new(Effect::TruncatedResponse).on(RESET).times(1), 2),
        // Reads before and after the reset.
        (Fault::new(Effect::ResetBefore).on(Operation::ShowGroupWithOffsets).times(1), 1),
        (Fault::new(Effect::TruncatedResponse).on(Operation::ShowGroupWithOffsets).skip(1).times(1), 1),
        (Fault::new(Effect::WrongLength { by: 10 }).on(Operation::ListPartitions).times(1), 1),
        (Fault::new(Effect::ResetAfter).on(Operation::ListProjects).times(1), 1),
    ] {
        workspace.emulator.reset();
        workspace.emulator.clear_faults();
        workspace.forget_state();
        workspace.emulator.add_fault(fault.clone());
        workspace.write("main.tf", &reset_block("shift_by = 1"));
        let partitions = 3;
        workspace.apply();
        assert_eq!(workspace.offsets(), [141, 191, 4_000_000_501], "{fault:?}");
        assert_eq!(workspace.resets(), partitions - 1 + sent, "{fault:?}");
        workspace.assert_no_changes();
    }
}

pub(crate) fn retry_after_is_honoured(workspace: &Workspace) {
    workspace.write("main.tf", &unchecked_reset_block("message_offset = 200"));
    workspace.init();
    workspace.emulator.add_fault(Fault::new(Effect::Status(throttled().retry_after("1"))).on(RESET).times(2));
    let started = Instant::now();
    workspace.apply();
    // The service asks for one second each time.
    let elapsed = started.elapsed();
    assert!(elapsed >= Duration::from_secs(2), "Retry-After was not honoured: {elapsed:?}");
    assert!(elapsed < Duration::from_secs(30), "{elapsed:?}");
}

pub(crate) fn refusal_is_not_retried(workspace: &Workspace) {
    workspace.write("main.tf", &unchecked_reset_block("message_offset = 200"));
    workspace.init();
    let refused = FaultResponse::new(400, "DMS.00400800", "Parameter group is invalid.");
    workspace.emulator.add_fault(Fault::new(Effect::Status(refused)).on(RESET));
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    let journal = workspace.emulator.journal();
    let request = journal.matching("PUT", "/reset-message-offset").next().expect("a PUT");
    assert!(apply.text().contains(&request.request_id), "{apply}");
    assert_eq!(workspace.resets(), 1);
    assert_snapshot!(apply.diagnostics());
}

pub(crate) fn body_that_is_not_json_is_quoted(workspace: &Workspace) {
    workspace.write("main.tf", &unchecked_reset_block("message_offset = 200"));
    workspace.init();
    let mut transcript = Transcript::default();
    for (case, response) in [
        ("web page", FaultResponse::raw(502, "text/html", "<html>upstream is away</html>")),
        ("truncated JSON", FaultResponse::raw(503, "application/json", "{\"error_code\":\"X.1")),
        ("no body", FaultResponse::empty(504)),
    ] {
        workspace.emulator.clear_faults();
        workspace.emulator.add_fault(Fault::new(Effect::Status(response)).on(RESET));
        let apply = workspace.run_with(&["apply", "-auto-approve"], &[("HW_MAX_RETRIES", "0")]).failed();
        transcript.add(case, apply.diagnostics());
    }
    assert_snapshot!(transcript);
}

/// The service asks for ten minutes, and three seconds are left.
pub(crate) fn retry_after_beyond_the_time_limit_fails_at_once(workspace: &Workspace) {
    workspace.write("main.tf", &unchecked_reset_block("message_offset = 200\n  timeouts {\n    create = \"3s\"\n  }"));
    workspace.init();
    workspace.emulator.add_fault(Fault::new(Effect::Status(throttled().retry_after("600"))).on(RESET));
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert_eq!(workspace.resets(), 1);
    assert!(workspace.state_is_empty());
    assert_snapshot!(apply.diagnostics());
}

pub(crate) fn interrupt_between_retries_shows_the_last_response(workspace: &Workspace) {
    workspace.write("main.tf", &unchecked_reset_block("message_offset = 200"));
    workspace.init();
    workspace.emulator.add_fault(Fault::new(Effect::Status(throttled().retry_after("600"))).on(RESET));
    let running = workspace.start(&["apply", "-auto-approve"]);
    // The provider may read the response later than the emulator sends it.
    workspace.wait_for_log(LONG_RETRY);
    running.interrupt_group();
    let apply = running.finish().failed();
    assert_snapshot!(apply.diagnostics());
}

pub(crate) fn redirect_is_an_error(workspace: &Workspace) {
    workspace.write("main.tf", &unchecked_reset_block("message_offset = 200"));
    workspace.init();
    let elsewhere = Effect::Redirect { status: 307, location: "http://127.0.0.1:9/elsewhere".to_owned() };
    workspace.emulator.add_fault(Fault::new(elsewhere).on(RESET));
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert_eq!(workspace.resets(), 1);
    assert_snapshot!(apply.diagnostics());
}

pub(crate) fn oversized_response_is_an_error(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    let huge = Effect::HugeBody { bytes: 100 * 1024 * 1024 };
    workspace.emulator.add_fault(Fault::new(huge).on(Operation::ShowGroupWithOffsets));
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert_snapshot!(apply.diagnostics());
}

/// The service accepts five of a hundred resets per second.
pub(crate) fn rate_limit_of_the_service_is_respected(workspace: &Workspace) {
    for number in 0..100 {
        workspace.add_group(&format!("group-{number}"));
    }
    let many = unchecked_reset_block("count = 100\n  message_offset = count.index + 100");
    workspace.write("main.tf", &many.replace("\"billing\"", "\"group-${count.index}\""));
    workspace.init();
    workspace.emulator.add_rate_limit(RateLimit::for_operation(RESET, 5));
    workspace.apply();
    let journal = workspace.emulator.journal();
    let done = journal.matching("PUT", "/reset-message-offset").filter(|it| it.status == Some(204)).count();
    assert_eq!(done, 100);
    // If the provider did not limit its rate, most requests would be refused.
    assert!(workspace.resets() < 200, "{} requests for 100 resets", workspace.resets());
}

/// Each kind of fault hits one request in a hundred. Every group moves exactly once.
pub(crate) fn many_resets_among_faults_are_each_done_once(workspace: &Workspace) {
    workspace.add_topic("poisoned", 1);
    let groups: Vec<_> = (0..300)
        .map(|number| serde_json::json!({ "name": format!("group-{number}"), "offsets": { "poisoned": [41] } }))
        .collect();
    workspace.merge(&serde_json::json!({ "groups": groups }));
    let many = reset_block("count = 300\n  shift_by = 1").replace("\"orders\"", "\"poisoned\"");
    workspace.write("main.tf", &many.replace("\"billing\"", "\"group-${count.index}\""));
    workspace.write(
        "provider.tf",
        &workspace.provider_block().replace("endpoints", "request_timeout = \"2s\"\n  endpoints"),
    );
    workspace.init();
    let kinds = [
        Effect::Status(throttled()),
        Effect::Status(FaultResponse::new(500, "DMS.00500000", "Internal.")),
        Effect::Status(FaultResponse::raw(502, "text/html", "<html>Bad gateway</html>")),
        Effect::Status(FaultResponse::new(503, "DMS.111501025", "Busy.")),
        Effect::Status(FaultResponse::empty(504)),
        Effect::ResetBefore,
        Effect::ResetAfter,
        Effect::CloseBefore,
        Effect::CloseAfter,
        Effect::TruncatedResponse,
        Effect::WrongLength { by: 7 },
        Effect::Hang,
        Effect::SlowBody { ms: 1, bytes: 16 },
    ];
    let faults = (1..).zip(kinds).map(|(seed, effect)| Fault::new(effect).with_probability(0.01, seed));
    workspace.emulator.add_faults(faults.chain([Fault::delay(50).with_probability(0.01, 99)]));
    workspace.apply();
    for number in 0..300 {
        let group = format!("group-{number}");
        let offsets = workspace.emulator.group_offsets(demo::INSTANCE_ID, &group, "poisoned").unwrap();
        assert_eq!(offsets, [42], "{group}");
    }
    let journal = workspace.emulator.journal();
    let hit = journal.entries().iter().filter(|entry| entry.fault.is_some()).count();
    assert!(hit > 150, "{hit} faults");
}
