//! Removes the secrets that a client knows from text, including truncated, encoded and escaped ones.
//!
//! Text is redacted only when it is shown. Responses are decoded unchanged, so that no secret alters a number, a state or
//! a name that is compared or sent. Free text goes through [`Redactor::show`] or [`Redactor::redact`]. Names, ids and
//! addresses, which are both shown and compared, go through [`Redactor::redact_name`].

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use zeroize::Zeroizing;

use super::secret::Secret;
use crate::printable::one_line;

/// Replaces a secret.
const REDACTED: &str = "[redacted]";

/// A prefix of a secret, or of its encoded form, is redacted wherever it occurs if the prefix is at least this long.
const PREFIX: usize = 16;

/// Shorter secrets are redacted only as whole words, because a short password can be part of any word.
const PART_OF_A_WORD: usize = 8;

/// Shorter secrets are not redacted: they protect nothing, and occur everywhere.
const SHORTEST: usize = 4;

/// Every secret that one client has used. Clones share them.
#[derive(Clone, Default)]
pub(in crate::huaweicloud) struct Redactor {
    known: Arc<RwLock<Patterns>>,
    /// The signature of one attempt.
    own: Option<Arc<Patterns>>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

impl Redactor {
    /// Adds secrets to redact.
    pub(in crate::huaweicloud) fn learn<'a>(&self, secrets: impl IntoIterator<Item = &'a Secret>) {
        for secret in secrets {
            if !self.known.read().unwrap_or_else(PoisonError::into_inner).knows(secret) {
                self.known.write().unwrap_or_else(PoisonError::into_inner).learn(secret);
            }
        }
    }

    /// A redactor that also redacts this secret, such as the signature of one attempt. If it occurs in a text, for
    /// example as the name of a topic, later texts can repeat it. So all redactors of the client learn it then.
    pub(in crate::huaweicloud) fn with(&self, secret: &Secret) -> Self {
        let mut own = Patterns::default();
        own.learn(secret);
        Self { known: Arc::clone(&self.known), own: Some(Arc::new(own)) }
    }

    /// `text` without secrets, on one line of at most `limit` characters.
    pub(in crate::huaweicloud) fn show(&self, text: &str, limit: usize) -> String {
        one_line(&self.redact(text), limit)
    }

    /// `text` without secrets. Takes one pass; borrowed if there are none.
    pub(in crate::huaweicloud) fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.redact_from(0, text)
    }

    /// A name, an id or an address, without parts that are 16 or more characters of a secret. A shorter password
    /// can equal a name by chance, and `[redacted]` instead of a name that users know would reveal the password.
    pub(in crate::huaweicloud) fn redact_name<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.redact_from(PREFIX, text)
    }

    /// `text` without occurrences of at least `shortest` characters of a secret.
    fn redact_from<'a>(&self, shortest: usize, text: &'a str) -> Cow<'a, str> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let sets: Vec<&Patterns> =
            [Some(&*known), self.own.as_deref()].into_iter().flatten().filter(|it| !it.list.is_empty()).collect();
        let next = |set: &Patterns, at| set.next_start(text.as_bytes(), at);
        let mut starts: Vec<Option<usize>> = sets.iter().map(|set| next(set, 0)).collect();
        let (mut redacted, mut kept_until, mut repeats_own) = (String::new(), 0, false);
        while let Some(start) = starts.iter().copied().flatten().min() {
            let mut at = start + 1;
            if let Some(length) = sets.iter().filter_map(|set| set.length_at(text, start, shortest)).max() {
                repeats_own |= self.own.as_ref().is_some_and(|own| own.length_at(text, start, shortest).is_some());
                redacted.push_str(&text[kept_until..start]);
                redacted.push_str(REDACTED);
                at = start + length;
                kept_until = at;
            }
            for (set, start) in sets.iter().zip(&mut starts) {
                if start.is_some_and(|start| start < at) {
                    *start = next(set, at);
                }
            }
        }
        if kept_until == 0 {
            return Cow::Borrowed(text);
        }
        redacted.push_str(&text[kept_until..]);
        drop(known);
        if let Some(own) = self.own.as_ref().filter(|_| repeats_own) {
            self.learn(&own.secrets);
        }
        Cow::Owned(redacted)
    }
}

