//! Responses that differ from the documentation: needed parts are parsed strictly, the rest is ignored, and errors show
//! the response of the service, or of a proxy in its place.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use dms_emulator::{Effect, Fault, FaultResponse, Operation, demo};
use serde_json::{Value, json};

use super::consumer_group::{data_source_block, read};
use super::harness::{Workspace, reset_block};
use crate::snapshot::{Transcript, assert_snapshot};

const GROUP: Operation = Operation::ShowGroupWithOffsets;
const RESET: Operation = Operation::ResetOffsets;

/// A fault that makes every request of this kind return 200 with this body.
fn responds(operation: Operation, body: &Value) -> Fault {
    Fault::new(Effect::Status(FaultResponse::raw(200, "application/json", &body.to_string()))).on(operation)
}

/// A group without members, with these rows of offsets.
fn empty_group(rows: &[Value]) -> Value {
    json!({ "group": { "state": "EMPTY", "members": null, "coordinator_id": "", "group_message_offsets": rows } })
}

/// A row of the group, with log end and lag as the service usually writes them.
fn row(topic: &str, partition: i64, current: &Value) -> Value {
    json!({ "topic": topic, "partition": partition, "message_current_offset": current,
            "message_log_end_offset": 300, "lag": 160 })
}

/// Malformed rows that a reset of partition 0 of the topic does not need.
fn malformed_rows(current: i64) -> Vec<Value> {
    vec![
        json!({ "topic": "orders", "partition": 0, "message_current_offset": current,
                "message_log_end_offset": null, "lag": "" }),
        json!({ "topic": "orders", "partition": 1, "message_current_offset": "?", "message_log_end_offset": -1 }),
        json!({ "topic": "orders", "partition": 2, "message_current_offset": -1, "lag": 50.0 }),
        json!({ "topic": "deleted", "partition": 0, "message_current_offset": 5, "message_log_end_offset": -1 }),
        json!({ "topic": "deleted", "partition": null, "message_current_offset": [] }),
        json!(7),
    ]
}

/// The partitions of the topic, with partition 1 offline.
fn malformed_partitions() -> Value {
    json!({ "total": "3", "partitions": [
        { "partition": 0, "start_offset": 0, "last_offset": 300.0, "message_count": "?", "last_update_time": {} },
        { "partition": 1, "start_offset": -1, "last_offset": null },
        { "partition": "2", "start_offset": "4000000000", "last_offset": 4_000_001_000_i64, "message_count": 1000 },
    ] })
}

/// Applies a block that is refused before a reset is sent.
fn refused(workspace: &Workspace, block: &str) -> String {
    workspace.write("main.tf", block);
    let resets = workspace.resets();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert_eq!(workspace.resets(), resets, "{apply}");
    apply.diagnostics()
}

/// A row of a deleted topic must neither taint a finished reset nor prevent one.
pub(crate) fn malformed_fields_that_are_not_needed_do_not_fail_a_reset(workspace: &Workspace) {
    workspace.write("main.tf", "");
    workspace.init();
    for target in ["partition = 0\n  message_offset = 120", "partition_offsets = { 0 = 120 }"] {
        for malformed_before in [true, false] {
            workspace.emulator.reset();
            workspace.emulator.clear_faults();
            workspace.forget_state();
            if malformed_before {
                workspace.emulator.add_fault(responds(GROUP, &empty_group(&malformed_rows(140))).times(1));
            } else {
                workspace.emulator.add_fault(Fault::delay(0).on(GROUP).times(1));
            }
            workspace.emulator.add_fault(responds(GROUP, &empty_group(&malformed_rows(120))));
            workspace.emulator.add_fault(responds(Operation::ListPartitions, &malformed_partitions()));
            workspace.write("main.tf", &reset_block(target));
            workspace.apply();
            assert_eq!(workspace.offsets(), [120, 190, 4_000_000_500], "{target}");
            workspace.assert_no_changes();
        }
    }
}

