//! Fuzzes the target `retry_after`.
#![forbid(unsafe_code)]
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| terraform_provider_huaweicloud_kafka::fuzzing::retry_after(data));
