//! What `cargo xtask install` is asked for.

use std::ffi::OsString;
use std::path::PathBuf;

/// What `--help` prints.
pub const HELP: &str = "\
Put the provider where Terraform and OpenTofu find it without a registry and without configuration:
below ~/.terraform.d/plugins, by the source address terraform.internal/huaweicloud/huaweicloud-kafka.

Builds it for this machine as `cargo xtask dist` does, or takes it from a release that is there. Says
every file that it writes. What lies there with other content is replaced, and said.

Usage: cargo xtask install [--from <directory>]
       cargo xtask install --undo

Options:
  --from <directory>  Take the archive from here: a downloaded release, with its SHA256SUMS
  --undo              Remove this version again, and directories that are empty then
  -h, --help          Print this help

Environment:
  HOME  Below which .terraform.d/plugins is
";

/// What to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Arguments {
    /// Install, from this directory, or what is built of the source as it is.
    Install(Option<PathBuf>),
    /// Remove what is installed.
    Undo,
}

impl Arguments {
    /// Either option, once.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn parse(words: &[OsString]) -> Result<Self, String> {
        let texts: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
        match (texts.iter().map(|text| &**text).collect::<Vec<_>>().as_slice(), words) {
            ([], _) => Ok(Self::Install(None)),
            (["--undo"], _) => Ok(Self::Undo),
            (["--from", _], [_, directory]) if !directory.is_empty() => Ok(Self::Install(Some(directory.into()))),
            (given, _) => Err(format!("\"{}\" is not understood", given.join(" "))),
        }
    }
}
