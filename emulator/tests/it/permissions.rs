//! Key pairs with restricted permissions.

use dms_emulator::state::Permission;
use dms_emulator::{Emulator, Seed, demo};
use serde_json::json;

use crate::wire::{Client, GROUPS, INSTANCE};

const RESET: &str = r#"{"topic":"payments","partition":0,"message_offset":7}"#;
const MODIFY: &str = "dms:instance:modify";
const GET: &str = "dms:instance:get";
const GET_TASK: &str = "dms:instance:getBackgroundTask";
const LIST: &str = "dms:instance:list";
const DELETE_TASK: &str = "dms:instance:deleteBackgroundTask";

/// Every call, and the permission that it needs.
fn calls() -> Vec<(&'static str, String, Option<&'static str>)> {
    let partitions = INSTANCE.replace("/instances", "/kafka/instances") + "/topics/orders/partitions";
    let messages = format!("{INSTANCE}/management/topics/orders/partitions/0");
    vec![
        ("GET", "/v3/projects".to_owned(), None),
        ("GET", "/v3/auth/domains".to_owned(), None),
        ("PUT", format!("{GROUPS}/billing/reset-message-offset"), Some(MODIFY)),
        ("PUT", format!("{GROUPS}/billing"), Some(MODIFY)),
        ("GET", format!("{INSTANCE}/management/groups/billing"), Some(GET)),
        ("GET", format!("{GROUPS}/billing"), Some(GET)),
        ("GET", format!("{GROUPS}/billing/members"), Some(GET)),
        ("GET", format!("{GROUPS}/billing/message-offset?topic=orders"), Some(GET)),
        ("GET", INSTANCE.to_owned(), Some(GET)),
        ("GET", format!("{INSTANCE}/topics"), Some(GET)),
        ("GET", partitions, Some(GET)),
        ("GET", format!("{messages}/beginning-message"), Some(GET)),
        ("GET", format!("{messages}/end-message"), Some(GET)),
        ("GET", format!("{messages}/message?message_offset=1"), Some(GET)),
        ("GET", format!("{INSTANCE}/management/topics/orders/messages?limit=1"), Some(GET)),
        ("GET", format!("{INSTANCE}/tasks"), Some(GET_TASK)),
        ("GET", format!("{INSTANCE}/tasks/1"), Some(GET_TASK)),
        ("DELETE", format!("{INSTANCE}/tasks/1"), Some(DELETE_TASK)),
        ("POST", format!("{INSTANCE}/management/groups/billing/reset-message-offset"), Some(MODIFY)),
        ("GET", format!("{INSTANCE}/groups"), Some(GET)),
        ("GET", format!("{INSTANCE}/groups/billing"), Some(GET)),
        ("GET", format!("{GROUPS}/billing/topics"), Some(GET)),
        ("POST", format!("{}/group", INSTANCE.replace("/instances", "/kafka/instances")), Some(MODIFY)),
        ("DELETE", format!("{GROUPS}/a"), Some(MODIFY)),
        ("DELETE", format!("{INSTANCE}/groups/a"), Some(MODIFY)),
        ("POST", format!("{INSTANCE}/groups/batch-delete"), Some(MODIFY)),
        ("POST", format!("{GROUPS}/billing/delete-offset"), Some(MODIFY)),
        ("GET", "/v2/available-zones".to_owned(), None),
        ("GET", "/v2/0d0e0f00000000000000000000000001/instances".to_owned(), Some(LIST)),
        ("POST", format!("{INSTANCE}/topics"), Some(MODIFY)),
        ("PUT", format!("{INSTANCE}/topics"), Some(MODIFY)),
        ("POST", format!("{INSTANCE}/topics/delete"), Some(MODIFY)),
        ("GET", format!("{INSTANCE}/messages?topic=orders&partition=0&message_offset=1"), Some(GET)),
        ("POST", format!("{INSTANCE}/messages/action?action_id=send"), Some(MODIFY)),
    ]
}

fn with_permissions(granted: &[&str]) -> (Emulator, Client) {
    let emulator = Emulator::start_in_thread().unwrap();
    let seed = json!({"credentials": [{"access_key": "AK", "secret_key": "SK", "permissions": granted}]});
    emulator.merge(&Seed::from_json(&seed.to_string()).unwrap()).unwrap();
    let mut client = Client::of(&emulator);
    (client.access_key, client.secret_key) = ("AK".to_owned(), "SK".to_owned());
    (emulator, client)
}

#[test]
fn each_call_needs_exactly_one_permission() {
    for granted in [MODIFY, GET, GET_TASK, DELETE_TASK, LIST] {
        let (_emulator, mut client) = with_permissions(&[granted]);
        for (method, target, needed) in calls() {
            let body = if method == "PUT" { RESET } else { "" };
            let response = client.signed(method, &target, body);
            if needed.is_none_or(|needed| needed == granted) {
                assert_ne!(response.status, 403, "{method} {target} with {granted}");
            } else {
                let error = (403, "DMS.00403003".to_owned());
                assert_eq!(response.error(), error, "{method} {target} with {granted}");
                let text = "This role does not have the permissions to perform this operation.";
                assert_eq!(response.message(), format!("{text} The key pair lacks {}.", needed.unwrap()));
            }
        }
    }
}

#[test]
fn reset_without_permission_changes_nothing_and_is_not_held() {
    let (emulator, mut client) = with_permissions(&[]);
    emulator.hold();
    assert_eq!(client.reset(demo::BILLING, RESET).status, 403);
    assert_eq!(emulator.group_offsets(demo::INSTANCE_ID, demo::BILLING, demo::PAYMENTS).unwrap(), [25]);
}

#[test]
fn signature_is_checked_before_the_permission() {
    let (_emulator, mut client) = with_permissions(&[]);
    client.secret_key.push('x');
    assert_eq!(client.get(INSTANCE).status, 401);
}

#[test]
fn permissions_can_be_changed_between_two_requests() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let set = |permissions| emulator.with_state(|state| state.set_permissions(demo::ACCESS_KEY, permissions)).unwrap();
    assert_eq!(client.get(INSTANCE).status, 200, "all permissions by default");
    set(Some(vec![Permission::ModifyInstance]));
    assert_eq!(client.get(INSTANCE).status, 403);
    set(None);
    assert_eq!(client.get(INSTANCE).status, 200);
    assert!(emulator.with_state(|state| state.set_permissions("missing", None)).is_err());
}
