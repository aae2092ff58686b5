//! `cargo xtask install`: installs the provider into a directory of the user that Terraform and OpenTofu search by
//! default.

mod arguments;
mod configuration;
mod plugins;

pub use self::arguments::{Arguments, HELP};
pub use self::plugins::{Plugins, RemoveOutcome, WriteOutcome};

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::dist::{self, archive, names};
use crate::mirror::{self, SOURCE, VERSION};
use crate::output::println;
use crate::process::Supervisor;
use crate::workspace::Workspace;

/// The build directory, below cargo's target directory. Separate from `dist`, which may hold a release to be published.
const DIRECTORY: &str = "install";

/// The inputs of the task.
#[derive(Clone, Debug)]
pub struct Options {
    /// The operation to perform.
    pub arguments: Arguments,
    /// The value of the variable `HOME`.
    pub home: Option<OsString>,
    /// The value of the variable `TF_CLI_CONFIG_FILE`.
    pub cli_config: Option<OsString>,
    /// The cargo to build with.
    pub cargo: OsString,
}

/// Installs or removes the provider. Catches the signals of this process from then on.
///
/// # Errors
/// `HOME` is not set, the build fails, or a file cannot be written or removed.
pub fn run(options: &Options) -> Result<(), Error> {
    let home = options.home.as_ref().map(PathBuf::from).filter(|home| home.is_absolute());
    let home = home.ok_or_else(|| Error::failed("HOME must be an absolute path"))?;
    let plugins = Plugins::below(&home);
    match &options.arguments {
        Arguments::Undo => undo(&plugins),
        Arguments::Install(from) => {
            let supervisor = Supervisor::catching_signals()?;
            let directory = match from {
                Some(directory) => directory.clone(),
                None => build_release(&options.cargo, &supervisor)?,
            };
            install(&plugins, &directory)?;
            for advice in configuration::advice(&home, options.cli_config.as_deref()) {
                println(&advice);
            }
            Ok(())
        }
    }
}

/// Builds a release for this machine from the current sources.
fn build_release(cargo: &std::ffi::OsStr, supervisor: &Supervisor) -> Result<PathBuf, Error> {
    let workspace = Workspace::read(cargo, supervisor)?;
    dist::build_for_host(&workspace, &workspace.target().join(DIRECTORY), supervisor)
}

fn install(plugins: &Plugins, directory: &Path) -> Result<(), Error> {
    let name = names::archive(&mirror::platform());
    let path = directory.join(&name);
    let read =
        |path: &Path| fs::read(path).map_err(|error| Error::failed(format!("cannot read {}: {error}", path.display())));
    let (bytes, sums) = (read(&path)?, read(&directory.join(names::sums()))?);
    if archive::recorded_checksum(&String::from_utf8_lossy(&sums), &name) != Some(&archive::checksum(&bytes)) {
        return Err(Error::failed(format!("{} does not match its checksum in {}", path.display(), names::sums())));
    }
    let entries = archive::unpack(&bytes).map_err(|error| Error::failed(format!("{}: {error}", path.display())))?;
    println(&format!("Install {}", path.display()));
    let mut replaced = false;
    for entry in entries {
        let written = plugins.write(&entry)?;
        replaced |= matches!(written, WriteOutcome::Replaced(_));
        println(&format!("  {written}"));
    }
    for path in plugins.foreign_files()? {
        println(&format!(
            "  !! {} is not part of this version, but Terraform includes it in the checksum of the provider.",
            path.display()
        ));
    }
    println(&usage(&plugins.directory().join(names::binary())));
    if replaced {
        println(
            "The previous binary was different. Configurations that were initialized with it have its checksum: remove\n\
             this provider's block from their .terraform.lock.hcl, and run `terraform init` again.\n",
        );
    }
    Ok(())
}

fn usage(binary: &Path) -> String {
    format!(
        "
To use it in a configuration:

  terraform {{
    required_providers {{
      huaweicloud = {{
        source  = \"{SOURCE}\"
        version = \"{VERSION}\"
      }}
    }}
  }}

Then run `terraform init` or `tofu init`. To remove the provider: cargo xtask install --undo

To check your credentials without changing anything:

  {} doctor --help
",
        binary.display()
    )
}

fn undo(plugins: &Plugins) -> Result<(), Error> {
    let mut removed_any = false;
    plugins.remove(&mut |one| {
        removed_any = true;
        println(&format!("  {one}"));
    })?;
    if !removed_any {
        println(&format!("Version {VERSION} is not installed: {} does not exist", plugins.directory().display()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_shows_the_doctor_command() {
        let text = usage(Path::new("/home/me/it_v1"));
        assert!(text.contains("\n  /home/me/it_v1 doctor --help\n"), "{text}");
    }
}
