//! What a build is for, in the words of Rust and in those of Terraform.

use std::fmt;

/// How the C library gets into the binary.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Libc {
    /// musl, linked in: the binary needs nothing of the machine.
    Musl,
    /// The machine's glibc, of the version of the building machine or less.
    Glibc,
    /// The machine's own, on macOS.
    System,
}

/// One target of the Rust compiler that the provider is built for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Target {
    /// In Rust's words: `x86_64-unknown-linux-musl`.
    pub triple: &'static str,
    /// The operating system in Terraform's words.
    pub os: &'static str,
    /// The processor in Terraform's words.
    pub arch: &'static str,
    /// How the C library gets in.
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
    /// What is released.
    pub const RELEASED: [Self; 2] = [KNOWN[0], KNOWN[1]];

    /// One that is known, by its triple.
    ///
    /// # Errors
    /// Which ones are.
    pub fn parse(triple: &str) -> Result<Self, String> {
        KNOWN.into_iter().find(|target| target.triple == triple).ok_or_else(|| {
            let known = KNOWN.map(|target| target.triple).join(", ");
            format!("there is no target \"{triple}\" here, only {known}")
        })
    }

    /// The platform in Terraform's words: `linux_amd64`.
    pub fn platform(&self) -> String {
        format!("{}_{}", self.os, self.arch)
    }

    /// The processor in Rust's words.
    pub fn processor(&self) -> &'static str {
        self.triple.split('-').next().unwrap_or_default()
    }

    /// The triple as names of variables have it: `x86_64_unknown_linux_musl`.
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
    fn platforms_are_in_terraforms_words() {
        let platforms = Target::RELEASED.map(|target| target.platform());
        assert_eq!(platforms, ["linux_amd64", "linux_arm64"]);
        let mac = Target::parse("aarch64-apple-darwin").unwrap();
        assert_eq!((mac.platform().as_str(), mac.processor()), ("darwin_arm64", "aarch64"));
    }

    #[test]
    fn released_binaries_need_nothing_of_the_machine() {
        assert!(Target::RELEASED.iter().all(|target| target.libc == Libc::Musl));
    }
}
