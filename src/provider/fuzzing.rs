//! Fuzz targets: times and durations as users write them, and the state of the official provider.

use crate::tf_provider::{MoveRequest, Resource};

use super::duration::parse_duration;
use super::kafka_offset_reset::{KafkaOffsetReset, fuzz_times};

/// Reads the text in each argument that takes a duration or a time, and resolves the reset.
pub fn times(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match parse_duration(&text) {
        Ok(_) => assert!(text.starts_with(|first: char| first.is_ascii_digit() || "+-.P".contains(first)), "{text:?}"),
        Err(error) => drop(error),
    }
    fuzz_times(&text);
}

/// Converts a state of the official provider, as a `moved` block does.
pub fn moved_state(bytes: &[u8]) {
    let request = MoveRequest {
        source_provider_address: "registry.terraform.io/huaweicloud/huaweicloud".to_owned(),
        source_type_name: "huaweicloud_dms_kafka_message_offset_reset".to_owned(),
        source_schema_version: 0,
        source_state: bytes.to_vec(),
    };
    let _ = KafkaOffsetReset.move_from(request);
}
