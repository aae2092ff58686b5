//! Rules of the repository that the compiler does not check: dependencies between layers, the first line and the length
//! of files, and unused snapshots.

use std::fs;

use crate::repository::{read_files_under, root};

/// The maximum number of lines in a source file.
const MAX_LINES: usize = 500;

/// Every Rust file below the folders, with its path from the root.
fn rust_files(folders: &[&str]) -> Vec<(String, String)> {
    folders.iter().flat_map(|folder| read_files_under(folder, &[".rs"])).collect()
}

fn assert_absent(folder: &str, banned: &[&str]) {
    for (name, text) in rust_files(&[folder]) {
        for (number, line) in text.lines().enumerate() {
            // The name of the crate contains banned words.
            let line = &line.replace("terraform_provider_huaweicloud_kafka", "");
            for word in banned {
                let found = line.to_lowercase().contains(&word.to_lowercase());
                assert!(!found, "{name}:{}: {word:?} does not belong in this layer:\n{line}", number + 1);
            }
        }
    }
}

#[test]
fn framework_does_not_depend_on_the_cloud() {
    assert_absent("src/tf_provider", &["crate::huaweicloud", "crate::provider", "huawei", "reqwest", "kafka"]);
}

#[test]
fn cloud_layer_does_not_depend_on_terraform() {
    assert_absent(
        "src/huaweicloud",
        &["crate::tf_provider", "crate::provider", "terraform", "diagnostic", "tonic", "prost", "msgpack"],
    );
}

#[test]
fn product_uses_neither_the_wire_format_nor_http() {
    assert_absent("src/provider", &["tf_provider::pb", "msgpack", "tonic", "prost", "reqwest", "aws_lc_rs"]);
}

#[test]
fn emulator_shares_no_code_with_the_provider() {
    assert_absent("emulator/src", &["terraform_provider_huaweicloud_kafka", "tonic", "prost"]);
    let manifest = fs::read_to_string(root().join("emulator/Cargo.toml")).unwrap();
    for package in ["terraform-provider-huaweicloud-kafka", "\"plugin\""] {
        assert!(!manifest.contains(package), "the emulator depends on the provider: {package}");
    }
}

#[test]
fn xtask_does_not_link_the_provider() {
    let manifest = fs::read_to_string(root().join("xtask/Cargo.toml")).unwrap();
    for package in ["terraform-provider-huaweicloud-kafka", "dms-emulator", "\"plugin\""] {
        assert!(!manifest.contains(package), "xtask depends on {package}");
    }
}

#[test]
fn plugin_client_depends_only_on_the_protocol() {
    assert_absent("testkit/src/plugin", &["::huaweicloud::", "::provider::", "reqwest", "dms_emulator"]);
}

#[test]
fn every_file_states_its_purpose_and_is_small() {
    for (name, text) in rust_files(&["src", "benches", "emulator", "testkit", "xtask", "tests"]) {
        assert!(text.starts_with("//! "), "{name}: begin the file with a line that states its purpose");
        let lines = text.lines().count();
        assert!(lines <= MAX_LINES, "{name} has {lines} lines: split it");
    }
}

/// A snapshot is compared by the test that has its name, in the file that its `source:` names.
#[test]
fn every_snapshot_belongs_to_a_test() {
    let mut unused = Vec::new();
    for (name, snapshot) in read_files_under("tests/it", &[".snap"]) {
        let source = snapshot.lines().find_map(|line| line.strip_prefix("source: ")).unwrap_or_default();
        let (directory, file) = name.rsplit_once("/snapshots/").expect("a directory of snapshots");
        let test = file.rsplit_once("__").and_then(|(_, test)| test.strip_suffix(".snap")).unwrap_or_default();
        let text = fs::read_to_string(root().join(source)).unwrap_or_default();
        let function = text.split_once(&format!("fn {test}(")).map_or("", |(_, rest)| rest);
        let function = function.split("\n}\n").next().unwrap_or_default();
        if !source.starts_with(directory) || !function.contains("assert_snapshot!(") {
            unused.push(name);
        }
    }
    assert_eq!(unused, Vec::<String>::new(), "delete these snapshots: no test compares them");
}

/// The lints in Cargo.toml forbid it too. The attribute shows it to readers of a single crate.
#[test]
fn every_crate_forbids_unsafe_code() {
    let mut roots = rust_files(&["src", "emulator/src", "testkit/src", "xtask/src"]);
    roots.retain(|(name, text)| name.ends_with("src/lib.rs") || text.contains("fn main()"));
    roots.extend(rust_files(&["fuzz/fuzz_targets"]));
    roots.push(("build.rs".to_owned(), fs::read_to_string(root().join("build.rs")).unwrap()));
    for (name, text) in roots {
        assert!(text.contains("\n#![forbid(unsafe_code)]\n"), "{name}: add #![forbid(unsafe_code)]");
    }
}

#[test]
fn every_dependency_has_a_reason() {
    for manifest in ["Cargo.toml", "emulator/Cargo.toml", "fuzz/Cargo.toml", "testkit/Cargo.toml", "xtask/Cargo.toml"] {
        let text = fs::read_to_string(root().join(manifest)).unwrap();
        let mut in_dependencies = false;
        let mut previous = "";
        for line in text.lines() {
            if line.starts_with('[') {
                in_dependencies = line.contains("dependencies");
            } else if in_dependencies && line.contains('=') && !line.starts_with([' ', '#']) {
                assert!(previous.starts_with('#'), "{manifest}: state the reason above this line:\n{line}");
            }
            previous = line;
        }
    }
}

#[test]
fn fuzz_targets_use_the_locked_versions_of_the_provider() {
    let packages = |file: &str| -> Vec<String> {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let packages = text.split("[[package]]\n").skip(1);
        packages.map(|package| package.lines().take(2).collect::<Vec<_>>().join(", ")).collect()
    };
    let shipped = packages("Cargo.lock");
    let more: Vec<String> = packages("fuzz/Cargo.lock").into_iter().filter(|it| !shipped.contains(it)).collect();
    let names: Vec<&str> = more.iter().filter_map(|it| it.split('"').nth(1)).collect();
    assert_eq!(names, ["arbitrary", "fuzz", "libfuzzer-sys"], "see fuzz/README.md: {more:?}");
}
