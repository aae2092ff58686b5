//! States in the notation of Kafka, of the service, and in other notations.

use super::*;
use crate::huaweicloud::redact::Redactor;

/// The states of `ConsumerGroupState` of Kafka's clients, and their upper-case notation in the samples of the API
/// reference.
#[test]
fn states_of_groups_are_read_in_any_notation_and_shown_in_kafkas() {
    for (state, spelling, notations) in [
        (GroupState::Dead, "Dead", ["DEAD", "dead"]),
        (GroupState::Empty, "Empty", ["EMPTY", " empty"]),
        (GroupState::PreparingRebalance, "PreparingRebalance", ["PREPARING_REBALANCE", "preparing-rebalance"]),
        (GroupState::CompletingRebalance, "CompletingRebalance", ["COMPLETINGREBALANCE", "Completing Rebalance"]),
        (GroupState::Stable, "Stable", ["STABLE", "stable"]),
        (GroupState::Assigning, "Assigning", ["ASSIGNING", "assigning"]),
        (GroupState::Reconciling, "Reconciling", ["RECONCILING", "reconciling"]),
        (GroupState::NotReady, "NotReady", ["NOT_READY", "notready"]),
    ] {
        assert_eq!(state.to_string(), spelling);
        for notation in [spelling, notations[0], notations[1]] {
            assert_eq!(GroupState::read(notation, &Redactor::default()), state, "{notation}");
        }
    }
}

/// The statuses of the page on background tasks of the API reference.
#[test]
fn statuses_of_tasks_are_read_in_any_case_and_shown_in_the_services() {
    for (status, spelling, notation) in [
        (TaskStatus::Created, "CREATED", "created"),
        (TaskStatus::Executing, "EXECUTING", "Executing"),
        (TaskStatus::Success, "SUCCESS", "success"),
        (TaskStatus::Failed, "FAILED", "Failed"),
        (TaskStatus::Cancelled, "CANCELLED", "canceled"),
        (TaskStatus::Deleted, "DELETED", "deleted"),
    ] {
        assert_eq!(status.to_string(), spelling);
        assert_eq!(
            (TaskStatus::read(spelling, &Redactor::default()), TaskStatus::read(notation, &Redactor::default())),
            (status.clone(), status)
        );
    }
}

#[test]
fn unknown_states_are_kept_and_sanitized() {
    let state = GroupState::read("Assigning\u{1b}[31m_Now", &Redactor::default());
    assert_eq!(state, GroupState::Other("Assigning\\u{1b}[31m_Now".to_owned()));
    assert_eq!(state.to_string(), "Assigning\\u{1b}[31m_Now");
    assert_eq!(TaskStatus::read(&"x".repeat(300), &Redactor::default()).to_string(), format!("{}…", "x".repeat(200)));
    assert_eq!(TaskStatus::read("", &Redactor::default()), TaskStatus::Other(String::new()));
}
