//! The data for measurements: the emulator's seed and Terraform's configurations.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::Error;
use crate::mirror::SOURCE;
use crate::process::Supervisor;
use crate::quickstart::emulator::Emulator;

pub(crate) const REGION: &str = "cn-north-4";
pub(crate) const INSTANCE: &str = "00000000-0000-4000-8000-00000000be7c";
pub(crate) const TOPIC: &str = "orders";
/// The only key pair of the seed, in the variables that the provider reads.
pub(crate) const CREDENTIALS: [(&str, &str); 2] =
    [("HW_ACCESS_KEY", "BENCHACCESSKEY000001"), ("HW_SECRET_KEY", "not-a-secret-for-measurements-only-00001")];
/// The names of groups, without their number.
pub(crate) const GROUP_PREFIX: &str = "group-";

/// Starts the emulator in `command` with exactly this many groups. The seed and the log go to `directory`.
///
/// # Errors
/// The emulator does not start.
pub(crate) fn start_emulator(
    mut command: Command,
    groups: u32,
    directory: &Path,
    supervisor: &Supervisor,
) -> Result<Emulator, Error> {
    let file = directory.join(format!("seed-{groups}.json"));
    fs::write(&file, seed(groups))
        .map_err(|error| Error::failed(format!("cannot write {}: {error}", file.display())))?;
    command.arg("--seed").arg(file);
    Emulator::start(command, &directory.join("emulator.log"), supervisor)
}

/// A seed with one instance, a topic of one partition, and this many groups that have read a part of it.
fn seed(groups: u32) -> String {
    let project = "0d0e0f0000000000000000000000be7c";
    let [(_, access_key), (_, secret_key)] = CREDENTIALS;
    let groups = (0..groups).map(|number| json!({"name": format!("{GROUP_PREFIX}{number}"), "offsets": {TOPIC: [41]}}));
    json!({
        "projects": [{"id": project, "name": REGION}],
        "credentials": [{"access_key": access_key, "secret_key": secret_key}],
        "instances": [{
            "id": INSTANCE,
            "project_id": project,
            "topics": [{"name": TOPIC, "partitions": [{"log_end": 100}]}],
            "groups": groups.collect::<Vec<_>>(),
        }],
    })
    .to_string()
}

/// A configuration with this many resets, with the default checks before and after.
pub(crate) fn resets(count: u32, url: &str) -> String {
    format!(
        r#"terraform {{
  required_providers {{
    huaweicloud = {{
      source = "{SOURCE}"
    }}
  }}
}}

provider "huaweicloud" {{
  region    = "{REGION}"
  endpoints = {{ dms = "{url}", iam = "{url}" }}
}}

resource "huaweicloud_kafka_offset_reset" "this" {{
  count          = {count}
  instance_id    = "{INSTANCE}"
  group          = "{GROUP_PREFIX}${{count.index}}"
  topic          = "{TOPIC}"
  message_offset = 10
}}
"#
    )
}

/// The floor: the same number of resources that Terraform provides itself, without a plugin and without requests.
pub(crate) fn floor(count: u32) -> String {
    format!("resource \"terraform_data\" \"this\" {{\n  count = {count}\n  input = count.index\n}}\n")
}

/// The floor with additional bytes of state in each resource, because Terraform also copies and compares the state of a
/// reset.
pub(crate) fn padded_floor(count: u32, bytes: usize) -> String {
    // The state holds the padding twice: as input and as output.
    let padding = "x".repeat(bytes / 2);
    format!(
        "resource \"terraform_data\" \"this\" {{\n  count = {count}\n  input = \"${{count.index}} {padding}\"\n}}\n"
    )
}

/// The arguments of the plugin client for the same groups.
pub(crate) const CLIENT_INSTANCE: [&str; 6] =
    ["--region", REGION, "--instance", INSTANCE, "--group-prefix", GROUP_PREFIX];
/// The arguments of the plugin client for the same resets.
pub(crate) const CLIENT_TARGET: [&str; 4] = ["--topic", TOPIC, "--offset", "10"];
/// The emulator's first message dates from 2024-01-01T00:00:00Z, and there is one message per second.
pub(crate) const TIME_OF_OFFSET_10: &str = "2024-01-01T00:00:10Z";
