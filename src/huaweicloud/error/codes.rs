//! The error codes and messages of the services that this layer knows. Nothing else compares such text.

/// The meaning of an error code of a service.
///
/// Sources: the error code pages of the API references, and the official provider.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorCode {
    /// Too many requests: the API gateway throttles them.
    Throttled,
    /// The gateway or the service does not know the URL. Says nothing about the object that the URL names.
    UnknownUrl,
    /// The Kafka instance does not exist.
    InstanceNotFound,
    /// The consumer group does not exist. Sent with status 400.
    GroupNotFound,
    /// The topics cannot be queried, usually because the topic does not exist. Sent with status 400.
    TopicNotFound,
    /// Another background task of the instance is running.
    TaskRunning,
    /// The present status of the instance does not allow the operation.
    InstanceBusy,
}

impl ErrorCode {
    /// The meaning of a code as the service writes it. `None`: this layer does not know the code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Some(match code {
            "APIGW.0308" | "APIG.0308" => Self::Throttled,
            "APIGW.0101" | "APIG.0101" | "DMS.00404001" => Self::UnknownUrl,
            "DMS.00404022" => Self::InstanceNotFound,
            "DMS.111400864" => Self::GroupNotFound,
            "DMS.00400975" => Self::TopicNotFound,
            "DMS.00400017" => Self::TaskRunning,
            "DMS.00400026" => Self::InstanceBusy,
            _ => return None,
        })
    }

    /// Whether the service rejects the request only for now, and did nothing.
    #[must_use]
    pub fn is_busy(self) -> bool {
        matches!(self, Self::TaskRunning | Self::InstanceBusy)
    }
}

/// Whether the message of a 401 means that the access key is locked. Every rejected signature has the same code, so
/// only the message shows it: "AK access failed to reach the limit,forbidden".
pub(super) fn is_key_locked(message: &str) -> bool {
    let lower = message.to_ascii_lowercase();
    lower.contains("failed to reach the limit")
        || lower.split(|it: char| !it.is_alphanumeric()).any(|word| word == "locked")
}

/// The two times in the message about an expired signature, as the service writes them (`YYYYMMDDTHHMMSSZ`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClockSkew {
    /// The time in the signature, by this computer's clock.
    pub signature_time: String,
    /// The time by the service's clock.
    pub server_time: String,
}

impl ClockSkew {
    /// The times in a message. `None`: it does not contain both.
    pub(super) fn find(message: &str) -> Option<Self> {
        Some(Self {
            signature_time: time_after(message, "signature time:")?,
            server_time: time_after(message, "server time:")?,
        })
    }
}

/// The `YYYYMMDDTHHMMSSZ` that follows `label`.
fn time_after(text: &str, label: &str) -> Option<String> {
    let (_, rest) = text.split_once(label)?;
    let time = rest.trim_start().get(..16)?;
    let is_time = time.bytes().enumerate().all(|(at, byte)| match at {
        8 => byte == b'T',
        15 => byte == b'Z',
        _ => byte.is_ascii_digit(),
    });
    is_time.then(|| time.to_owned())
}
