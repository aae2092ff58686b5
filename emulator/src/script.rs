//! Resets that end otherwise than they should: what a test says beforehand, used up one by one.

use crate::state::TaskStatus;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How one coming reset shall end.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ResetScript {
    /// The `partition` of the request's body that this is for; -1 is the form for all partitions.
    /// `None`: any reset.
    #[serde(default)]
    pub partition: Option<i32>,
    /// What happens.
    pub behaviour: ResetBehaviour,
}

impl ResetScript {
    /// For the next reset, whatever it asks for.
    pub fn any(behaviour: ResetBehaviour) -> Self {
        Self { partition: None, behaviour }
    }

    /// For the next reset whose body names this partition; -1 is the form for all partitions.
    pub fn partition(partition: i32, behaviour: ResetBehaviour) -> Self {
        Self { partition: Some(partition), behaviour }
    }

    fn fits(&self, partition: Option<i32>) -> bool {
        self.partition.is_none() || self.partition == partition
    }
}

/// What a scripted reset does. Its signature is checked as always, and a hold keeps it waiting.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum ResetBehaviour {
    /// Answered with 204 whatever it asks for, and nothing moves.
    AcceptedButIgnored,
    /// Carried out; then the connection is closed without an answer.
    AnswerLost,
    /// The connection is closed without an answer, and nothing moves.
    RequestLost,
    /// Answered with this error, and nothing moves.
    Refused {
        /// HTTP status, 400 to 599.
        #[serde(deserialize_with = "error_status")]
        status: u16,
        /// The service's error code, for example `DMS.00500000`.
        code: String,
        /// The service's text.
        message: String,
    },
    /// Carried out as usual. Besides, another task of the name that all-topics resets have, and of
    /// this status, enters the list, created after the reset's own and at the same time.
    ForeignTask {
        /// Default: `FAILED`. `CREATED` and `EXECUTING` never end by themselves.
        #[serde(default = "failed")]
        status: TaskStatus,
    },
}

fn failed() -> TaskStatus {
    TaskStatus::Failed
}

fn error_status<'de, D: Deserializer<'de>>(value: D) -> Result<u16, D::Error> {
    let status = u16::deserialize(value)?;
    if (400..=599).contains(&status) {
        return Ok(status);
    }
    Err(D::Error::custom(format!("the status of a refusal is 400 to 599, not {status}")))
}

/// The scripts that are still to be used, in the order given.
#[derive(Default)]
pub(crate) struct Scripts(Mutex<VecDeque<ResetScript>>);

impl Scripts {
    pub(crate) fn add(&self, scripts: impl IntoIterator<Item = ResetScript>) {
        // Collected before locking: the iterator is the caller's code.
        let scripts: Vec<ResetScript> = scripts.into_iter().collect();
        self.lock().extend(scripts);
    }

    /// The behaviour of the first script that fits a reset with this `partition` in its body;
    /// `None` also where the body has none that could be read.
    pub(crate) fn take(&self, partition: Option<i32>) -> Option<ResetBehaviour> {
        let mut scripts = self.lock();
        let index = scripts.iter().position(|script| script.fits(partition))?;
        scripts.remove(index).map(|script| script.behaviour)
    }

    pub(crate) fn left(&self) -> Vec<ResetScript> {
        self.lock().iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<ResetScript>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::ResetBehaviour::{AcceptedButIgnored, AnswerLost, RequestLost};
    use super::*;
    use crate::document;

    #[test]
    fn each_reset_uses_the_first_script_that_fits_it() {
        let scripts = Scripts::default();
        scripts.add([ResetScript::partition(1, AnswerLost), ResetScript::any(RequestLost)]);
        scripts.add([ResetScript::partition(-1, AcceptedButIgnored)]);
        assert_eq!(scripts.take(Some(0)), Some(RequestLost));
        assert_eq!(scripts.take(Some(0)), None);
        assert_eq!(scripts.take(None), None, "a body without a partition fits no partition's script");
        assert_eq!(scripts.take(Some(-1)), Some(AcceptedButIgnored));
        assert_eq!(scripts.left(), [ResetScript::partition(1, AnswerLost)]);
        assert_eq!(scripts.take(Some(1)), Some(AnswerLost));
        assert_eq!(scripts.take(Some(1)), None);
    }

    #[test]
    fn scripts_are_read_from_json() {
        let text = r#"[
            {"partition": -1, "behaviour": "answer_lost"},
            {"behaviour": {"refused": {"status": 503, "code": "DMS.111501025", "message": "busy"}}},
            {"behaviour": {"foreign_task": {}}},
            {"behaviour": {"foreign_task": {"status": "EXECUTING"}}}
        ]"#;
        let refused =
            ResetBehaviour::Refused { status: 503, code: "DMS.111501025".to_owned(), message: "busy".to_owned() };
        let foreign = |status| ResetScript::any(ResetBehaviour::ForeignTask { status });
        let expected = [
            ResetScript::partition(-1, AnswerLost),
            ResetScript::any(refused),
            foreign(TaskStatus::Failed),
            foreign(TaskStatus::Executing),
        ];
        assert_eq!(document::read::<Vec<ResetScript>>(text).unwrap(), expected);
    }

    #[test]
    fn wrong_scripts_are_refused_with_their_place() {
        let table = [
            (r#"[{"behaviour": "lost"}]"#, "[0].behaviour"),
            (r#"[{"partition": 1}]"#, "[0]"),
            (r#"[{"behaviour": "answer_lost", "topic": "t"}]"#, "[0].topic"),
            (
                r#"[{"behaviour": {"refused": {"status": 204, "code": "", "message": ""}}}]"#,
                "[0].behaviour.refused.status",
            ),
            (
                r#"[{"behaviour": {"refused": {"status": 400, "code": "", "message": "", "x": 1}}}]"#,
                "[0].behaviour.refused.x",
            ),
        ];
        for (text, place) in table {
            let error = document::read::<Vec<ResetScript>>(text).unwrap_err();
            assert_eq!(error.path, place, "{text}: {error}");
        }
    }
}
