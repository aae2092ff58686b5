//! Scripted resets: what the client sees, what moves, what the journal tells.

use crate::wire::{Client, GROUPS};
use dms_emulator::{Emulator, JournalEntry, ResetBehaviour, ResetScript, demo};
use std::time::Duration;

const RESET: &str = r#"{"topic":"payments","partition":0,"message_offset":7}"#;
/// Long enough to never be reached when all is well.
const PATIENCE: Duration = Duration::from_secs(30);
fn payments(emulator: &Emulator) -> Vec<i64> {
    emulator.group_offsets(demo::INSTANCE_ID, demo::BILLING, demo::PAYMENTS).unwrap()
}

fn scripted(behaviour: ResetBehaviour) -> Emulator {
    let emulator = Emulator::start_in_thread().unwrap();
    emulator.script_resets([ResetScript::any(behaviour)]);
    emulator
}

fn refusal(status: u16) -> ResetBehaviour {
    ResetBehaviour::Refused { status, code: "DMS.111501025".to_owned(), message: "Busy.".to_owned() }
}

fn send(client: &mut Client) {
    client.send_signed("PUT", &format!("{GROUPS}/billing/reset-message-offset"), RESET);
}

fn first(emulator: &Emulator) -> JournalEntry {
    emulator.journal().entries()[0].clone()
}

#[test]
fn an_ignored_reset_is_accepted_and_moves_nothing() {
    let emulator = scripted(ResetBehaviour::AcceptedButIgnored);
    let mut client = Client::of(&emulator);
    assert_eq!(client.reset(demo::BILLING, RESET).status, 204);
    assert_eq!(payments(&emulator), [25]);
    assert_eq!(client.reset(demo::BILLING, RESET).status, 204, "the script is used up");
    assert_eq!(payments(&emulator), [7]);
}

#[test]
fn a_lost_answer_is_a_closed_connection_after_the_reset() {
    let emulator = scripted(ResetBehaviour::AnswerLost);
    let mut client = Client::of(&emulator);
    send(&mut client);
    assert!(client.is_closed());
    assert_eq!(payments(&emulator), [7]);
    let entry = first(&emulator);
    assert_eq!((entry.status, entry.connection_closed, entry.abandoned), (None, true, false));
    let next = Client::of(&emulator).reset(demo::BILLING, RESET);
    assert_eq!(next.status, 204);
    assert!(!emulator.journal().entries()[1].connection_closed);
}

#[test]
fn a_lost_request_is_a_closed_connection_and_no_reset() {
    let emulator = scripted(ResetBehaviour::RequestLost);
    let mut client = Client::of(&emulator);
    send(&mut client);
    assert!(client.is_closed());
    assert_eq!(payments(&emulator), [25]);
    let entry = first(&emulator);
    assert_eq!((entry.status, entry.connection_closed, entry.abandoned), (None, true, false));
    assert_eq!(entry.body.unwrap()["message_offset"], 7, "it was read");
}

#[test]
fn a_scripted_refusal_is_told_as_it_is_and_moves_nothing() {
    let emulator = scripted(refusal(503));
    let answer = Client::of(&emulator).reset(demo::BILLING, RESET);
    assert_eq!(answer.refusal(), (503, "DMS.111501025".to_owned()));
    assert_eq!(answer.message(), "Busy.");
    assert_eq!(payments(&emulator), [25]);
    let entry = first(&emulator);
    assert_eq!((entry.status, entry.error_code.as_deref()), (Some(503), Some("DMS.111501025")));
}

#[test]
fn a_script_for_a_partition_waits_for_it() {
    let emulator = Emulator::start_in_thread().unwrap();
    let script = ResetScript::partition(2, refusal(500));
    emulator.script_resets([script.clone(), ResetScript::partition(-1, refusal(504))]);
    let mut client = Client::of(&emulator);
    let mut reset = |partition: i32| {
        client.reset("billing", &format!(r#"{{"topic":"orders","partition":{partition},"message_offset":150}}"#)).status
    };
    assert_eq!([reset(0), reset(-1), reset(1)], [204, 504, 204]);
    assert_eq!(emulator.scripted_resets(), [script]);
    assert_eq!([reset(2), reset(2)], [500, 204]);
    assert_eq!(emulator.scripted_resets(), []);
}

#[test]
fn a_wrong_signature_uses_no_script() {
    let emulator = scripted(refusal(500));
    let mut client = Client::of(&emulator);
    client.secret_key.push('x');
    assert_eq!(client.reset(demo::BILLING, RESET).status, 401);
    assert_eq!(Client::of(&emulator).reset(demo::BILLING, RESET).status, 500);
}

#[test]
fn scripts_come_over_the_control_route_and_go_with_a_reset_of_the_emulator() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let scripts = r#"[
        {"partition": 0, "behaviour": {"refused": {"status": 409, "code": "DMS.1", "message": "no"}}},
        {"behaviour": "accepted_but_ignored"}
    ]"#;
    assert_eq!(client.unsigned("POST", "/_emulator/resets", scripts).status, 204);
    assert_eq!(client.reset(demo::BILLING, RESET).refusal(), (409, "DMS.1".to_owned()));
    assert_eq!(client.unsigned("POST", "/_emulator/reset", "").status, 204);
    assert_eq!(client.reset(demo::BILLING, RESET).status, 204);
    assert_eq!(payments(&emulator), [7], "the second script is gone");
    emulator.script_resets([ResetScript::any(refusal(500))]);
    emulator.reset();
    assert_eq!(emulator.scripted_resets(), []);
}

#[test]
fn a_wrong_list_of_scripts_is_refused_whole_with_its_place() {
    let emulator = Emulator::start_in_thread().unwrap();
    let scripts = r#"[{"behaviour": "answer_lost"}, {"behaviour": "answer_list"}]"#;
    let answer = Client::of(&emulator).unsigned("POST", "/_emulator/resets", scripts);
    assert_eq!(answer.refusal(), (400, "EMULATOR.0400".to_owned()));
    assert!(answer.message().contains("at [1].behaviour: unknown variant `answer_list`"), "{}", answer.message());
    assert_eq!(emulator.scripted_resets(), []);
}

#[tokio::test]
async fn the_journal_counts_resets_in_flight() {
    let emulator = Emulator::start_in_thread().unwrap();
    emulator.hold();
    let mut clients = [Client::of(&emulator), Client::of(&emulator), Client::of(&emulator)];
    for (client, sent) in clients.iter_mut().zip(1_usize..) {
        send(client);
        let arrived = emulator.wait_for_nth("PUT", "/reset-message-offset", sent);
        tokio::time::timeout(PATIENCE, arrived).await.unwrap();
        assert_eq!(Client::of(&emulator).get("/v3/projects").status, 200, "another operation");
    }
    emulator.release();
    for client in &mut clients {
        assert_eq!(client.receive().status, 204);
    }
    assert_eq!(clients[0].reset(demo::BILLING, RESET).status, 204);
    let journal = emulator.journal();
    let seen: Vec<usize> = journal.matching("PUT", "/reset-message-offset").map(|entry| entry.in_flight).collect();
    assert_eq!(seen, [1, 2, 3, 1]);
    assert_eq!(journal.max_in_flight("PUT", "/reset-message-offset"), 3);
    assert_eq!(journal.max_in_flight("GET", "/v3/projects"), 1);
    assert_eq!(journal.max_in_flight("GET", "/nothing"), 0);
}
