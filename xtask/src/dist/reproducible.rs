//! Builds a second time, from a copy of the sources in another directory with another cargo home, and compares the
//! bytes.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Error;
use crate::dist::target::Target;
use crate::dist::toolchain::Toolchain;
use crate::process::{Supervisor, tail};
use crate::workspace::{WorkingDirectory, Workspace};

use super::build::BuildContext;
use super::{build_release, names};

/// The files to copy, relative to the root: those that git tracks, and new ones that it does not ignore.
pub(super) fn tracked_files(root: &Path, supervisor: &Supervisor) -> Result<Vec<PathBuf>, Error> {
    let not_listed = |why: &str| {
        let root = root.display();
        Error::failed(format!(
            "--check-reproducible copies the files that git lists, and git lists none in {root}:\n{why}"
        ))
    };
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root).env("LC_ALL", "C");
    let output = supervisor.capture(git.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    if !output.status.success() {
        return Err(not_listed(&tail(&output)));
    }
    let names = output.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let names: Vec<PathBuf> = names.map(|name| OsString::from_vec(name.to_vec()).into()).collect();
    // For example in a directory that an outer repository ignores.
    if !names.iter().any(|name| name == Path::new("Cargo.toml")) {
        return Err(not_listed("    Cargo.toml is neither tracked nor a new file"));
    }
    Ok(names)
}

/// Builds everything from these files again, and fails unless the result is identical.
pub(super) fn compare(
    first: &BuildContext<'_>,
    files: &[PathBuf],
    toolchain: &Toolchain,
    first_release: &Path,
    targets: &[Target],
    supervisor: &Supervisor,
) -> Result<(), Error> {
    // Longer than the paths of the first build, because lengths can end up in binaries.
    let directory = WorkingDirectory::recreate(&first.workspace.target().join("dist-of-another-directory"))?;
    let (tree, cargo_home) = (directory.path().join("copy-of-the-tree"), directory.path().join("cargo-home"));
    copy_tree(first.workspace.root(), files, &tree)?;
    link_entries(&first.cargo_home, &cargo_home)?;
    let variables = vec![
        ("CARGO_HOME".into(), cargo_home.clone().into_os_string()),
        ("CARGO_TARGET_DIR".into(), directory.path().join("target").into_os_string()),
    ];
    let workspace = Workspace::read_at(first.workspace.program(), &tree, variables, supervisor)?;
    let second = BuildContext { workspace: &workspace, cargo_home };
    let second_release = build_release(&second, toolchain, &directory.path().join("dist"), targets, supervisor)?;
    let mut names = vec![names::sums()];
    names.extend(targets.iter().map(|target| names::sbom(&target.platform())));
    for name in names {
        let read = |directory: &Path| {
            let path = directory.join(&name);
            fs::read(&path).map_err(|error| Error::failed(format!("cannot read {}: {error}", path.display())))
        };
        if read(first_release)? != read(&second_release)? {
            return Err(Error::failed(format!(
                "The second build differs: {name} in {} and in {}. Compare them with `diffoscope`.",
                first_release.display(),
                second_release.display()
            )));
        }
    }
    directory.remove();
    Ok(())
}

fn copy_tree(from: &Path, files: &[PathBuf], to: &Path) -> Result<(), Error> {
    for name in files {
        let (source, copy) = (from.join(name), to.join(name));
        // Git lists deleted files until the deletion is staged.
        if !source.exists() {
            continue;
        }
        let copied = fs::create_dir_all(copy.parent().unwrap_or(to)).and_then(|()| fs::copy(&source, &copy));
        copied.map_err(|error| Error::failed(format!("cannot copy {}: {error}", source.display())))?;
    }
    Ok(())
}

/// Creates a directory with links to all entries of another one.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tree_without_git_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("Cargo.toml"), "").unwrap();
        let listed = || tracked_files(directory.path(), &Supervisor::new()).map_err(|error| error.to_string());
        let error = listed().unwrap_err();
        assert!(
            error.contains("--check-reproducible copies the files that git lists")
                && error.contains("not a git repository"),
            "{error}"
        );
        let git = Command::new("git").args(["init", "--quiet"]).current_dir(directory.path()).status().unwrap();
        assert!(git.success());
        assert_eq!(listed(), Ok(vec![PathBuf::from("Cargo.toml")]));
        fs::write(directory.path().join(".gitignore"), "Cargo.toml").unwrap();
        assert!(listed().unwrap_err().contains("neither tracked"));
    }
}
