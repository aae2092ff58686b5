//! Limits and quotation of external text in messages.

/// How much of a text without known structure is quoted, in characters.
pub(in crate::huaweicloud) const EXCERPT_LIMIT: usize = 500;

/// How much of a service's own message is kept, in characters. A refused signature comes with the service's canonical
/// request, which is needed in full to compare it with the client's own.
pub(in crate::huaweicloud) const MESSAGE_LIMIT: usize = 4_000;

/// Most characters of an invalid value that an error quotes.
const QUOTED_LIMIT: usize = 100;

/// An invalid value in quotation marks. It is cut, because a user may have passed the content of a file by mistake.
pub(in crate::huaweicloud) fn quote_bounded(text: &str) -> String {
    match text.char_indices().nth(QUOTED_LIMIT) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
