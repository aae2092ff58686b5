//! The preview of a reset, as a data source and in plans, and the limits that refuse a reset.

use dms_emulator::state::GroupState;
use dms_emulator::{Effect, Fault, FaultResponse, Operation, demo};
use serde_json::{Value, json};

use super::harness::{Workspace, reset_block};
use crate::snapshot::{Transcript, assert_snapshot};

/// The topics, each with one message per second from 2024-01-01T00:00:00Z, and the committed offset of group "reader".
/// `truncated` has lost its first 30 messages, and `emptied` all of them. The group has not committed an offset on the
/// second partition of `plain`.
fn add_topics(workspace: &Workspace) {
    let marker = |offset: i64| json!({ "from_offset": offset, "to_offset": offset + 1, "transaction_ended_at": 1_704_067_200_000 + offset * 1_000 });
    let log = |start: i64, gaps: Value| json!({ "log_start": start, "log_end": 100, "gaps": gaps });
    let topics = [
        ("plain", vec![log(0, json!([])), log(0, json!([]))], json!([52])),
        ("gapped", vec![log(0, json!([{ "from_offset": 15, "to_offset": 25 }]))], json!([52])),
        (
            "compacted",
            vec![log(0, json!([{ "from_offset": 0, "to_offset": 19 }, { "from_offset": 21, "to_offset": 99 }]))],
            json!([52]),
        ),
        ("transactional", vec![log(0, json!([marker(9), marker(21), marker(51), marker(99)]))], json!([52])),
        ("truncated", vec![log(30, json!([]))], json!([10])),
        ("emptied", vec![log(100, json!([]))], json!([52])),
    ];
    let mut offsets = json!({});
    for (name, partitions, committed) in topics {
        workspace.merge(&json!({ "topics": [{ "name": name, "partitions": partitions }] }));
        offsets[name] = committed;
    }
    workspace.merge(&json!({ "groups": [{ "name": "reader", "offsets": offsets }] }));
}

const TOPICS: [&str; 6] = ["plain", "gapped", "compacted", "transactional", "truncated", "emptied"];

/// A data source and the resource with the same arguments for each topic.
fn previewed_resets(target: &str) -> String {
    let pair = |topic: &&str| {
        let block = reset_block(target).replace("billing", "reader").replace("\"orders\"", &format!("\"{topic}\""));
        let resource = block.replace("\"this\"", &format!("\"{topic}\""));
        let data = resource.replace("resource \"", "data \"");
        let wait =
            resource.replacen("{\n", &format!("{{\n  depends_on = [data.huaweicloud_kafka_offset_reset.{topic}]\n"), 1);
        format!("{data}{wait}")
    };
    TOPICS.iter().map(pair).collect()
}

/// The attributes of the data source and of the resource for a topic.
fn attributes(workspace: &Workspace, topic: &str) -> [Value; 2] {
    let state: Value = serde_json::from_str(&workspace.state_text()).unwrap();
    ["data", "managed"].map(|mode| {
        let resources = state["resources"].as_array().unwrap();
        let found = resources.iter().find(|it| it["mode"] == mode && it["name"] == topic).expect("it is in the state");
        found["instances"][0]["attributes"].clone()
    })
}

/// The emulator's offsets show that the resource's record is right.
pub(crate) fn data_source_shows_where_each_target_leads(workspace: &Workspace) {
    workspace.write("main.tf", "");
    workspace.init();
    for target in [
        "position = \"earliest\"",
        "position = \"latest\"",
        "partition = 0\n  position = \"current\"",
        "message_offset = 20",
        "message_offset = 4000",
        "partition = 0\n  shift_by = -30",
        "partition_offsets = { 0 = 40 }",
        "timestamp = 0",
        "datetime = \"2024-01-01T00:00:20Z\"",
        "datetime = \"2024-01-01T00:00:05.500Z\"",
        "datetime = \"2023-12-31T00:00:00Z\"",
        "datetime = \"2024-01-01T00:01:39.500Z\"",
        "by_duration = \"P1D\"",
    ] {
        workspace.emulator.reset();
        add_topics(workspace);
        workspace.forget_state();
        workspace.write("main.tf", &previewed_resets(target));
        workspace.apply();
        for topic in TOPICS {
            let [preview, reset] = attributes(workspace, topic);
            for attribute in ["before", "after", "clamped", "replayed_messages", "skipped_messages"] {
                assert_eq!(preview[attribute], reset[attribute], "{target}, {topic}, {attribute}: {preview} {reset}");
            }
            let offsets = workspace.emulator.group_offsets(demo::INSTANCE_ID, "reader", topic).unwrap();
            assert_eq!(preview["after"][topic]["0"], offsets[0], "{target}, {topic}");
        }
    }
}

