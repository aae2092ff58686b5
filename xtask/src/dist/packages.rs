//! The dependency tree, from cargo's metadata and the lock file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

use crate::Error;
use crate::process::Supervisor;
use crate::workspace::Workspace;

use super::target::Target;

/// The output of `cargo metadata` for one target.
#[derive(Deserialize)]
pub(super) struct Packages {
    pub(super) packages: Vec<Package>,
    resolve: Resolve,
    #[serde(skip)]
    checksums: BTreeMap<(String, String), String>,
}

/// A package.
#[derive(Clone, Deserialize)]
pub(super) struct Package {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) version: String,
    #[serde(default)]
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) license: Option<String>,
    /// `None` for packages of this workspace.
    #[serde(default)]
    source: Option<String>,
    manifest_path: PathBuf,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    /// `None` for a normal dependency, otherwise `build` or `dev`.
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    #[serde(default)]
    checksum: Option<String>,
}

impl Packages {
    pub(super) fn read(workspace: &Workspace, target: &Target, supervisor: &Supervisor) -> Result<Self, Error> {
        let mut command = workspace.cargo();
        command.args(["metadata", "--locked", "--format-version", "1", "--filter-platform", target.triple]);
        let output = supervisor.succeed(&mut command)?;
        let mut packages: Self = serde_json::from_slice(&output)
            .map_err(|error| Error::failed(format!("cannot read `cargo metadata`: {error}")))?;
        let path = workspace.root().join("Cargo.lock");
        let failed = |error: &dyn std::error::Error| Error::failed(format!("cannot read {}: {error}", path.display()));
        let text = fs::read_to_string(&path).map_err(|error| failed(&error))?;
        packages.checksums = checksums(&text).map_err(|error| failed(&error))?;
        Ok(packages)
    }

    /// The directories with the unpacked packages of the registries.
    pub(super) fn registry_directories(&self) -> BTreeSet<PathBuf> {
        let from_registry = self.packages.iter().filter(|package| package.source.is_some());
        from_registry.filter_map(|package| Some(package.manifest_path.parent()?.parent()?.to_owned())).collect()
    }

    /// The SHA-256 of the package file in the registry.
    pub(super) fn checksum(&self, package: &Package) -> Option<&str> {
        self.checksums.get(&(package.name.clone(), package.version.clone())).map(String::as_str)
    }

    /// The direct normal dependencies of a package, restricted to `among`.
    pub(super) fn linked_dependencies<'a>(
        &'a self,
        id: &'a str,
        among: &'a BTreeSet<String>,
    ) -> impl Iterator<Item = &'a str> + 'a {
        let nodes = self.resolve.nodes.iter().filter(move |node| node.id == id);
        nodes
            .flat_map(|node| &node.deps)
            .filter(|dependency| dependency.dep_kinds.iter().any(|kind| kind.kind.is_none()))
            .map(|dependency| dependency.pkg.as_str())
            .filter(|dependency| among.contains(*dependency))
    }
}

fn checksums(lock: &str) -> Result<BTreeMap<(String, String), String>, toml::de::Error> {
    let lock: Lock = toml::from_str(lock)?;
    let packages = lock.package.into_iter();
    Ok(packages.filter_map(|locked| Some(((locked.name, locked.version), locked.checksum?))).collect())
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    /// A binary that links `a`, which links `b`. Its build script and its tests have more dependencies.
    pub(in super::super) fn example() -> Packages {
        let package = |id: &str, license: Option<&str>, source: Option<&str>| {
            json!({"id": id, "name": id, "version": "1.0.0+c", "license": license, "source": source,
                "manifest_path": format!("/cargo/registry/src/mirror-1/{id}/Cargo.toml")})
        };
        let on = |pkg: &str, kind: Option<&str>| json!({"pkg": pkg, "dep_kinds": [{"kind": kind}]});
        let registry = Some("registry+https://github.com/rust-lang/crates.io-index");
        let mut packages: Packages = serde_json::from_value(json!({
            "packages": [
                package("it", Some("MPL-2.0"), None),
                package("b", None, registry),
                package("a", Some("MIT/Apache-2.0"), registry),
                package("generator", Some("MIT"), registry),
            ],
            "resolve": {"nodes": [
                {"id": "it", "deps": [on("a", None), on("generator", Some("build")), on("b", Some("dev"))]},
                {"id": "a", "deps": [on("b", None), on("generator", None)]},
                {"id": "b", "deps": []},
            ]},
        }))
        .unwrap();
        packages.checksums = checksums(
            "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0+c\"\nchecksum = \"12ab\"\n\
             [[package]]\nname = \"it\"\nversion = \"1.0.0+c\"\n",
        )
        .unwrap();
        packages
    }

    #[test]
    fn only_normal_dependencies_are_linked() {
        let packages = example();
        let linked = ["it", "a", "b"].map(str::to_owned).into();
        assert_eq!(packages.linked_dependencies("it", &linked).collect::<Vec<_>>(), ["a"]);
        assert_eq!(packages.linked_dependencies("a", &linked).collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn each_registry_has_one_directory() {
        let directories: Vec<_> = example().registry_directories().into_iter().collect();
        assert_eq!(directories, [PathBuf::from("/cargo/registry/src/mirror-1")]);
    }
}
