//! The command line of `cargo xtask dist`.

use std::ffi::OsString;

use super::target::Target;

/// The text of `--help`.
pub const HELP: &str = "\
Build the provider for release and package it as the Terraform Registry wants it, into target/dist/:
a zip for each platform, the manifest, and SHA256SUMS; beside them a CycloneDX sbom of materials for
each platform. Nothing is signed: that is for the release workflow.

Without --target: each of x86_64-unknown-linux-musl and aarch64-unknown-linux-musl whose standard
library is installed (`rustup target add <target>`). Their binaries are linked statically, and run on
any Linux. They need a C compiler for musl: on Debian and Ubuntu, `apt install musl-tools`.

Two builds of the same commit with the same compilers make the same bytes.

Usage: cargo xtask dist [options]

Options:
  --target <target>  Build for this target instead; may be repeated
  --twice            Build once more, from a copy of the tree in another directory, and compare
  -h, --help         Print this help

Environment:
  CC_<target>, CARGO_TARGET_<TARGET>_LINKER  C compiler and linker, where the usual ones will not do
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
                "--twice" => arguments.check_reproducible = true,
                "--target" => {
                    let triple = words.next().ok_or("--target needs a value")?;
                    let target = Target::parse(&triple.to_string_lossy())?;
                    // Their archives would have the same name.
                    if arguments.targets.iter().any(|other| other.platform() == target.platform()) {
                        return Err(format!("two targets for {}", target.platform()));
                    }
                    arguments.targets.push(target);
                }
                other => return Err(format!("there is no option \"{other}\"")),
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
    fn options_are_read_in_any_order() {
        assert_eq!(parse(&[]), Ok(Arguments::default()));
        let arguments = parse(&["--target", "x86_64-unknown-linux-gnu", "--twice"]).unwrap();
        assert!(arguments.check_reproducible);
        assert_eq!(arguments.targets, [Target::parse("x86_64-unknown-linux-gnu").unwrap()]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(parse(&["--sign"]).unwrap_err().contains("--sign"));
        let twice = ["--target", "x86_64-unknown-linux-gnu", "--target", "x86_64-unknown-linux-musl"];
        assert!(parse(&twice).unwrap_err().contains("two targets for linux_amd64"));
        assert!(parse(&["--target"]).unwrap_err().contains("needs a value"));
        assert!(parse(&["--target", "x86_64-pc-windows-msvc"]).unwrap_err().contains("x86_64-pc-windows-msvc"));
    }
}
