//! The status and error code of each error of the state.

use crate::message::{ApiError, ErrorFormat};
use crate::state::StateError;

/// Invented, because the service does not document the code of a reset of an online group. Clients must not depend on
/// it.
const GROUP_ONLINE: &str = "DMS.00400980";
/// Also invented.
const TOPIC_EXISTS: &str = "DMS.00400981";
/// Also invented.
const UNKNOWN_TASK: &str = "DMS.00404980";

impl From<StateError> for ApiError {
    fn from(error: StateError) -> Self {
        let (status, code) = match &error {
            StateError::NotPermitted { .. } => (403, "DMS.00403003"),
            StateError::UnknownAccessKey { .. } => (401, "APIGW.0301"),
            StateError::UnknownProject { .. } => (403, "APIGW.0310"),
            StateError::UnknownInstance { .. } => (404, "DMS.00404022"),
            StateError::InstanceBusy { .. } => (400, "DMS.00400026"),
            StateError::UnknownGroup { .. } => (400, "DMS.111400864"),
            StateError::GroupOnline { .. } => (400, GROUP_ONLINE),
            StateError::GroupExists { .. } => (400, "DMS.10240018"),
            StateError::TopicExists { .. } => (400, TOPIC_EXISTS),
            StateError::FewerPartitions { .. } => (400, "DMS.00400800"),
            StateError::Cluster { .. } => (500, "EMULATOR.0500"),
            StateError::NotOnRealCluster => (501, "EMULATOR.0501"),
            StateError::UnknownTopic { .. } => (400, "DMS.00400975"),
            StateError::UnknownPartition { .. } | StateError::PartitionNeedsTopic => (400, "DMS.00400800"),
            StateError::NoMessages { .. } => (400, "DMS.00400062"),
            StateError::TaskRunning { .. } => (400, "DMS.00400017"),
            StateError::UnknownTask { .. } => (404, UNKNOWN_TASK),
            StateError::UnknownAgency { .. } | StateError::UnknownIdentityProvider { .. } => (404, "IAM.0004"),
            StateError::WrongIdToken | StateError::WrongSubjectToken => (401, "IAM.0001"),
            StateError::NoMetadata => (404, ""),
            StateError::NoMetadataTokens { status } => (*status, ""),
            StateError::WrongMetadataToken | StateError::NoMetadataAgency => (401, ""),
        };
        let format = match code {
            "" => ErrorFormat::Text,
            code if code.starts_with("IAM.") => ErrorFormat::Iam,
            _ => ErrorFormat::Service,
        };
        Self { format, ..Self::new(status, code, error.to_string()) }
    }
}
