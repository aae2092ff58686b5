//! Names of what an operation acts on.

use crate::huaweicloud::error::quoted;
use crate::huaweicloud::iam::ProjectId;
use crate::huaweicloud::name::string_newtype;
use crate::huaweicloud::region::Region;
use crate::huaweicloud::signing::encode_segment;

/// The longest topic name that Kafka allows, in characters.
const TOPIC_LIMIT: usize = 249;

fn fits_into_a_path(what: &str, text: &str) -> Result<(), String> {
    match encode_segment(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{what} {} cannot be used: {error}", quoted(text))),
    }
}

string_newtype! {
    /// The id of a Kafka instance, usually a UUID. Not empty, not `.` or `..`.
    InstanceId, |text| fits_into_a_path("instance id", text)
}
string_newtype! {
    /// The name of a consumer group. Clients may create any name, so any character is taken; only
    /// the empty name, `.` and `..` are not, since no path can hold them.
    GroupName, |text| fits_into_a_path("consumer group", text)
}
string_newtype! {
    /// The name of a topic. Not empty ("every topic" is the absence of a name), not longer than Kafka allows, and not
    /// `.` or `..`, which Kafka forbids and URL paths cannot contain.
    TopicName, |text| match text.chars().count() {
        0..=TOPIC_LIMIT => fits_into_a_path("topic", text),
        length => Err(format!("topic {} has {length} characters; Kafka allows at most {TOPIC_LIMIT}", quoted(text))),
    }
}
string_newtype! {
    /// The id of a background task of an instance. Not empty, not `.` or `..`.
    TaskId, |text| fits_into_a_path("task id", text)
}

/// One instance.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct InstanceAddress {
    /// The project of the instance; [`Client::project_id`](crate::huaweicloud::Client::project_id)
    /// knows it.
    pub project_id: ProjectId,
    /// The region of the instance. `None`: the client's own.
    pub region: Option<Region>,
    /// The instance.
    pub instance_id: InstanceId,
}

/// One consumer group of one instance.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct GroupAddress {
    /// Where the group is.
    pub instance: InstanceAddress,
    /// The consumer group.
    pub group: GroupName,
}
