//! A provider mirror: lets Terraform use a locally built provider, without access to a registry.
//!
//! Terraform and OpenTofu search a file-system mirror like a registry. A CLI configuration file makes the mirror the
//! only place to search.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;
use crate::terraform::Terraform;

/// The provider's source address, as in `required_providers`. The host name is private and never resolved.
pub const SOURCE: &str = "terraform.internal/huaweicloud/huaweicloud-kafka";
/// Name of the provider's package and binary.
pub const PROVIDER: &str = "terraform-provider-huaweicloud-kafka";
/// Version of the provider. All packages of the workspace share it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A directory with a provider mirror, a CLI configuration and an empty home directory.
///
/// ```text
/// mirror/<source address>/<version>/<os>_<arch>/terraform-provider-<type>_v<version>
/// home/           an empty home directory
/// terraform.rc    the CLI configuration
/// ```
#[derive(Clone, Debug)]
pub struct Mirror {
    root: PathBuf,
    provider: PathBuf,
    home: PathBuf,
    cli_config: PathBuf,
}

impl Mirror {
    /// Creates the mirror below `directory`, with the provider binary from `binary`. Replaces an earlier mirror.
    ///
    /// # Errors
    /// A file cannot be written, or the path cannot be written in the CLI configuration.
    pub fn create(directory: &Path, binary: &Path) -> Result<Self, Error> {
        let failed = |error| cannot_create(directory, &error);
        let absolute = std::path::absolute(directory).map_err(failed)?;
        let root = absolute.join("mirror");
        let mirror = Self {
            provider: provider_path(&root, SOURCE, VERSION),
            home: absolute.join("home"),
            cli_config: absolute.join("terraform.rc"),
            root,
        };
        let text = cli_config(&mirror.root)?;
        fs::create_dir_all(&mirror.home).and_then(|()| fs::write(&mirror.cli_config, text)).map_err(failed)?;
        mirror.add(SOURCE, VERSION, binary)?;
        Ok(mirror)
    }

    /// Adds another provider, by its full source address (`registry.terraform.io/hashicorp/null`).
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn add(&self, source: &str, version: &str, binary: &Path) -> Result<(), Error> {
        let path = provider_path(&self.root, source, version);
        let directory = path.parent().unwrap_or(&self.root);
        let added = fs::create_dir_all(directory).and_then(|()| link_or_copy(binary, &path));
        added.map_err(|error| cannot_create(directory, &error))
    }

    /// A command that runs this Terraform with the mirror as the only source and with an empty home directory. See
    /// [`Terraform::command`].
    pub fn command(&self, terraform: &Terraform) -> Command {
        let mut command = terraform.command();
        command.env("HOME", &self.home).env("TF_CLI_CONFIG_FILE", &self.cli_config);
        command
    }

    /// The path of the provider in the mirror.
    pub fn provider(&self) -> &Path {
        &self.provider
    }

    /// The CLI configuration file.
    pub fn cli_config(&self) -> &Path {
        &self.cli_config
    }
}

/// The path of a provider in the mirror.
fn provider_path(root: &Path, source: &str, version: &str) -> PathBuf {
    let type_name = source.rsplit('/').next().unwrap_or_default();
    root.join(source).join(version).join(platform()).join(format!("terraform-provider-{type_name}_v{version}"))
}

fn cannot_create(directory: &Path, error: &std::io::Error) -> Error {
    Error::failed(format!("cannot create a provider mirror in {}: {error}", directory.display()))
}

/// The platform by Terraform's name, which is Go's: `linux_amd64`.
pub(crate) fn platform() -> String {
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        os => os,
    };
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        "powerpc64le" => "ppc64le",
        arch => arch,
    };
    format!("{os}_{arch}")
}

/// The CLI configuration. It has no `direct` block, so Terraform searches only the mirror.
fn cli_config(mirror: &Path) -> Result<String, Error> {
    let displayed = mirror.display();
    // The configuration format cannot escape an interpolation.
    let path = mirror.to_str().filter(|path| !path.contains("${") && !path.contains(char::is_control));
    let Some(path) = path else {
        return Err(Error::failed(format!(
            "Terraform's configuration cannot contain the path {displayed}. Use a path that is \
             UTF-8 without control characters and without \"${{\""
        )));
    };
    let path = path.replace('\\', "\\\\").replace('"', "\\\"");
    Ok(format!(
        r#"disable_checkpoint = true

provider_installation {{
  filesystem_mirror {{
    path = "{path}"
  }}
}}
"#
    ))
}

fn link_or_copy(from: &Path, to: &Path) -> std::io::Result<()> {
    match fs::remove_file(to) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // A hard link fails across file systems.
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(drop))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_for_the_cli_configuration() {
        let text = cli_config(Path::new(r#"/a "b" \c"#)).unwrap();
        assert!(text.contains(r#"path = "/a \"b\" \\c""#), "{text}");
    }

    #[test]
    fn paths_that_cannot_be_quoted_are_refused() {
        for path in ["/a/${b}", "/a\nb"] {
            let error = cli_config(Path::new(path)).unwrap_err().to_string();
            assert!(error.contains(path), "{error}");
        }
    }
}
