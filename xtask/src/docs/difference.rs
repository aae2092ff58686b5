//! Compares the generated pages with the files in the repository.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::Error;

use super::pages::{DOCS, Page, files_below, is_generated};

/// A page that differs from the generated one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stale {
    path: String,
    difference: Difference,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Difference {
    Missing,
    /// The first line that differs.
    Differs(usize),
    Leftover,
}

impl Stale {
    /// Whether the page exists although no template generates it.
    pub(super) fn is_leftover(&self) -> bool {
        self.difference == Difference::Leftover
    }
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.difference {
            Difference::Missing => write!(f, "{}: missing", self.path),
            Difference::Differs(line) => write!(f, "{}: differs at line {line}", self.path),
            Difference::Leftover => write!(f, "{}: has no template", self.path),
        }
    }
}

/// The pages below `root` that differ, ordered by path.
///
/// # Errors
/// A file cannot be read.
pub fn stale(root: &Path, pages: &[Page]) -> Result<Vec<Stale>, Error> {
    let mut found = Vec::new();
    for page in pages {
        match fs::read_to_string(root.join(&page.path)) {
            Ok(text) if text == page.text => {}
            Ok(text) => found.push((&page.path, Difference::Differs(first_difference(&text, &page.text)))),
            Err(error) if error.kind() == ErrorKind::NotFound => found.push((&page.path, Difference::Missing)),
            Err(error) => return Err(Error::failed(format!("cannot read {}: {error}", page.path))),
        }
    }
    let existing = files_below(root, DOCS)?;
    let is_generated_page = |path: &&String| pages.iter().any(|page| page.path == **path);
    found.extend(
        existing
            .iter()
            .filter(|path| is_generated(path) && !is_generated_page(path))
            .map(|path| (path, Difference::Leftover)),
    );
    let mut stale: Vec<Stale> =
        found.into_iter().map(|(path, difference)| Stale { path: path.clone(), difference }).collect();
    stale.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(stale)
}

fn first_difference(one: &str, other: &str) -> usize {
    1 + one.lines().zip(other.lines()).take_while(|(one, other)| one == other).count()
}
