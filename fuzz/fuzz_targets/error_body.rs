//! Fuzzes the target `error_body`.
#![forbid(unsafe_code)]
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| terraform_provider_huaweicloud_kafka::fuzzing::error_body(data));
