//! The data source shows what `kafka-consumer-groups --dry-run` prints, and what the reset commits.

use std::collections::BTreeMap;
use std::fmt::Write;

use jiff::Timestamp;
use serde_json::Value;

use super::cluster::{self, Cluster, Described};
use super::{block_for, workspace};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;

/// The kinds of logs.
const TOPICS: [&str; 7] = [
    "preview-plain",
    "preview-gapped",
    "preview-compacted",
    "preview-transactional",
    "preview-truncated",
    "preview-emptied",
    // Of the messages and the ends of transactions, only the last end remains.
    "preview-remnant",
];

/// The committed offsets before each reset.
const BEFORE: [(&str, i32, i64); 8] = [
    ("preview-plain", 0, 12),
    ("preview-plain", 1, 25),
    ("preview-gapped", 0, 12),
    ("preview-compacted", 0, 12),
    ("preview-transactional", 0, 33),
    ("preview-truncated", 0, 5),
    ("preview-emptied", 0, 12),
    ("preview-remnant", 0, 12),
];

type Offsets = BTreeMap<(String, i32), i64>;

/// The times of the messages: offsets 0 to 19 have one minute each from 2024-01-01T00:00:00Z, the next seven are 60 to
/// 30 minutes old, and the last five are in the future, where no transaction has ended yet.
struct Times {
    now: i64,
    old: Vec<i64>,
    recent: Vec<i64>,
    future: Vec<i64>,
}

impl Times {
    fn new() -> Self {
        let now = Timestamp::now().as_millisecond();
        let first: Timestamp = "2024-01-01T00:00:00Z".parse().unwrap();
        Self {
            now,
            old: (0..20).map(|minute| first.as_millisecond() + minute * MINUTE).collect(),
            recent: (0..7).map(|number| now - 60 * MINUTE + number * 5 * MINUTE).collect(),
            // Kafka accepts times up to an hour from now.
            future: (0..5).map(|number| now + 30 * MINUTE + number * MINUTE).collect(),
        }
    }

    fn past(&self) -> impl Iterator<Item = i64> {
        self.old.iter().chain(&self.recent).copied()
    }

    fn all(&self) -> impl Iterator<Item = i64> {
        self.past().chain(self.future.iter().copied())
    }
}

fn create_logs(cluster: &Cluster, times: &Times) {
    let [plain, gapped, compacted, transactional, truncated, emptied, remnant] = TOPICS;
    cluster.create_topic(plain, 2, &[]);
    cluster.produce(plain, 0, times.all());
    cluster.produce(plain, 1, times.past());
    for (topic, start) in [(truncated, 8), (emptied, 32)] {
        cluster.create_topic(topic, 1, &[]);
        cluster.produce(topic, 0, times.all());
        cluster.delete_records(topic, 0, start);
    }
    cluster.create_topic(gapped, 1, &[]);
    cluster.produce(gapped, 0, times.old.iter().copied());
    // Ends at 27 and 30.
    cluster.produce_in_an_aborted_transaction(gapped, times.recent.iter().copied());
    cluster.produce_in_a_transaction(gapped, times.future[..2].iter().copied());
    cluster.wait_for_log_end(gapped, 31);
    cluster.produce(gapped, 0, times.future[2..].iter().copied());
    for topic in [transactional, remnant] {
        cluster.create_topic(topic, 1, &[]);
        // Ends at 27 and 33.
        cluster.produce_in_a_transaction(topic, times.past());
        cluster.produce_in_a_transaction(topic, times.future.iter().copied());
        cluster.wait_for_log_end(topic, 34);
    }
    cluster.delete_records(remnant, 0, 33);
    // A segment for each message, by their times. The first messages are removed, and many between the others.
    let settings = [("cleanup.policy", "compact"), ("segment.ms", "1000"), ("min.cleanable.dirty.ratio", "0.01")];
    cluster.create_topic(compacted, 1, &settings);
    let key = |offset: usize| {
        ["again", "once", "third", "last"][[3, 11, 31].iter().position(|it| *it == offset).map_or(0, |it| it + 1)]
    };
    cluster.produce_with_keys(compacted, times.all().enumerate().map(|(offset, time)| (key(offset), time)));
    // The messages at 3, 11, 30 and 31 remain.
    cluster.wait_for_message_count(compacted, 4);
}

/// A target: its name, the arguments of the block, and the arguments of Kafka's tool.
struct Target {
    name: &'static str,
    arguments: String,
    tool: Vec<String>,
}

/// Every target except `partition_offsets`, whose tool reads a file.
fn targets(times: &Times) -> Vec<Target> {
    let target = |name, arguments: &str, tool: &[&str]| Target {
        name,
        arguments: arguments.to_owned(),
        tool: tool.iter().map(|word| (*word).to_owned()).collect(),
    };
    let tool_time = |millis| Timestamp::from_millisecond(millis).unwrap().strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string();
    let timestamp =
        |name, millis: i64| target(name, &format!("timestamp = {millis}"), &["--to-datetime", &tool_time(millis)]);
    let datetime = |name, millis: i64| {
        let time = tool_time(millis);
        target(name, &format!("datetime = \"{time}Z\""), &["--to-datetime", &time])
    };
    let offset = |name, offset: &str| target(name, &format!("message_offset = {offset}"), &["--to-offset", offset]);
    let shift = |name, by: &str| target(name, &format!("shift_by = {by}"), &["--shift-by", by]);
    let duration = |name, by: &str| target(name, &format!("by_duration = \"{by}\""), &["--by-duration", by]);
    vec![
        target("earliest", "position = \"earliest\"", &["--to-earliest"]),
        target("latest", "position = \"latest\"", &["--to-latest"]),
        target("current", "position = \"current\"", &["--to-current"]),
        offset("offset", "15"),
        offset("offset-before-a-log", "3"),
        offset("offset-after-all-logs", "9000"),
        shift("back", "-7"),
        shift("forward", "15"),
        timestamp("before-all", times.old[0] - MINUTE),
        datetime("at-a-message", times.old[10]),
        datetime("between-messages", times.old[10] + 1),
        timestamp("before-the-end-of-a-transaction", times.now - 10 * MINUTE),
        timestamp("after-the-end-of-a-transaction", times.now + 15 * MINUTE),
        timestamp("at-a-late-message", times.future[2]),
        timestamp("after-all", times.future[4] + 1),
        // 47.5 minutes ago, two messages are 50 and 45 minutes old.
        duration("duration", "PT47M30S"),
        duration("duration-before-a-pause", "P1D"),
    ]
}

