//! The second build: from a copy of the tree, in another directory, with another target directory and cargo home.

use super::build::Place;
use super::{make, names};
use crate::Error;
use crate::dist::target::Target;
use crate::dist::toolchain::Toolchain;
use crate::process::Supervisor;
use crate::workspace::{WorkingDirectory, Workspace};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes everything once more, and fails unless it is the same, byte for byte.
pub(super) fn compare(
    first: &Place<'_>,
    toolchain: &Toolchain,
    made: &Path,
    targets: &[Target],
    supervisor: &Supervisor,
) -> Result<(), Error> {
    // Longer than the first one's paths, because lengths get into binaries too.
    let directory = WorkingDirectory::make_anew(&first.workspace.target().join("dist-of-another-directory"))?;
    let (tree, cargo_home) = (directory.path().join("copy-of-the-tree"), directory.path().join("cargo-home"));
    copy_tree(first.workspace.root(), &tree, supervisor)?;
    link_entries(&first.cargo_home, &cargo_home)?;
    let variables = vec![
        ("CARGO_HOME".into(), cargo_home.clone().into_os_string()),
        ("CARGO_TARGET_DIR".into(), directory.path().join("target").into_os_string()),
    ];
    let workspace = Workspace::read_at(first.workspace.program(), &tree, variables, supervisor)?;
    let second = Place { workspace: &workspace, cargo_home };
    let made_again = make(&second, toolchain, &directory.path().join("dist"), targets, supervisor)?;
    let mut names = vec![names::sums()];
    names.extend(targets.iter().map(|target| names::bill(&target.platform())));
    for name in names {
        let read = |directory: &Path| {
            let path = directory.join(&name);
            fs::read(&path).map_err(|error| Error::failed(format!("cannot read {}: {error}", path.display())))
        };
        if read(made)? != read(&made_again)? {
            return Err(Error::failed(format!(
                "Two builds differ: {name} is another one in {} than in {}. `diffoscope` shows where.",
                made.display(),
                made_again.display()
            )));
        }
    }
    directory.remove();
    Ok(())
}

/// What git has of the tree, and what was changed or added since.
fn copy_tree(from: &Path, to: &Path, supervisor: &Supervisor) -> Result<(), Error> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(from);
    let listed = supervisor.succeed(&mut git)?;
    for name in listed.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let name = PathBuf::from(OsString::from_vec(name.to_vec()));
        let (source, copy) = (from.join(&name), to.join(&name));
        // One that was removed is still listed.
        if !source.exists() {
            continue;
        }
        let copied = fs::create_dir_all(copy.parent().unwrap_or(to)).and_then(|()| fs::copy(&source, &copy));
        copied.map_err(|error| Error::failed(format!("cannot copy {}: {error}", source.display())))?;
    }
    Ok(())
}

/// A directory that leads to everything in another one, and has another name.
fn link_entries(from: &Path, to: &Path) -> Result<(), Error> {
    let linked = || {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            std::os::unix::fs::symlink(entry.path(), to.join(entry.file_name()))?;
        }
        Ok(())
    };
    linked().map_err(|error: std::io::Error| Error::failed(format!("cannot link {}: {error}", from.display())))
}
