//! File names of a release, as the Terraform Registry expects them.

use crate::mirror::{PROVIDER, VERSION};

/// The binary in an archive.
pub(crate) fn binary() -> String {
    format!("{PROVIDER}_v{VERSION}")
}

/// The archive for a platform.
pub(crate) fn archive(platform: &str) -> String {
    format!("{PROVIDER}_{VERSION}_{platform}.zip")
}

/// The manifest, which declares the protocol version.
pub(crate) fn manifest() -> String {
    format!("{PROVIDER}_{VERSION}_manifest.json")
}

/// The checksums of the archives and the manifest. The registry expects them to be signed.
pub(crate) fn sums() -> String {
    format!("{PROVIDER}_{VERSION}_SHA256SUMS")
}

/// The software bill of materials of a platform's binary.
pub(crate) fn sbom(platform: &str) -> String {
    format!("{PROVIDER}_{VERSION}_{platform}.cdx.json")
}
