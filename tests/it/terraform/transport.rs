//! What goes wrong between the provider and the service: what is sent again, what is not, and what the user reads.

use std::time::{Duration, Instant};

use dms_emulator::{Effect, Endpoint, Fault, FaultAnswer, RateLimit, demo};

use super::harness::{Workspace, reset_block};

const RESET: Endpoint = Endpoint::ResetOffsets;

/// A reset without looks before and after, so that faults of other requests stay out.
fn bare(arguments: &str) -> String {
    reset_block(&format!("{arguments}\n  require_inactive_group = false\n  verify = false"))
}

fn throttled() -> FaultAnswer {
    FaultAnswer::new(429, "APIGW.0308", "The throttling threshold has been reached.")
}

/// What arrived is what was asked for, exactly, however often it was sent.
pub(crate) fn failures_in_passing_end_well(workspace: &Workspace) {
    workspace.write("main.tf", "");
    workspace.init();
    for (fault, sent) in [
        (Fault::new(Effect::Status(throttled().retry_after("1"))).on(RESET).times(2), 3),
        (Fault::new(Effect::Status(FaultAnswer::new(503, "DMS.111501025", "Busy."))).on(RESET).times(1), 2),
        (Fault::new(Effect::Status(FaultAnswer::raw(500, "text/html", "<html>Oops</html>"))).on(RESET).times(1), 2),
        (Fault::new(Effect::Status(FaultAnswer::new(400, "DMS.00400017", "A task runs."))).on(RESET).times(1), 2),
        (Fault::new(Effect::ResetBefore).on(RESET).times(1), 2),
        (Fault::new(Effect::ResetAfter).on(RESET).times(1), 2),
        (Fault::new(Effect::CloseAfter).on(RESET).times(1), 2),
        (Fault::new(Effect::HalfAnswer).on(RESET).times(1), 2),
        // Reads, before and after.
        (Fault::new(Effect::ResetBefore).on(Endpoint::ShowGroupWithOffsets).times(1), 1),
        (Fault::new(Effect::HalfAnswer).on(Endpoint::ShowGroupWithOffsets).after(1).times(1), 1),
        (Fault::new(Effect::WrongLength { by: 10 }).on(Endpoint::ListPartitions).times(1), 1),
        (Fault::new(Effect::ResetAfter).on(Endpoint::ListProjects).times(1), 1),
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

pub(crate) fn wait_of_two_refusals_is_seconds_not_minutes(workspace: &Workspace) {
    workspace.write("main.tf", &bare("message_offset = 200"));
    workspace.init();
    workspace.emulator.add_fault(Fault::new(Effect::Status(throttled().retry_after("1"))).on(RESET).times(2));
    let started = Instant::now();
    workspace.apply();
    // The service asks for one second each time; peers sleep minutes here.
    let elapsed = started.elapsed();
    assert!(elapsed >= Duration::from_secs(2), "Retry-After was not honoured: {elapsed:?}");
    assert!(elapsed < Duration::from_secs(30), "{elapsed:?}");
}

pub(crate) fn refusal_is_told_once_with_the_services_words(workspace: &Workspace) {
    workspace.write("main.tf", &bare("message_offset = 200"));
    workspace.init();
    let refused = FaultAnswer::new(400, "DMS.00400800", "Parameter group is invalid.");
    workspace.emulator.add_fault(Fault::new(Effect::Status(refused)).on(RESET));
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    let journal = workspace.emulator.journal();
    let request = journal.matching("PUT", "/reset-message-offset").next().expect("a PUT");
    for part in ["400 DMS.00400800", "Parameter group is invalid.", &request.request_id] {
        assert!(apply.text().contains(part), "{part:?} is missing: {apply}");
    }
    assert_eq!(workspace.resets(), 1);
}

pub(crate) fn body_that_is_no_json_is_quoted(workspace: &Workspace) {
    workspace.write("main.tf", &bare("message_offset = 200"));
    workspace.init();
    for (answer, told) in [
        (FaultAnswer::raw(502, "text/html", "<html>upstream is away</html>"), "<html>upstream is away</html>"),
        (FaultAnswer::raw(503, "application/json", "{\"error_code\":\"X.1"), "{\"error_code\":\"X.1"),
        (FaultAnswer::empty(504), "the service answered 504"),
    ] {
        workspace.emulator.clear_faults();
        workspace.emulator.add_fault(Fault::new(Effect::Status(answer)).on(RESET));
        let apply = workspace.run_with(&["apply", "-auto-approve"], &[("HW_MAX_RETRIES", "0")]).failed();
        assert!(apply.text().contains(told), "{told:?} is missing: {apply}");
    }
}

/// Ten minutes are asked for, three seconds are left.
pub(crate) fn wait_longer_than_the_time_limit_is_told_at_once(workspace: &Workspace) {
    workspace.write("main.tf", &bare("message_offset = 200\n  timeouts {\n    create = \"3s\"\n  }"));
    workspace.init();
    workspace.emulator.add_fault(Fault::new(Effect::Status(throttled().retry_after("600"))).on(RESET));
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert!(apply.text().contains("429 APIGW.0308"), "{apply}");
    assert!(apply.text().contains("the service asks to wait 600.0 s"), "{apply}");
    assert!(apply.text().contains("The service refused the reset; no offset was changed."), "{apply}");
    assert_eq!(workspace.resets(), 1);
    assert!(workspace.state_is_empty());
}

pub(crate) fn interrupt_of_a_wait_says_what_was_waited_for(workspace: &Workspace) {
    workspace.write("main.tf", &bare("message_offset = 200"));
    workspace.init();
    workspace.emulator.add_fault(Fault::new(Effect::Status(throttled().retry_after("600"))).on(RESET));
    let running = workspace.start(&["apply", "-auto-approve"]);
    // That the answer was sent does not mean that the provider has read it.
    workspace.wait_for_log("attempt 2 of 6 in 600 s");
    running.interrupt_group();
    let apply = running.finish().failed();
    assert!(
        apply.text().contains("The service returned 429 APIGW.0308; attempt 2 of 6 in 600 s, as the service requests"),
        "{apply}"
    );
    assert!(apply.text().contains("The reset was not sent."), "{apply}");
}

pub(crate) fn redirect_is_an_error(workspace: &Workspace) {
    workspace.write("main.tf", &bare("message_offset = 200"));
    workspace.init();
    let elsewhere = Effect::Redirect { status: 307, location: "http://127.0.0.1:9/elsewhere".to_owned() };
    workspace.emulator.add_fault(Fault::new(elsewhere).on(RESET));
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert!(apply.text().contains("it points at 127.0.0.1, and redirects are not followed"), "{apply}");
    assert_eq!(workspace.resets(), 1);
}

pub(crate) fn answer_without_end_is_bounded(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    let huge = Effect::HugeBody { bytes: 100 * 1024 * 1024 };
    workspace.emulator.add_fault(Fault::new(huge).on(Endpoint::ShowGroupWithOffsets));
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert!(apply.text().contains("the answer is longer than"), "{apply}");
    assert!(apply.text().contains("The reset was not sent."), "{apply}");
}

/// A hundred resets, five per second: none fails, and none is sent before its time.
pub(crate) fn limit_of_the_service_is_found_and_kept(workspace: &Workspace) {
    for number in 0..100 {
        workspace.add_group(&format!("group-{number}"));
    }
    let many = bare("count = 100\n  message_offset = count.index + 100");
    workspace.write("main.tf", &many.replace("\"billing\"", "\"group-${count.index}\""));
    workspace.init();
    workspace.emulator.rate_limit(RateLimit::of(RESET, 5));
    workspace.apply();
    let journal = workspace.emulator.journal();
    let done = journal.matching("PUT", "/reset-message-offset").filter(|it| it.status == Some(204)).count();
    assert_eq!(done, 100);
    // Without a pace of its own, ten resets at once would be refused more often than not.
    assert!(workspace.resets() < 200, "{} requests for 100 resets", workspace.resets());
}

/// One request in a hundred meets each kind of fault. Every group makes one step, none makes two.
pub(crate) fn thousand_resets_among_faults_of_every_kind_are_done_once(workspace: &Workspace) {
    workspace.add_topic("poisoned", 1);
    let groups: Vec<_> = (0..1_000)
        .map(|number| serde_json::json!({ "name": format!("group-{number}"), "offsets": { "poisoned": [41] } }))
        .collect();
    workspace.merge(&serde_json::json!({ "groups": groups }));
    let many = reset_block("count = 1000\n  shift_by = 1").replace("\"orders\"", "\"poisoned\"");
    workspace.write("main.tf", &many.replace("\"billing\"", "\"group-${count.index}\""));
    workspace.write(
        "provider.tf",
        &workspace.provider_block().replace("endpoints", "request_timeout = \"2s\"\n  endpoints"),
    );
    workspace.init();
    let kinds = [
        Effect::Status(throttled()),
        Effect::Status(FaultAnswer::new(500, "DMS.00500000", "Internal.")),
        Effect::Status(FaultAnswer::raw(502, "text/html", "<html>Bad gateway</html>")),
        Effect::Status(FaultAnswer::new(503, "DMS.111501025", "Busy.")),
        Effect::Status(FaultAnswer::empty(504)),
        Effect::ResetBefore,
        Effect::ResetAfter,
        Effect::CloseBefore,
        Effect::CloseAfter,
        Effect::HalfAnswer,
        Effect::WrongLength { by: 7 },
        Effect::Never,
        Effect::SlowBody { ms: 1, bytes: 16 },
    ];
    let faults = (1..).zip(kinds).map(|(seed, effect)| Fault::new(effect).with_probability(0.01, seed));
    workspace.emulator.add_faults(faults.chain([Fault::delay(50).with_probability(0.01, 99)]));
    workspace.apply();
    for number in 0..1_000 {
        let group = format!("group-{number}");
        let offsets = workspace.emulator.group_offsets(demo::INSTANCE_ID, &group, "poisoned").unwrap();
        assert_eq!(offsets, [42], "{group}");
    }
    let journal = workspace.emulator.journal();
    let hit = journal.entries().iter().filter(|entry| entry.fault.is_some()).count();
    assert!(hit > 300, "{hit} faults");
}
