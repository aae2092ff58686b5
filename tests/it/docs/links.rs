//! Links between the documents of this repository, with the headings they name.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use crate::repository::{read_files_under, root, text};

/// The Markdown files and templates under a folder, by their paths from the root.
pub(super) fn markdown_under(folder: &str) -> Vec<(String, String)> {
    read_files_under(folder, &[".md", ".md.tmpl"])
}

fn documents() -> HashMap<String, String> {
    let mut documents: HashMap<String, String> = HashMap::new();
    for folder in ["docs", "emulator", "examples", "fuzz"] {
        documents.extend(markdown_under(folder));
    }
    for name in ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"] {
        documents.insert(name.to_owned(), text(name));
    }
    documents
}

/// The lines of a text outside code blocks.
fn prose(text: &str) -> Vec<&str> {
    let mut in_code = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            lines.push(line);
        }
    }
    lines
}

/// The targets of the links in a text.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text).join("\n");
    prose.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())).collect()
}

/// The anchors of a text: those that GitHub generates for headings, and explicit ones.
fn anchors(text: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for line in prose(text) {
        if let Some(heading) = line.strip_prefix('#') {
            let heading = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = |it: &char| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_');
            anchors.push(heading.chars().filter(kept).map(|it| if it == ' ' { '-' } else { it }).collect());
        }
        let written = line.strip_prefix("<a id=\"").and_then(|rest| rest.split_once('"'));
        anchors.extend(written.map(|(name, _)| name.to_owned()));
    }
    anchors
}

/// `docs/guides/../index.md` as `docs/index.md`.
fn joined(document: &str, target: &str) -> String {
    let mut path = PathBuf::from(document).parent().unwrap_or(Path::new("")).to_owned();
    for part in Path::new(target).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    path.display().to_string()
}

#[test]
fn every_link_points_to_a_file_and_a_heading() {
    let documents = documents();
    let mut checked = 0;
    for (name, text) in &documents {
        for link in links(text).iter().filter(|link| !link.contains("://")) {
            let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if target.is_empty() { name.clone() } else { joined(name, target) };
            assert!(root().join(&target).exists(), "{name}: the target of {link} does not exist: {target}");
            if let (false, Some(text)) = (anchor.is_empty(), documents.get(&target)) {
                assert!(anchors(text).iter().any(|it| it == anchor), "{name}: {target} has no heading #{anchor}");
            }
            checked += 1;
        }
    }
    assert!(checked > 50, "only {checked} links found");
}