/// The attributes of the data source and of the resource, by target and topic.
fn attributes(state: &str) -> BTreeMap<(String, String), [Value; 2]> {
    let state: Value = serde_json::from_str(state).unwrap();
    let mut found: BTreeMap<_, [Value; 2]> = BTreeMap::new();
    for resource in state["resources"].as_array().unwrap() {
        let index = usize::from(resource["mode"] == "managed");
        for instance in resource["instances"].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let key = (text(&resource["name"]), text(&instance["index_key"]));
            found.entry(key).or_default()[index] = instance["attributes"].clone();
        }
    }
    found
}

/// The attribute `after` of a data source or a resource.
fn after(attributes: &Value) -> Offsets {
    let topics = attributes["after"].as_object().unwrap().iter();
    let partitions = topics.flat_map(|(topic, partitions)| {
        partitions
            .as_object()
            .unwrap()
            .iter()
            .map(move |(number, offset)| ((topic.clone(), number.parse().unwrap()), offset))
    });
    partitions.filter_map(|(partition, offset)| Some((partition, offset.as_i64()?))).collect()
}

fn of_topic(offsets: &Offsets, topic: &str) -> Offsets {
    offsets.iter().filter(|((of, _), _)| of == topic).map(|(partition, offset)| (partition.clone(), *offset)).collect()
}

fn committed(described: &Described) -> Offsets {
    described.iter().filter_map(|(partition, [current, ..])| Some((partition.clone(), current.parse().ok()?))).collect()
}

#[test]
fn data_source_shows_what_kafkas_own_tool_and_the_reset_do() {
    let cluster = cluster::shared();
    let times = Times::new();
    create_logs(cluster, &times);
    let mut targets = targets(&times);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    for topic in TOPICS {
        std::io::Write::write_fmt(&mut file, format_args!("{topic},0,13\n")).unwrap();
    }
    let tool = ["--from-file", file.path().to_str().unwrap()].map(str::to_owned).to_vec();
    targets.push(Target { name: "partition-offsets", arguments: "partition_offsets = { 0 = 13 }".to_owned(), tool });
    let group = |target: &Target| format!("preview-{}", target.name);
    let groups: Vec<String> = targets.iter().map(group).collect();
    cluster.commit_for_groups(&groups, &BEFORE);

    let topics: Vec<&str> = TOPICS.iter().flat_map(|topic| ["--topic", topic]).collect();
    let workspace = workspace();
    let (mut configuration, mut previous) = (String::new(), String::new());
    let mut dry_runs = Vec::new();
    for target in &targets {
        let mut tool: Vec<&str> = target.tool.iter().map(String::as_str).collect();
        if target.name != "partition-offsets" {
            tool.extend(&topics);
        }
        dry_runs.push(cluster.dry_run(&group(target), &tool));
        // One group after the other, because the emulator keeps the connection for only one group.
        let block = |kind: &str, dependency: &str| {
            let arguments =
                format!("topic = each.key\n  for_each = toset({TOPICS:?})\n  depends_on = [{dependency}]\n");
            let arguments = format!("{arguments}  {}", target.arguments);
            block_for(target.name, &group(target), None, &arguments).replacen("resource", kind, 1)
        };
        let name = format!("huaweicloud_kafka_offset_reset.{}", target.name);
        let (data, resource) = (block("data", &previous), block("resource", &format!("data.{name}")));
        write!(configuration, "{data}{resource}").unwrap();
        previous = name;
    }
    workspace.write("main.tf", &configuration);
    workspace.init();
    workspace.apply();

    let described = cluster.describe(groups.iter().map(String::as_str));
    let mut attributes = attributes(&workspace.state_text());
    let mut differences = Vec::new();
    for (target, dry_run) in targets.iter().zip(&dry_runs) {
        let committed = committed(&described[&group(target)]);
        for topic in TOPICS {
            let name = target.name;
            let [preview, reset] = attributes.remove(&(name.to_owned(), topic.to_owned())).expect("it is in the state");
            let [shown, recorded] = [&preview, &reset].map(after);
            let printed = of_topic(dry_run, topic);
            println!("{name}, {topic}: {shown:?}");
            assert_eq!(recorded, printed, "{name}, {topic}");
            for (partition, offset) in &printed {
                assert_eq!(committed.get(partition), Some(offset), "{name}, {partition:?}");
            }
            if shown != printed {
                differences.push((name, topic, shown[&(topic.to_owned(), 0)], printed[&(topic.to_owned(), 0)]));
                continue;
            }
            for attribute in ["before", "clamped", "replayed_messages", "skipped_messages"] {
                assert_eq!(preview[attribute], reset[attribute], "{name}, {topic}, {attribute}: {preview} {reset}");
            }
        }
    }
    assert_eq!(differences, []);
}
