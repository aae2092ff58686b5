//! Fuzzes the target `sdk_file`.
#![forbid(unsafe_code)]
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| terraform_provider_huaweicloud_kafka::fuzzing::sdk_file(data));
