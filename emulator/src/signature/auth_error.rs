//! The reasons why a request is not authenticated, with the messages of the gateway.

use std::fmt;

use crate::message::ApiError;

/// Every variant becomes a response with 401 `APIGW.0301`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum AuthError {
    NoAuthorization,
    Malformed(&'static str),
    UnknownAccessKey,
    SignedHeaderMissing(String),
    Expired {
        signature_time: String,
        server_time: String,
    },
    WrongSignature {
        /// The canonical request that the emulator computed, on one line and without secrets.
        canonical: String,
    },
    /// Too many wrong signatures came before this request. The documentation contains this message.
    Locked,
    Token(&'static str),
    /// The documentation has the first part of this message, for tokens in general.
    TokenExpired,
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Incorrect IAM authentication information: ")?;
        match self {
            Self::NoAuthorization => f.write_str("the Authorization header is missing or occurs twice"),
            Self::Malformed(what) => f.write_str(what),
            Self::UnknownAccessKey => f.write_str("the access key is unknown"),
            Self::SignedHeaderMissing(name) => {
                write!(f, "header {name} is signed, but is missing or occurs twice")
            }
            Self::Expired { signature_time, server_time } => {
                write!(f, "signature expired, signature time:{signature_time},server time:{server_time}")
            }
            Self::WrongSignature { canonical } => {
                write!(f, "verify signature failed, canonical request:{canonical}")
            }
            Self::Locked => f.write_str("AK access failed to reach the limit,forbidden."),
            Self::TokenExpired => f.write_str("decrypt token fail, X-Security-Token: it has expired"),
            Self::Token(what) => write!(f, "X-Security-Token: {what}"),
        }
    }
}

impl From<AuthError> for ApiError {
    fn from(denied: AuthError) -> Self {
        Self::new(401, "APIGW.0301", denied.to_string())
    }
}
