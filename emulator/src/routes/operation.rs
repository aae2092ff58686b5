//! The operations of the emulated services.

use serde::{Deserialize, Serialize};

use crate::state::Permission;

/// What a route does. The names are those of the API documentation; JSON uses the same names.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Operation {
    /// `GET /v3/projects`
    ListProjects,
    /// `GET /v3/auth/domains`
    ListDomains,
    /// `POST /v3.0/OS-CREDENTIAL/securitytokens`, for an agency or for a token
    CreateSecurityToken,
    /// `POST /v3.0/OS-AUTH/id-token/tokens`
    CreateTokenWithIdToken,
    /// `POST /v5/agencies/assume`
    AssumeAgency,
    /// `PUT /meta-data/latest/api/token`
    CreateMetadataToken,
    /// `GET /openstack/latest/securitykey`
    ShowSecurityKey,
    /// `PUT …/groups/{group}/reset-message-offset`, and its older form
    /// `POST …/management/groups/{group}/reset-message-offset`
    ResetOffsets,
    /// `PUT …/groups/{group}`
    UpdateGroup,
    /// `GET …/instances/{instance}/groups`
    ListGroups,
    /// `POST …/kafka/instances/{instance}/group`
    CreateGroup,
    /// `DELETE …/groups/{group}`
    DeleteGroup,
    /// `POST …/groups/batch-delete`
    DeleteGroups,
    /// `POST …/groups/{group}/delete-offset`
    DeleteOffsets,
    /// `GET …/management/groups/{group}`
    ShowGroupWithOffsets,
    /// `GET …/groups/{group}`
    ShowGroup,
    /// `GET …/groups/{group}/members`
    ListMembers,
    /// `GET …/groups/{group}/message-offset`
    ListOffsets,
    /// `GET …/groups/{group}/topics`
    ListGroupTopics,
    /// `GET /v2/{project}/instances`
    ListInstances,
    /// `GET …/instances/{instance}`
    ShowInstance,
    /// `GET /v2/available-zones`
    ListAvailableZones,
    /// `GET …/topics`
    ListTopics,
    /// `POST …/topics`
    CreateTopic,
    /// `PUT …/topics`
    UpdateTopics,
    /// `POST …/topics/delete`
    DeleteTopics,
    /// `GET …/topics/{topic}/partitions`
    ListPartitions,
    /// `GET …/beginning-message`
    ShowFirstMessage,
    /// `GET …/end-message`
    ShowLastMessage,
    /// `GET …/message`
    ShowMessage,
    /// `GET …/management/topics/{topic}/messages`
    ShowMessages,
    /// `GET …/instances/{instance}/messages`
    SearchMessages,
    /// `POST …/messages/action`
    SendMessage,
    /// `GET …/tasks`
    ListTasks,
    /// `GET …/tasks/{task}`
    ShowTask,
    /// `DELETE …/tasks/{task}`
    DeleteTask,
}

impl Operation {
    /// The permission that a key pair needs. `None`: none.
    pub(crate) fn permission(self) -> Option<Permission> {
        match self {
            Self::ListProjects
            | Self::ListAvailableZones
            | Self::ListDomains
            | Self::CreateSecurityToken
            | Self::CreateTokenWithIdToken
            | Self::AssumeAgency
            | Self::CreateMetadataToken
            | Self::ShowSecurityKey => None,
            Self::ResetOffsets
            | Self::UpdateGroup
            | Self::CreateGroup
            | Self::DeleteGroup
            | Self::DeleteGroups
            | Self::DeleteOffsets
            | Self::CreateTopic
            | Self::UpdateTopics
            | Self::DeleteTopics
            | Self::SendMessage => Some(Permission::ModifyInstance),
            Self::ListInstances => Some(Permission::ListInstances),
            Self::ListTasks | Self::ShowTask => Some(Permission::GetBackgroundTask),
            Self::DeleteTask => Some(Permission::DeleteBackgroundTask),
            Self::ShowGroupWithOffsets
            | Self::ShowGroup
            | Self::ListGroups
            | Self::ListGroupTopics
            | Self::ListMembers
            | Self::ListOffsets
            | Self::ShowInstance
            | Self::ListTopics
            | Self::ListPartitions
            | Self::ShowFirstMessage
            | Self::ShowLastMessage
            | Self::ShowMessage
            | Self::SearchMessages
            | Self::ShowMessages => Some(Permission::GetInstance),
        }
    }

    /// The query parameters of a DMS call. `None`: IAM has errors in another format, and the metadata service ignores
    /// the query, so those calls read their queries themselves.
    pub(crate) fn query_parameters(self) -> Option<&'static [&'static str]> {
        Some(match self {
            Self::ListProjects
            | Self::ListDomains
            | Self::CreateSecurityToken
            | Self::CreateTokenWithIdToken
            | Self::AssumeAgency
            | Self::CreateMetadataToken
            | Self::ShowSecurityKey => return None,
            Self::ListGroups => &["offset", "limit", "group"],
            Self::ListGroupTopics => &["offset", "limit", "sort_key", "sort_dir", "topic"],
            Self::ListMembers => &["offset", "limit", "host", "member_id"],
            Self::ListOffsets => &["topic", "partition", "offset", "limit"],
            Self::ListInstances => &[
                "engine",
                "name",
                "exact_match_name",
                "instance_id",
                "status",
                "enterprise_project_id",
                "include_failure",
                "offset",
                "limit",
            ],
            Self::ListTopics | Self::ListPartitions => &["offset", "limit"],
            Self::ShowMessage => &["message_offset"],
            Self::ShowMessages => &["start_time", "end_time", "limit", "offset", "partition"],
            Self::SearchMessages => &[
                "topic",
                "asc",
                "start_time",
                "end_time",
                "limit",
                "offset",
                "download",
                "message_offset",
                "partition",
                "keyword",
                "key",
                "include",
                "exclude",
            ],
            Self::SendMessage => &["action_id"],
            Self::ListTasks => &["start", "offset", "limit", "begin_time", "end_time"],
            _ => &[],
        })
    }
}
