//! Names and ids as types: validated when they are created, then compared and sent unchanged.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::redact::Redactor;
use crate::printable::one_line;

/// Most characters of a name that a message shows. Kafka's names are shorter.
pub(super) const NAME_LIMIT: usize = 300;

/// A name that is compared and sent unchanged, and shown without the secrets of the client that received it.
#[derive(Clone)]
pub(super) struct Name {
    raw: Box<str>,
    /// The text to show, if the name contains a secret.
    redacted: Option<Box<str>>,
}

impl Name {
    /// A name from the user.
    pub(in crate::huaweicloud) fn from_user(text: &str) -> Self {
        Self { raw: text.into(), redacted: None }
    }

    /// A name from a response.
    pub(in crate::huaweicloud) fn from_response(text: &str, redactor: &Redactor) -> Self {
        let redacted = redactor.redact_name(text);
        Self { raw: text.into(), redacted: (redacted != text).then(|| redacted.into()) }
    }

    /// The unchanged text, for comparisons and requests.
    pub(in crate::huaweicloud) fn raw(&self) -> &str {
        &self.raw
    }

    /// The text to show, not sanitized.
    pub(super) fn as_str(&self) -> &str {
        self.redacted.as_ref().unwrap_or(&self.raw)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.raw.cmp(&other.raw)
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.raw.hash(state);
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&one_line(self.as_str(), NAME_LIMIT))
    }
}

/// Defines a type for validated text. The check returns the whole message about an invalid text.
macro_rules! string_newtype {
    ($(#[$documentation:meta])* $type:ident, $check:expr) => {
        $(#[$documentation])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $type(crate::huaweicloud::name::Name);

        impl $type {
            /// Validates a text from the user.
            ///
            /// # Errors
            /// [`ErrorKind::Config`](crate::huaweicloud::error::ErrorKind::Config): the text is not valid.
            pub fn parse(text: &str) -> Result<Self, crate::huaweicloud::error::Error> {
                Self::from_name(crate::huaweicloud::name::Name::from_user(text))
            }

            /// As [`parse`](Self::parse), for a name that may come from a response.
            ///
            /// # Errors
            /// As for [`parse`](Self::parse).
            pub(in crate::huaweicloud) fn from_name(
                name: crate::huaweicloud::name::Name,
            ) -> Result<Self, crate::huaweicloud::error::Error> {
                use crate::huaweicloud::error::{Error, ErrorKind};

                let check: fn(&str) -> Result<(), String> = $check;
                match check(name.raw()) {
                    Ok(()) => Ok(Self(name)),
                    // The message must quote the redacted text.
                    Err(_) => {
                        let shown = name.as_str();
                        let message = check(shown).err().unwrap_or_else(|| format!("{shown:?} cannot be used"));
                        Err(Error::new(ErrorKind::Config, message))
                    }
                }
            }

            /// The unchanged text, for requests. Not encoded.
            pub(in crate::huaweicloud) fn raw(&self) -> &str {
                self.0.raw()
            }

            /// The text to show: without the secrets of the client that received it. Not sanitized.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl From<&$type> for crate::huaweicloud::name::Name {
            fn from(name: &$type) -> Self {
                name.0.clone()
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

pub(super) use string_newtype;
