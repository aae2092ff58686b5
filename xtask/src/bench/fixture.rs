//! The world that is measured in: the emulator's seed, and Terraform's configurations.

use serde_json::json;

use crate::mirror::SOURCE;

pub(crate) const REGION: &str = "cn-north-4";
pub(crate) const INSTANCE: &str = "00000000-0000-4000-8000-00000000be7c";
pub(crate) const TOPIC: &str = "orders";
/// Names of groups, before their number.
pub(crate) const GROUP_PREFIX: &str = "group-";

/// One instance with a topic of one partition, and so many groups that have read a part of it.
pub(crate) fn seed(groups: u32) -> String {
    let project = "0d0e0f0000000000000000000000be7c";
    let groups = (0..groups).map(|number| json!({"name": format!("{GROUP_PREFIX}{number}"), "offsets": {TOPIC: [41]}}));
    json!({
        "projects": [{"id": project, "name": REGION}],
        "credentials": [{"access_key": "BENCHACCESSKEY000001", "secret_key": "not-a-secret-for-measurements-only-00001"}],
        "instances": [{
            "id": INSTANCE,
            "project_id": project,
            "topics": [{"name": TOPIC, "partitions": [{"log_end": 100}]}],
            "groups": groups.collect::<Vec<_>>(),
        }],
    })
    .to_string()
}

/// So many resets, with the checks before and after that are the default.
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

/// The floor: as many resources that Terraform itself provides, without a plugin and without requests.
pub(crate) fn floor(count: u32) -> String {
    format!("resource \"terraform_data\" \"this\" {{\n  count = {count}\n  input = count.index\n}}\n")
}

/// The floor with so many bytes more of state in each: what a reset keeps, Terraform copies and compares as well.
pub(crate) fn padded_floor(count: u32, bytes: usize) -> String {
    // Kept twice: as the input and as the output.
    let padding = "x".repeat(bytes / 2);
    format!(
        "resource \"terraform_data\" \"this\" {{\n  count = {count}\n  input = \"${{count.index}} {padding}\"\n}}\n"
    )
}

/// The same for our own client of the plugin protocol.
pub(crate) const CLIENT_ARGUMENTS: [&str; 10] =
    ["--region", REGION, "--instance", INSTANCE, "--group-prefix", GROUP_PREFIX, "--topic", TOPIC, "--offset", "10"];
