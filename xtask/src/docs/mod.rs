//! `cargo xtask docs`: the pages for users, in the layout of the Terraform Registry, made of the provider's own schema
//! and of templates that include the examples.
//!
//! | file | for |
//! |---|---|
//! | `schema.rs` | the schema as the provider prints it |
//! | `reference.rs` | a block of it as Markdown |
//! | `pages.rs` | templates to pages |
//! | `difference.rs` | pages beside what is in the repository |

mod difference;
mod pages;
mod reference;
mod schema;

pub use self::difference::stale;
pub use self::pages::{Page, pages};

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use crate::mirror::PROVIDER;
use crate::output::println;
use crate::process::Supervisor;
use crate::workspace::Workspace;
use crate::{Environment, Error};

/// What mends stale pages.
pub const COMMAND: &str = "cargo xtask docs";

/// What the run takes from outside.
#[derive(Clone, Debug)]
pub struct Options {
    /// Compare with the files that are there instead of writing them.
    pub check: bool,
    /// The cargo to build with.
    pub cargo: OsString,
    /// What children may inherit.
    pub environment: Environment,
}

/// Builds the provider, asks it for its schema, and writes the pages or compares them.
pub fn run(options: &Options) -> Result<(), Error> {
    let supervisor = Supervisor::catching_signals()?;
    let workspace = Workspace::read(&options.cargo, &supervisor)?;
    let provider = workspace.build_alone(PROVIDER, &[], &supervisor)?;
    let schema = supervisor.succeed(options.environment.command(&provider).arg("schema"))?;
    let root = workspace.root();
    let pages = pages(root, &String::from_utf8_lossy(&schema))?;
    let stale = stale(root, &pages)?;
    if stale.is_empty() {
        println(&format!("{} pages are as the schema, the templates and the examples make them.", pages.len()));
        return Ok(());
    }
    let list = stale.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  ");
    if options.check {
        return Err(Error::failed(format!("These pages are not as they are made:\n  {list}\n`{COMMAND}` makes them.")));
    }
    for page in &pages {
        write(root, page)?;
    }
    println(&format!("Mended:\n  {list}"));
    // What no template makes was perhaps written by hand, so it is left to its author.
    let leftover = stale.iter().filter(|it| it.is_leftover()).count();
    if leftover > 0 {
        return Err(Error::failed(format!("{leftover} of them have no template: write one, or remove the page.")));
    }
    Ok(())
}

fn write(root: &Path, page: &Page) -> Result<(), Error> {
    let path = root.join(&page.path);
    let directory = path.parent().unwrap_or(root);
    fs::create_dir_all(directory)
        .and_then(|()| fs::write(&path, &page.text))
        .map_err(|error| Error::failed(format!("cannot write {}: {error}", path.display())))
}
