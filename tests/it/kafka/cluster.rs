//! One broker for all tests of this process, and clients of it. Each test uses separate topics and groups.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use dms_emulator::kafka::rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use dms_emulator::kafka::rdkafka::client::DefaultClientContext;
use dms_emulator::kafka::rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use dms_emulator::kafka::rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use dms_emulator::kafka::rdkafka::{ClientConfig, Offset, TopicPartitionList};
use testkit::Environment;
use testkit::kafka::{Broker, Distribution};

/// A time limit that only a hang exceeds.
const HANG_TIMEOUT: Duration = Duration::from_secs(60);
const CONSUMER_GROUPS: &str = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";

/// A broker, and the distribution with Kafka's programs.
pub(crate) struct Cluster {
    distribution: Distribution,
    broker: Broker,
    _lock: File,
}

/// The broker of this process. It ends when the process ends and its standard input closes.
pub(crate) fn shared() -> &'static Cluster {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    SHARED.get_or_init(|| {
        let target = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/target"));
        let (directory, lock) = free_directory();
        let environment = Environment::from_current_process();
        let distribution = Distribution::install(&environment, target).unwrap();
        let broker = Broker::start(&distribution, &directory).unwrap();
        Cluster { distribution, broker, _lock: lock }
    })
}

/// The first directory that no other process uses. It is reused and not removed, because a static is never dropped.
fn free_directory() -> (PathBuf, File) {
    let free = |number: u32| {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("kafka-{number}"));
        std::fs::create_dir_all(&directory).unwrap();
        let lock = File::create(directory.join("lock")).unwrap();
        lock.try_lock().is_ok().then_some((directory, lock))
    };
    (0..).find_map(free).unwrap()
}

/// The rows of `kafka-consumer-groups --describe` for one group: topic and partition, with current offset, log end and
/// lag as text.
pub(crate) type Described = BTreeMap<(String, i32), [String; 3]>;

/// Topic and partition, with an offset.
pub(crate) type Offsets = BTreeMap<(String, i32), i64>;

/// The current offsets of one group. Partitions without one are left out.
pub(crate) fn current_offsets(described: &Described) -> Offsets {
    described.iter().filter_map(|(partition, [current, ..])| Some((partition.clone(), current.parse().ok()?))).collect()
}

