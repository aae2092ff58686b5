//! Why a signature was not accepted, in the gateway's words and with a debugging aid.

use crate::message::Refusal;
use std::fmt;

/// Always answered with 401 `APIGW.0301`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Denied {
    NoAuthorization,
    Malformed(&'static str),
    UnknownAccessKey,
    SignedHeaderMissing(String),
    Expired {
        signature_time: String,
        server_time: String,
    },
    WrongSignature {
        /// What the emulator computed, on one line, without secrets.
        canonical: String,
    },
    /// Too many wrong signatures before this request. The text is the documented one.
    Locked,
    Token(&'static str),
    /// The documentation names this text for tokens that have expired, without saying which.
    TokenExpired,
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Incorrect IAM authentication information: ")?;
        match self {
            Self::NoAuthorization => f.write_str("there is no (single) Authorization header"),
            Self::Malformed(what) => f.write_str(what),
            Self::UnknownAccessKey => f.write_str("the access key is not known"),
            Self::SignedHeaderMissing(name) => {
                write!(f, "header {name} is signed but was not sent exactly once")
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

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        Self::new(401, "APIGW.0301", denied.to_string())
    }
}