pub(crate) fn data_source_shows_where_a_reset_of_every_topic_leads(workspace: &Workspace) {
    workspace.write("main.tf", "");
    workspace.init();
    for target in [
        "position = \"earliest\"",
        "position = \"latest\"",
        "datetime = \"2024-01-01T00:00:20Z\"",
        "by_duration = \"P1D\"",
    ] {
        workspace.emulator.reset();
        add_topics(workspace);
        // The service may skip a partition without a committed offset.
        workspace.merge(&json!({ "topics": [{ "name": "plain", "partitions": [{ "log_end": 100 }] }] }));
        workspace.forget_state();
        let blocks = previewed_resets(target);
        let (pair, _) = blocks.split_at(blocks.match_indices("data \"").nth(1).expect("a second topic").0);
        workspace.write("main.tf", &pair.replace("  topic       = \"plain\"\n", ""));
        workspace.apply();
        let [preview, reset] = attributes(workspace, "plain");
        for attribute in ["before", "after", "clamped", "replayed_messages", "skipped_messages"] {
            assert_eq!(preview[attribute], reset[attribute], "{target}, {attribute}: {preview} {reset}");
        }
        for topic in TOPICS {
            let offsets = workspace.emulator.group_offsets(demo::INSTANCE_ID, "reader", topic).unwrap();
            assert_eq!(preview["after"][topic]["0"], offsets[0], "{target}, {topic}");
        }
    }
}

/// No client can read a transaction marker, but Kafka finds it by its timestamp. No message lies between the two
/// offsets.
pub(crate) fn reset_to_the_end_of_a_transaction_has_the_same_effect_as_its_preview(workspace: &Workspace) {
    add_topics(workspace);
    let pair = previewed_resets("datetime = \"2024-01-01T00:00:21Z\"");
    let pair: String = pair.split_inclusive("}\n").filter(|block| block.contains("\"transactional\"")).collect();
    workspace.write("main.tf", &pair);
    workspace.init();
    workspace.apply();
    let [preview, reset] = attributes(workspace, "transactional");
    assert_eq!([&preview["after"]["transactional"]["0"], &reset["after"]["transactional"]["0"]], [22, 21]);
}

pub(crate) fn data_source_shows_logs_and_members_and_sends_only_reads(workspace: &Workspace) {
    let block = reset_block("datetime = \"2024-01-01T00:02:00Z\"").replace("resource \"", "data \"");
    let output = "output \"preview\" {\n  value = data.huaweicloud_kafka_offset_reset.this\n}\n";
    workspace.write("main.tf", &format!("{}{output}", block.replace("\"billing\"", "\"shipping\"")));
    workspace.init();
    workspace.apply();
    let journal = workspace.emulator.journal();
    assert!(journal.entries().iter().all(|it| it.method == "GET"), "{journal:?}");
    let shown = workspace.run(&["output", "-json", "preview"]).succeeded();
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_snapshot!(serde_json::to_string_pretty(&shown).unwrap());
}

pub(crate) fn plan_previews_a_reset_on_request(workspace: &Workspace) {
    add_topics(workspace);
    workspace.write("main.tf", "");
    workspace.init();
    let mut transcript = Transcript::default();
    for arguments in [
        "datetime = \"2024-01-01T00:02:00Z\"",
        "message_offset = 250\n  max_replayed_messages = 100\n  max_skipped_messages = 100",
        "position = \"current\"",
        "message_offset = 20\n  on_out_of_range = \"error\"",
    ] {
        workspace.write("main.tf", &reset_block(&format!("{arguments}\n  preview = true")));
        transcript.add(arguments, workspace.run(&["plan"]).succeeded().diagnostics());
    }
    let every_topic = reset_block("position = \"earliest\"\n  preview = true")
        .replace("  topic       = \"orders\"\n", "")
        .replace("billing", "reader");
    workspace.write("main.tf", &every_topic);
    transcript.add("every topic", workspace.run(&["plan"]).succeeded().diagnostics());
    assert_eq!(workspace.resets(), 0);
    assert_snapshot!(transcript);
}

