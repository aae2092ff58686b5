//! `cargo xtask dist`: builds release binaries and packages them for the Terraform Registry, in `target/dist/`.
//!
//! | file | for |
//! |---|---|
//! | `arguments.rs` | the command line |
//! | `target.rs` | targets of Rust and platforms of Terraform |
//! | `toolchain.rs` | the installed standard libraries and C compilers |
//! | `packages.rs` | the dependency tree, from cargo and its lock file |
//! | `build.rs` | a build without traces of the machine |
//! | `binary.rs` | checks of the binary |
//! | `archive.rs` | archives, manifest and checksums |
//! | `sbom.rs` | the software bill of materials |
//! | `names.rs` | file names of a release |
//! | `reproducible.rs` | the check that a second build is identical |

pub(crate) mod archive;
mod arguments;
mod binary;
mod build;
pub(crate) mod names;
mod packages;
mod reproducible;
mod sbom;
mod target;
mod toolchain;

pub use self::arguments::{Arguments, HELP};
pub use self::target::{Libc, Target};

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::output::println;
use crate::process::Supervisor;
use crate::workspace::{WorkingDirectory, Workspace};

use self::build::BuildContext;
use self::packages::Packages;
use self::toolchain::Toolchain;

/// The output directory, below cargo's target directory.
const DIRECTORY: &str = "dist";

/// The inputs of the task.
#[derive(Clone, Debug)]
pub struct Options {
    /// The targets, and whether to check reproducibility.
    pub arguments: Arguments,
    /// The cargo to build with.
    pub cargo: OsString,
}

/// Builds the files of a release. Catches the signals of this process from then on.
///
/// # Errors
/// A target cannot be built here, a build or a check fails, or a signal arrives.
pub fn run(options: &Options) -> Result<(), Error> {
    let supervisor = Supervisor::catching_signals()?;
    let workspace = Workspace::read(&options.cargo, &supervisor)?;
    let toolchain = Toolchain::read(workspace.root(), &supervisor)?;
    let (targets, notes) = toolchain.select_targets(&options.arguments.targets)?;
    let context = BuildContext::for_workspace(&workspace)?;
    // Fails before the first build, which takes minutes.
    let files = options
        .arguments
        .check_reproducible
        .then(|| reproducible::tracked_files(workspace.root(), &supervisor))
        .transpose()?;
    let directory = workspace.target().join(DIRECTORY);
    let release = build_release(&context, &toolchain, &directory, &targets, &supervisor)?;
    if let Some(files) = files {
        reproducible::compare(&context, &files, &toolchain, &release, &targets, &supervisor)?;
        println("A second build in another directory is identical.");
    }
    for note in notes {
        println(&format!("Skipped {note}"));
    }
    Ok(())
}

/// Builds a release for the platform of this machine into a directory, statically linked if possible.
///
/// # Errors
/// This platform is not supported, or the build fails.
pub(crate) fn build_for_host(
    workspace: &Workspace,
    directory: &Path,
    supervisor: &Supervisor,
) -> Result<PathBuf, Error> {
    let toolchain = Toolchain::read(workspace.root(), supervisor)?;
    let own = toolchain
        .host_target()
        .ok_or_else(|| Error::failed(format!("the provider does not support the platform {}", toolchain.host)))?;
    let fits = |target: &Target| target.platform() == own.platform() && toolchain.has_target(target);
    let target = Target::RELEASED.into_iter().find(fits).unwrap_or(own);
    build_release(&BuildContext::for_workspace(workspace)?, &toolchain, directory, &[target], supervisor)
}

/// Builds each target, and writes the files of a release into the directory, which is recreated. Returns its path.
fn build_release(
    context: &BuildContext<'_>,
    toolchain: &Toolchain,
    directory: &Path,
    targets: &[Target],
    supervisor: &Supervisor,
) -> Result<PathBuf, Error> {
    // Reports a missing compiler before a build, which takes minutes.
    for target in targets {
        build::compilers(target, toolchain)?;
    }
    let mut binaries = Vec::new();
    for target in targets {
        println(&format!("Build for {target}, in {}", context.workspace.root().display()));
        let packages = Packages::read(context.workspace, target, supervisor)?;
        let built = context.build(target, &packages, toolchain, supervisor)?;
        println(&format!("  {} bytes, {} packages; {}", built.binary.len(), built.linked.len(), built.needs));
        let sbom = sbom::text(target, &built, &packages, toolchain);
        binaries.push((target, built.binary, sbom));
    }
    // Recreated only now, so that the files of an earlier run stay until the builds succeed.
    let release = WorkingDirectory::recreate(directory)?;
    let (mut archives, mut sboms) = (Vec::new(), Vec::new());
    for (target, binary, sbom) in binaries {
        let archive = release.path().join(names::archive(&target.platform()));
        archive::write(&archive, &archive::entries(context.workspace.root(), binary)?)?;
        archives.push(archive);
        let path = release.path().join(names::sbom(&target.platform()));
        archive::write_file(&path, sbom.as_bytes())?;
        sboms.push(path);
    }
    let sums = archive::write_sums(release.path(), &archives)?;
    for path in archives.iter().chain(&sums).chain(&sboms) {
        println(&format!("  {}", path.display()));
    }
    Ok(release.path().to_owned())
}
