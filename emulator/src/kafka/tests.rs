//! The trait over a real broker, where the end-to-end tests do not reach: what the broker itself refuses, and gaps.

mod alike;

use super::*;
use crate::state::GroupState;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use std::path::Path;
use std::time::Instant;
use xtask::Environment;
use xtask::kafka::{Broker, Distribution};
use xtask::process::Supervisor;

/// So long that only a hang can take it.
const HANGS_AFTER: Duration = Duration::from_secs(60);

/// A broker of its own with topic `t` of one partition.
struct Stage {
    kafka: Kafka,
    bootstrap: String,
    _broker: Broker,
    _directory: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let target = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../target"));
        let (environment, supervisor) = (Environment::of_this_process(), Supervisor::new());
        let directory = tempfile::tempdir_in(target).unwrap();
        let distribution = Distribution::install(&environment, &supervisor, target).unwrap();
        let broker = Broker::start(&distribution, directory.path(), &supervisor).unwrap();
        let bootstrap = broker.bootstrap().to_owned();
        let kafka = Kafka::connect(&bootstrap).unwrap();
        let stage = Self { kafka, bootstrap, _broker: broker, _directory: directory };
        stage.create_topic("t", &[]);
        stage
    }

    fn admin(&self) -> AdminClient<DefaultClientContext> {
        plain(&self.bootstrap).create().unwrap()
    }

    fn create_topic(&self, name: &str, settings: &[(&str, &str)]) {
        let mut topic = NewTopic::new(name, 1, TopicReplication::Fixed(1));
        for (setting, value) in settings {
            topic = topic.set(setting, value);
        }
        let created = wait(self.admin().create_topics([&topic], &options())).unwrap();
        created[0].as_ref().unwrap();
        // Made is not yet seen: a broker learns of a topic a little after it was answered.
        wait_until("the topic does not appear", || self.kafka.logs(name).is_ok());
    }

    /// Everything before the offset goes.
    fn delete_records(&self, topic: &str, offset: i64) {
        let before = one(topic, 0, Offset::Offset(offset)).unwrap();
        wait(self.admin().delete_records(&before, &options())).unwrap();
    }

    /// Writes a message with this key for each of these times, each in a batch of its own.
    fn produce(&self, topic: &str, messages: &[(&str, i64)]) {
        let producer: BaseProducer = plain(&self.bootstrap).create().unwrap();
        for (key, time) in messages {
            send(&producer, topic, key, *time);
            producer.flush(HANGS_AFTER).unwrap();
        }
    }

    /// Writes messages of these times in a transaction, whose end takes an offset of its own.
    fn transact(&self, times: &[i64]) {
        let mut config = plain(&self.bootstrap);
        let producer: BaseProducer = config.set("transactional.id", "t").create().unwrap();
        producer.init_transactions(HANGS_AFTER).unwrap();
        producer.begin_transaction().unwrap();
        for time in times {
            send(&producer, "t", "", *time);
        }
        producer.commit_transaction(HANGS_AFTER).unwrap();
    }
}

fn plain(bootstrap: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap);
    config
}

fn send(producer: &BaseProducer, topic: &str, key: &str, time: i64) {
    let record = BaseRecord::to(topic).partition(0).key(key).timestamp(time).payload("x");
    producer.send(record).map_err(|(error, _)| error).unwrap();
}

fn options() -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(HANGS_AFTER))
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn wait_until(otherwise: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + HANGS_AFTER;
    while !done() {
        assert!(Instant::now() < deadline, "{otherwise}");
    }
}

fn to(offset: i64) -> [Move; 1] {
    [Move { topic: "t".to_owned(), partition: 0, offset }]
}

#[test]
fn the_broker_itself_refuses_to_move_a_group_that_somebody_is_in() {
    let stage = Stage::new();
    let mut kafka = stage.kafka.clone();
    kafka.commit("g", &to(0)).unwrap();
    let group = kafka.group("g").unwrap();
    assert_eq!((group.state, group.members.len()), (GroupState::Empty, 0));
    assert_eq!(group.offsets["t"], BTreeMap::from([(0, 0)]));

    let mut config = plain(&stage.bootstrap);
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
fn names_that_are_not_there_are_unknown_and_do_not_come_to_be() {
    let stage = Stage::new();
    let kafka = &stage.kafka;
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
fn messages_are_found_over_the_gaps_of_transactions() {
    let stage = Stage::new();
    let kafka = &stage.kafka;
    assert_eq!(kafka.message_from("t", 0, 0), Ok(None));
    assert_eq!(kafka.last_message("t", 0), Ok(None));
    // Messages at 0, 2 and 3; the ends of the transactions at 1 and 4.
    stage.transact(&[1_000]);
    stage.transact(&[2_000, 3_000]);
    assert_eq!(kafka.logs("t"), Ok(vec![Ends { start: 0, end: 5 }]));
    let message = |offset, timestamp| Ok(Some(Message { offset, timestamp }));
    assert_eq!(kafka.message_from("t", 0, -5), message(0, 1_000));
    assert_eq!(kafka.message_from("t", 0, 1), message(2, 2_000));
    assert_eq!(kafka.message_from("t", 0, 3), message(3, 3_000));
    assert_eq!(kafka.message_from("t", 0, 4), Ok(None));
    assert_eq!(kafka.message_from("t", 0, 9), Ok(None));
    assert_eq!(kafka.last_message("t", 0), message(3, 3_000));
    assert_eq!(kafka.offset_at("t", 0, 500), Ok(0));
    assert_eq!(kafka.offset_at("t", 0, -1), Ok(0), "to Kafka this would be the end");
    assert_eq!(kafka.offset_at("t", 0, 4_000_000_000_000), Ok(5));
}
