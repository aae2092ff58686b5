//! Tests with a real broker of cases that the end-to-end tests do not cover.

mod parity;

use std::path::Path;
use std::time::Instant;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use testkit::Environment;
use testkit::kafka::{Broker, Distribution};

use crate::state::GroupState;

use super::*;

/// Only a hang takes this long.
const TEST_TIMEOUT: Duration = Duration::from_secs(60);

/// A broker with the topic `t`, which has one partition.
struct TestCluster {
    kafka: Kafka,
    bootstrap: String,
    _broker: Broker,
    _directory: tempfile::TempDir,
}

impl TestCluster {
    fn new() -> Self {
        let target = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../target"));
        let environment = Environment::from_current_process();
        let directory = tempfile::tempdir_in(target).unwrap();
        let distribution = Distribution::install(&environment, target).unwrap();
        let broker = Broker::start(&distribution, directory.path()).unwrap();
        let bootstrap = broker.bootstrap().to_owned();
        let kafka = Kafka::connect(&bootstrap).unwrap();
        let cluster = Self { kafka, bootstrap, _broker: broker, _directory: directory };
        cluster.create_topic("t", &[]);
        cluster
    }

    fn admin(&self) -> AdminClient<DefaultClientContext> {
        client_config(&self.bootstrap).create().unwrap()
    }

    fn create_topic(&self, name: &str, settings: &[(&str, &str)]) {
        let mut topic = NewTopic::new(name, 1, TopicReplication::Fixed(1));
        for (setting, value) in settings {
            topic = topic.set(setting, value);
        }
        let created = wait(self.admin().create_topics([&topic], &options())).unwrap();
        created[0].as_ref().unwrap();
        // A broker learns about a new topic shortly after the response.
        wait_until("the topic does not appear", || self.kafka.logs(name).is_ok());
    }

    /// Deletes all messages before the offset.
    fn delete_records(&self, topic: &str, offset: i64) {
        let before = single_partition(topic, 0, Offset::Offset(offset)).unwrap();
        wait(self.admin().delete_records(&before, &options())).unwrap();
    }

    /// Writes a message for each pair of key and time, each in a separate batch.
    fn produce(&self, topic: &str, messages: &[(&str, i64)]) {
        let producer: BaseProducer = client_config(&self.bootstrap).create().unwrap();
        for (key, time) in messages {
            send(&producer, topic, key, *time);
            producer.flush(TEST_TIMEOUT).unwrap();
        }
    }

    /// Writes messages with these times in a transaction, whose end takes an offset, too.
    fn produce_in_transaction(&self, times: &[i64]) {
        let mut config = client_config(&self.bootstrap);
        let producer: BaseProducer = config.set("transactional.id", "t").create().unwrap();
        producer.init_transactions(TEST_TIMEOUT).unwrap();
        producer.begin_transaction().unwrap();
        for time in times {
            send(&producer, "t", "", *time);
        }
        producer.commit_transaction(TEST_TIMEOUT).unwrap();
    }
}

fn client_config(bootstrap: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap);
    config
}

fn send(producer: &BaseProducer, topic: &str, key: &str, time: i64) {
    let record = BaseRecord::to(topic).partition(0).key(key).timestamp(time).payload("x");
    producer.send(record).map_err(|(error, _)| error).unwrap();
}

fn options() -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(TEST_TIMEOUT))
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn wait_until(failure: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + TEST_TIMEOUT;
    while !done() {
        assert!(Instant::now() < deadline, "{failure}");
    }
}

fn to(offset: i64) -> [OffsetCommit; 1] {
    [OffsetCommit { topic: "t".to_owned(), partition: 0, offset }]
}

#[test]
fn broker_refuses_commits_for_a_group_with_members() {
    let cluster = TestCluster::new();
    let kafka = &cluster.kafka;
    kafka.commit("g", &to(0)).unwrap();
    let group = kafka.group("g").unwrap();
    assert_eq!((group.state, group.members.len()), (GroupState::Empty, 0));
    assert_eq!(group.offsets["t"], BTreeMap::from([(0, 0)]));

    let mut config = client_config(&cluster.bootstrap);
    let consumer: BaseConsumer = config.set("group.id", "g").set("client.id", "worker-7").create().unwrap();
    consumer.subscribe(&["t"]).unwrap();
    wait_until("the consumer gets no partitions", || {
        let _ = consumer.poll(Duration::from_millis(50));
        consumer.assignment().unwrap().count() > 0
    });
    let group = kafka.group("g").unwrap();
    assert_eq!((group.state, &*group.members[0].client_id), (GroupState::Stable, "worker-7"));
    assert_eq!(group.members[0].assignment, BTreeMap::from([("t".to_owned(), vec![0])]));
    let online = StateError::GroupOnline {
        group: "g".to_owned(),
        state: GroupState::Stable,
        members: vec!["worker-7".to_owned()],
    };
    assert_eq!(kafka.commit("g", &to(0)), Err(online));
    drop(consumer);
    kafka.commit("g", &to(0)).unwrap();
}

#[test]
fn reading_unknown_topics_and_groups_does_not_create_them() {
    let cluster = TestCluster::new();
    let kafka = &cluster.kafka;
    let unknown = StateError::UnknownTopic { topic: "u".to_owned() };
    assert_eq!(kafka.logs("u"), Err(unknown));
    let unknown = StateError::UnknownPartition { topic: "t".to_owned(), partition: 1, count: 1 };
    assert_eq!(kafka.log("t", 1), Err(unknown));
    for _ in 0..2 {
        let unknown = StateError::UnknownGroup { group: "h".to_owned() };
        assert_eq!(kafka.group("h").err(), Some(unknown));
    }
    assert_eq!(Cluster::topics(kafka), Ok(BTreeMap::from([("t".to_owned(), 1)])));
}

#[test]
fn messages_are_found_beyond_the_ends_of_transactions() {
    let cluster = TestCluster::new();
    let kafka = &cluster.kafka;
    assert_eq!(kafka.message_from("t", 0, 0), Ok(None));
    assert_eq!(kafka.last_message("t", 0), Ok(None));
    // The messages are at 0, 2 and 3, the ends of the transactions at 1 and 4.
    cluster.produce_in_transaction(&[1_000]);
    cluster.produce_in_transaction(&[2_000, 3_000]);
    assert_eq!(kafka.logs("t"), Ok(vec![LogBounds { start: 0, end: 5 }]));
    let message = |offset, timestamp| Ok(Some(Message { offset, timestamp }));
    assert_eq!(kafka.message_from("t", 0, -5), message(0, 1_000));
    assert_eq!(kafka.message_from("t", 0, 1), message(2, 2_000));
    assert_eq!(kafka.message_from("t", 0, 3), message(3, 3_000));
    assert_eq!(kafka.message_from("t", 0, 4), Ok(None));
    assert_eq!(kafka.message_from("t", 0, 9), Ok(None));
    assert_eq!(kafka.last_message("t", 0), message(3, 3_000));
    assert_eq!(kafka.offset_at("t", 0, 500), Ok(0));
    assert_eq!(kafka.offset_at("t", 0, -1), Ok(0), "the protocol uses -1 for the log end");
    assert_eq!(kafka.offset_at("t", 0, 4_000_000_000_000), Ok(5));
}
