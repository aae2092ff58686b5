//! The `schema` command, compared with the schemas that a real Terraform prints.

use std::process::{Command, Stdio};

use serde_json::Value;
use testkit::mirror::SOURCE;
use testkit::terraform::Version;

use super::harness::Workspace;
use crate::BINARY;

pub(crate) fn printed_schema_is_what_terraform_reads(workspace: &Workspace) {
    workspace.init();
    let expected = workspace.run(&["providers", "schema", "-json"]).succeeded();
    let expected: Value = serde_json::from_str(&expected.stdout).unwrap();

    let output = Command::new(BINARY).arg("schema").env_clear().stdin(Stdio::null()).output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
    let mut printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    if workspace.terraform().version() < Version::new(1, 14, 0) {
        let ours = printed["provider_schemas"][SOURCE].as_object_mut().unwrap();
        assert!(ours.remove("action_schemas").is_some());
    }
    assert_eq!(printed, expected);
}
