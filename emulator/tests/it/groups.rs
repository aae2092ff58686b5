//! Reads groups that do not exist, and changes the descriptions of groups.

use dms_emulator::{Emulator, Seed, demo};
use serde_json::{Value, json};

use crate::wire::{Client, GROUPS, INSTANCE};

fn start(choices: &Value) -> (Emulator, Client) {
    let emulator = Emulator::start_in_thread().unwrap();
    let seed = json!({"instances": [{"id": demo::INSTANCE_ID, "project_id": demo::PROJECT_ID, "choices": choices}]});
    emulator.merge(&Seed::from_json(&seed.to_string()).unwrap()).unwrap();
    let client = Client::of(&emulator);
    (emulator, client)
}

fn reads(group: &str) -> [String; 4] {
    [
        format!("{INSTANCE}/management/groups/{group}"),
        format!("{GROUPS}/{group}"),
        format!("{GROUPS}/{group}/members"),
        format!("{GROUPS}/{group}/message-offset?topic=orders"),
    ]
}

#[test]
fn missing_group_is_shown_as_dead_and_cannot_be_reset_or_changed() {
    let (_emulator, mut client) = start(&json!({}));
    let shown = reads("missing").map(|target| client.get(&target));
    assert_eq!(shown.each_ref().map(|response| response.status), [200; 4]);
    let [with_offsets, short, members, offsets] = shown.map(|response| response.json());
    // To the official provider, this state means that the group was deleted.
    assert_eq!((&with_offsets["group"]["state"], &short["group"]["state"]), (&json!("DEAD"), &json!("DEAD")));
    assert_eq!(short["group"]["group_id"], "missing");
    assert_eq!(with_offsets["group"]["members"], json!([]));
    assert_eq!(with_offsets["group"]["group_message_offsets"], json!([]));
    assert_eq!(members, json!({"members": [], "total": 0}));
    assert_eq!(offsets, json!({"group_message_offsets": [], "total": 0}));
    let refused = client.reset("missing", r#"{"topic":"orders","partition":0,"message_offset":1}"#);
    assert_eq!(refused.error(), (400, "DMS.111400864".to_owned()));
    let refused = client.put(&format!("{GROUPS}/missing"), r#"{"group_name":"missing","group_desc":"x"}"#);
    assert_eq!(refused.error(), (400, "DMS.111400864".to_owned()));
}

#[test]
fn reads_of_a_missing_group_can_be_refused() {
    let (_emulator, mut client) = start(&json!({"missing_group": "refused"}));
    for target in reads("missing") {
        assert_eq!(client.get(&target).error(), (400, "DMS.111400864".to_owned()), "{target}");
    }
}

#[test]
fn update_of_a_group_stores_its_description() {
    let (_emulator, mut client) = start(&json!({}));
    let path = format!("{GROUPS}/billing");
    // Like the Go SDK, whose bodies end with a line feed.
    let updated = client.put(&path, "{\"group_name\":\"billing\",\"group_desc\":\"Invoices\"}\n");
    assert_eq!((updated.status, updated.body.as_str()), (204, ""));
    assert_eq!(client.get(&path).json()["group"]["group_desc"], "Invoices");
    assert_eq!(client.put(&path, r#"{"group_name":"billing"}"#).status, 204);
    assert_eq!(client.get(&path).json()["group"]["group_desc"], "Invoices", "a field that is omitted changes nothing");
    assert_eq!(client.put(&path, r#"{"group_name":"billing","group_desc":""}"#).status, 204);
    assert_eq!(client.get(&path).json()["group"]["group_desc"], "");
    for (body, code) in [
        ("", "DMS.00400004"),
        ("{", "DMS.00400005"),
        (r#"{"group_desc":"x"}"#, "DMS.00400800"),
        (r#"{"group_name":"shipping","group_desc":"x"}"#, "DMS.00400800"),
    ] {
        assert_eq!(client.put(&path, body).error(), (400, code.to_owned()), "{body}");
    }
}
