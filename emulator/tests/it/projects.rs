//! Lists projects: filters, pages and errors.

use dms_emulator::{Emulator, Seed, demo};
use serde_json::Value;

use crate::wire::Client;

/// The demo data and two more projects of an account with the id `d`.
fn start() -> (Emulator, Client) {
    let seed =
        r#"{"domain": {"id": "d", "name": "n"}, "projects": [{"id": "a", "name": "r"}, {"id": "b", "name": "r"}]}"#;
    let emulator = Emulator::start_in_thread().unwrap();
    emulator.merge(&Seed::from_json(seed).unwrap()).unwrap();
    let client = Client::of(&emulator);
    (emulator, client)
}

fn ids(client: &mut Client, query: &str) -> Vec<String> {
    let response = client.get(&format!("/v3/projects{query}"));
    assert_eq!(response.status, 200, "{query}: {response:?}");
    let response = response.json();
    let id = |project: &Value| project["id"].as_str().unwrap().to_owned();
    response["projects"].as_array().unwrap().iter().map(id).collect()
}

#[test]
fn projects_are_filtered_by_every_documented_parameter() {
    let (_emulator, mut client) = start();
    let all = vec![demo::PROJECT_ID, "a", "b"];
    let table = [
        ("", all.clone()),
        ("?name=cn-north-4", vec![demo::PROJECT_ID]),
        ("?name=cn-north", vec![]),
        ("?name=r", vec!["a", "b"]),
        ("?domain_id=d&parent_id=d&enabled=true&is_domain=false", all.clone()),
        ("?domain_id=other", vec![]),
        ("?parent_id=a", vec![]),
        ("?enabled=false", vec![]),
        ("?is_domain=true", vec![]),
        ("?page=1&per_page=2", vec![demo::PROJECT_ID, "a"]),
        ("?page=2&per_page=2", vec!["b"]),
        ("?page=3&per_page=2", vec![]),
        ("?page=9223372036854775807&per_page=5000", vec![]),
    ];
    for (query, expected) in table {
        assert_eq!(ids(&mut client, query), expected, "{query}");
    }
}

#[test]
fn invalid_parameter_has_the_error_of_iam() {
    let (_emulator, mut client) = start();
    // The documentation requires page and per_page together.
    for (query, key) in [
        ("page=1", "page"),
        ("per_page=1", "per_page"),
        ("page=0&per_page=1", "page"),
        ("page=1&per_page=5001", "per_page"),
        ("names=r", "names"),
    ] {
        let response = client.get(&format!("/v3/projects?{query}"));
        assert_eq!(response.iam_error(), (400, "IAM.0007".to_owned()), "{query}");
        let message = response.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with(&format!("Request parameter {key} is invalid.")), "{message}");
    }
    assert_eq!(client.get("/v3/auth/domains?name=n").iam_error(), (400, "IAM.0007".to_owned()));
}
