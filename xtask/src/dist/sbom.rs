//! The software bill of materials (SBOM) of a binary, as CycloneDX 1.6 JSON.
//!
//! It has neither a serial number nor a time stamp, so that it is reproducible.

use serde::Serialize;
use serde_json::{Value, json};

use crate::mirror::{PROVIDER, VERSION};

use super::archive::checksum;
use super::build::BuiltBinary;
use super::packages::{Package, Packages};
use super::target::{Libc, Target};
use super::toolchain::Toolchain;

/// A component of the binary.
#[derive(Serialize)]
struct Component {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref")]
    reference: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<Value>,
    purl: String,
}

/// The document as text.
pub(super) fn text(target: &Target, built: &BuiltBinary, packages: &Packages, toolchain: &Toolchain) -> String {
    let mut linked: Vec<&Package> =
        packages.packages.iter().filter(|package| built.linked.contains(&package.id)).collect();
    linked.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    let is_provider = |package: &Package| package.name == PROVIDER;
    let mut components: Vec<Component> = linked
        .iter()
        .filter(|package| !is_provider(package))
        .map(|package| crate_component(package, packages))
        .collect();
    components.extend(rust_components(target, toolchain));
    let dependencies: Vec<Value> = linked
        .iter()
        .map(|package| {
            let mut on: Vec<String> = packages
                .linked_dependencies(&package.id, &built.linked)
                .filter_map(|id| linked.iter().find(|package| package.id == id))
                .map(|package| purl(package))
                .collect();
            on.sort();
            on.dedup();
            json!({ "ref": purl(package), "dependsOn": on })
        })
        .collect();
    let license = linked.iter().find(|package| is_provider(package)).and_then(|package| package.license.clone());
    let provider = Component {
        kind: "application",
        reference: format!("pkg:generic/{PROVIDER}@{VERSION}"),
        name: PROVIDER.to_owned(),
        version: Some(VERSION.to_owned()),
        description: Some(format!("the binary for {target}")),
        hashes: vec![sha256(&checksum(&built.binary))],
        licenses: license.iter().map(|license| license_expression(license)).collect(),
        purl: format!("pkg:generic/{PROVIDER}@{VERSION}"),
    };
    let document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": provider },
        "components": components,
        "dependencies": dependencies,
    });
    format!("{document:#}\n")
}

fn crate_component(package: &Package, packages: &Packages) -> Component {
    Component {
        kind: "library",
        reference: purl(package),
        name: package.name.clone(),
        version: Some(package.version.clone()),
        description: package.description.as_deref().map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")),
        hashes: packages.checksum(package).into_iter().map(sha256).collect(),
        licenses: package.license.iter().map(|license| license_expression(license)).collect(),
        purl: purl(package),
    }
}

/// The standard library, and musl, which Rust ships.
fn rust_components(target: &Target, toolchain: &Toolchain) -> Vec<Component> {
    let library = |name: &str, version: Option<&str>, license: &str| {
        let purl = match version {
            Some(version) => format!("pkg:generic/{name}@{version}"),
            None => format!("pkg:generic/{name}"),
        };
        Component {
            kind: "library",
            reference: purl.clone(),
            name: name.to_owned(),
            version: version.map(str::to_owned),
            description: Some("shipped with the Rust compiler".to_owned()),
            hashes: Vec::new(),
            licenses: vec![license_expression(license)],
            purl,
        }
    };
    let mut brought = vec![library("rust-std", Some(&toolchain.release), "MIT OR Apache-2.0")];
    if target.libc == Libc::Musl {
        brought.push(library("musl", None, "MIT"));
    }
    brought
}

/// The package URL. A plus sign is escaped, because some tools decode it as a space.
fn purl(package: &Package) -> String {
    let kind = if package.name == PROVIDER { "generic" } else { "cargo" };
    format!("pkg:{kind}/{}@{}", package.name, package.version.replace('+', "%2B"))
}

fn sha256(hexadecimal: &str) -> Value {
    json!({ "alg": "SHA-256", "content": hexadecimal })
}

/// An SPDX expression. Older crates separate alternatives with a slash.
fn license_expression(license: &str) -> Value {
    let parts: Vec<&str> = license.split('/').map(str::trim).collect();
    json!({ "expression": parts.join(" OR ") })
}

#[cfg(test)]
mod tests {
    use crate::dist::packages::tests::example;

    use super::*;

    fn sbom(target: &Target) -> Value {
        let mut packages = example();
        for package in &mut packages.packages {
            if package.id == "it" {
                package.name = PROVIDER.to_owned();
                package.version = VERSION.to_owned();
            }
        }
        let toolchain = Toolchain {
            sysroot: "/rust".into(),
            host: String::new(),
            release: "1.95.0".to_owned(),
            commit: String::new(),
        };
        let linked = ["it", "a", "b"].map(str::to_owned).into();
        let built = BuiltBinary { binary: b"abc".to_vec(), linked, needs: String::new() };
        let first = text(target, &built, &packages, &toolchain);
        packages.packages.reverse();
        assert_eq!(text(target, &built, &packages, &toolchain), first, "independent of cargo's order");
        serde_json::from_str(&first).unwrap()
    }

    #[test]
    fn linked_packages_are_listed_with_license_and_checksum() {
        let sbom = sbom(&Target::RELEASED[0]);
        let names: Vec<_> = sbom["components"].as_array().unwrap().iter().map(|it| it["name"].clone()).collect();
        assert_eq!(names, ["a", "b", "rust-std", "musl"]);
        assert_eq!(
            sbom["components"][0],
            json!({
                "type": "library", "bom-ref": "pkg:cargo/a@1.0.0%2Bc", "name": "a", "version": "1.0.0+c",
                "hashes": [{"alg": "SHA-256", "content": "12ab"}],
                "licenses": [{"expression": "MIT OR Apache-2.0"}], "purl": "pkg:cargo/a@1.0.0%2Bc",
            })
        );
        assert_eq!(sbom["components"][1].get("licenses"), None, "it has no license");
        let provider = format!("pkg:generic/{PROVIDER}@{VERSION}");
        let of_provider = sbom["dependencies"].as_array().unwrap().iter().find(|it| it["ref"] == provider.as_str());
        assert_eq!(of_provider.unwrap()["dependsOn"], json!(["pkg:cargo/a@1.0.0%2Bc"]));
        assert_eq!(
            sbom["metadata"]["component"]["hashes"][0]["content"],
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "the digest of abc in FIPS 180-2"
        );
    }

    #[test]
    fn musl_is_listed_for_static_binaries_only() {
        let sbom = sbom(&Target::parse("x86_64-unknown-linux-gnu").unwrap());
        assert!(sbom["components"].as_array().unwrap().iter().all(|it| it["name"] != "musl"));
    }
}
