//! Inspects a release binary: what it requires at run time, and whether it contains paths of the build machine.

use std::path::{Path, PathBuf};

use object::elf::{DT_NEEDED, PT_INTERP};
use object::read::elf::{Dyn, ElfFile64, FileHeader, ProgramHeader};
use object::{Endianness, FileKind};

use super::target::{Libc, Target};

/// What a Linux binary requires at run time.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Requirements {
    /// Whether it needs a dynamic loader.
    pub(super) loader: bool,
    /// The shared libraries it needs.
    pub(super) libraries: Vec<String>,
    /// The newest glibc version of its symbols.
    pub(super) glibc: Option<(u32, u32)>,
}

impl Requirements {
    /// Whether it runs on any Linux.
    fn is_empty(&self) -> bool {
        !self.loader && self.libraries.is_empty()
    }
}

/// Checks the binary against the promise of its target, and returns a description of its requirements.
pub(super) fn check(target: &Target, binary: &[u8], local_paths: &[PathBuf]) -> Result<String, String> {
    if let Some(path) = local_paths.iter().find(|path| contains(binary, path)) {
        return Err(format!("the binary for {target} contains the path {} of this machine", path.display()));
    }
    match target.libc {
        Libc::System => Ok("needs macOS".to_owned()),
        Libc::Musl => match needs(binary)? {
            needs if needs.is_empty() => Ok("static: runs on any Linux".to_owned()),
            needs => Err(format!("the binary for {target} is not static: {needs:?}")),
        },
        Libc::Glibc => Ok(match needs(binary)? {
            Requirements { glibc: Some((major, minor)), .. } => {
                format!("not static: needs glibc {major}.{minor} or later")
            }
            needs => format!("not static: {needs:?}"),
        }),
    }
}

/// Searches for paths below a directory. The name of the directory alone could be part of any word.
fn contains(binary: &[u8], directory: &Path) -> bool {
    let mut path = directory.as_os_str().as_encoded_bytes().to_vec();
    path.push(b'/');
    path.len() > 2 && holds(binary, &path)
}

/// Whether the binary contains these bytes.
pub(super) fn holds(binary: &[u8], part: &[u8]) -> bool {
    binary.windows(part.len()).any(|window| window == part)
}

fn needs(binary: &[u8]) -> Result<Requirements, String> {
    match FileKind::parse(binary) {
        Ok(FileKind::Elf64) => read(binary).map_err(|error| format!("cannot read the binary: {error}")),
        other => Err(format!("not a 64-bit ELF binary: {other:?}")),
    }
}

fn read(binary: &[u8]) -> object::Result<Requirements> {
    let file = ElfFile64::<Endianness>::parse(binary)?;
    let endian = file.endian();
    let mut needs = Requirements::default();
    // Counts the program headers, because they are what is loaded. Section headers may be missing.
    for segment in file.elf_program_headers() {
        needs.loader |= segment.p_type(endian) == PT_INTERP;
        let entries = segment.dynamic(endian, binary)?.unwrap_or_default();
        needs.libraries.extend(entries.iter().filter(|entry| entry.d_tag(endian) == DT_NEEDED).map(|_| String::new()));
    }
    let table = file.elf_dynamic_table()?;
    let named = table.iter().filter(|entry| entry.tag == DT_NEEDED);
    for (library, entry) in needs.libraries.iter_mut().zip(named) {
        *library = String::from_utf8_lossy(table.string(entry)?).into_owned();
    }
    let sections = file.elf_section_table();
    if let Some((mut libraries, strings)) = sections.gnu_verneed(endian, binary)? {
        let strings = sections.strings(endian, binary, strings)?;
        while let Some((_, mut versions)) = libraries.next()? {
            while let Some(version) = versions.next()? {
                needs.glibc = needs.glibc.max(glibc_version(version.name(endian, strings)?));
            }
        }
    }
    Ok(needs)
}

