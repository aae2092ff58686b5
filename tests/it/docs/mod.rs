//! The pages for users: generated, complete, accepted by the tool of the Registry, and with working links.

mod links;
mod registry;
mod titles;

use std::collections::BTreeSet;

use crate::repository::{read_files_under, text};

/// Users find a page by a link.
#[test]
fn every_type_is_linked_from_the_first_pages() {
    let pages = links::markdown_under("docs").into_iter().filter(|(_, text)| text.contains("\n## Schema\n"));
    let types: Vec<String> = pages
        .filter_map(|(name, _)| Some(name.strip_prefix("docs/")?.to_owned()))
        .filter(|it| it != "index.md")
        .collect();
    assert!(types.len() >= 3, "{types:?}");
    for (page, start) in [("docs/index.md", ""), ("README.md", "docs/")] {
        for name in &types {
            assert!(text(page).contains(&format!("({start}{name})")), "{page} has no link to {start}{name}");
        }
    }
}

/// A configuration that users can copy has to be in `examples/`, where a test applies it.
#[test]
fn templates_include_configuration_from_examples() {
    for (name, text) in links::markdown_under("templates") {
        for language in ["hcl", "terraform", "tf", "json"] {
            let fence = format!("```{language}\n");
            assert!(!text.contains(&fence), "{name}: put the configuration into examples/, and include it by tffile()");
        }
    }
}

/// The page must name the permissions in the advice of diagnostics, and no others.
#[test]
fn permissions_in_the_code_are_documented() {
    let named = |text: &str| -> BTreeSet<String> {
        let words = text.split("dms:instance:").skip(1);
        words.map(|rest| rest.split(|it: char| !it.is_alphanumeric()).next().unwrap_or_default().to_owned()).collect()
    };
    let mut in_the_code = BTreeSet::new();
    for (_, text) in read_files_under("src/provider", &[".rs"]) {
        in_the_code.extend(named(&text));
    }
    let page = text("docs/guides/least-privilege-iam-policies.md");
    assert!(in_the_code.len() >= 3, "{in_the_code:?}");
    assert_eq!(in_the_code, named(&page));
}
