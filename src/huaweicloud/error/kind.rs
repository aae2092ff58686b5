//! The kinds of errors, and whether the service can have received the request.

/// The kind of failure. Kinds differ in what the caller can do.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is missing or not valid. Correct it.
    Config,
    /// There are no usable credentials, or the service rejects them (401). Correct the credentials or the clock. Do not
    /// retry unchanged: a few failures in a row lock the access key.
    Credentials,
    /// The service has locked the access key for five minutes, after several failures in a row (401). Wait; it also
    /// rejects requests with the correct secret key.
    KeyLocked,
    /// No credentials could be obtained: an identity service rejected the role or the token, or sent an unknown
    /// response. Correct the role or its trust policy.
    SignIn,
    /// The credentials are valid but lack a permission (403). Ask for the permission.
    Forbidden,
    /// An object named in the request does not exist. Correct the name.
    NotFound,
    /// Too many requests. Wait, then retry.
    Throttled,
    /// The service failed (5xx, 408). Retry later.
    Unavailable,
    /// The service rejects the request for any other reason. Its message gives the reason.
    Refused,
    /// The connection could not be established. Check the network, the proxy and the endpoint.
    Connect,
    /// The connection was closed before the response was complete.
    Interrupted,
    /// No complete response arrived in time.
    Timeout,
    /// This client does not understand the response. The service may have carried out the request.
    Decode,
}

impl ErrorKind {
    /// Whether a response of this kind means that further requests with the same credentials will fail.
    pub(in crate::huaweicloud) fn is_credential_rejection(self) -> bool {
        matches!(self, Self::Credentials | Self::KeyLocked)
    }
}

/// Whether the service can have received, and so carried out, the request.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Delivery {
    /// No byte of the request was sent to the service.
    NotSent,
    /// A part of the request may have arrived, and no response was received.
    Unknown,
    /// The service, or a proxy or gateway in front of it, responded.
    Responded,
}
