//! The files of a release: archives, manifest and checksums, with the same bytes for the same content.

use super::names;
use crate::Error;
use crate::mirror::PROVIDER;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// What goes into an archive beside the binary, from the root of the repository.
const BESIDE: [&str; 3] = ["CHANGELOG.md", "LICENSE", "README.md"];
/// The protocol of `proto/tfplugin5.proto`.
const MANIFEST: &str = "{\"version\":1,\"metadata\":{\"protocol_versions\":[\"5.0\"]}}\n";
const EXECUTABLE: u32 = 0o755;
const PLAIN: u32 = 0o644;

/// A file in an archive.
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) mode: u32,
}

/// What a release's archive holds, in its order.
pub(super) fn entries(root: &Path, binary: Vec<u8>) -> Result<Vec<Entry>, Error> {
    let mut entries = vec![Entry { name: names::binary(), bytes: binary, mode: EXECUTABLE }];
    for name in BESIDE {
        let path = root.join(name);
        let bytes = fs::read(&path).map_err(|error| failed("read", &path, &error))?;
        entries.push(Entry { name: name.to_owned(), bytes, mode: PLAIN });
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

/// Writes an archive. Its times are the first that the format knows: those of a build would differ each time.
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

/// What is in an archive of ours.
pub(crate) fn unpack(archive: &[u8]) -> Result<Vec<Entry>, String> {
    let wrong = |error: &dyn std::error::Error| format!("not a readable zip: {error}");
    let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(|error| wrong(&error))?;
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).map_err(|error| wrong(&error))?;
        let name = file.name().map_err(|error| wrong(&error))?.into_owned();
        // Whatever a release holds lies at its top.
        if file.is_dir() || name.contains(['/', '\\']) || name.starts_with('.') {
            return Err(format!("it holds {name:?}, which no release of this provider does"));
        }
        let mode = file.unix_mode().map_or(PLAIN, |mode| if mode & 0o100 == 0 { PLAIN } else { EXECUTABLE });
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|error| wrong(&error))?;
        entries.push(Entry { name, bytes, mode });
    }
    Ok(entries)
}

/// Writes the manifest, and then the checksums of it and the archives, which is what the registry wants signed. Returns
/// both.
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

/// SHA-256 in hexadecimal.
pub(crate) fn checksum(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// What a file of checksums says of this name.
pub(crate) fn recorded<'a>(sums: &'a str, name: &str) -> Option<&'a str> {
    sums.lines().filter_map(|line| line.split_once("  ")).find(|(_, of)| *of == name).map(|(sum, _)| sum)
}

pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    fs::write(path, bytes).map_err(|error| failed("write", path, &error))
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::failed(format!("cannot {what} {}: {error}", path.display()))
}

/// Whether a name is one of those that an archive of ours holds, of any version.
pub(crate) fn is_ours(name: &str) -> bool {
    BESIDE.contains(&name) || name.strip_prefix(PROVIDER).is_some_and(|rest| rest.starts_with("_v"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, bytes: &[u8], mode: u32) -> Entry {
        Entry { name: name.to_owned(), bytes: bytes.to_vec(), mode }
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let packed = pack(&[entry("README.md", b"read", PLAIN), entry("it_v1", &[7; 100_000], EXECUTABLE)]).unwrap();
        assert!(packed.len() < 10_000, "it is compressed");
        let unpacked = unpack(&packed).unwrap();
        let shown: Vec<_> = unpacked.iter().map(|it| (it.name.as_str(), it.bytes.len(), it.mode)).collect();
        assert_eq!(shown, [("README.md", 4, 0o644), ("it_v1", 100_000, 0o755)]);
    }

    #[test]
    fn archives_that_reach_out_of_their_directory_are_refused() {
        for name in ["../it", "a/b", "/it", ".bashrc"] {
            let packed = pack(&[entry(name, b"", PLAIN)]).unwrap();
            assert!(unpack(&packed).is_err_and(|error| error.contains("no release")), "{name}");
        }
        assert!(unpack(b"PK").is_err());
    }

    #[test]
    fn checksums_are_found_by_their_whole_name() {
        let sums = "12  a_1.zip\nab  a_1.zip.sig\n";
        assert_eq!(recorded(sums, "a_1.zip"), Some("12"));
        assert_eq!(recorded(sums, "1.zip"), None);
    }
}
