//! What a reset is doing, for messages: `Failed to read …`, `Timed out after 3 s while reading …`.

use std::borrow::Cow;

/// One activity, as a verb and its object.
#[derive(Clone, Debug)]
pub(crate) struct Activity {
    /// `read`
    pub(crate) infinitive: &'static str,
    /// `reading`
    pub(crate) gerund: &'static str,
    /// `the consumer group`
    pub(crate) object: Cow<'static, str>,
}

impl Activity {
    pub(crate) const fn new(infinitive: &'static str, gerund: &'static str, object: &'static str) -> Self {
        Self { infinitive, gerund, object: Cow::Borrowed(object) }
    }
}
