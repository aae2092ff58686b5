//! The troubleshooting page has the title of every diagnostic, and no other.

use std::collections::BTreeSet;

use regex::Regex;
use terraform_provider_huaweicloud_kafka::diagnostic_titles;

use crate::repository::{read_files_under, text};

const PAGE: &str = "docs/guides/troubleshooting.md";

#[test]
fn page_has_the_title_of_every_diagnostic() {
    let page = text(PAGE).replace('`', "");
    let on_the_page: BTreeSet<&str> = page.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let in_the_code = BTreeSet::from_iter(diagnostic_titles());
    let missing: Vec<_> = in_the_code.difference(&on_the_page).collect();
    let leftover: Vec<_> = on_the_page.difference(&in_the_code).collect();
    assert!(missing.is_empty(), "{PAGE} lacks these titles; add them to its template: {missing:#?}");
    assert!(leftover.is_empty(), "no diagnostic has these titles of {PAGE}: {leftover:#?}");
}

/// A title that is a literal would be in no list.
#[test]
fn titles_are_constants() {
    let literal = Regex::new(r#"\b(error|warning|from_error)\(\s*([^,"();]|\([^"();]*\))*,\s*(format!\()?""#).unwrap();
    let mut found = Vec::new();
    for layer in ["src/tf_provider", "src/provider"] {
        for (name, text) in read_files_under(layer, &[".rs"]).iter().filter(|(name, _)| !name.contains("/tests")) {
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            found.extend(literal.find_iter(code).map(|call| format!("{name}: {}", call.as_str())));
        }
    }
    assert!(found.is_empty(), "add these titles to the module's list: {found:#?}");
}
