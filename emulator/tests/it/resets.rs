//! Resets over the wire: the offsets, and the errors.

use dms_emulator::{Emulator, Seed, demo};
use serde_json::json;

use crate::wire::{Client, GROUPS};

fn orders(emulator: &Emulator, group: &str) -> Vec<i64> {
    emulator.group_offsets(demo::INSTANCE_ID, group, demo::ORDERS).unwrap()
}

#[test]
fn reset_commits_the_requested_offset_clamped_to_the_log() {
    let start = demo::LARGE_LOG_START;
    let table = [
        (r#"{"topic":"orders","partition":-1,"message_offset":0}"#, [0, 100, start]),
        (r#"{"topic":"orders","partition":-1,"message_offset":200}"#, [200, 200, start]),
        (r#"{"topic":"orders","partition":-1,"message_offset":9223372036854775807}"#, [300, 250, start + 1_000]),
        (r#"{"topic":"orders","partition":-1,"message_offset":-5}"#, [0, 100, start]),
        (r#"{"topic":"orders","partition":1,"message_offset":101}"#, [140, 101, start + 500]),
        // 2024-01-01T00:02:00Z is 120 seconds, and 120 messages, after the first message.
        (r#"{"topic":"orders","partition":-1,"timestamp":1704067320000}"#, [120, 120, start + 120]),
        (r#"{"topic":"orders","partition":-1,"timestamp":1704067320001}"#, [121, 121, start + 121]),
        (r#"{"topic":"","partition":-1,"timestamp":0}"#, [0, 100, start]),
        (r#"{"topic":"","partition":-1,"timestamp":9223372036854775807}"#, [300, 250, start + 1_000]),
    ];
    for (body, expected) in table {
        let emulator = Emulator::start_in_thread().unwrap();
        let response = Client::of(&emulator).reset(demo::BILLING, body);
        assert_eq!((response.status, response.body.as_str()), (204, ""), "{body}");
        assert_eq!(orders(&emulator, demo::BILLING), expected, "{body}");
    }
}

#[test]
fn reset_of_a_group_with_members_is_refused_until_they_leave() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let body = r#"{"topic":"orders","partition":0,"message_offset":1}"#;
    let refused = client.reset(demo::SHIPPING, body);
    assert_eq!(refused.error(), (400, "DMS.00400980".to_owned()));
    assert!(refused.message().contains("shipping-1"), "{}", refused.message());
    assert_eq!(orders(&emulator, demo::SHIPPING)[0], 290);
    emulator.with_state(|state| {
        state.group_mut(demo::INSTANCE_ID, demo::SHIPPING).unwrap().remove_members();
    });
    assert_eq!(client.reset(demo::SHIPPING, body).status, 204);
    assert_eq!(orders(&emulator, demo::SHIPPING)[0], 1);
}

#[test]
fn errors_have_the_documented_status_code_and_text() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let valid = r#"{"topic":"orders","partition":0,"message_offset":1}"#;
    let path = format!("{GROUPS}/billing/reset-message-offset");
    let parameter = "Invalid request parameter. Check the request parameter. ";
    let table = [
        (path.replace(demo::PROJECT_ID, "0"), valid, 403, "APIGW.0310", "The project is unavailable. "),
        (path.replace(demo::INSTANCE_ID, "0"), valid, 404, "DMS.00404022", "This DMS instance does not exist. "),
        (path.replace("billing", "missing"), valid, 400, "DMS.111400864", "The consumer group does not exist. "),
        (
            path.clone(),
            r#"{"topic":"o","partition":0,"message_offset":1}"#,
            400,
            "DMS.00400975",
            "Failed to query topics. ",
        ),
        (path.clone(), r#"{"topic":"orders","partition":3,"message_offset":1}"#, 400, "DMS.00400800", parameter),
        (path.clone(), r#"{"partition":0,"timestamp":1}"#, 400, "DMS.00400800", parameter),
        (path.clone(), r#"{"topic":"orders","partition":0}"#, 400, "DMS.00400800", parameter),
        (path.clone(), r#"{"topic":"orders","partition":0,"message_offset":"1"}"#, 400, "DMS.00400800", parameter),
        (path.clone(), "", 400, "DMS.00400004", "The request body is empty."),
        (
            path.clone(),
            "offset=1",
            400,
            "DMS.00400005",
            "The message body is not in JSON format or contains invalid characters. ",
        ),
    ];
    for (path, body, status, code, text) in table {
        let response = client.put(&path, body);
        assert_eq!(response.error(), (status, code.to_owned()), "{path} {body}");
        assert!(response.message().starts_with(text), "{path} {body}: {}", response.message());
    }
    let query = client.get(&format!("{GROUPS}/billing/members?limit=51"));
    assert!(query.message().starts_with("Invalid {0} parameter in the request. "), "{}", query.message());
    let mut set_status = |status: &str| {
        emulator.with_state(|state| state.any_instance_mut(demo::INSTANCE_ID).unwrap().status = status.to_owned());
        client.put(&path, valid)
    };
    let busy = set_status("RESTARTING");
    assert_eq!(busy.error(), (400, "DMS.00400026".to_owned()));
    assert!(busy.message().starts_with("This operation is not allowed due to the instance status. "));
    assert_eq!(orders(&emulator, demo::BILLING), [140, 190, 4_000_000_500]);
}

#[test]
fn reset_without_a_topic_covers_every_topic_if_the_seed_chooses_that() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let body = r#"{"partition":-1,"timestamp":0}"#;
    assert_eq!(client.reset(demo::BILLING, body).error(), (400, "DMS.00400800".to_owned()));
    let seed = json!({"instances": [{
        "id": demo::INSTANCE_ID, "project_id": demo::PROJECT_ID, "choices": {"missing_topic": "every_topic"},
    }]});
    emulator.merge(&Seed::from_json(&seed.to_string()).unwrap()).unwrap();
    assert_eq!(client.reset(demo::BILLING, body).status, 204);
    assert_eq!(orders(&emulator, demo::BILLING), [0, 100, demo::LARGE_LOG_START]);
}
