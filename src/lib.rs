//! A Terraform provider that resets the offsets of Kafka consumer groups on Huawei Cloud.
pub mod huaweicloud;
pub mod provider;
pub mod tf_provider;