/// Such a row must not count as a missing offset.
pub(crate) fn unreadable_row_that_is_needed_is_an_error(workspace: &Workspace) {
    workspace.write("main.tf", "");
    workspace.init();
    let mut transcript = Transcript::default();
    for current in [json!("x"), json!(-7)] {
        workspace.emulator.clear_faults();
        workspace.emulator.add_fault(responds(GROUP, &empty_group(&[row("orders", 0, &current)])));
        for target in ["message_offset = 120", "partition = 0\n  shift_by = -1", "partition_offsets = { 0 = 120 }"] {
            transcript.add(format!("offset {current}, {target}"), refused(workspace, &reset_block(target)));
        }
    }
    let every_topic = reset_block("position = \"earliest\"").replace("topic       = \"orders\"", "");
    transcript.add("offset -7, every topic", refused(workspace, &every_topic));
    // The row may be about a topic that no other row names.
    for malformed in [json!({ "message_current_offset": 5 }), row("", 0, &json!(5)), json!(7)] {
        workspace.emulator.clear_faults();
        let rows = [0, 1, 2].map(|partition| row("orders", partition, &json!(140)));
        workspace
            .emulator
            .add_fault(responds(GROUP, &empty_group(&[&rows[..], std::slice::from_ref(&malformed)].concat())));
        transcript.add(format!("row {malformed}, every topic"), refused(workspace, &every_topic));
    }
    // The row may be about any partition without another row.
    workspace.emulator.clear_faults();
    workspace.emulator.add_fault(responds(GROUP, &empty_group(&[json!({ "message_current_offset": 5 })])));
    transcript.add("row without topic, one topic", refused(workspace, &reset_block("message_offset = 120")));
    // It means that no offset is committed, which is unambiguous.
    workspace.emulator.clear_faults();
    workspace.emulator.add_fault(responds(GROUP, &empty_group(&[row("orders", 0, &json!(-1))])));
    transcript.add("offset -1, shift_by = -1", refused(workspace, &reset_block("shift_by = -1")));

    workspace.emulator.clear_faults();
    workspace.emulator.add_fault(responds(Operation::ListPartitions, &malformed_partitions()));
    for target in ["partition = 1\n  message_offset = 120", "message_offset = 120", "partition_offsets = { 1 = 120 }"] {
        transcript.add(format!("offline partition, {target}"), refused(workspace, &reset_block(target)));
    }
    // Without reading offsets, nothing is unreadable.
    workspace.emulator.clear_faults();
    workspace.emulator.add_fault(responds(GROUP, &empty_group(&[row("orders", 0, &json!("x"))])));
    workspace.write("main.tf", &reset_block("message_offset = 200\n  verify = false"));
    workspace.apply();
    assert_snapshot!(transcript);
}

/// The reset must not use partition -1 (every partition) if the list leaves out a partition.
pub(crate) fn unnamed_offline_partition_is_not_moved(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("partition_offsets = { 0 = 120, 2 = 120 }\n  verify = false"));
    workspace.init();
    workspace.emulator.add_fault(responds(Operation::ListPartitions, &malformed_partitions()));
    workspace.write("main.tf", &reset_block("partition_offsets = { 0 = 120, 2 = 120 }\n  on_out_of_range = \"clamp\""));
    // The offset of partition 2 is before its log, so the partition moves to the start of its log.
    workspace.apply();
    assert_eq!(workspace.offsets(), [120, 190, 4_000_000_000]);
    let sent: Vec<Value> = super::targets::bodies(workspace);
    let partitions: Vec<i64> = sent.iter().map(|body| body["partition"].as_i64().unwrap()).collect();
    assert_eq!(partitions, [0, 2]);
}

pub(crate) fn unreadable_values_are_null_in_the_data_source(workspace: &Workspace) {
    workspace.write("main.tf", &data_source_block("\"billing\""));
    workspace.init();
    workspace.emulator.add_fault(responds(GROUP, &empty_group(&malformed_rows(140))));
    let orders =
        responds(Operation::ListPartitions, &malformed_partitions()).request("GET", "/topics/orders/partitions");
    workspace.emulator.add_fault(orders);
    let group = read(workspace, &data_source_block("\"billing\""));
    let null = Value::Null;
    let offset = |topic: &Value, partition: &Value, current: &Value, log_start: &Value, lag: &Value| {
        json!({
            "topic": topic,
            "partition": partition,
            "current": current,
            "log_start": log_start,
            "log_end": null,
            "lag": lag,
        })
    };
    let (deleted, orders) = (&json!("deleted"), &json!("orders"));
    // The service no longer lists the deleted topic, and cannot read the log of the offline partition 1.
    let expected = json!([
        offset(&null, &null, &null, &null, &null),
        offset(deleted, &null, &null, &null, &null),
        offset(deleted, &json!(0), &json!(5), &null, &null),
        offset(orders, &json!(0), &json!(140), &json!(0), &null),
        offset(orders, &json!(1), &null, &null, &null),
        offset(orders, &json!(2), &null, &json!(4_000_000_000_i64), &json!(50)),
    ]);
    assert_eq!(group["offsets"], expected);
    assert_eq!(group["lag"], json!({ "deleted": null, "orders": null }));
    assert_eq!(
        (&group["state"], &group["members"], &group["coordinator_id"]),
        (&json!("Empty"), &json!([]), &json!(null))
    );
    assert_eq!(group["total_lag"], json!(null));
    workspace.assert_no_changes();
}