/// Secrets, and the forms in which they occur.
#[derive(Default)]
struct Patterns {
    secrets: Vec<Secret>,
    list: Vec<Pattern>,
    /// A bit for each pair of bytes that a pattern or an escape can begin with, to skip most positions of a text.
    starts: Vec<u64>,
}

struct Pattern {
    form: Zeroizing<Vec<u8>>,
    /// In base64, the last character can also hold bits of the text that follows, so the rest of the word is redacted
    /// as well.
    base64: bool,
}

impl Patterns {
    fn knows(&self, secret: &Secret) -> bool {
        self.secrets.iter().any(|known| known.expose() == secret.expose())
    }

    fn learn(&mut self, secret: &Secret) {
        self.secrets.push(secret.clone());
        let secret = secret.expose().as_bytes();
        self.add(Zeroizing::new(secret.to_vec()), false);
        if secret.len() < PART_OF_A_WORD {
            return;
        }
        for encoding in [HEXLOWER, HEXUPPER] {
            self.add(Zeroizing::new(encoding.encode(secret).into_bytes()), false);
        }
        // A secret may be the end of the encoded text (`user:secret`). The number of bytes before it, modulo 3,
        // determines its encoded characters. Characters that also hold bits of other bytes are left out.
        for before in 0..3 {
            let padded = Zeroizing::new([&[0_u8; 2][..before], secret].concat());
            for encoding in [BASE64_NOPAD, BASE64URL_NOPAD] {
                let encoded = Zeroizing::new(encoding.encode(&padded));
                let own = (before * 8).div_ceil(6)..padded.len() * 8 / 6;
                let form = encoded.as_bytes().get(own).unwrap_or_default();
                if form.len() >= PART_OF_A_WORD {
                    self.add(Zeroizing::new(form.to_vec()), true);
                }
            }
        }
    }

    fn add(&mut self, form: Zeroizing<Vec<u8>>, base64: bool) {
        let &[first, second, ..] = form.as_slice() else { return };
        if form.len() < SHORTEST || self.list.iter().any(|known| known.form == form) {
            return;
        }
        if self.starts.is_empty() {
            self.starts.resize(1 << 10, 0);
            for escape in [b'\\', b'%', b'&'] {
                (0..=u8::MAX).for_each(|other| [[escape, other], [other, escape]].iter().for_each(|it| self.mark(*it)));
            }
        }
        self.mark([first, second]);
        self.list.push(Pattern { form, base64 });
    }

    fn mark(&mut self, pair: [u8; 2]) {
        let number = usize::from(u16::from_be_bytes(pair));
        if let Some(bits) = self.starts.get_mut(number >> 6) {
            *bits |= 1 << (number & 63);
        }
    }

    /// The first position, from `at` on, where a secret can begin.
    fn next_start(&self, text: &[u8], at: usize) -> Option<usize> {
        let marked = |pair: &[u8]| {
            let number = pair.iter().fold(0, |number, byte| number << 8 | usize::from(*byte));
            self.starts.get(number >> 6).is_some_and(|bits| bits & (1 << (number & 63)) != 0)
        };
        Some(at + text.get(at..)?.windows(2).position(marked)?)
    }

    /// How many bytes of `text`, from `at` on, are a secret or the start of one.
    fn length_at(&self, text: &str, at: usize, shortest: usize) -> Option<usize> {
        self.list.iter().filter_map(|pattern| pattern.length_at(text, at, shortest)).max()
    }
}

impl Pattern {
    fn length_at(&self, text: &str, at: usize, shortest: usize) -> Option<usize> {
        let rest = text.get(at..)?;
        let (mut length, matched) = common(rest, &self.form);
        let whole = matched == self.form.len();
        if matched < if whole { shortest } else { PREFIX } {
            return None;
        }
        if self.form.len() < PART_OF_A_WORD {
            let beside = [text[..at].chars().next_back(), rest.get(length..)?.chars().next()];
            if beside.into_iter().flatten().any(char::is_alphanumeric) {
                return None;
            }
        }
        if whole && self.base64 {
            let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=');
            length += rest.as_bytes()[length..].iter().take_while(|byte| in_word(byte)).count();
        }
        // The match ends within a multi-byte character.
        (length..=rest.len()).find(|end| rest.is_char_boundary(*end))
    }
}

