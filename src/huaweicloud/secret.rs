//! A secret text, such as a secret key, a token or a password.

use std::fmt;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// A secret: overwritten with zeros when dropped, shown by `Debug` as `[redacted]`, without `Display`.
///
/// Surrounding white space is removed, because it can only come from copying.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Makes a secret of `text`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let given = Zeroizing::new(text.into());
        let trimmed = given.trim();
        if trimmed.len() == given.len() { Self(given) } else { Self(Zeroizing::new(trimmed.to_owned())) }
    }

    /// The text itself. Review each call of this method when a secret has leaked.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the text is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

/// From a string. Errors of the format may quote the text, so they must not be shown.
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}
