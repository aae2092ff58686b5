//! Renders templates to pages.
//!
//! `templates/resources/<name>.md.tmpl` becomes `docs/resources/<name>.md`, and likewise for the other folders.
//! Templates use the names of HashiCorp's tfplugindocs: `tffile`, `codefile` and `schema_markdown`.

use std::fs;
use std::path::{Path, PathBuf};

use minijinja::{Environment, ErrorKind, UndefinedBehavior, context};

use crate::Error;

use super::reference::reference;
use super::schema::{Kind, Schemas};

/// The prefix of all type names. File names omit it.
const PREFIX: &str = "huaweicloud_";
/// The provider's type, which titles use as its name.
const PROVIDER_NAME: &str = "huaweicloud-kafka";
const TEMPLATES: &str = "templates";
pub(super) const DOCS: &str = "docs";
const TEMPLATE: &str = ".md.tmpl";
const GUIDES: &str = "guides";
/// The comment below the front matter of each page.
const NOTE: &str = "<!-- Made by `cargo xtask docs`, from the provider's schema, examples/ and";

/// A generated page.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Page {
    /// The path from the root of the repository.
    pub path: String,
    /// The content.
    pub text: String,
}

/// Whether the path belongs to a generated page. Other documents are written by hand.
pub(super) fn is_generated(path: &str) -> bool {
    let below = |folder: &str| path.starts_with(&format!("{DOCS}/{folder}/"));
    path == "docs/index.md" || below(GUIDES) || Kind::IN_FOLDERS.iter().any(|kind| below(kind.folder()))
}

/// Renders the pages of the repository at `root` with the schema that the provider prints.
///
/// # Errors
/// A template is missing, cannot be read or cannot be rendered.
pub fn pages(root: &Path, schema: &str) -> Result<Vec<Page>, Error> {
    let schemas = Schemas::read(schema)?;
    let environment = environment(root);
    let templates = files_below(root, TEMPLATES)?;
    for kind in Kind::IN_FOLDERS {
        for type_name in schemas.types(kind) {
            let wanted = template_of(kind, type_name);
            if !templates.contains(&wanted) {
                return Err(Error::failed(format!("{type_name} has no page. Add {wanted}.")));
            }
        }
    }
    templates.iter().map(|template| page(root, template, &environment, &schemas)).collect()
}

fn template_of(kind: Kind, type_name: &str) -> String {
    let name = type_name.strip_prefix(PREFIX).unwrap_or(type_name);
    format!("{TEMPLATES}/{}/{name}{TEMPLATE}", kind.folder())
}

fn page(root: &Path, template: &str, environment: &Environment<'_>, schemas: &Schemas) -> Result<Page, Error> {
    let failed = |why: &dyn std::fmt::Display| Error::failed(format!("{template}: {why}"));
    let name = template.strip_prefix(TEMPLATES).and_then(|name| name.strip_suffix(TEMPLATE));
    let name = name.ok_or_else(|| failed(&format!("the name of a template must end in {TEMPLATE}")))?;
    let path = format!("{DOCS}{name}.md");
    let source = fs::read_to_string(root.join(template)).map_err(|error| failed(&error))?;
    let context = match subject(name, schemas)? {
        None => context! { provider_name => PROVIDER_NAME },
        Some((kind, type_name)) => {
            let Some(block) = schemas.block(kind, &type_name) else {
                return Err(failed(&format!("the provider has no such {}: {type_name}", kind.title().to_lowercase())));
            };
            let summary = block.description.split("\n\n").next().unwrap_or_default();
            context! {
                provider_name => PROVIDER_NAME,
                name => type_name,
                type => kind.title(),
                summary => summary,
                description => &block.description,
                schema_markdown => reference(block),
            }
        }
    };
    // The alternate form includes the causes, which name a missing file.
    let text =
        environment.render_named_str(template, &source, context).map_err(|error| failed(&format!("{error:#}")))?;
    let text = add_note(&text, template).ok_or_else(|| failed(&"it must begin with front matter"))?;
    Ok(Page { path, text })
}

/// The type that a page documents. `None` for a guide.
fn subject(name: &str, schemas: &Schemas) -> Result<Option<(Kind, String)>, Error> {
    let (folder, stem) = name.trim_start_matches('/').rsplit_once('/').unwrap_or(("", name.trim_start_matches('/')));
    if folder == GUIDES {
        return Ok(None);
    }
    if folder.is_empty() && stem == "index" {
        return Ok(Some((Kind::Provider, PROVIDER_NAME.to_owned())));
    }
    let kind = Kind::IN_FOLDERS.into_iter().find(|kind| kind.folder() == folder);
    let kind = kind.ok_or_else(|| Error::failed(format!("{TEMPLATES}/{folder} is not a folder of the Registry.")))?;
    let type_name = schemas.types(kind).find(|it| it.strip_prefix(PREFIX).unwrap_or(it) == stem);
    Ok(Some((kind, type_name.map_or_else(|| format!("{PREFIX}{stem}"), str::to_owned))))
}

/// Adds a comment below the front matter that names the sources of the page.
fn add_note(text: &str, template: &str) -> Option<String> {
    let (front_matter, body) = text.strip_prefix("---\n")?.split_once("\n---\n")?;
    Some(format!("---\n{front_matter}\n---\n\n{NOTE}\n{template}. Change those. -->\n\n{}\n", body.trim()))
}

fn environment(root: &Path) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let of_terraform = root.to_owned();
    environment.add_function("tffile", move |path: &str| include(&of_terraform, "terraform", path));
    let of_others = root.to_owned();
    environment.add_function("codefile", move |language: &str, path: &str| include(&of_others, language, path));
    environment
}

/// A file of the repository as a code block.
fn include(root: &Path, language: &str, path: &str) -> Result<String, minijinja::Error> {
    match fs::read_to_string(root.join(path)) {
        Ok(text) => Ok(format!("```{language}\n{}\n```", text.trim_end())),
        Err(error) => Err(minijinja::Error::new(ErrorKind::InvalidOperation, format!("cannot read {path}: {error}"))),
    }
}

/// The files below a folder of `root`, as sorted paths from `root`.
pub(super) fn files_below(root: &Path, folder: &str) -> Result<Vec<String>, Error> {
    let failed = |path: &Path, error: std::io::Error| Error::failed(format!("cannot read {}: {error}", path.display()));
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| failed(&folder, error))? {
            let path = entry.map_err(|error| failed(&folder, error))?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(name) = path.strip_prefix(root) {
                found.push(name.display().to_string());
            }
        }
    }
    found.sort();
    Ok(found)
}