/// The lengths of the common start of `text`, unescaped, and `form`, in bytes of each.
fn common(text: &str, form: &[u8]) -> (usize, usize) {
    let bytes = text.as_bytes();
    let mut length = 0;
    for (matched, wanted) in form.iter().enumerate() {
        // A password may contain multi-byte characters, and no escape begins within one.
        length += match text.get(length..).and_then(unescaped) {
            Some((byte, escape)) if byte == *wanted => escape,
            _ if bytes.get(length) == Some(wanted) => 1,
            _ => return (length, matched),
        };
    }
    (length, form.len())
}

/// The ASCII character that an escape at the start of `text` stands for, and the length of the escape: `\u002f`, `\x2f`
/// and `\/` of JSON and of code, with any number of backslashes where they were escaped again; `%2F` of addresses;
/// `&#47;`, `&#x2F;` and `&amp;` of pages.
fn unescaped(text: &str) -> Option<(u8, usize)> {
    let code = |digits: &str, radix, length| Some((u8::from_str_radix(digits, radix).ok()?, length));
    match text.as_bytes() {
        [b'\\', ..] => {
            let slashes = text.bytes().take_while(|byte| *byte == b'\\').count();
            let rest = &text[slashes..];
            match rest.as_bytes() {
                [b'u', ..] if rest.get(1..5).is_some() => code(rest.get(1..5)?, 16, slashes + 5),
                [b'x', ..] if rest.get(1..3).is_some() => code(rest.get(1..3)?, 16, slashes + 3),
                [byte, ..] if byte.is_ascii_punctuation() => Some((*byte, slashes + 1)),
                _ => Some((b'\\', slashes)),
            }
        }
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

#[cfg(test)]
mod tests {
    use data_encoding::{BASE64, BASE64URL};

    use super::*;

    const KEY: &str = "FakeSk/0123456789+abcdefghijklmnopqrstuv";
    const TOKEN: &str = "FAKE.SECURITY/TOKEN+0123456789==~>?";

    fn redactor(secrets: &[&str]) -> Redactor {
        let redactor = Redactor::default();
        redactor.learn(&secrets.iter().map(|it| Secret::from(*it)).collect::<Vec<_>>());
        redactor
    }

    fn base64_forms(text: &str) -> Vec<String> {
        let encodings = [BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD];
        encodings.iter().map(|it| it.encode(text.as_bytes())).collect()
    }

    /// Every form in which a text could show a secret.
    fn forms(secret: &str) -> Vec<String> {
        let escape = |escape: &dyn Fn(u8) -> String| secret.bytes().map(escape).collect::<String>();
        let odd = |byte: u8, other: String| if byte.is_ascii_alphanumeric() { char::from(byte).into() } else { other };
        let mut forms = vec![
            secret.to_owned(),
            HEXLOWER.encode(secret.as_bytes()),
            HEXUPPER.encode(secret.as_bytes()),
            escape(&|byte| format!("%{byte:02X}")),
            escape(&|byte| odd(byte, format!("%{byte:02x}"))),
            escape(&|byte| format!("\\u{byte:04x}")),
            escape(&|byte| odd(byte, format!("\\{}", char::from(byte)))),
            escape(&|byte| odd(byte, format!("\\\\\\{}", char::from(byte)))),
            escape(&|byte| odd(byte, format!("&#x{byte:x};"))),
        ];
        for user in ["", "u:", "us:", "user:"] {
            forms.extend(base64_forms(&format!("{user}{secret}")));
        }
        forms
    }

    /// Asserts that no useful part of the secret remains: no twelve characters in a row after the fourth, in any form.
    fn assert_hidden(redacted: &str, secret: &str) {
        for form in forms(secret) {
            for part in form.as_bytes().windows(12).skip(4) {
                let part = String::from_utf8_lossy(part);
                assert!(!redacted.contains(&*part), "{part:?} of {form:?} is in {redacted:?}");
            }
        }
    }

    #[test]
    fn secrets_are_redacted_in_every_form() {
        let redactor = redactor(&[KEY, TOKEN]);
        for secret in [KEY, TOKEN] {
            for form in forms(secret) {
                let redacted = redactor.redact(&format!("before <{form}> after")).into_owned();
                assert!(redacted.starts_with("before <") && redacted.ends_with("> after"), "{redacted}");
                assert!(redacted.contains(REDACTED), "{form:?} stays: {redacted}");
                assert_hidden(&redacted, secret);
            }
        }
    }

    #[test]
    fn prefixes_of_sixteen_or_more_characters_are_redacted() {
        let redactor = redactor(&[KEY]);
        for length in PREFIX..KEY.len() {
            assert_eq!(redactor.redact(&format!("cut {}…", &KEY[..length])), "cut [redacted]…");
        }
        let encoded = BASE64.encode(KEY.as_bytes());
        for form in [HEXLOWER.encode(KEY.as_bytes()), HEXUPPER.encode(KEY.as_bytes()), encoded] {
            assert_eq!(redactor.redact(&form[..PREFIX]), REDACTED, "{form}");
        }
        let shorter = &KEY[..PREFIX - 1];
        assert_eq!(redactor.redact(shorter), shorter);
    }

    #[test]
    fn text_without_secrets_is_borrowed() {
        for redactor in [redactor(&[]), redactor(&[KEY, TOKEN])] {
            for text in ["", "F", "FakeSk/01234", "caf\u{e9} \\ %zz &#x; \u{1f980}", "[redacted]"] {
                assert!(matches!(redactor.redact(text), Cow::Borrowed(same) if same == text), "{text}");
            }
        }
    }

    /// Otherwise a password of one letter would make every text unreadable.
    #[test]
    fn short_secrets_are_not_redacted_within_words() {
        let redactor = redactor(&["a", "pass", "hunter2"]);
        let text = "a passage of bypass, hunter2x, xhunter2";
        assert_eq!(redactor.redact(text), text);
        assert_eq!(redactor.redact("pass, \"hunter2\" u:pass@"), "[redacted], \"[redacted]\" u:[redacted]@");
    }

    #[test]
    fn multi_byte_characters_are_not_split() {
        let redactor = redactor(&["p\u{e4}ssw\u{f6}rd-of-some-length"]);
        assert_eq!(redactor.redact("\u{e9}p\u{e4}ssw\u{f6}rd-of-some-length\u{e9}"), "\u{e9}[redacted]\u{e9}");
        assert_eq!(redactor.redact("p\u{e4}ssw\u{f6}rd-of-some\u{f6}"), "[redacted]\u{f6}");
    }

    #[test]
    fn secrets_learned_later_by_a_clone_are_redacted() {
        let redactor = redactor(&[]);
        let own = redactor.with(&Secret::from(TOKEN));
        let other = redactor.clone();
        other.learn([&Secret::from(KEY)]);
        assert_eq!(redactor.redact(TOKEN), TOKEN);
        assert_eq!(own.redact(&format!("{KEY} {TOKEN}")), "[redacted] [redacted]");
        assert_eq!(redactor.redact(TOKEN), REDACTED, "a text has contained it");
        assert!(!format!("{own:?}").contains("FAKE"));
    }

    /// Candidates of one set of patterns must not cost a pass over the rest of the text for the other set.
    #[test]
    fn long_text_is_redacted_in_one_pass() {
        let redactor = redactor(&[KEY]).with(&Secret::from("zzzzzzzzzzzzzzzzzzzzzzzz"));
        let text = "Fa ".repeat(300_000);
        let started = std::time::Instant::now();
        assert!(matches!(redactor.redact(&text), Cow::Borrowed(_)));
        assert!(started.elapsed() < std::time::Duration::from_secs(20), "{:?}", started.elapsed());
    }

    #[test]
    fn names_are_redacted_from_sixteen_characters_of_a_secret_on() {
        let redactor = redactor(&[KEY, "orders", "orders-eu-12345"]);
        for name in ["orders", "orders-eu-12345", "a.orders", &KEY[..15]] {
            assert_eq!(redactor.redact_name(name), name);
        }
        for secret in [KEY, &KEY[..16], "FakeSk%2F0123456789", &base64_forms(KEY)[0]] {
            assert_eq!(redactor.redact_name(&format!("/topics/{secret}")), "/topics/[redacted]");
        }
    }
}
