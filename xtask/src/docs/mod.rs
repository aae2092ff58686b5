//! `cargo xtask docs`: generates the pages for the Terraform Registry from the provider's schema and templates that
//! include the examples.
//!
//! | file | for |
//! |---|---|
//! | `schema.rs` | the schema that the provider prints |
//! | `reference.rs` | a block of the schema as Markdown |
//! | `pages.rs` | rendering the templates |
//! | `difference.rs` | comparing pages with the files in the repository |

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

/// The command that updates stale pages.
pub const COMMAND: &str = "cargo xtask docs";

/// The inputs of the task.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether to compare the pages with the files instead of writing them.
    pub check: bool,
    /// The cargo to build with.
    pub cargo: OsString,
    /// The environment for child processes.
    pub environment: Environment,
}

/// Builds the provider, reads its schema, and writes or compares the pages.
///
/// # Errors
/// The build or a template fails, a page has no template, or, with `check`, a page is stale.
pub fn run(options: &Options) -> Result<(), Error> {
    let supervisor = Supervisor::catching_signals()?;
    let workspace = Workspace::read(&options.cargo, &supervisor)?;
    let provider = workspace.build_alone(PROVIDER, &[], &supervisor)?;
    let schema = supervisor.succeed(options.environment.command(&provider).arg("schema"))?;
    let root = workspace.root();
    let pages = pages(root, &String::from_utf8_lossy(&schema))?;
    let stale = stale(root, &pages)?;
    if stale.is_empty() {
        println(&format!("{} pages are up to date.", pages.len()));
        return Ok(());
    }
    let list = stale.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  ");
    if options.check {
        return Err(Error::failed(format!("These pages are stale:\n  {list}\nUpdate them with `{COMMAND}`.")));
    }
    for page in &pages {
        write(root, page)?;
    }
    println(&format!("Updated:\n  {list}"));
    // A page without a template may have been written by hand, so it is not removed.
    let leftover = stale.iter().filter(|it| it.is_leftover()).count();
    if leftover > 0 {
        return Err(Error::failed(format!("{leftover} of them have no template. Add a template, or remove the page.")));
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
