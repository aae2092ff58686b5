//! Which status and error code stands for what is wrong in the state.

use crate::message::{Refusal, Shape};
use crate::state::StateError;

/// The emulator's own choice: how the service refuses a reset of a group that is online, or of one
/// partition without a topic, is not published. Clients must not depend on either code.
const GROUP_ONLINE: &str = "DMS.00400980";
/// The emulator's own choice, too.
const UNKNOWN_TASK: &str = "DMS.00404980";

impl From<StateError> for Refusal {
    fn from(error: StateError) -> Self {
        let (status, code) = match &error {
            StateError::NotPermitted { .. } => (403, "DMS.00403002"),
            StateError::UnknownAccessKey { .. } => (401, "APIGW.0301"),
            StateError::UnknownProject { .. } => (403, "APIGW.0310"),
            StateError::UnknownInstance { .. } => (404, "DMS.00404022"),
            StateError::InstanceBusy { .. } => (400, "DMS.00400026"),
            StateError::UnknownGroup { .. } => (400, "DMS.111400864"),
            StateError::GroupOnline { .. } => (400, GROUP_ONLINE),
            StateError::Cluster { .. } => (500, "EMULATOR.0500"),
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
        let shape = match code {
            "" => Shape::Text,
            code if code.starts_with("IAM.") => Shape::Iam,
            _ => Shape::Service,
        };
        Self { shape, ..Self::new(status, code, error.to_string()) }
    }
}
