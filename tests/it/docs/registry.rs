//! Generates the pages with HashiCorp's tool for documentation in the Registry, and validates them with it.
//!
//! Go downloads the tool through the module proxy. It gets the schema from the provider that was built for these
//! tests, so it neither builds a provider nor downloads a Terraform.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::{Command, Stdio};

use crate::BINARY;
use crate::repository::{read_files_under, root};

/// The command that generates the pages.
const COMMAND: &str = ".ci/docs";

/// Runs the tool, and returns its output.
///
/// # Panics
/// If the tool fails, with its output.
fn tfplugindocs(arguments: &[&str]) -> String {
    // Go inherits the environment, which may configure its proxy and caches.
    let mut command = Command::new(root().join(COMMAND));
    command.args(arguments).env("PROVIDER", BINARY).stdin(Stdio::null());
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "`{COMMAND} {}` failed. It needs Go:\n{printed}", arguments.join(" "));
    printed
}

/// The generated pages below a folder, by their paths relative to it. Other documents in `docs/` are written by hand.
fn pages(folder: &str) -> BTreeMap<String, String> {
    let files = read_files_under(folder, &[""]).into_iter();
    let files = files.map(|(path, text)| (path[folder.len() + 1..].to_owned(), text));
    files.filter(|(path, _)| path == "index.md" || path.contains('/')).collect()
}

#[test]
fn generated_pages_are_up_to_date() {
    // The tool accepts only a directory relative to the repository.
    let target = root().join("target");
    fs::create_dir_all(&target).unwrap();
    let directory = tempfile::tempdir_in(&target).unwrap();
    let folder = directory.path().strip_prefix(root()).unwrap().to_str().unwrap();
    tfplugindocs(&["generate", "--rendered-website-dir", folder]);
    let (generated, existing) = (pages(folder), pages("docs"));
    assert!(generated.len() > 10, "{:?}", generated.keys());
    let all: BTreeSet<_> = generated.keys().chain(existing.keys()).collect();
    let stale: Vec<_> = all.into_iter().filter(|path| generated.get(*path) != existing.get(*path)).collect();
    assert!(stale.is_empty(), "these pages of docs/ are out of date; run `{COMMAND}`: {stale:#?}");
    // The tool writes `<no value>` for an unknown name in a template.
    let unknown = generated.iter().find(|(_, text)| text.contains("<no value>"));
    assert!(unknown.is_none(), "the template of this page has an unknown name: {:?}", unknown.map(|(path, _)| path));
}

#[test]
fn official_tool_accepts_the_pages() {
    let printed = tfplugindocs(&["validate"]);
    // It does not report what it has not found.
    for path in ["docs/index.md", "docs/resources", "docs/actions", "docs/data-sources", "docs/guides"] {
        let checked = ["checks", "check"].map(|word| format!("{word} on {path}"));
        assert!(checked.iter().any(|it| printed.contains(it)), "{path}: {printed}");
    }
    for found in ["Found resource", "Found datasource", "Found action"] {
        assert!(printed.contains(&format!("{found} huaweicloud_kafka_")), "{found}: {printed}");
    }
}
