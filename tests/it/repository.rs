//! Access to the files of this repository, for tests that check them.

use std::fs;
use std::path::Path;

/// The directory of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The sorted paths of all files under a folder, relative to the root.
///
/// # Panics
/// If there is none.
pub(crate) fn files_under(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(root()).unwrap().display().to_string());
            }
        }
    }
    assert!(!found.is_empty(), "no files below {folder}");
    found.sort();
    found
}

/// The files under a folder whose names have one of these endings, with their text.
///
/// # Panics
/// If there is none.
pub(crate) fn read_files_under(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    let names = files_under(folder).into_iter().filter(|name| endings.iter().any(|ending| name.ends_with(ending)));
    let found: Vec<_> = names.map(|name| (name.clone(), text(&name))).collect();
    assert!(!found.is_empty(), "no {endings:?} below {folder}");
    found
}

/// The text of a file, by its path relative to the root.
pub(crate) fn text(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}