/// Otherwise the total could be less than the lag of a single partition.
pub(crate) fn negative_lag_counts_as_none(workspace: &Workspace) {
    workspace.write("main.tf", &data_source_block("\"billing\""));
    workspace.init();
    let mut negative = row("orders", 1, &json!(400));
    negative["lag"] = json!(-100);
    let computed =
        json!({ "topic": "orders", "partition": 2, "message_current_offset": 9, "message_log_end_offset": 8 });
    let rows = [row("orders", 0, &json!(140)), negative, computed];
    workspace.emulator.add_fault(responds(GROUP, &empty_group(&rows)));
    let group = read(workspace, &data_source_block("\"billing\""));
    let lags: Vec<&Value> = group["offsets"].as_array().unwrap().iter().map(|offset| &offset["lag"]).collect();
    assert_eq!((lags, &group["total_lag"]), (vec![&json!(160), &json!(0), &json!(0)], &json!(160)));
}

/// Starts a service with a group, and with lists of partitions and of tasks that never end. Returns its address.
fn start_endless_service() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || serve_endless_lists(stream.unwrap()));
        }
    });
    url
}

/// Serves one connection until the provider closes it.
fn serve_endless_lists(mut stream: TcpStream) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    while let Some(Ok(request)) = lines.next() {
        // None of these requests has a body.
        while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        let target = request.split(' ').nth(1).unwrap();
        let from = target.split(['?', '&']).find_map(|it| it.strip_prefix("offset=").or(it.strip_prefix("start=")));
        let from: i64 = from.map_or(0, |from| from.parse().unwrap());
        let partition = |number| json!({ "partition": number, "start_offset": 0, "last_offset": 9 });
        let body = if target.contains("/topics/endless/") {
            json!({ "partitions": (from..from + 50).map(partition).collect::<Vec<_>>() })
        } else if target.contains("/topics/orders/") {
            json!({ "partitions": [partition(0)], "total": 1 })
        } else if target.contains("/tasks") {
            json!({ "tasks": (from..from + 100).map(|number| json!({ "id": format!("task-{number}") })).collect::<Vec<_>>() })
        } else {
            empty_group(&[row("orders", 0, &json!(5))])
        };
        let body = body.to_string();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        if stream.write_all(format!("{head}{body}").as_bytes()).is_err() {
            return;
        }
    }
}

/// Without limits, each list would fill a gigabyte within seconds.
pub(crate) fn endless_list_is_an_error(workspace: &Workspace) {
    let (own, endless) = (workspace.emulator.url().to_string(), start_endless_service());
    workspace.write("provider.tf", &workspace.provider_block().replacen(&own, &endless, 1));
    workspace.write("main.tf", "");
    workspace.init();
    let topic = |line: &str| reset_block("position = \"earliest\"").replace("topic       = \"orders\"", line);
    let mut transcript = Transcript::default();
    for (case, block) in [("partitions", topic("topic = \"endless\"")), ("tasks", topic(""))] {
        transcript.add(case, refused(workspace, &block));
    }
    assert_snapshot!(transcript);
}

pub(crate) fn compressed_response_is_reported_with_its_compression(workspace: &Workspace) {
    workspace.write("main.tf", "");
    workspace.init();
    let compressed =
        |status| FaultResponse::raw(status, "application/json", "not what it was").content_encoding("gzip");
    let mut transcript = Transcript::default();
    for status in [200, 403] {
        workspace.emulator.clear_faults();
        workspace.emulator.add_fault(Fault::new(Effect::Status(compressed(status))).on(GROUP));
        transcript.add(status, refused(workspace, &reset_block("message_offset = 120")));
    }
    assert_snapshot!(transcript);
}

