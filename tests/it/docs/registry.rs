//! HashiCorp's own tool for the Registry's documentation: it accepts the pages, and it writes the same schema sections.
//!
//! The tool comes through the Go module proxy. It is handed the schema, and so neither builds the provider nor gets a
//! Terraform.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{root, schema};

/// The first versions know no `docs/actions`; this one does.
const TOOL: &str = "github.com/hashicorp/terraform-plugin-docs/cmd/tfplugindocs@v0.25.0";
/// How the tool calls the provider. It makes the types of the pages' names and this word, and looks the schema up by
/// it. The provider's own type, `huaweicloud-kafka`, is no beginning of its types' names.
const NAME: &str = "huaweicloud";

/// Runs the tool on a directory, and returns what it printed, as an error where it is not content.
fn tfplugindocs(task: &str, directory: &Path, schema: &Path) -> Result<String, String> {
    // Go gets our whole environment, unlike others: its proxy and its caches are found from there.
    let mut command = Command::new("go");
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("HW_") || name.starts_with("TF_")) {
            command.env_remove(name);
        }
    }
    // Not another Go than the one that is there.
    command.env("GOTOOLCHAIN", "local").env_remove("GOFLAGS").current_dir(directory);
    command.args(["run", TOOL, task, "--provider-name", NAME, "--provider-dir"]).arg(directory);
    command.arg("--providers-schema").arg(schema).stdin(Stdio::null());
    let output = command.output().unwrap_or_else(|error| {
        panic!("cannot start go, which runs HashiCorp's tfplugindocs: {error}. Install Go 1.25.8 or later.")
    });
    let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if output.status.success() { Ok(told) } else { Err(told) }
}

/// The printed schema, under the name that the tool looks for.
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
    let told = tfplugindocs("validate", root(), &write_schema(directory.path()));
    let told = told.unwrap_or_else(|told| panic!("tfplugindocs does not accept the pages:\n{told}"));
    // It says nothing of what it has not found.
    for path in ["docs/index.md", "docs/resources", "docs/actions", "docs/data-sources", "docs/guides"] {
        assert!(told.contains(&format!("checks on {path}")) || told.contains(&format!("check on {path}")), "{told}");
    }
    for found in ["Found resource", "Found datasource", "Found action"] {
        assert!(told.contains(&format!("{found} huaweicloud_kafka_")), "{found}: {told}");
    }
}

#[test]
fn official_tool_reports_a_missing_page() {
    let directory = tempfile::tempdir().unwrap();
    let schema = write_schema(directory.path());
    let folder = directory.path().join("docs/actions");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("kafka_offsets_reset.md"), "---\npage_title: \"Misspelt\"\n---\n").unwrap();
    let told = tfplugindocs("validate", directory.path(), &schema).expect_err("a page is missing");
    assert!(told.contains("missing documentation file for action: huaweicloud_kafka_offset_reset"), "{told}");
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
            // How many empty lines come between is no matter of the reader's.
            section.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(section(root()), section(directory.path()), "{path}");
    }
}
