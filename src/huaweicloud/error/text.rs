//! Makes text from outside fit to be shown: without secrets, control characters or endless length.

use crate::huaweicloud::credentials::{Credentials, Secret};

/// How much of a text without known structure is quoted, in characters.
pub(super) const EXCERPT_LIMIT: usize = 500;

/// How much of a service's own message is kept, in characters. A refused signature comes with the
/// service's canonical request, which is worth having whole.
pub(super) const MESSAGE_LIMIT: usize = 4_000;

/// Takes known secrets out of text. A gateway that refuses a signature may quote the canonical
/// request, and with it the security token.
pub(in crate::huaweicloud) struct Scrub(Vec<Secret>);

impl Scrub {
    /// What one attempt sent that must not be repeated: its keys and its signature.
    pub(in crate::huaweicloud) fn new(credentials: &Credentials, signature: &str) -> Self {
        let mut secrets = vec![credentials.secret_key().clone(), Secret::from(signature)];
        secrets.extend(credentials.security_token().cloned());
        secrets.retain(|secret| !secret.expose().is_empty());
        Self(secrets)
    }

    /// `text` with every secret replaced.
    pub(super) fn clean(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.expose(), "[redacted]"))
    }
}

/// `text` on one line of at most `limit` characters. Control characters, and those that change the
/// direction or break the line, become spaces; a cut is marked with `…`.
pub(in crate::huaweicloud) fn safe(text: &str, limit: usize) -> String {
    let mut characters = text.trim().chars().map(|character| match character {
        '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => ' ',
        other if other.is_control() => ' ',
        other => other,
    });
    let mut kept: String = characters.by_ref().take(limit).collect();
    if characters.next().is_some() {
        kept.push('…');
    }
    kept
}
