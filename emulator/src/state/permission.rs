//! What a key pair may do.

use super::{Credential, State, StateError};
use serde::{Deserialize, Serialize};

/// An action of the account's policies that the emulated calls need. The names are the service's.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Permission {
    /// Resets offsets.
    #[serde(rename = "dms:instance:modify")]
    ModifyInstance,
    /// Reads instances, groups, topics, partitions and messages.
    #[serde(rename = "dms:instance:get")]
    GetInstance,
    /// Reads and removes records of background tasks.
    #[serde(rename = "dms:instance:getBackgroundTask")]
    GetBackgroundTask,
}

impl Permission {
    /// The action as policies name it.
    pub fn action(self) -> &'static str {
        match self {
            Self::ModifyInstance => "dms:instance:modify",
            Self::GetInstance => "dms:instance:get",
            Self::GetBackgroundTask => "dms:instance:getBackgroundTask",
        }
    }
}

impl Credential {
    /// Refuses a key pair that lacks the permission.
    pub fn check_permission(&self, needed: Permission) -> Result<(), StateError> {
        match &self.permissions {
            Some(granted) if !granted.contains(&needed) => Err(StateError::NotPermitted { permission: needed }),
            _ => Ok(()),
        }
    }
}

impl State {
    /// Changes what a key pair may do; `None` is everything.
    pub fn set_permissions(
        &mut self,
        access_key: &str,
        permissions: Option<Vec<Permission>>,
    ) -> Result<(), StateError> {
        let unknown = || StateError::UnknownAccessKey { access_key: access_key.to_owned() };
        self.credentials.get_mut(access_key).ok_or_else(unknown)?.permissions = permissions;
        Ok(())
    }
}
