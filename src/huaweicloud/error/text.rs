//! Makes text from outside fit to be shown: without secrets, control characters or endless length.

use crate::huaweicloud::credentials::{Credentials, Secret};

/// How much of a text without known structure is quoted, in characters.
pub(in crate::huaweicloud) const EXCERPT_LIMIT: usize = 500;

/// How much of a service's own message is kept, in characters. A refused signature comes with the
/// service's canonical request, which is worth having whole.
pub(in crate::huaweicloud) const MESSAGE_LIMIT: usize = 4_000;

/// Takes known secrets out of text. A gateway that refuses a signature may quote the canonical
/// request, and with it the security token.
pub(in crate::huaweicloud) struct Scrub(Vec<Secret>);

impl Scrub {
    /// What one attempt sent that must not be repeated: its keys and its signature.
    pub(in crate::huaweicloud) fn new(credentials: &Credentials, signature: &str) -> Self {
        let mut secrets = vec![credentials.secret_key().clone(), Secret::from(signature)];
        secrets.extend(credentials.security_token().cloned());
        Self::of(secrets)
    }

    /// Exactly these.
    pub(in crate::huaweicloud) fn of(mut secrets: Vec<Secret>) -> Self {
        secrets.retain(|secret| !secret.expose().is_empty());
        Self(secrets)
    }

    /// These as well.
    pub(in crate::huaweicloud) fn and(self, secrets: impl IntoIterator<Item = Secret>) -> Self {
        Self::of(self.0.into_iter().chain(secrets).collect())
    }

    /// `text` without secrets, on one line of at most `limit` characters.
    pub(in crate::huaweicloud) fn show(&self, text: &str, limit: usize) -> String {
        safe(&self.clean(text), limit)
    }

    /// `text` with every secret replaced, also where it is written with escapes.
    fn clean(&self, text: &str) -> String {
        let mut kept = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            let quoted = self.0.iter().filter_map(|secret| quoted_length(rest, secret.expose())).max();
            match quoted {
                Some(_) => kept.push_str("[redacted]"),
                None => kept.push(character),
            }
            rest = &rest[quoted.unwrap_or(character.len_utf8())..];
        }
        kept
    }
}

/// How many bytes at the start of `text` mean `secret`; none if they mean something else.
fn quoted_length(text: &str, secret: &str) -> Option<usize> {
    let mut length = 0;
    for wanted in secret.bytes() {
        // A password may have a character of several bytes, and no escape begins within one.
        length += match text.get(length..).and_then(escaped) {
            Some((byte, escape)) if byte == wanted => escape,
            _ if text.as_bytes().get(length) == Some(&wanted) => 1,
            _ => return None,
        };
    }
    Some(length)
}

/// The ASCII character that an escape at the start of `text` stands for, and the length of the escape:
/// `\u002f` and `\/` of JSON, `%2F` of addresses, `&#47;`, `&#x2F;` and `&amp;` of pages.
fn escaped(text: &str) -> Option<(u8, usize)> {
    let code = |digits: &str, radix, length| Some((u8::from_str_radix(digits, radix).ok()?, length));
    match text.as_bytes() {
        [b'\\', b'u', ..] => code(text.get(2..6)?, 16, 6),
        [b'\\', byte, ..] if byte.is_ascii_punctuation() => Some((*byte, 2)),
        [b'%', ..] => code(text.get(1..3)?, 16, 3),
        [b'&', ..] => {
            let end = text.bytes().take(8).position(|byte| byte == b';')?;
            let length = end + 1;
            let named = [("amp", b'&'), ("lt", b'<'), ("gt", b'>'), ("quot", b'"'), ("apos", b'\'')];
            match text.get(1..end)? {
                name if name.starts_with("#x") || name.starts_with("#X") => code(&name[2..], 16, length),
                name if name.starts_with('#') => code(&name[1..], 10, length),
                name => named.into_iter().find(|(known, _)| *known == name).map(|(_, byte)| (byte, length)),
            }
        }
        _ => None,
    }
}

/// Most characters of a wrong value that an error quotes.
const QUOTED_LIMIT: usize = 100;

/// A wrong value in quotation marks, bounded: it may be a whole file that went into the wrong place.
pub(in crate::huaweicloud) fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTED_LIMIT) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
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
