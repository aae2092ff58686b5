//! Names of what an operation acts on.

use std::fmt;

use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::iam::ProjectId;
use crate::huaweicloud::region::Region;
use crate::huaweicloud::signing::encode_segment;

/// A name that Kafka or the service has given; kept as it is, encoded only on the way out.
macro_rules! name {
    ($(#[$documentation:meta])* $type:ident, $what:literal, $check:expr) => {
        $(#[$documentation])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $type(String);

        impl $type {
            /// # Errors
            /// [`ErrorKind::Config`]: says what the name must not be.
            pub fn parse(text: impl Into<String>) -> Result<Self, Error> {
                let text = text.into();
                let check: fn(&str) -> Result<(), String> = $check;
                match check(&text) {
                    Ok(()) => Ok(Self(text)),
                    Err(why) => Err(Error::new(
                        ErrorKind::Config,
                        format!(concat!($what, " {:?} cannot be used: {}"), text, why),
                    )),
                }
            }

            /// The name, not encoded.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fn fits_into_a_path(text: &str) -> Result<(), String> {
    encode_segment(text).map(drop).map_err(|error| error.to_string())
}

name! {
    /// The id of a Kafka instance, usually a UUID. Not empty, not `.` or `..`.
    InstanceId, "instance id", fits_into_a_path
}
name! {
    /// The name of a consumer group. Clients may create any name, so any character is taken; only
    /// the empty name, `.` and `..` are not, since no path can hold them.
    GroupName, "consumer group", fits_into_a_path
}
name! {
    /// The name of a topic. Not empty ("every topic" is the absence of a name), and not `.` or `..`,
    /// which Kafka forbids and no path can hold.
    TopicName, "topic", fits_into_a_path
}
name! {
    /// The id of a background task of an instance. Not empty, not `.` or `..`.
    TaskId, "task id", fits_into_a_path
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
