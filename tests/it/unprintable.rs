//! Detects unprintable characters, and provides a text with one of each kind.

/// A name that a client of the group, or a wrong service, may use.
pub(crate) const HOSTILE: &str = "a\u{202e}b\u{200e}\u{200f}\u{61c}\u{feff}\u{200b}\u{2060}\u{2066}\u{e0041}\u{ad}\u{9b}31m\u{1b}[2J\u{7}\u{e000}\u{10ffff}z";

/// The first unprintable character, by Unicode's own lists rather than the library's: controls, formats, line
/// separators, private use. A line feed counts as printable.
pub(crate) fn first_unprintable(text: &str) -> Option<char> {
    text.chars().find(|it| {
        it.is_control() && *it != '\n'
            || matches!(it,
                '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180e}'
                | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{e000}'..='\u{f8ff}'
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..='\u{10ffff}')
    })
}

/// Fails if the text contains an unprintable character.
pub(crate) fn assert_printable(text: &str) {
    assert_eq!(first_unprintable(text), None, "in {text:?}");
}
