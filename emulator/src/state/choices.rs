//! Behaviour that the service documents in two ways or not at all, and that a seed sets for an instance.

use serde::{Deserialize, Serialize};

use super::{Group, GroupState, Instance, StateError};

/// What an instance does where the documentation does not decide it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Choices {
    /// What a reset without the field `topic` does.
    pub missing_topic: MissingTopic,
    /// How the reads of a group show one that does not exist.
    pub missing_group: MissingGroup,
}

/// What a reset without the field `topic` does.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingTopic {
    /// It is refused, because the newest page of the documentation and both SDKs call the field mandatory.
    #[default]
    Refused,
    /// It resets every topic, as a page of 2024 suggests, which calls the field optional.
    EveryTopic,
}

/// How the reads of a group show one that does not exist.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingGroup {
    /// As a group in state `DEAD` without members and offsets: the official provider expects it of a deleted group.
    #[default]
    Dead,
    /// The read is refused, as the service refuses to delete such a group.
    Refused,
}

impl Instance {
    /// A group as the reads show it.
    ///
    /// # Errors
    ///
    /// The group does not exist, and [`Choices::missing_group`] says that reads are refused then.
    pub(crate) fn shown_group(&self, name: &str) -> Result<Group, StateError> {
        match self.cluster().group(name) {
            Err(StateError::UnknownGroup { .. }) if self.choices.missing_group == MissingGroup::Dead => {
                Ok(Group { state: GroupState::Dead, ..Group::empty() })
            }
            found => found,
        }
    }
}
