//! Permissions of key pairs.

use serde::{Deserialize, Serialize};

use super::{Credential, State, StateError};

/// A permission that emulated calls need. JSON uses the action names of the service.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Permission {
    /// Allows resets of offsets, and changes to groups, topics and messages.
    #[serde(rename = "dms:instance:modify")]
    ModifyInstance,
    /// Allows reading instances, groups, topics, partitions and messages.
    #[serde(rename = "dms:instance:get")]
    GetInstance,
    /// Allows listing the instances.
    #[serde(rename = "dms:instance:list")]
    ListInstances,
    /// Allows reading the records of background tasks.
    #[serde(rename = "dms:instance:getBackgroundTask")]
    GetBackgroundTask,
    /// Allows removing the records of background tasks.
    #[serde(rename = "dms:instance:deleteBackgroundTask")]
    DeleteBackgroundTask,
}

impl Permission {
    /// The name of the action in policies.
    pub fn action(self) -> &'static str {
        match self {
            Self::ModifyInstance => "dms:instance:modify",
            Self::GetInstance => "dms:instance:get",
            Self::ListInstances => "dms:instance:list",
            Self::GetBackgroundTask => "dms:instance:getBackgroundTask",
            Self::DeleteBackgroundTask => "dms:instance:deleteBackgroundTask",
        }
    }
}

impl Credential {
    /// Checks that the key pair has the permission.
    ///
    /// # Errors
    ///
    /// It does not.
    pub fn check_permission(&self, needed: Permission) -> Result<(), StateError> {
        match &self.permissions {
            Some(granted) if !granted.contains(&needed) => Err(StateError::NotPermitted { permission: needed }),
            _ => Ok(()),
        }
    }
}

impl State {
    /// Sets the permissions of a key pair; `None` means all.
    ///
    /// # Errors
    ///
    /// The key pair does not exist.
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
