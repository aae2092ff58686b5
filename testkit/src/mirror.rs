//! A provider mirror: lets Terraform use a locally built provider, without access to a registry.
//!
//! Terraform and OpenTofu can search a filesystem mirror instead of a registry. A CLI configuration file makes the
//! mirror the only place to search.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

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
pub struct Mirror(PathBuf);

impl Mirror {
    /// Creates the mirror below `directory`, with the provider binary from `binary`. Replaces an earlier mirror.
    ///
    /// # Errors
    /// A file cannot be written, or the path cannot be written in the CLI configuration.
    pub fn create(directory: &Path, binary: &Path) -> Result<Self> {
        let mirror = Self(std::path::absolute(directory)?);
        let text = cli_config(&mirror.0.join("mirror"))?;
        fs::create_dir_all(mirror.0.join("home"))
            .and_then(|()| fs::write(mirror.cli_config(), text))
            .with_context(|| format!("cannot create a provider mirror in {}", directory.display()))?;
        mirror.add(SOURCE, VERSION, binary)?;
        Ok(mirror)
    }

    /// Adds another provider, by its full source address (`registry.terraform.io/hashicorp/null`), or replaces it.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn add(&self, source: &str, version: &str, binary: &Path) -> Result<()> {
        let path = self.path_of(source, version);
        // A hard link cannot cross filesystems, and fails if the file exists.
        fs::create_dir_all(path.with_file_name(""))
            .and_then(|()| if path.exists() { fs::remove_file(&path) } else { Ok(()) })
            .and_then(|()| fs::hard_link(binary, &path).or_else(|_| fs::copy(binary, &path).map(drop)))
            .with_context(|| format!("cannot put {} into the mirror as {}", binary.display(), path.display()))
    }

    /// A command that runs this Terraform with the mirror as the only source and with an empty home directory. See
    /// [`Terraform::command`].
    pub fn command(&self, terraform: &Terraform) -> Command {
        let mut command = terraform.command();
        command.env("HOME", self.0.join("home")).env("TF_CLI_CONFIG_FILE", self.cli_config());
        command
    }

    /// The path of the provider in the mirror.
    pub fn provider(&self) -> PathBuf {
        self.path_of(SOURCE, VERSION)
    }

    /// The CLI configuration file.
    pub fn cli_config(&self) -> PathBuf {
        self.0.join("terraform.rc")
    }

    fn path_of(&self, source: &str, version: &str) -> PathBuf {
        let type_name = source.rsplit('/').next().unwrap_or_default();
        let directory = self.0.join("mirror").join(source).join(version).join(platform());
        directory.join(format!("terraform-provider-{type_name}_v{version}"))
    }
}

/// Terraform's name for this platform, which is also Go's: `linux_amd64`.
pub fn platform() -> String {
    let os = std::env::consts::OS.replace("macos", "darwin");
    let arch = std::env::consts::ARCH.replace("x86_64", "amd64").replace("aarch64", "arm64");
    format!("{os}_{arch}")
}

/// The CLI configuration. It has no `direct` block, so Terraform searches only the mirror.
fn cli_config(mirror: &Path) -> Result<String> {
    // The configuration format cannot escape an interpolation.
    let path = mirror.to_str().filter(|path| !path.contains("${") && !path.contains(char::is_control));
    let path = path.with_context(|| {
        format!(
            "Terraform's configuration cannot contain the path {}. \
             Use a path that is UTF-8 without control characters and without \"${{\".",
            mirror.display()
        )
    })?;
    let path = path.replace('\\', "\\\\").replace('"', "\\\"");
    Ok(format!(
        "disable_checkpoint = true\n\nprovider_installation {{\n  filesystem_mirror {{\n    path = \"{path}\"\n  }}\n}}\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirror_is_unpacked_and_a_new_binary_replaces_the_old() {
        let directory = tempfile::tempdir().unwrap();
        let binary = directory.path().join("binary");
        let provider = |source: &str, version: &str, name: &str| {
            let directory = directory.path().join("mirror").join(source).join(version).join(platform());
            fs::read_to_string(directory.join(format!("terraform-provider-{name}_v{version}"))).unwrap()
        };
        for content in ["first", "second"] {
            fs::write(&binary, content).unwrap();
            let mirror = Mirror::create(directory.path(), &binary).unwrap();
            assert_eq!(provider(SOURCE, VERSION, "huaweicloud-kafka"), content);
            let null = "registry.terraform.io/hashicorp/null";
            mirror.add(null, "3.2.4", &binary).unwrap();
            assert_eq!(provider(null, "3.2.4", "null"), content);
            fs::remove_file(&binary).unwrap();
        }
    }

    #[test]
    fn paths_are_quoted_for_the_cli_configuration_or_refused() {
        let text = cli_config(Path::new(r#"/a "b" \c"#)).unwrap();
        assert!(text.contains(r#"path = "/a \"b\" \\c""#), "{text}");
        for path in ["/a/${b}", "/a\nb"] {
            let error = cli_config(Path::new(path)).unwrap_err().to_string();
            assert!(error.contains(path), "{error}");
        }
    }
}
