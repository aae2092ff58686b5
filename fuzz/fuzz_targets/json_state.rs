//! Fuzzes the target `json_state`.
#![forbid(unsafe_code)]
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| terraform_provider_huaweicloud_kafka::fuzzing::json_state(data));
