//! `huaweicloud_kafka_offset_reset`: resets a consumer group's offsets once, when it is created.

mod request;
mod resource;
mod run;
mod schema;

pub(super) use resource::KafkaOffsetReset;