/// The error must not consist of the parser's "expected struct" and "missing field".
pub(crate) fn error_shows_the_body_of_an_unreadable_response(workspace: &Workspace) {
    workspace.write("main.tf", "");
    workspace.init();
    let refusal = json!({ "error_code": "DMS.00400026", "error_msg": "This operation is not allowed." });
    let mut transcript = Transcript::default();
    for body in [&refusal.to_string(), "<html>Sign in</html>", "", "{\"group\":{}}"] {
        workspace.emulator.clear_faults();
        workspace.emulator.add_fault(Fault::new(Effect::Status(FaultResponse::raw(200, "text/html", body))).on(GROUP));
        transcript.add(format!("resource, body {body:?}"), refused(workspace, &reset_block("message_offset = 120")));
        workspace.write("main.tf", &data_source_block("\"billing\""));
        transcript.add(format!("data source, body {body:?}"), workspace.run(&["plan"]).failed().diagnostics());
    }
    // This response has the form of an empty list of partitions.
    workspace.emulator.clear_faults();
    workspace.emulator.add_fault(responds(Operation::ListPartitions, &refusal));
    transcript.add("list of partitions", refused(workspace, &reset_block("message_offset = 120")));
    workspace.emulator.clear_faults();
    workspace
        .emulator
        .add_fault(responds(Operation::ListProjects, &json!({ "error": { "code": 7, "message": "No." } })));
    transcript.add("list of projects", refused(workspace, &reset_block("message_offset = 120")));
    assert_snapshot!(transcript);
}

/// Only the offsets show the outcome. Without reading them, the outcome is unknown.
pub(crate) fn error_in_a_2xx_response_to_a_reset_is_not_a_success(workspace: &Workspace) {
    workspace.write("main.tf", "");
    workspace.init();
    let refusal = json!({ "error_code": "DMS.00400800", "error_msg": "Parameter group is invalid." });
    let mut transcript = Transcript::default();
    for status in [200, 202] {
        let response = FaultResponse::raw(status, "application/json", &refusal.to_string());
        workspace.emulator.clear_faults();
        workspace.emulator.add_fault(Fault::new(Effect::Status(response)).on(RESET));
        for unchecked in ["", "\n  verify = false"] {
            workspace.forget_state();
            workspace.write("main.tf", &reset_block(&format!("message_offset = 120{unchecked}")));
            let apply = workspace.run(&["apply", "-auto-approve"]).failed();
            transcript.add(format!("{status}{unchecked}"), apply.diagnostics());
        }
    }
    assert_eq!(workspace.offsets(), [140, 190, 4_000_000_500]);
    assert_snapshot!(transcript);
}

/// Such groups have members, although none is listed.
pub(crate) fn group_is_not_reset_unless_its_state_is_empty(workspace: &Workspace) {
    workspace.write("main.tf", "");
    workspace.init();
    let block = reset_block("message_offset = 120\n  wait_for_inactive = \"0s\"");
    let mut transcript = Transcript::default();
    for state in ["ASSIGNING", "Reconciling", "NOT_READY", "HIBERNATING", ""] {
        workspace.emulator.clear_faults();
        let mut group = empty_group(&[row("orders", 0, &json!(140))]);
        group["group"]["state"] = json!(state);
        workspace.emulator.add_fault(responds(GROUP, &group));
        transcript.add(format!("{state:?}"), refused(workspace, &block));
    }
    assert_snapshot!(transcript);
}

/// A group of the newer consumer protocol must not be reported as missing.
pub(crate) fn dead_group_with_offsets_is_reported_as_a_new_protocol_group(workspace: &Workspace) {
    workspace.write("main.tf", "");
    workspace.init();
    let dead = |current: i64| {
        let mut group = empty_group(&[row("orders", 0, &json!(current))]);
        group["group"]["state"] = json!("DEAD");
        group
    };
    workspace.emulator.add_fault(responds(GROUP, &dead(140)));
    // It must not wait, because the state does not change.
    let unknown =
        refused(workspace, &reset_block("partition = 0\n  message_offset = 120\n  wait_for_inactive = \"10m\""));
    let mut transcript = Transcript::default();
    transcript.add("no member", unknown);
    let group = read(workspace, &data_source_block("\"billing\""));
    assert_eq!((&group["state"], &group["offsets"][0]["current"]), (&json!("Dead"), &json!(140)));

    workspace.emulator.clear_faults();
    workspace.emulator.add_fault(responds(GROUP, &dead(140)).times(1));
    workspace.emulator.add_fault(responds(GROUP, &dead(120)));
    let unchecked = "partition = 0\n  message_offset = 120\n  require_inactive_group = false";
    workspace.write("main.tf", &reset_block(unchecked));
    workspace.apply();
    assert_eq!(workspace.offsets_of(demo::BILLING)[0], 120);

    // With members, it waits for them and names them.
    workspace.emulator.clear_faults();
    let mut online = dead(140);
    online["group"]["members"] = json!([{ "client_id": "billing-1", "host": "/192.0.2.7" }]);
    workspace.emulator.add_fault(responds(GROUP, &online));
    let block = reset_block("partition = 0\n  message_offset = 130\n  wait_for_inactive = \"0s\"");
    transcript.add("a member", refused(workspace, &block));
    assert_snapshot!(transcript);
}
