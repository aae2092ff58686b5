//! The command line of `cargo xtask dist`.

use std::ffi::OsString;

use super::target::Target;

/// The text of `--help`.
pub const HELP: &str = "\
Build the provider for release and package it for the Terraform Registry, in target/dist/: a zip for
each platform, the manifest and SHA256SUMS, and a CycloneDX SBOM for each platform. The files are not
signed; the release workflow does that.

Without --target, builds those of x86_64-unknown-linux-musl and aarch64-unknown-linux-musl whose standard
library is installed (`rustup target add <target>`). Their binaries are statically linked and run on any
Linux. They need a C compiler for musl (Debian, Ubuntu: apt install musl-tools).

Builds are reproducible: the same commit and the same compilers result in the same bytes.

Usage: cargo xtask dist [options]

Options:
  --target <target>     Build this target instead; can be repeated
  --check-reproducible  Build again from a copy of the sources in another directory, and compare
  -h, --help            Print this help

Environment:
  CC_<target>, CARGO_TARGET_<TARGET>_LINKER  C compiler and linker, instead of the default ones
";

/// The targets, and whether to check reproducibility.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Arguments {
    /// The targets to build. Empty: every release target that can be built on this machine.
    pub targets: Vec<Target>,
    /// Whether to build a second time and compare the bytes.
    pub check_reproducible: bool,
}

impl Arguments {
    /// Parses the options, in any order.
    ///
    /// # Errors
    /// An option or a target is unknown, or two targets have the same platform.
    pub fn parse(words: &[OsString]) -> Result<Self, String> {
        let mut arguments = Self::default();
        let mut words = words.iter();
        while let Some(option) = words.next() {
            match &*option.to_string_lossy() {
                "--check-reproducible" => arguments.check_reproducible = true,
                "--target" => {
                    let triple = words.next().ok_or("--target needs a value")?;
                    let target = Target::parse(&triple.to_string_lossy())?;
                    // Their archives would have the same name.
                    if arguments.targets.iter().any(|other| other.platform() == target.platform()) {
                        return Err(format!("two targets for {}", target.platform()));
                    }
                    arguments.targets.push(target);
                }
                other => return Err(format!("unknown option \"{other}\"")),
            }
        }
        Ok(arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Arguments, String> {
        Arguments::parse(&words.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn options_are_accepted_in_any_order() {
        assert_eq!(parse(&[]), Ok(Arguments::default()));
        let arguments = parse(&["--target", "x86_64-unknown-linux-gnu", "--check-reproducible"]).unwrap();
        assert!(arguments.check_reproducible);
        assert_eq!(arguments.targets, [Target::parse("x86_64-unknown-linux-gnu").unwrap()]);
    }

    #[test]
    fn invalid_option_is_named() {
        assert!(parse(&["--sign"]).unwrap_err().contains("--sign"));
        let same_platform = ["--target", "x86_64-unknown-linux-gnu", "--target", "x86_64-unknown-linux-musl"];
        assert!(parse(&same_platform).unwrap_err().contains("two targets for linux_amd64"));
        assert!(parse(&["--target"]).unwrap_err().contains("needs a value"));
        assert!(parse(&["--target", "x86_64-pc-windows-msvc"]).unwrap_err().contains("x86_64-pc-windows-msvc"));
    }
}
