//! Lists instances.

use dms_emulator::{Emulator, Seed, demo};
use serde_json::json;

use crate::wire::{Client, INSTANCE};

const PATH: &str = "/v2/0d0e0f00000000000000000000000001/instances";

/// The demo data, with a second instance in the same project and a third one in another project.
fn start() -> (Emulator, Client) {
    let emulator = Emulator::start_in_thread().unwrap();
    let seed = json!({
        "projects": [{"id": "other", "name": "eu-west-101"}],
        "instances": [
            {"id": "b", "project_id": demo::PROJECT_ID, "name": "kafka-demo-2", "status": "CREATING"},
            {"id": "c", "project_id": "other"},
        ],
    });
    emulator.merge(&Seed::from_json(&seed.to_string()).unwrap()).unwrap();
    let client = Client::of(&emulator);
    (emulator, client)
}

#[test]
fn instances_of_the_project_are_filtered_and_paged() {
    let (_emulator, mut client) = start();
    for (query, expected) in [
        ("", vec![demo::INSTANCE_ID, "b"]),
        ("?engine=kafka&include_failure=true", vec![demo::INSTANCE_ID, "b"]),
        ("?engine=rabbitmq", vec![]),
        ("?name=kafka-demo", vec![demo::INSTANCE_ID, "b"]),
        ("?name=kafka-demo&exact_match_name=true", vec![demo::INSTANCE_ID]),
        ("?instance_id=b", vec!["b"]),
        ("?status=CREATING", vec!["b"]),
        ("?enterprise_project_id=0", vec![demo::INSTANCE_ID, "b"]),
        ("?enterprise_project_id=1", vec![]),
        ("?limit=1&offset=1", vec!["b"]),
    ] {
        let list = client.get(&format!("{PATH}{query}")).json();
        let ids: Vec<&str> =
            list["instances"].as_array().unwrap().iter().map(|i| i["instance_id"].as_str().unwrap()).collect();
        assert_eq!(ids, expected, "{query}");
    }
    assert_eq!(client.get(&format!("{PATH}?limit=1")).json()["instance_num"], 2);
    assert_eq!(client.get(&format!("{PATH}?offset=2")).error(), (400, "DMS.40050010".to_owned()));
    assert_eq!(client.get(&format!("{PATH}?limit=51")).error(), (400, "DMS.00400062".to_owned()));
    let unknown = client.get(&PATH.replace(demo::PROJECT_ID, "none"));
    assert_eq!(unknown.error(), (403, "APIGW.0310".to_owned()));
}

#[test]
fn listed_instance_is_the_one_that_is_shown_and_its_zones_exist() {
    let (_emulator, mut client) = start();
    let listed = client.get(&format!("{PATH}?instance_id={}", demo::INSTANCE_ID)).json()["instances"][0].clone();
    assert_eq!(listed, client.get(INSTANCE).json());
    // The official provider refuses an instance without zones, and looks up their codes.
    let zones = client.get("/v2/available-zones").json()["available_zones"].clone();
    assert_eq!(listed["available_zones"], json!([zones[0]["id"]]));
    assert_eq!(listed["available_zone_names"], json!([zones[0]["code"]]));
}
