//! Names of a release's files, as the Terraform Registry wants them.

use crate::mirror::{PROVIDER, VERSION};

/// The binary in an archive.
pub(crate) fn binary() -> String {
    format!("{PROVIDER}_v{VERSION}")
}

/// The archive for a platform.
pub(crate) fn archive(platform: &str) -> String {
    format!("{PROVIDER}_{VERSION}_{platform}.zip")
}

/// What says which protocol the provider speaks.
pub(crate) fn manifest() -> String {
    format!("{PROVIDER}_{VERSION}_manifest.json")
}

/// The checksums of archives and manifest; the registry wants them signed.
pub(crate) fn sums() -> String {
    format!("{PROVIDER}_{VERSION}_SHA256SUMS")
}

/// The sbom of materials of a platform's binary.
pub(crate) fn sbom(platform: &str) -> String {
    format!("{PROVIDER}_{VERSION}_{platform}.cdx.json")
}
