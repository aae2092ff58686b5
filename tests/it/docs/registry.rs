//! HashiCorp's tool for the documentation in the Registry: it accepts the pages, and writes the same schema sections.
//!
//! The tool comes through the Go module proxy. It gets the schema from the test, so it neither builds the provider nor
//! downloads a Terraform.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{root, schema};

/// The first version that supports `docs/actions`, or a later one.
const TOOL: &str = "github.com/hashicorp/terraform-plugin-docs/cmd/tfplugindocs@v0.25.0";
/// The name of the provider for the tool, which finds the schema by it and derives the names of types from it and the
/// names of pages. The type of the provider, `huaweicloud-kafka`, is not a prefix of its resource types.
const NAME: &str = "huaweicloud";

/// Runs the tool on a directory, and returns its output.
///
/// # Errors
/// If the tool fails, with its output.
fn tfplugindocs(task: &str, directory: &Path, schema: &Path) -> Result<String, String> {
    // Go inherits the environment, which may configure its proxy and caches.
    let mut command = Command::new("go");
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("HW_") || name.starts_with("TF_")) {
            command.env_remove(name);
        }
    }
    // Go must not download another version of itself.
    command.env("GOTOOLCHAIN", "local").env_remove("GOFLAGS").current_dir(directory);
    command.args(["run", TOOL, task, "--provider-name", NAME, "--provider-dir"]).arg(directory);
    command.arg("--providers-schema").arg(schema).stdin(Stdio::null());
    let output = command.output().unwrap_or_else(|error| {
        panic!("cannot start go, which runs HashiCorp's tfplugindocs: {error}. Install Go 1.25.8 or later.")
    });
    let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if output.status.success() { Ok(printed) } else { Err(printed) }
}

/// Writes the printed schema under the name that the tool uses.
fn write_schema(directory: &Path) -> std::path::PathBuf {
    let printed: Value = serde_json::from_str(&schema()).unwrap();
    let schemas = printed["provider_schemas"].as_object().unwrap();
    let (_, only) = schemas.iter().next().expect("one provider");
    let path = directory.join("schema.json");
    let renamed = json!({ "format_version": printed["format_version"], "provider_schemas": { NAME: only } });
    fs::write(&path, renamed.to_string()).unwrap();
    path
}

#[test]
fn official_tool_accepts_the_pages() {
    let directory = tempfile::tempdir().unwrap();
    let printed = tfplugindocs("validate", root(), &write_schema(directory.path()));
    let printed = printed.unwrap_or_else(|printed| panic!("tfplugindocs does not accept the pages:\n{printed}"));
    // It does not report what it has not found.
    for path in ["docs/index.md", "docs/resources", "docs/actions", "docs/data-sources", "docs/guides"] {
        assert!(
            printed.contains(&format!("checks on {path}")) || printed.contains(&format!("check on {path}")),
            "{printed}"
        );
    }
    for found in ["Found resource", "Found datasource", "Found action"] {
        assert!(printed.contains(&format!("{found} huaweicloud_kafka_")), "{found}: {printed}");
    }
}

#[test]
fn official_tool_reports_a_missing_page() {
    let directory = tempfile::tempdir().unwrap();
    let schema = write_schema(directory.path());
    let folder = directory.path().join("docs/actions");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("kafka_offsets_reset.md"), "---\npage_title: \"Misspelt\"\n---\n").unwrap();
    let printed = tfplugindocs("validate", directory.path(), &schema).expect_err("a page is missing");
    assert!(printed.contains("missing documentation file for action: huaweicloud_kafka_offset_reset"), "{printed}");
}

#[test]
fn schema_sections_match_the_official_tool() {
    let directory = tempfile::tempdir().unwrap();
    let schema = write_schema(directory.path());
    tfplugindocs("generate", directory.path(), &schema).unwrap();
    let mut pages = vec!["docs/index.md".to_owned()];
    for folder in ["docs/resources", "docs/actions", "docs/data-sources"] {
        let made = fs::read_dir(directory.path().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
        pages.extend(made.map(|page| format!("{folder}/{}", page.unwrap().file_name().display())));
    }
    assert!(pages.len() >= 4, "{pages:?}");
    for path in pages {
        let section = |root: &Path| {
            let text = fs::read_to_string(root.join(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
            let (_, section) = text.split_once("\n## Schema\n").unwrap_or_else(|| panic!("{path} has no schema"));
            let section = section.split("\n## ").next().unwrap_or_default();
            // Empty lines may differ.
            section.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(section(root()), section(directory.path()), "{path}");
    }
}
