//! The files of this repository, for tests that hold them to something.

use std::fs;
use std::path::Path;

/// Where the repository is.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder, by its path from the root, in order. There has to be one.
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

/// Those whose names end so, each with its text.
pub(crate) fn read_files_under(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    let names = files_under(folder).into_iter().filter(|name| endings.iter().any(|ending| name.ends_with(ending)));
    let found: Vec<_> = names.map(|name| (name.clone(), text(&name))).collect();
    assert!(!found.is_empty(), "no {endings:?} below {folder}");
    found
}

/// A file, by its path from the root.
pub(crate) fn text(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}
