//! Fuzzes the target `moved_state`.
#![forbid(unsafe_code)]
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| terraform_provider_huaweicloud_kafka::fuzzing::moved_state(data));
