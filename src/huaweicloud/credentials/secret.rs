//! Text that must not be seen.

use std::fmt;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// A secret: overwritten with zeros when dropped, shown by `Debug` as `[redacted]`, without
/// `Display`. Surrounding white space is dropped, since it can only come from copying.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let given = Zeroizing::new(text.into());
        let trimmed = given.trim();
        if trimmed.len() == given.len() { Self(given) } else { Self(Zeroizing::new(trimmed.to_owned())) }
    }

    /// The text itself. Each call is a place to look at when a secret has leaked.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
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

/// As a string. An error of the format's own may quote the text, so it must not be shown.
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}
