//! `huaweicloud_kafka_consumer_group`: the data source that reads the current state of a group.

mod data_source;
mod schema;

pub(super) use data_source::{KafkaConsumerGroup, TITLES};
pub(super) use schema::{Member, members};
