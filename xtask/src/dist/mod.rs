//! `cargo xtask dist`: release binaries, packaged as the Terraform Registry wants them, in `target/dist/`.
//!
//! | file | for |
//! |---|---|
//! | `arguments.rs` | what is asked for |
//! | `target.rs` | what a build is for, in Rust's words and in Terraform's |
//! | `toolchain.rs` | standard libraries and C compilers of this machine |
//! | `packages.rs` | the packages of the tree, from cargo and its lock file |
//! | `build.rs` | a build that holds nothing of the machine |
//! | `binary.rs` | what a binary needs, and what it tells |
//! | `archive.rs` | zip, manifest, checksums |
//! | `sbom.rs` | the sbom of materials |
//! | `names.rs` | the names of all these |
//! | `twice.rs` | the proof that two builds are the same |

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

/// Where the files go, below cargo's target directory.
const DIRECTORY: &str = "dist";

/// What the run takes from outside.
#[derive(Clone, Debug)]
pub struct Options {
    /// What to build.
    pub arguments: Arguments,
    /// The cargo to build with.
    pub cargo: OsString,
}

/// Makes the files of a release. Catches this process's signals from then on.
pub fn run(options: &Options) -> Result<(), Error> {
    let supervisor = Supervisor::catching_signals()?;
    let workspace = Workspace::read(&options.cargo, &supervisor)?;
    let toolchain = Toolchain::read(workspace.root(), &supervisor)?;
    let (targets, notes) = toolchain.select_targets(&options.arguments.targets)?;
    let context = BuildContext::for_workspace(&workspace)?;
    // Before the first build, which takes minutes.
    let files = options
        .arguments
        .check_reproducible
        .then(|| reproducible::tracked_files(workspace.root(), &supervisor))
        .transpose()?;
    let directory = workspace.target().join(DIRECTORY);
    let made = make(&context, &toolchain, &directory, &targets, &supervisor)?;
    if let Some(files) = files {
        reproducible::compare(&context, &files, &toolchain, &made, &targets, &supervisor)?;
        println("A build in another directory made the same bytes.");
    }
    for note in notes {
        println(&format!("Not built: {note}"));
    }
    Ok(())
}

/// Makes one in a directory, for the platform of this machine: statically linked, if that can be done here.
pub(crate) fn build_for_host(
    workspace: &Workspace,
    directory: &Path,
    supervisor: &Supervisor,
) -> Result<PathBuf, Error> {
    let toolchain = Toolchain::read(workspace.root(), supervisor)?;
    let own = toolchain
        .host_target()
        .ok_or_else(|| Error::failed(format!("{} is no platform that this provider is built for", toolchain.host)))?;
    let fits = |target: &Target| target.platform() == own.platform() && toolchain.has_target(target);
    let target = Target::RELEASED.into_iter().find(fits).unwrap_or(own);
    make(&BuildContext::for_workspace(workspace)?, &toolchain, directory, &[target], supervisor)
}

/// Builds for each target, and writes what belongs to a release. The directory is made anew, and returned.
fn make(
    context: &BuildContext<'_>,
    toolchain: &Toolchain,
    directory: &Path,
    targets: &[Target],
    supervisor: &Supervisor,
) -> Result<PathBuf, Error> {
    // What is missing is local_paths before anything has taken minutes.
    for target in targets {
        build::compilers(target, toolchain)?;
    }
    let mut all = Vec::new();
    for target in targets {
        println(&format!("Build for {target}, in {}", context.workspace.root().display()));
        let packages = Packages::read(context.workspace, target, supervisor)?;
        let built = context.build(target, &packages, toolchain, supervisor)?;
        println(&format!("  {} bytes, {} packages; {}", built.binary.len(), built.linked.len(), built.needs));
        let sbom = sbom::text(target, &built, &packages, toolchain);
        all.push((target, built.binary, sbom));
    }
    // Only now: what an earlier run made stays until there is something better.
    let made = WorkingDirectory::recreate(directory)?;
    let (mut archives, mut sboms) = (Vec::new(), Vec::new());
    for (target, binary, sbom) in all {
        let archive = made.path().join(names::archive(&target.platform()));
        archive::write(&archive, &archive::entries(context.workspace.root(), binary)?)?;
        archives.push(archive);
        let path = made.path().join(names::sbom(&target.platform()));
        archive::write_file(&path, sbom.as_bytes())?;
        sboms.push(path);
    }
    let sums = archive::write_sums(made.path(), &archives)?;
    for path in archives.iter().chain(&sums).chain(&sboms) {
        println(&format!("  {}", path.display()));
    }
    Ok(made.path().to_owned())
}
