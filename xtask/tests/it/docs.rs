//! Tests of `cargo xtask docs` with a small repository: stale pages and errors in templates.

use std::fs;
use std::path::Path;

use serde_json::json;
use tempfile::TempDir;
use xtask::docs::{Page, pages, stale};
use xtask::mirror::SOURCE;

const INDEX: &str = "---\npage_title: \"{{ provider_name }}\"\n---\n\n# {{ description }}\n\n{{ schema_markdown }}\n";
const RESOURCE: &str = "---\npage_title: \"{{ name }} {{ type }}\"\n---\n\n{{ tffile(\"examples/a.tf\") }}\n";

fn schema() -> String {
    let block = |description: &str| json!({ "block": { "description": description } });
    let schemas = json!({
        "provider": { "block": {
            "attributes": { "region": { "type": "string", "description": "Where.", "optional": true } },
            "description": "Resets.\n\nOffsets.",
        } },
        "resource_schemas": { "huaweicloud_reset": block("A reset.") },
    });
    json!({ "provider_schemas": { SOURCE: schemas } }).to_string()
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn repository() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "templates/index.md.tmpl", INDEX);
    write(root.path(), "templates/resources/reset.md.tmpl", RESOURCE);
    write(root.path(), "templates/guides/howto.md.tmpl", "---\npage_title: \"How\"\n---\n\nSo.\n");
    write(root.path(), "examples/a.tf", "resource {}\n");
    write(root.path(), "docs/by-hand.md", "Ours.\n");
    root
}

fn rendered(root: &Path) -> Vec<Page> {
    pages(root, &schema()).unwrap()
}

fn refusal(root: &Path) -> String {
    pages(root, &schema()).unwrap_err().to_string()
}

#[test]
fn pages_are_rendered_from_schema_templates_and_examples() {
    let root = repository();
    let rendered = rendered(root.path());
    let [guide, index, resource] = &rendered[..] else { panic!("{rendered:?}") };
    assert_eq!(index.path, "docs/index.md");
    assert!(index.text.starts_with("---\npage_title: \"huaweicloud-kafka\"\n---\n\n<!-- Made by `cargo xtask docs`"));
    assert!(
        index.text.ends_with("# Resets.\n\nOffsets.\n\n### Optional\n\n- `region` (String) Where.\n"),
        "{}",
        index.text
    );
    assert_eq!(resource.path, "docs/resources/reset.md");
    assert!(resource.text.contains("page_title: \"huaweicloud_reset Resource\""), "{}", resource.text);
    assert!(resource.text.ends_with("\n\n```terraform\nresource {}\n```\n"), "{}", resource.text);
    assert_eq!(guide.path, "docs/guides/howto.md");
}

#[test]
fn stale_pages_are_named_but_not_other_documents() {
    let root = repository();
    let rendered = rendered(root.path());
    for page in &rendered {
        write(root.path(), &page.path, &page.text);
    }
    assert_eq!(stale(root.path(), &rendered).unwrap(), []);
    fs::remove_file(root.path().join("docs/index.md")).unwrap();
    write(root.path(), "docs/resources/reset.md", &rendered[2].text.replace("resource {}", "resource { }"));
    write(root.path(), "docs/guides/old.md", "Of a template that is gone.\n");
    let messages: Vec<String> = stale(root.path(), &rendered).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        ["docs/guides/old.md: has no template", "docs/index.md: missing", "docs/resources/reset.md: differs at line 9",]
    );
}

#[test]
fn error_in_a_template_names_the_template() {
    let root = repository();
    fs::remove_file(root.path().join("examples/a.tf")).unwrap();
    let error = refusal(root.path());
    assert!(error.contains("templates/resources/reset.md.tmpl") && error.contains("examples/a.tf"), "{error}");

    let root = repository();
    write(root.path(), "templates/guides/howto.md.tmpl", "---\npage_title: \"{{ name }}\"\n---\n");
    let error = refusal(root.path());
    assert!(error.contains("templates/guides/howto.md.tmpl") && error.contains("undefined"), "{error}");

    let root = repository();
    write(root.path(), "templates/guides/howto.md.tmpl", "# No front matter\n");
    assert!(refusal(root.path()).ends_with("howto.md.tmpl: it must begin with front matter"));
}

#[test]
fn types_and_pages_must_match() {
    let root = repository();
    fs::remove_file(root.path().join("templates/resources/reset.md.tmpl")).unwrap();
    assert_eq!(refusal(root.path()), "huaweicloud_reset has no page. Add templates/resources/reset.md.tmpl.");

    let root = repository();
    write(root.path(), "templates/actions/reset.md.tmpl", RESOURCE);
    let error = refusal(root.path());
    assert_eq!(error, "templates/actions/reset.md.tmpl: the provider has no such action: huaweicloud_reset");

    let root = repository();
    write(root.path(), "templates/resource/reset.md.tmpl", RESOURCE);
    assert_eq!(refusal(root.path()), "templates/resource is not a folder of the Registry.");
}
