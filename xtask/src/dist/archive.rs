//! The files of a release: archives, manifest and checksums. The same content results in the same bytes.

use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::Error;
use crate::mirror::VERSION;

use super::names;

/// The files in an archive besides the binary, from the root of the repository.
const EXTRA_FILES: [&str; 3] = ["CHANGELOG.md", "LICENSE", "README.md"];
/// Declares the protocol version of `proto/tfplugin5.proto`.
const MANIFEST: &str = "{\"version\":1,\"metadata\":{\"protocol_versions\":[\"5.0\"]}}\n";
const EXECUTABLE: u32 = 0o755;
const PLAIN: u32 = 0o644;
/// The bits of a Unix mode for the file type, and their value for a regular file.
const FILE_TYPE: u32 = 0o170_000;
const PLAIN_FILE: u32 = 0o100_000;

/// A file in an archive.
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) mode: u32,
}

/// The entries of a release archive, in order.
pub(super) fn entries(root: &Path, binary: Vec<u8>) -> Result<Vec<Entry>, Error> {
    let mut entries = vec![Entry { name: names::binary(), bytes: binary, mode: EXECUTABLE }];
    for name in EXTRA_FILES {
        let path = root.join(name);
        let bytes = fs::read(&path).map_err(|error| failed("read", &path, &error))?;
        entries.push(Entry { name: name.to_owned(), bytes, mode: PLAIN });
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

/// The names of the files in an archive of this version.
pub(crate) fn expected_names() -> [String; 4] {
    let [changes, license, readme] = EXTRA_FILES.map(str::to_owned);
    [changes, license, readme, names::binary()]
}

/// Writes an archive. All modification times are the earliest that the format supports, so that builds are
/// reproducible.
pub(super) fn write(path: &Path, entries: &[Entry]) -> Result<(), Error> {
    let bytes = pack(entries).map_err(|error| Error::failed(format!("cannot pack {}: {error}", path.display())))?;
    write_file(path, &bytes)
}

fn pack(entries: &[Entry]) -> Result<Vec<u8>, ZipError> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for entry in entries {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(DateTime::default())
            .unix_permissions(entry.mode);
        archive.start_file(&*entry.name, options)?;
        archive.write_all(&entry.bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// Unpacks an archive that contains exactly the files of a release. An installation could not remove other files again.
///
/// # Errors
/// The archive cannot be read, or its files differ from those of a release.
pub(crate) fn unpack(archive: &[u8]) -> Result<Vec<Entry>, String> {
    let unreadable = |error: &dyn std::error::Error| format!("not a readable zip: {error}");
    let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(|error| unreadable(&error))?;
    let mut entries: Vec<Entry> = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).map_err(|error| unreadable(&error))?;
        let name = file.name().map_err(|error| unreadable(&error))?.into_owned();
        if !expected_names().contains(&name) {
            return Err(format!("it contains {name:?}, which is not a file of version {VERSION}"));
        }
        let mode = file.unix_mode().unwrap_or_default();
        if mode & FILE_TYPE != PLAIN_FILE {
            return Err(format!("its entry {name} is not a regular file"));
        }
        let executable = name == names::binary();
        if executable && mode & 0o100 == 0 {
            return Err(format!("its entry {name} is not executable"));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
        entries.push(Entry { name, bytes, mode: if executable { EXECUTABLE } else { PLAIN } });
    }
    match expected_names().into_iter().find(|name| !entries.iter().any(|entry| entry.name == *name)) {
        Some(missing) => Err(format!("it lacks {missing}")),
        None => Ok(entries),
    }
}

/// Writes the manifest, and the checksums of the archives and the manifest, which the registry expects to be signed.
/// Returns both paths.
pub(super) fn write_sums(directory: &Path, archives: &[PathBuf]) -> Result<[PathBuf; 2], Error> {
    let manifest = directory.join(names::manifest());
    write_file(&manifest, MANIFEST.as_bytes())?;
    let mut lines = Vec::new();
    for path in archives.iter().chain([&manifest]) {
        let bytes = fs::read(path).map_err(|error| failed("read", path, &error))?;
        let name = path.file_name().unwrap_or_default().display();
        lines.push((name.to_string(), format!("{}  {name}\n", checksum(&bytes))));
    }
    lines.sort();
    let sums = directory.join(names::sums());
    let text: String = lines.into_iter().map(|(_, line)| line).collect();
    write_file(&sums, text.as_bytes())?;
    Ok([manifest, sums])
}

/// The SHA-256 in hexadecimal.
pub(crate) fn checksum(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

/// The checksum for this file name in a file of checksums.
pub(crate) fn recorded_checksum<'a>(sums: &'a str, name: &str) -> Option<&'a str> {
    sums.lines().filter_map(|line| line.split_once("  ")).find(|(_, of)| *of == name).map(|(sum, _)| sum)
}

pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    fs::write(path, bytes).map_err(|error| failed("write", path, &error))
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::failed(format!("cannot {what} {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, bytes: &[u8], mode: u32) -> Entry {
        Entry { name: name.to_owned(), bytes: bytes.to_vec(), mode }
    }

    fn release() -> Vec<Entry> {
        let mut release: Vec<Entry> = EXTRA_FILES.map(|name| entry(name, b"text", PLAIN)).into();
        release.push(entry(&names::binary(), &[7; 100_000], EXECUTABLE));
        release
    }

    fn refused(entries: &[Entry]) -> String {
        unpack(&pack(entries).unwrap()).err().unwrap_or_default()
    }

    #[test]
    fn archive_round_trips() {
        let packed = pack(&release()).unwrap();
        assert!(packed.len() < 10_000, "it is compressed");
        let unpacked = unpack(&packed).unwrap();
        let listed: Vec<_> = unpacked.iter().map(|it| (&*it.name, it.bytes.len(), it.mode)).collect();
        let binary = names::binary();
        let extra = EXTRA_FILES.map(|name| (name, 4, 0o644));
        assert_eq!(listed, [&extra[..], &[(&*binary, 100_000, 0o755)]].concat());
    }

    #[test]
    fn archive_without_a_usable_binary_is_refused() {
        assert!(refused(&[]).contains("lacks CHANGELOG.md"));
        assert!(refused(&release()[..3]).contains(&format!("lacks {}", names::binary())));
        assert!(refused(&release()[1..]).contains("lacks CHANGELOG.md"));
        let mut release = release();
        release[3].mode = 0o644;
        assert!(refused(&release).contains("not executable"), "{}", refused(&release));
        release[3] = entry("terraform-provider-huaweicloud-kafka_v0.0.9", b"it", EXECUTABLE);
        assert!(refused(&release).contains("_v0.0.9\", which is not a file of version"), "{}", refused(&release));
    }

    #[test]
    fn link_in_an_archive_is_refused() {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        archive.add_symlink(names::binary(), "/bin/sh", SimpleFileOptions::default()).unwrap();
        let error = unpack(&archive.finish().unwrap().into_inner()).err().unwrap();
        assert!(error.contains("is not a regular file"), "{error}");
    }

    #[test]
    fn unexpected_file_in_an_archive_is_refused() {
        let (folder, second_line) = ("docs/", format!("{}\nx", names::binary()));
        for name in ["../it", "a/b", "/it", ".bashrc", "notes.txt", folder, &second_line] {
            let mut release = release();
            release.push(entry(name, b"", PLAIN));
            assert!(refused(&release).contains("which is not a file of version"), "{name}: {}", refused(&release));
        }
        assert!(unpack(b"PK").is_err());
    }

    #[test]
    fn checksum_is_found_by_the_whole_name() {
        let sums = "12  a_1.zip\nab  a_1.zip.sig\n";
        assert_eq!(recorded_checksum(sums, "a_1.zip"), Some("12"));
        assert_eq!(recorded_checksum(sums, "1.zip"), None);
    }
}