/// Terraform drops the warnings of the second plan of a replacement.
pub(crate) fn plan_of_a_replacement_has_its_warnings(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 120\n  preview = true"));
    workspace.init();
    workspace.apply();
    let mut transcript = Transcript::default();
    for (change, target) in
        [("another target", "message_offset = 130"), ("a trigger", "message_offset = 120\n  triggers = { run = 1 }")]
    {
        workspace.write("main.tf", &reset_block(&format!("{target}\n  preview = true")));
        transcript.add(change, workspace.run(&["plan"]).succeeded().diagnostics());
    }
    let every_topic = reset_block("position = \"earliest\"").replace("  topic       = \"orders\"\n", "");
    workspace.write("main.tf", &every_topic);
    transcript.add("every topic", workspace.run(&["plan"]).succeeded().diagnostics());
    assert_eq!(workspace.resets(), 1);
    assert_snapshot!(transcript);
}

pub(crate) fn preview_names_the_members_of_an_active_group(workspace: &Workspace) {
    let mut transcript = Transcript::default();
    workspace.write("main.tf", "");
    workspace.init();
    for checks in ["", "wait_for_inactive = \"0s\"", "require_inactive_group = false"] {
        let block = reset_block(&format!("position = \"earliest\"\n  preview = true\n  {checks}"));
        workspace.write("main.tf", &block.replace("\"billing\"", "\"shipping\""));
        transcript.add(checks, workspace.run(&["plan"]).succeeded().diagnostics());
    }
    workspace.emulator.with_state(|state| {
        let group = state.group_mut(demo::INSTANCE_ID, "shipping").unwrap();
        group.remove_members();
        group.state = GroupState::PreparingRebalance;
    });
    let block = reset_block("position = \"earliest\"\n  preview = true");
    workspace.write("main.tf", &block.replace("\"billing\"", "\"shipping\""));
    transcript.add("no member listed", workspace.run(&["plan"]).succeeded().diagnostics());
    assert_snapshot!(transcript);
}

pub(crate) fn resource_without_preview_reads_nothing_in_a_plan(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("position = \"earliest\""));
    workspace.init();
    workspace.run(&["plan"]).succeeded();
    assert_eq!(workspace.calls(), 0);
}

pub(crate) fn preview_that_cannot_be_read_does_not_fail_the_plan(workspace: &Workspace) {
    let preview = reset_block("position = \"earliest\"\n  preview = true");
    workspace.write("main.tf", &preview);
    workspace.write("retries_override.tf", "provider \"huaweicloud\" {\n  max_retries = 0\n}\n");
    workspace.init();
    let mut transcript = Transcript::default();
    let forbidden = Effect::Status(FaultResponse::new(403, "DMS.10240005", "Policy doesn't allow it."));
    let down = Effect::Status(FaultResponse::new(503, "APIGW.0605", "No backend."));
    for (what, fault) in [("forbidden", forbidden), ("unavailable", down)] {
        workspace.emulator.add_fault(Fault::new(fault).on(Operation::ShowGroupWithOffsets));
        transcript.add(what, workspace.run(&["plan"]).succeeded().diagnostics());
        workspace.emulator.reset();
    }
    workspace.write("main.tf", &preview.replace("\"billing\"", "\"no-such-group\""));
    transcript.add("unknown group", workspace.run(&["plan"]).succeeded().diagnostics());
    let unknown = "resource \"terraform_data\" \"name\" {\n  input = \"billing\"\n}\n";
    let block = preview.replace("\"billing\"", "terraform_data.name.output");
    workspace.write("main.tf", &format!("{unknown}{block}"));
    transcript.add("group known after apply", workspace.run(&["plan"]).succeeded().diagnostics());
    assert_snapshot!(transcript);
}

/// The emulator never responds to the reads of messages.
pub(crate) fn preview_ends_after_five_seconds(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("datetime = \"2024-01-01T00:02:00Z\"\n  preview = true"));
    workspace.init();
    workspace.emulator.add_fault(Fault::new(Effect::Hang).on(Operation::ShowMessages));
    let plan = workspace.run(&["plan"]).succeeded();
    assert_snapshot!(plan.diagnostics());
}

