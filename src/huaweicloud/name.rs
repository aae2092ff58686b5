//! Names and ids as types: a text that was checked once, and is kept as it is.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::error::{Redactor, safe};

/// Most characters of a name that a message holds. Kafka's names are shorter.
pub(super) const SHOWN: usize = 300;

/// A name that is compared and sent as it is, and shown without the secrets of the client that read it.
#[derive(Clone)]
pub(super) struct Name {
    exact: Box<str>,
    /// What is shown in its place, where it holds a secret.
    redacted: Option<Box<str>>,
}

impl Name {
    /// One that the user gave.
    pub(in crate::huaweicloud) fn given(text: &str) -> Self {
        Self { exact: text.into(), redacted: None }
    }

    /// One that an answer gave.
    pub(in crate::huaweicloud) fn answered(text: &str, redactor: &Redactor) -> Self {
        let redacted = redactor.redact_name(text);
        Self { exact: text.into(), redacted: (redacted != text).then(|| redacted.into()) }
    }

    /// For comparisons and requests.
    pub(in crate::huaweicloud) fn exact(&self) -> &str {
        &self.exact
    }

    /// The text to show, not escaped.
    pub(super) fn as_str(&self) -> &str {
        self.redacted.as_ref().unwrap_or(&self.exact)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.exact == other.exact
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
        self.exact.cmp(&other.exact)
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.exact.hash(state);
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&safe(self.as_str(), SHOWN))
    }
}

/// Makes a type that holds a checked text. The check gives the whole message about a text that can't be taken.
macro_rules! string_newtype {
    ($(#[$documentation:meta])* $type:ident, $check:expr) => {
        $(#[$documentation])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $type(crate::huaweicloud::name::Name);

        impl $type {
            /// # Errors
            /// [`ErrorKind::Config`](crate::huaweicloud::ErrorKind::Config): says what is wrong with the text.
            pub fn parse(text: &str) -> Result<Self, crate::huaweicloud::Error> {
                Self::checked(crate::huaweicloud::name::Name::given(text))
            }

            /// As [`parse`](Self::parse), of a name that may be an answer's.
            pub(in crate::huaweicloud) fn checked(
                name: crate::huaweicloud::name::Name,
            ) -> Result<Self, crate::huaweicloud::Error> {
                let check: fn(&str) -> Result<(), String> = $check;
                match check(name.exact()) {
                    Ok(()) => Ok(Self(name)),
                    // Quotes what is shown.
                    Err(_) => {
                        let shown = name.as_str();
                        let why = check(shown).err().unwrap_or_else(|| format!("{shown:?} cannot be used"));
                        Err(crate::huaweicloud::Error::new(crate::huaweicloud::ErrorKind::Config, why))
                    }
                }
            }

            /// The text as it goes into requests, not encoded.
            pub(in crate::huaweicloud) fn exact(&self) -> &str {
                self.0.exact()
            }

            /// The text to show, not escaped: without the secrets of the client that read it.
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
