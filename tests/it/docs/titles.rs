//! The troubleshooting page has the title of every diagnostic, and no other.

use std::collections::BTreeSet;

use terraform_provider_huaweicloud_kafka::diagnostic_titles;

use crate::tree::text;

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
