//! Names of the objects of operations.

use crate::huaweicloud::ids::ProjectId;
use crate::huaweicloud::name::string_newtype;
use crate::huaweicloud::region::Region;
use crate::huaweicloud::signing::encode_segment;
use crate::huaweicloud::text::quote_bounded;

/// The longest topic name that Kafka allows, in characters.
const TOPIC_LIMIT: usize = 249;

fn check_segment(what: &str, text: &str) -> Result<(), String> {
    match encode_segment(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{what} {} cannot be used: {error}", quote_bounded(text))),
    }
}

string_newtype! {
    /// The id of a Kafka instance, usually a UUID. Not empty, not `.` or `..`.
    InstanceId, |text| check_segment("instance id", text)
}
string_newtype! {
    /// The name of a consumer group. Clients can create groups with any name, so every character is valid. Only the
    /// empty name, `.` and `..` are not, because URL paths cannot contain them.
    GroupName, |text| check_segment("consumer group", text)
}
string_newtype! {
    /// The name of a topic. Not empty ("every topic" is the absence of a name), not longer than Kafka allows, and not
    /// `.` or `..`, which Kafka forbids and URL paths cannot contain.
    TopicName, |text| match text.chars().count() {
        0..=TOPIC_LIMIT => check_segment("topic", text),
        length => {
            let quoted = quote_bounded(text);
            Err(format!("topic {quoted} has {length} characters; Kafka allows at most {TOPIC_LIMIT}"))
        }
    }
}
string_newtype! {
    /// The id of a background task of an instance. Not empty, not `.` or `..`.
    TaskId, |text| check_segment("task id", text)
}

/// One instance.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct InstanceAddress {
    /// The project of the instance. [`Client::project_id`](crate::huaweicloud::client::Client::project_id) returns it.
    pub project_id: ProjectId,
    /// The region of the instance. `None`: the client's own.
    pub region: Option<Region>,
    /// The instance.
    pub instance_id: InstanceId,
}

/// One consumer group of one instance.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct GroupAddress {
    /// The instance of the group.
    pub instance: InstanceAddress,
    /// The consumer group.
    pub group: GroupName,
}
