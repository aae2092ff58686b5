//! Build targets, with Rust's target triples and Terraform's platform names.

use std::fmt;

/// The C library of a target.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Libc {
    /// musl, statically linked: the binary has no requirements at run time.
    Musl,
    /// The system's glibc. The binary requires at most the version of the build machine.
    Glibc,
    /// The system library of macOS.
    System,
}

/// A supported target of the Rust compiler.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Target {
    /// The target triple, like `x86_64-unknown-linux-musl`.
    pub triple: &'static str,
    /// The operating system, by Terraform's name.
    pub os: &'static str,
    /// The processor architecture, by Terraform's name.
    pub arch: &'static str,
    /// The C library.
    pub libc: Libc,
}

const fn target(triple: &'static str, os: &'static str, arch: &'static str, libc: Libc) -> Target {
    Target { triple, os, arch, libc }
}

const KNOWN: [Target; 6] = [
    target("x86_64-unknown-linux-musl", "linux", "amd64", Libc::Musl),
    target("aarch64-unknown-linux-musl", "linux", "arm64", Libc::Musl),
    target("x86_64-unknown-linux-gnu", "linux", "amd64", Libc::Glibc),
    target("aarch64-unknown-linux-gnu", "linux", "arm64", Libc::Glibc),
    target("x86_64-apple-darwin", "darwin", "amd64", Libc::System),
    target("aarch64-apple-darwin", "darwin", "arm64", Libc::System),
];

impl Target {
    /// The targets of a release.
    pub const RELEASED: [Self; 2] = [KNOWN[0], KNOWN[1]];

    /// Finds a supported target by its triple.
    ///
    /// # Errors
    /// The triple is not supported. The message lists the supported ones.
    pub fn parse(triple: &str) -> Result<Self, String> {
        KNOWN.into_iter().find(|target| target.triple == triple).ok_or_else(|| {
            let known = KNOWN.map(|target| target.triple).join(", ");
            format!("unknown target \"{triple}\"; supported: {known}")
        })
    }

    /// Terraform's name of the platform, like `linux_amd64`.
    pub fn platform(&self) -> String {
        format!("{}_{}", self.os, self.arch)
    }

    /// The processor architecture, by Rust's name.
    pub fn processor(&self) -> &'static str {
        self.triple.split('-').next().unwrap_or_default()
    }

    /// The triple in the form used in names of variables, like `x86_64_unknown_linux_musl`.
    pub fn variable_name(&self) -> String {
        self.triple.replace('-', "_")
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.triple)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_have_terraforms_names() {
        let platforms = Target::RELEASED.map(|target| target.platform());
        assert_eq!(platforms, ["linux_amd64", "linux_arm64"]);
        let mac = Target::parse("aarch64-apple-darwin").unwrap();
        assert_eq!((mac.platform().as_str(), mac.processor()), ("darwin_arm64", "aarch64"));
    }

    #[test]
    fn release_targets_are_static() {
        assert!(Target::RELEASED.iter().all(|target| target.libc == Libc::Musl));
    }
}