pub(crate) fn reset_beyond_a_limit_is_refused_before_it_is_sent(workspace: &Workspace) {
    workspace.write("main.tf", "");
    workspace.init();
    let mut transcript = Transcript::default();
    // From 140, 190 and 4 000 000 500 to the messages of the second minute: 20, 70 and 380 messages.
    for (arguments, is_sent) in [
        ("datetime = \"2024-01-01T00:02:00Z\"\n  max_replayed_messages = 470\n  max_skipped_messages = 0", true),
        ("datetime = \"2024-01-01T00:02:00Z\"\n  max_replayed_messages = 469", false),
        ("message_offset = 200\n  partition = 0\n  max_skipped_messages = 60\n  verify = false", true),
        ("message_offset = 200\n  partition = 0\n  max_skipped_messages = 59\n  verify = false", false),
        ("position = \"latest\"\n  max_skipped_messages = 0", false),
    ] {
        workspace.emulator.reset();
        workspace.forget_state();
        workspace.write("main.tf", &reset_block(arguments));
        let apply = workspace.run(&["apply", "-auto-approve"]);
        assert_eq!(workspace.resets(), usize::from(is_sent), "{apply}");
        if !is_sent {
            transcript.add(arguments, apply.failed().diagnostics());
        }
    }
    let unreadable = Effect::Status(FaultResponse::new(403, "DMS.10240005", "Policy doesn't allow it."));
    workspace.emulator.reset();
    workspace.forget_state();
    workspace.emulator.add_fault(Fault::new(unreadable).on(Operation::ShowMessage));
    let arguments = "datetime = \"2024-01-01T00:02:00Z\"\n  max_replayed_messages = 1000";
    workspace.write("main.tf", &reset_block(arguments));
    transcript.add("unreadable messages", workspace.run(&["apply", "-auto-approve"]).failed().diagnostics());
    assert_snapshot!(transcript);
}

/// The limits are checked once, before the reset is sent.
pub(crate) fn limit_exceeded_after_the_check_is_a_warning(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("partition = 0\n  position = \"latest\"\n  max_skipped_messages = 160"));
    workspace.init();
    workspace.emulator.hold();
    let running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_for_resets(1);
    workspace
        .emulator
        .with_state(|state| state.topic_mut(demo::INSTANCE_ID, demo::ORDERS).unwrap()[0].append(40).unwrap());
    workspace.emulator.release();
    let apply = running.finish().succeeded();
    assert_eq!(workspace.offsets()[0], 340);
    assert_snapshot!(apply.diagnostics());
}

/// Kafka moves the group to the first of the messages whose times are far in the future. Only its hint shows that no
/// earlier message is also not older than the time.
pub(crate) fn messages_out_of_order_make_the_target_unknown(workspace: &Workspace) {
    const START: i64 = 1_704_067_200_000;
    let partition = json!({ "log_end": 1000, "timestamps": [
        { "from_offset": 0, "first_timestamp": START, "step_ms": 1000 },
        { "from_offset": 300, "first_timestamp": START + 1_000_000_000, "step_ms": 0 },
        { "from_offset": 400, "first_timestamp": START + 400_000, "step_ms": 1000 },
    ] });
    workspace.merge(&json!({ "topics": [{ "name": "skewed", "partitions": [partition] }] }));
    workspace.merge(&json!({ "groups": [{ "name": "reader", "offsets": { "skewed": [1000] } }] }));
    let block = |limit: &str| {
        let arguments = format!("datetime = \"2024-01-01T00:05:30Z\"\n  preview = true\n  {limit}");
        reset_block(&arguments).replace("billing", "reader").replace("\"orders\"", "\"skewed\"")
    };
    workspace.write("main.tf", "");
    workspace.init();
    let mut transcript = Transcript::default();
    for (has_hints, limit) in [(true, 699), (false, 999)] {
        if !has_hints {
            let missing = FaultResponse::new(404, "APIGW.0101", "The API does not exist.");
            workspace.emulator.add_fault(Fault::new(Effect::Status(missing)).on(Operation::ShowMessages));
        }
        let hints = if has_hints { "with hints" } else { "without hints" };
        workspace.write("main.tf", &block(""));
        transcript.add(format!("{hints}, no limit"), workspace.run(&["plan"]).succeeded().diagnostics());
        workspace.write("main.tf", &block(&format!("max_replayed_messages = {limit}")));
        transcript.add(hints, workspace.run(&["apply", "-auto-approve"]).failed().diagnostics());
        assert_eq!(workspace.resets(), 0);
    }
    workspace.write("main.tf", &block("max_replayed_messages = 1000"));
    workspace.apply();
    let offsets = workspace.emulator.group_offsets(demo::INSTANCE_ID, "reader", "skewed").unwrap();
    assert_eq!(offsets, [300]);
    assert_snapshot!(transcript);
}

pub(crate) fn invalid_limits_are_reported_by_validation(workspace: &Workspace) {
    workspace.write(
        "main.tf",
        &reset_block("position = \"earliest\"\n  max_replayed_messages = -1\n  max_skipped_messages = 1.5"),
    );
    workspace.init();
    assert_snapshot!(workspace.run(&["validate"]).failed().diagnostics());
}
