//! Sanitizes external text for terminals. Every layer prints such text through these functions.

use std::borrow::Cow;

/// Whether a terminal displays this character as itself.
///
/// Not printable, as in Rust's own `Debug` of text: controls (C0, C1), format characters (direction marks, zero-width
/// characters, tags), private use, unassigned code points, line separators, and marks that combine with the character
/// before them.
fn is_printable(character: char) -> bool {
    match character {
        ' '..='~' => true,
        other => other.escape_debug().len() == 1,
    }
}

fn push(shown: &mut String, character: char) {
    if is_printable(character) {
        shown.push(character);
    } else {
        shown.extend(character.escape_unicode());
    }
}

/// `text` with unprintable characters escaped (`\u{202e}`). Keeps line feeds, so that it suits text of several lines.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().all(|it| it == '\n' || is_printable(it)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => shown.push('\n'),
            other => push(&mut shown, other),
        }
    }
    Cow::Owned(shown)
}

/// `text` on one line of at most `limit` characters. White space becomes spaces, unprintable characters are escaped,
/// and `…` marks a cut.
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    let mut shown = String::new();
    let mut length = 0;
    for character in text.trim().chars() {
        let start = shown.len();
        push(&mut shown, if character.is_whitespace() { ' ' } else { character });
        length += shown[start..].chars().count();
        if length > limit {
            shown.truncate(start);
            shown.push('…');
            break;
        }
    }
    shown
}

/// A message shows at most this many characters of a file's path.
const PATH_LIMIT: usize = 500;

/// The path of a file, formatted for a message.
pub(crate) fn path(text: &str) -> String {
    one_line(text, PATH_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One character of each kind that is invisible or changes how a terminal displays the text around it.
    const UNPRINTABLE: [char; 26] = [
        '\0',
        '\u{7}',
        '\u{8}',
        '\u{1b}',
        '\u{7f}',
        '\u{9b}',
        '\u{ad}',
        '\u{300}',
        '\u{61c}',
        '\u{180e}',
        '\u{200b}',
        '\u{200d}',
        '\u{200e}',
        '\u{200f}',
        '\u{202a}',
        '\u{202e}',
        '\u{2060}',
        '\u{2066}',
        '\u{2069}',
        '\u{e000}',
        '\u{fe0f}',
        '\u{feff}',
        '\u{fff9}',
        '\u{e0001}',
        '\u{e0041}',
        '\u{10ffff}',
    ];

    #[test]
    fn unprintable_characters_are_escaped() {
        for character in UNPRINTABLE {
            let escaped = format!("a{}b", character.escape_unicode());
            assert_eq!(printable(&format!("a{character}b")), escaped);
            assert_eq!(one_line(&format!("a{character}b"), 100), escaped);
        }
    }

    #[test]
    fn readable_text_is_unchanged() {
        for text in ["orders-1.v2_x", "it's \"C:\\x\"", "消费组 ü é 한국어 русский ע", "🦀 – … ±"]
        {
            assert_eq!(printable(text), text);
            assert_eq!(one_line(text, 100), text);
        }
        assert_eq!(printable("one\ntwo"), "one\ntwo");
        assert_eq!(one_line(" one\r\ntwo\u{2028}three\u{3000}\t", 100), "one  two three");
    }

    #[test]
    fn length_is_bounded_after_escaping() {
        assert_eq!(one_line("abcdef", 6), "abcdef");
        assert_eq!(one_line("abcdef", 5), "abcde…");
        assert_eq!(one_line(&"\u{200b}".repeat(100), 20), "\\u{200b}\\u{200b}…");
    }
}