impl Cluster {
    pub(crate) fn bootstrap(&self) -> &str {
        self.broker.bootstrap()
    }

    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.bootstrap());
        config
    }

    pub(crate) fn create_topic(&self, name: &str, partitions: i32, settings: &[(&str, &str)]) {
        let admin: AdminClient<DefaultClientContext> = self.config().create().unwrap();
        let mut topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
        for (setting, value) in settings {
            topic = topic.set(setting, value);
        }
        let created = block_on(admin.create_topics([&topic], &admin_options())).unwrap();
        created.into_iter().next().unwrap().unwrap();
        // A broker may not know a topic yet when the request has succeeded.
        let deadline = Instant::now() + HANG_TIMEOUT;
        let partitions = || {
            let metadata = admin.inner().fetch_metadata(Some(name), HANG_TIMEOUT).unwrap();
            metadata.topics()[0].partitions().len()
        };
        while partitions() == 0 {
            assert!(Instant::now() < deadline, "topic {name} does not appear");
        }
    }

    /// Writes a message for each of these times, in Unix milliseconds.
    pub(crate) fn produce(&self, topic: &str, partition: i32, times: impl IntoIterator<Item = i64>) {
        let producer: BaseProducer = self.config().create().unwrap();
        send(&producer, topic, partition, times);
        producer.flush(HANG_TIMEOUT).unwrap();
    }

    /// Writes a message with each of these keys and times, each in a separate batch.
    pub(crate) fn produce_with_keys<'a>(&self, topic: &str, messages: impl IntoIterator<Item = (&'a str, i64)>) {
        let producer: BaseProducer = self.config().create().unwrap();
        for (key, time) in messages {
            let record = BaseRecord::to(topic).partition(0).key(key).timestamp(time).payload("x");
            producer.send(record).map_err(|(error, _)| error).unwrap();
            producer.flush(HANG_TIMEOUT).unwrap();
        }
    }

    /// Waits until compaction has left this many messages in partition 0.
    pub(crate) fn wait_for_message_count(&self, topic: &str, expected: usize) {
        let deadline = Instant::now() + HANG_TIMEOUT;
        while self.message_count(topic) != expected {
            assert!(Instant::now() < deadline, "topic {topic} is not compacted");
        }
    }

    fn message_count(&self, topic: &str) -> usize {
        let mut config = self.config();
        config.set("group.id", "counts").set("enable.partition.eof", "true").set("enable.auto.commit", "false");
        let consumer: BaseConsumer = config.create().unwrap();
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, 0, Offset::Beginning).unwrap();
        consumer.assign(&list).unwrap();
        let messages = std::iter::from_fn(|| consumer.poll(HANG_TIMEOUT));
        messages.take_while(Result::is_ok).count()
    }

    /// Writes a message for each of these times in one transaction, whose end takes another offset.
    pub(crate) fn produce_in_a_transaction(&self, topic: &str, times: impl IntoIterator<Item = i64>) {
        self.begin_transaction(topic, times).commit_transaction(HANG_TIMEOUT).unwrap();
    }

    /// The same in a transaction that is aborted.
    pub(crate) fn produce_in_an_aborted_transaction(&self, topic: &str, times: impl IntoIterator<Item = i64>) {
        let producer = self.begin_transaction(topic, times);
        // Otherwise, the messages would be dropped before they are sent.
        producer.flush(HANG_TIMEOUT).unwrap();
        producer.abort_transaction(HANG_TIMEOUT).unwrap();
    }

    fn begin_transaction(&self, topic: &str, times: impl IntoIterator<Item = i64>) -> BaseProducer {
        let producer: BaseProducer = self.config().set("transactional.id", topic).create().unwrap();
        producer.init_transactions(HANG_TIMEOUT).unwrap();
        producer.begin_transaction().unwrap();
        send(&producer, topic, 0, times);
        producer
    }

    /// Waits until the log of partition 0 ends at `expected`. The broker writes a transaction marker after its
    /// response.
    pub(crate) fn wait_for_log_end(&self, topic: &str, expected: i64) {
        let client: BaseConsumer = self.config().create().unwrap();
        let deadline = Instant::now() + HANG_TIMEOUT;
        while client.fetch_watermarks(topic, 0, HANG_TIMEOUT).unwrap().1 != expected {
            assert!(Instant::now() < deadline, "the log of topic {topic} does not end at {expected}");
        }
    }

    /// Commits these offsets for a group, from partition 0 on.
    pub(crate) fn commit(&self, group: &str, topic: &str, offsets: &[i64]) {
        let consumer: BaseConsumer = self.config().set("group.id", group).create().unwrap();
        let mut list = TopicPartitionList::new();
        for (partition, offset) in (0..).zip(offsets) {
            list.add_partition_offset(topic, partition, Offset::Offset(*offset)).unwrap();
        }
        consumer.commit(&list, CommitMode::Sync).unwrap();
    }

    /// Deletes everything before the offset, with the request of `kafka-delete-records`.
    pub(crate) fn delete_records(&self, topic: &str, partition: i32, offset: i64) {
        let admin: AdminClient<DefaultClientContext> = self.config().create().unwrap();
        let mut before = TopicPartitionList::new();
        before.add_partition_offset(topic, partition, Offset::Offset(offset)).unwrap();
        let deleted = block_on(admin.delete_records(&before, &admin_options())).unwrap();
        deleted.elements()[0].error().unwrap();
    }

    /// `kafka-consumer-groups --reset-offsets --execute`.
    pub(crate) fn reset_offsets(&self, group: &str, arguments: &[&str]) {
        let mut words = vec!["--group", group, "--reset-offsets", "--execute"];
        words.extend(arguments);
        self.run(CONSUMER_GROUPS, &words);
    }

    /// `kafka-consumer-groups --reset-offsets --dry-run`: the new offset of each topic and partition.
    pub(crate) fn dry_run(&self, group: &str, arguments: &[&str]) -> Offsets {
        let mut words = vec!["--group", group, "--reset-offsets", "--dry-run"];
        words.extend(arguments);
        let text = self.run(CONSUMER_GROUPS, &words);
        // GROUP TOPIC PARTITION NEW-OFFSET
        let row = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [_, topic, partition, offset] = words[..] else { return None };
            Some(((topic.to_owned(), partition.parse().ok()?), offset.parse().ok()?))
        };
        text.lines().filter_map(row).collect()
    }

    /// Commits these offsets for all groups, with one call of `kafka-consumer-groups --reset-offsets --from-file`.
    pub(crate) fn commit_for_groups(&self, groups: &[String], offsets: &[(&str, i32, i64)]) {
        let of_group = |group: &String| {
            let row = |(topic, partition, offset): &(&str, i32, i64)| format!("{group},{topic},{partition},{offset}\n");
            offsets.iter().map(row).collect::<String>()
        };
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), groups.iter().map(of_group).collect::<String>()).unwrap();
        let mut words = vec!["--reset-offsets", "--execute", "--from-file", file.path().to_str().unwrap()];
        words.extend(groups.iter().flat_map(|group| ["--group", group]));
        self.run(CONSUMER_GROUPS, &words);
    }

    /// `kafka-consumer-groups --describe`.
    pub(crate) fn describe<'a>(&self, groups: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, Described> {
        let mut words = vec!["--describe", "--offsets"];
        words.extend(groups.into_iter().flat_map(|group| ["--group", group]));
        let mut described: BTreeMap<String, Described> = BTreeMap::new();
        // GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG …
        for line in self.run(CONSUMER_GROUPS, &words).lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [group, topic, partition, current, end, lag, ..] = words[..] else { continue };
            let Ok(partition) = partition.parse() else { continue };
            let numbers = [current, end, lag].map(str::to_owned);
            described.entry(group.to_owned()).or_default().insert((topic.to_owned(), partition), numbers);
        }
        described
    }

    /// The current offsets of a group on a topic, as Kafka's own tool shows them.
    pub(crate) fn offsets(&self, group: &str, topic: &str) -> Vec<i64> {
        let described = self.describe([group]).remove(group).unwrap_or_default();
        let of_topic = current_offsets(&described).into_iter().filter(|((of, _), _)| of == topic);
        of_topic.map(|(_, offset)| offset).collect()
    }

    fn run(&self, class: &str, arguments: &[&str]) -> String {
        let mut command = self.distribution.java(class);
        let output = command.args(["--bootstrap-server", self.bootstrap()]).args(arguments).output().unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        // These programs report some errors without an exit code.
        assert!(output.status.success() && !text.contains("Error:"), "{class} {arguments:?}\n{text}");
        text
    }

    /// Starts a consumer of the group, and returns once it has partitions to read.
    pub(crate) fn consumer(&self, group: &str, topic: &str) -> Running {
        let mut config = self.config();
        config.set("group.id", group).set("client.id", "worker-7").set("enable.auto.commit", "false");
        let consumer: BaseConsumer = config.create().unwrap();
        consumer.subscribe(&[topic]).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let (joined, join) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                let _ = consumer.poll(Duration::from_millis(50));
                if consumer.assignment().unwrap().count() > 0 {
                    let _ = joined.send(());
                }
            }
            // Dropped here, it leaves the group.
        });
        join.recv_timeout(HANG_TIMEOUT).expect("the consumer gets no partitions");
        Running { stop, thread: Some(thread) }
    }
}

fn admin_options() -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(HANG_TIMEOUT))
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn send(producer: &BaseProducer, topic: &str, partition: i32, times: impl IntoIterator<Item = i64>) {
    for time in times {
        let record: BaseRecord<'_, (), str> = BaseRecord::to(topic).partition(partition).timestamp(time).payload("x");
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
}

/// A consumer that reads until it is stopped.
pub(crate) struct Running {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Returns when it has left its group.
    pub(crate) fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}
