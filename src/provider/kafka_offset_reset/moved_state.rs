//! Converts the state of the official provider's resource (`moved` block), so that changing providers resets nothing.

use serde::Deserialize;

use crate::tf_provider::value::{Attr, Number};
use crate::tf_provider::{AttributePath, Diagnostics, MoveRequest};

use super::arguments::{ALL_PARTITIONS, CLAMP, OffsetReset, Timeouts, WAIT_FOR_INACTIVE};

const SOURCE_PROVIDER: &str = "huaweicloud";
const SOURCE_TYPE: &str = "huaweicloud_dms_kafka_message_offset_reset";
const UNREADABLE_STATE: &str = "State of the official provider not understood";
/// The patterns of all titles, as the documentation lists them.
pub(crate) const TITLES: &[&str] = &[UNREADABLE_STATE];

/// The state of the official resource, schema version 0. Offset and time are strings; an empty string means not set.
#[derive(Deserialize)]
struct OfficialState {
    id: Option<String>,
    region: Option<String>,
    instance_id: Option<String>,
    group: Option<String>,
    partition: Option<i64>,
    topic: Option<String>,
    message_offset: Option<String>,
    timestamp: Option<String>,
    timeouts: Option<OfficialTimeouts>,
}

#[derive(Deserialize)]
struct OfficialTimeouts {
    create: Option<String>,
}

/// `None`: the state is of another provider or type. Ignores the host and the namespace of the provider's address,
/// because mirrors and forks have different ones, and some versions of OpenTofu send only the last part.
pub(super) fn from_official_provider(request: &MoveRequest) -> Option<Result<OffsetReset, Diagnostics>> {
    let provider = request.source_provider_address.rsplit('/').next().unwrap_or_default();
    if provider != SOURCE_PROVIDER || request.source_type_name != SOURCE_TYPE {
        return None;
    }
    if request.source_schema_version != 0 {
        return Some(Err(unreadable(&format!(
            "its schema version is {}, and this provider supports only version 0",
            request.source_schema_version
        ))));
    }
    Some(match serde_json::from_slice(&request.source_state) {
        Ok(official) => convert(official),
        Err(error) => Err(unreadable(&error.to_string())),
    })
}

fn convert(official: OfficialState) -> Result<OffsetReset, Diagnostics> {
    let text = |text: Option<String>| Attr::from_option(text.filter(|text| !text.is_empty()));
    Ok(OffsetReset {
        id: text(official.id),
        region: text(official.region),
        instance_id: text(official.instance_id),
        group: text(official.group),
        topic: text(official.topic),
        partition: Attr::Known(official.partition.unwrap_or(ALL_PARTITIONS)),
        message_offset: number("message_offset", official.message_offset)?,
        timestamp: number("timestamp", official.timestamp)?,
        // The defaults of a plan. Other values would be planned as a change.
        on_out_of_range: Attr::Known(CLAMP.to_owned()),
        require_inactive_group: Attr::Known(true),
        wait_for_inactive: Attr::Known(WAIT_FOR_INACTIVE.to_owned()),
        verify: Attr::Known(true),
        preview: Attr::Known(false),
        timeouts: Attr::from_option(official.timeouts.map(|it| Timeouts { create: text(it.create) })),
        ..OffsetReset::default()
    })
}

fn number(name: &str, text: Option<String>) -> Result<Attr<Number>, Diagnostics> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(Attr::Null) };
    match text.parse() {
        Ok(number) => Ok(Attr::Known(number)),
        Err(error) => Err(unreadable(&format!("{name} is {text:?}, {error}"))),
    }
}

fn unreadable(why: &str) -> Diagnostics {
    Diagnostics::from_error(
        AttributePath::root(),
        UNREADABLE_STATE,
        format!(
            "The state of {SOURCE_TYPE} cannot be converted: {why}. Replace the moved block with a removed {{ \
             from = … }} block for the old resource. It removes the old reset from the state, and changes no offset."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(address: &str, type_name: &str, state: &str) -> MoveRequest {
        MoveRequest {
            source_provider_address: address.to_owned(),
            source_type_name: type_name.to_owned(),
            source_schema_version: 0,
            source_state: state.as_bytes().to_vec(),
        }
    }

    /// As the official resource stores it: numbers as strings, and null if not set.
    const STATE: &str = r#"{"id":"6ad6f1f5","region":"cn-north-4","instance_id":"i","group":"g","partition":0,
        "topic":"t","message_offset":null,"timestamp":"1571812144000","timeouts":{"create":"10m"}}"#;

    #[test]
    fn strings_become_numbers_and_defaults_are_filled_in() {
        for address in ["registry.terraform.io/huaweicloud/huaweicloud", "example.com/fork/huaweicloud", "huaweicloud"]
        {
            let moved = from_official_provider(&request(address, SOURCE_TYPE, STATE)).unwrap().unwrap();
            assert_eq!(moved.timestamp, Attr::Known(Number::from(1_571_812_144_000_i64)));
            assert_eq!(moved.message_offset, Attr::Null);
            assert_eq!((moved.partition, moved.verify), (Attr::Known(0), Attr::Known(true)));
            assert_eq!(moved.id, Attr::Known("6ad6f1f5".to_owned()));
            assert_eq!(moved.timeouts, Attr::Known(Timeouts { create: Attr::Known("10m".to_owned()) }));
        }
    }

    #[test]
    fn empty_strings_are_not_set() {
        let state =
            r#"{"id":"1","instance_id":"i","group":"g","partition":-1,"topic":"","message_offset":"","timestamp":"0"}"#;
        let moved = from_official_provider(&request("huaweicloud", SOURCE_TYPE, state)).unwrap().unwrap();
        assert_eq!((moved.topic, moved.message_offset), (Attr::Null, Attr::Null));
        assert_eq!(moved.timestamp, Attr::Known(Number::from(0_i64)));
    }

    #[test]
    fn state_of_other_sources_is_not_converted() {
        for (address, type_name) in [
            ("registry.terraform.io/huaweicloud/huaweicloud", "huaweicloud_dms_kafka_topic"),
            ("registry.terraform.io/hashicorp/random", SOURCE_TYPE),
            ("registry.terraform.io/huaweicloud/huaweicloud-kafka", SOURCE_TYPE),
        ] {
            assert!(from_official_provider(&request(address, type_name, STATE)).is_none(), "{address} {type_name}");
        }
    }

    #[test]
    fn unreadable_state_is_an_error() {
        for state in ["{", r#"{"timestamp":"soon"}"#, r#"{"partition":"0"}"#] {
            assert!(from_official_provider(&request("huaweicloud", SOURCE_TYPE, state)).unwrap().is_err(), "{state}");
        }
        let newer = MoveRequest { source_schema_version: 1, ..request("huaweicloud", SOURCE_TYPE, STATE) };
        assert!(from_official_provider(&newer).unwrap().is_err());
    }
}
