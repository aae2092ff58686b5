//! Behaviour that a seed sets for an instance, because its documentation is contradictory or missing.

use serde::{Deserialize, Serialize};

use super::{Group, GroupState, Instance, StateError};

/// What an instance does in cases that the documentation leaves open.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Choices {
    /// What a reset without the field `topic` does.
    pub missing_topic: MissingTopic,
    /// How reads show a group that does not exist.
    pub missing_group: MissingGroup,
}

/// What a reset without the field `topic` does.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingTopic {
    /// It is refused, because the newest page of the documentation and both SDKs call the field mandatory.
    #[default]
    Refused,
    /// It resets every topic. A page of the documentation from 2024 suggests this, because it calls the field optional.
    EveryTopic,
}

/// How reads show a group that does not exist.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingGroup {
    /// As a group in state `DEAD` without members and offsets. The official provider expects this for a deleted group.
    #[default]
    Dead,
    /// The read is refused, with the error that the service documents for the deletion of such a group.
    Refused,
}

impl Instance {
    /// A group as the reads show it.
    ///
    /// # Errors
    ///
    /// The group does not exist, and [`Choices::missing_group`] is [`MissingGroup::Refused`].
    pub(crate) fn shown_group(&self, name: &str) -> Result<Group, StateError> {
        match self.cluster().group(name) {
            Err(StateError::UnknownGroup { .. }) if self.choices.missing_group == MissingGroup::Dead => {
                Ok(Group { state: GroupState::Dead, ..Group::empty() })
            }
            found => found,
        }
    }
}
