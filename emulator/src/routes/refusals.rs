//! Which status and error code stands for what is wrong in the world.

use crate::message::{Refusal, Shape};
use crate::world::WorldError;

/// The emulator's own choice: how the service refuses a reset of a group that is online, or of one
/// partition without a topic, is not published. Clients must not depend on either code.
const GROUP_ONLINE: &str = "DMS.00400980";
/// The emulator's own choice, too.
const UNKNOWN_TASK: &str = "DMS.00404980";

impl From<WorldError> for Refusal {
    fn from(error: WorldError) -> Self {
        let (status, code) = match &error {
            WorldError::NotPermitted { .. } => (403, "DMS.00403002"),
            WorldError::UnknownAccessKey { .. } => (401, "APIGW.0301"),
            WorldError::UnknownProject { .. } => (403, "APIGW.0310"),
            WorldError::UnknownInstance { .. } => (404, "DMS.00404022"),
            WorldError::InstanceBusy { .. } => (400, "DMS.00400026"),
            WorldError::UnknownGroup { .. } => (400, "DMS.111400864"),
            WorldError::GroupOnline { .. } => (400, GROUP_ONLINE),
            WorldError::Cluster { .. } => (500, "EMULATOR.0500"),
            WorldError::UnknownTopic { .. } => (400, "DMS.00400975"),
            WorldError::UnknownPartition { .. } | WorldError::PartitionNeedsTopic => (400, "DMS.00400800"),
            WorldError::NoMessages { .. } => (400, "DMS.00400062"),
            WorldError::TaskRunning { .. } => (400, "DMS.00400017"),
            WorldError::UnknownTask { .. } => (404, UNKNOWN_TASK),
            WorldError::UnknownAgency { .. } | WorldError::UnknownIdentityProvider { .. } => (404, "IAM.0004"),
            WorldError::WrongIdToken | WorldError::WrongSubjectToken => (401, "IAM.0001"),
            WorldError::NoMetadata => (404, ""),
            WorldError::NoMetadataTokens { status } => (*status, ""),
            WorldError::WrongMetadataToken | WorldError::NoMetadataAgency => (401, ""),
        };
        let shape = match code {
            "" => Shape::Text,
            code if code.starts_with("IAM.") => Shape::Iam,
            _ => Shape::Service,
        };
        Self { shape, ..Self::new(status, code, error.to_string()) }
    }
}
