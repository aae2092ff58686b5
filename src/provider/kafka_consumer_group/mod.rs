//! `huaweicloud_kafka_consumer_group`: the data source that shows a group as it is now.

mod data_source;
mod schema;

pub(super) use data_source::KafkaConsumerGroup;
