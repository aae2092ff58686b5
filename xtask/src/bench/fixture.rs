//! The fixture of `bench` and `guard`: the built programs, the emulator's seed and Terraform's configurations.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use serde_json::json;
use testkit::mirror::PROVIDER;
use testkit::workspace::{CLIENT, CLIENT_PACKAGE, EMULATOR, WorkingDirectory, Workspace};
use testkit::{Environment, process};

use crate::emulator::Emulator;
use crate::output::println;

const REGION: &str = "cn-north-4";
const INSTANCE: &str = "00000000-0000-4000-8000-00000000be7c";
/// The environment variables of every provider: the region, and the only credentials of the seed.
pub(super) const VARIABLES: [(&str, &str); 3] = [
    ("HW_REGION_NAME", REGION),
    ("HW_ACCESS_KEY", "BENCHACCESSKEY000001"),
    ("HW_SECRET_KEY", "not-a-secret-for-measurements-only-00001"),
];

/// The built programs, and a directory for their files.
pub(crate) struct Fixture {
    pub(crate) environment: Environment,
    pub(crate) workspace: Workspace,
    pub(crate) provider: PathBuf,
    client: PathBuf,
    emulator: PathBuf,
    pub(crate) directory: WorkingDirectory,
}

impl Fixture {
    /// Builds the provider in release mode, and the other programs with these arguments of cargo. First installs the
    /// signal handlers of this process.
    pub(crate) fn build(directory: &str, arguments: &[&str]) -> Result<Self> {
        println("Build the provider, the emulator and the plugin client");
        process::catch_signals()?;
        let workspace = Workspace::read()?;
        let [provider] = workspace.build([PROVIDER], &["--package", PROVIDER, "--release"])?;
        let [client] = workspace.build([CLIENT], &[&CLIENT_PACKAGE, arguments].concat())?;
        let [emulator] = workspace.build([EMULATOR], &[&["--package", EMULATOR], arguments].concat())?;
        let directory = WorkingDirectory::recreate(&workspace.target().join(directory))?;
        let environment = Environment::from_current_process();
        Ok(Self { environment, workspace, provider, client, emulator, directory })
    }

    /// Starts an emulator with exactly this many groups, because the measured time includes searching them.
    pub(crate) fn start_emulator(&self, groups: u32) -> Result<Emulator> {
        let file = self.directory.path().join("seed.json");
        fs::write(&file, seed(groups))?;
        let mut command = self.environment.command(&self.emulator);
        command.arg("--seed").arg(file);
        Emulator::start(command, &self.directory.path().join("emulator.log"))
    }

    /// Runs the plugin client, which starts the provider or a program that runs it. Returns the measurements by name.
    pub(crate) fn client(&self, arguments: &[&str], program: &[&OsStr]) -> Result<BTreeMap<String, Vec<f64>>> {
        let mut command = self.environment.command(&self.client);
        command.args(arguments).arg(format!("instance_id={INSTANCE}")).arg("--").args(program).envs(VARIABLES);
        Ok(serde_json::from_slice(&process::output(&mut command)?)?)
    }
}

/// A seed with one instance, a topic of one partition, and this many groups that have read a part of it. The first
/// message dates from 2024-01-01T00:00:00Z, and there is one message per second.
fn seed(groups: u32) -> String {
    let project = "0d0e0f0000000000000000000000be7c";
    let [_, (_, access_key), (_, secret_key)] = VARIABLES;
    let groups = (0..groups).map(|number| json!({"name": format!("group-{number}"), "offsets": {"orders": [41]}}));
    json!({
        "projects": [{"id": project, "name": REGION}],
        "credentials": [{"access_key": access_key, "secret_key": secret_key}],
        "instances": [{
            "id": INSTANCE,
            "project_id": project,
            "topics": [{"name": "orders", "partitions": [{"log_end": 100}]}],
            "groups": groups.collect::<Vec<_>>(),
        }],
    })
    .to_string()
}

/// A configuration with this many resets by the provider from `source`.
pub(super) fn resets(count: u32, url: &str, source: &str, resource: &str, arguments: &str) -> String {
    format!(
        r#"terraform {{
  required_providers {{
    huaweicloud = {{
      source = "{source}"
    }}
  }}
}}
provider "huaweicloud" {{
  # The official provider signs in at this address.
  auth_url  = "{url}/v3"
  endpoints = {{ dms = "{url}", iam = "{url}" }}
}}
resource "{resource}" "this" {{
  count          = {count}
  instance_id    = "{INSTANCE}"
  group          = "group-${{count.index}}"
  topic          = "orders"
  message_offset = 10
  {arguments}
}}
"#
    )
}

/// The floor: resources that are built into Terraform, so they need no plugin and no requests. Each has this many
/// additional bytes of state, because Terraform also copies and compares the state of a reset.
pub(super) fn floor(count: u32, bytes: usize) -> String {
    // The state holds the padding twice: as input and as output.
    let padding = "x".repeat(bytes / 2);
    format!(
        "resource \"terraform_data\" \"this\" {{\n  count = {count}\n  input = \"${{count.index}} {padding}\"\n}}\n"
    )
}