/// Parses `GLIBC_2.34` or `GLIBC_2.2.5`. Others, like `GLIBC_PRIVATE` and those of libgcc, are not versions of glibc.
fn glibc_version(name: &[u8]) -> Option<(u32, u32)> {
    let mut numbers = std::str::from_utf8(name).ok()?.strip_prefix("GLIBC_")?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Whether the binary is for the processor of the target, by its ELF header.
pub(super) fn is_for(target: &Target, binary: &[u8]) -> bool {
    let machine = ElfFile64::<Endianness>::parse(binary).map(|file| file.elf_header().e_machine(file.endian()));
    match (target.libc, target.arch, machine) {
        (Libc::System, ..) => true,
        (_, "amd64", Ok(machine)) => machine == object::elf::EM_X86_64,
        (_, "arm64", Ok(machine)) => machine == object::elf::EM_AARCH64,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(glibc_version(b"GLIBC_2.34"), Some((2, 34)));
        assert_eq!(glibc_version(b"GLIBC_2.2.5"), Some((2, 2)));
        assert!(glibc_version(b"GLIBC_2.34") > glibc_version(b"GLIBC_2.4"));
        assert_eq!(glibc_version(b"GLIBC_PRIVATE"), None);
        assert_eq!(glibc_version(b"GCC_3.0"), None);
    }

    #[test]
    fn paths_of_the_build_machine_are_refused() {
        let local_paths = [PathBuf::from("/home/builder")];
        let mac = Target::parse("aarch64-apple-darwin").unwrap();
        assert!(
            check(&mac, b"see /home/builder/.cargo/registry", &local_paths)
                .unwrap_err()
                .contains("contains the path /home/builder")
        );
        assert!(check(&mac, b"/home/builders and /home/builder", &local_paths).is_ok());
        assert!(check(&mac, b"a/b/c", &[PathBuf::from("/")]).is_ok(), "a home directory of / is ignored");
    }

    #[test]
    fn file_that_is_not_a_linux_binary_is_refused() {
        let musl = Target::RELEASED[0];
        assert!(check(&musl, b"#!/bin/sh\n", &[]).unwrap_err().contains("not a 64-bit ELF binary"));
        assert!(!is_for(&musl, b"#!/bin/sh\n"));
    }

    /// Tests with binaries from the compiler that builds the provider.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    mod real {
        use std::process::Command;

        use super::*;

        fn compile(flags: &[&str]) -> Vec<u8> {
            let directory = tempfile::tempdir().unwrap();
            let (source, binary) = (directory.path().join("main.rs"), directory.path().join("main"));
            std::fs::write(&source, "fn main() {}").unwrap();
            let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
            let compiled = Command::new(rustc).args(flags).arg("-o").arg(&binary).arg(&source).output().unwrap();
            let errors = String::from_utf8_lossy(&compiled.stderr);
            assert!(compiled.status.success(), "glibc's static library is in Debian's libc6-dev: {errors}");
            std::fs::read(binary).unwrap()
        }

        #[test]
        fn static_binary_has_no_requirements() {
            let binary = compile(&["-Ctarget-feature=+crt-static"]);
            assert_eq!(needs(&binary), Ok(Requirements::default()));
            assert_eq!(check(&Target::RELEASED[0], &binary, &[]).unwrap(), "static: runs on any Linux");
        }

        #[test]
        fn binary_that_needs_a_library_is_not_static() {
            let binary = compile(&[]);
            let found = needs(&binary).unwrap();
            assert!(found.loader && found.libraries.iter().any(|name| name == "libc.so.6"), "{found:?}");
            assert!(found.glibc >= Some((2, 17)), "Rust itself needs that: {found:?}");
            assert!(check(&Target::RELEASED[0], &binary, &[]).unwrap_err().contains("not static"));
            let own = Target::parse(&format!("{}-unknown-linux-gnu", std::env::consts::ARCH)).unwrap();
            assert!(check(&own, &binary, &[]).unwrap().contains("needs glibc 2."));
        }

        #[test]
        fn binary_for_another_processor_is_detected() {
            let binary = compile(&[]);
            let matches = |target: Target| is_for(&target, &binary);
            let (own, other) = if cfg!(target_arch = "x86_64") { (0, 1) } else { (1, 0) };
            assert!(matches(Target::RELEASED[own]) && !matches(Target::RELEASED[other]));
        }
    }
}
