//! Limits and formatting of external text in messages.

use crate::printable::one_line;

/// How much of a text without known structure is quoted, in characters.
pub(in crate::huaweicloud) const EXCERPT_LIMIT: usize = 500;

/// How much of a service's own message is kept, in characters. A refused signature comes with the
/// service's canonical request, which is worth having whole.
pub(in crate::huaweicloud) const MESSAGE_LIMIT: usize = 4_000;

/// Most characters of a wrong value that an error quotes.
const QUOTED_LIMIT: usize = 100;

/// A wrong value in quotation marks, bounded: it may be a whole file that went into the wrong place.
pub(in crate::huaweicloud) fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTED_LIMIT) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// `text` on one printable line of at most `limit` characters.
pub(in crate::huaweicloud) fn safe(text: &str, limit: usize) -> String {
    one_line(text, limit)
}
