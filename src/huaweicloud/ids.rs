//! Ids of projects and accounts.

use super::name::string_newtype;
use super::text::quote_bounded;

string_newtype! {
    /// The id of a project: letters, digits, `-` and `_` (usually 32 hexadecimal digits).
    ProjectId, |text| check_id("project id", text)
}
string_newtype! {
    /// The id of an account: letters, digits, `-` and `_` (usually 32 hexadecimal digits).
    DomainId, |text| check_id("account id", text)
}

/// Ids are written into headers and paths unencoded.
fn check_id(what: &str, text: &str) -> Result<(), String> {
    let is_valid =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if is_valid {
        return Ok(());
    }
    let quoted = quote_bounded(text);
    Err(format!("{what} {quoted} is empty or contains characters other than letters, digits, \"-\" and \"_\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::huaweicloud::error::ErrorKind;

    #[test]
    fn ids_that_cannot_be_sent_in_a_header_are_invalid() {
        for text in ["", " ", "a b", "a\n", "a/b", "a:b", "é"] {
            assert_eq!(ProjectId::parse(text).unwrap_err().kind(), ErrorKind::Config, "{text:?}");
            assert_eq!(DomainId::parse(text).unwrap_err().kind(), ErrorKind::Config, "{text:?}");
        }
    }

    #[test]
    fn errors_quote_only_the_start_of_a_long_id() {
        let error = ProjectId::parse(&"not an id\n".repeat(1_000)).unwrap_err().to_string();
        insta::assert_snapshot!(error, @r#"project id "not an id\nnot an id\nnot an id\nnot an id\nnot an id\nnot an id\nnot an id\nnot an id\nnot an id\nnot an id\n"… is empty or contains characters other than letters, digits, "-" and "_""#);
    }
}
