//! The command line of `cargo xtask install`.

use std::ffi::OsString;
use std::path::PathBuf;

/// The text of `--help`.
pub const HELP: &str = "\
Install the provider where Terraform and OpenTofu find it without a registry and without configuration:
below ~/.terraform.d/plugins, with the source address terraform.internal/huaweicloud/huaweicloud-kafka.

Builds the provider for this machine like `cargo xtask dist`, or uses an existing release. Prints every
file that it writes or replaces.

Usage: cargo xtask install [--from <directory>]
       cargo xtask install --undo

Options:
  --from <directory>  Use the archive in this directory: a downloaded release with its SHA256SUMS
  --undo              Remove this version, and directories that are then empty
  -h, --help          Print this help

Environment:
  HOME  The home directory, which contains .terraform.d/plugins
";

/// The operation to perform.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Arguments {
    /// Install the release in this directory, or build one from the current sources.
    Install(Option<PathBuf>),
    /// Remove the installed version.
    Undo,
}

impl Arguments {
    /// Parses the options.
    ///
    /// # Errors
    /// The options are not one of the documented forms.
    pub fn parse(words: &[OsString]) -> Result<Self, String> {
        let texts: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
        match (texts.iter().map(|text| &**text).collect::<Vec<_>>().as_slice(), words) {
            ([], _) => Ok(Self::Install(None)),
            (["--undo"], _) => Ok(Self::Undo),
            (["--from", _], [_, directory]) if !directory.is_empty() => Ok(Self::Install(Some(directory.into()))),
            (given, _) => Err(format!("unknown arguments \"{}\"", given.join(" "))),
        }
    }
}
