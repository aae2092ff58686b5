//! The data source shows the offsets that `kafka-consumer-groups --dry-run` prints and the reset commits, in logs of
//! each kind.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::cluster::{self, Cluster, Offsets, current_offsets};
use super::{block_for, workspace};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

const PLAIN: &str = "preview-plain";
const GAPPED: &str = "preview-gapped";
const COMPACTED: &str = "preview-compacted";
const TRANSACTIONAL: &str = "preview-transactional";
const TRUNCATED: &str = "preview-truncated";
const EMPTIED: &str = "preview-emptied";
const TOPICS: [&str; 6] = [PLAIN, GAPPED, COMPACTED, TRANSACTIONAL, TRUNCATED, EMPTIED];

/// The committed offsets of each group before its reset.
const BEFORE: [(&str, i32, i64); 7] = [
    (PLAIN, 0, 12),
    (PLAIN, 1, 25),
    (GAPPED, 0, 12),
    (COMPACTED, 0, 12),
    (TRANSACTIONAL, 0, 33),
    (TRUNCATED, 0, 5),
    (EMPTIED, 0, 12),
];

/// The times of the 32 messages of each log.
struct Times {
    now: i64,
    /// One message per minute from 2024-01-01T00:00:00Z, at offsets 0 to 19.
    old: Vec<i64>,
    /// One message per hour, seven to one hours ago, at offsets 20 to 26.
    recent: Vec<i64>,
    /// Later than every transaction marker. Kafka accepts timestamps up to an hour from now.
    future: Vec<i64>,
}

impl Times {
    fn new() -> Self {
        let now = Timestamp::now().as_millisecond();
        let first: Timestamp = "2024-01-01T00:00:00Z".parse().unwrap();
        Self {
            now,
            old: (0..20).map(|number| first.as_millisecond() + number * MINUTE).collect(),
            recent: (1..=7).rev().map(|number| now - number * HOUR).collect(),
            future: (0..5).map(|number| now + (30 + number) * MINUTE).collect(),
        }
    }

    fn past(&self) -> Vec<i64> {
        [&*self.old, &self.recent].concat()
    }

    fn all(&self) -> Vec<i64> {
        [self.past(), self.future.clone()].concat()
    }
}

fn create_logs(cluster: &Cluster, times: &Times) {
    cluster.create_topic(PLAIN, 2, &[]);
    cluster.produce(PLAIN, 0, times.all());
    cluster.produce(PLAIN, 1, times.past());
    for (topic, start) in [(TRUNCATED, 8), (EMPTIED, 32)] {
        cluster.create_topic(topic, 1, &[]);
        cluster.produce(topic, 0, times.all());
        cluster.delete_records(topic, 0, start);
    }
    // The transactions end at 27 and 30.
    let (committed, plain) = times.future.split_at(2);
    cluster.create_topic(GAPPED, 1, &[]);
    cluster.produce(GAPPED, 0, times.old.clone());
    cluster.produce_in_an_aborted_transaction(GAPPED, times.recent.clone());
    cluster.produce_in_a_transaction(GAPPED, committed.to_vec());
    cluster.wait_for_log_end(GAPPED, 31);
    cluster.produce(GAPPED, 0, plain.to_vec());
    // The transactions end at 27 and 33.
    cluster.create_topic(TRANSACTIONAL, 1, &[]);
    cluster.produce_in_a_transaction(TRANSACTIONAL, times.past());
    cluster.produce_in_a_transaction(TRANSACTIONAL, times.future.clone());
    cluster.wait_for_log_end(TRANSACTIONAL, 34);
    // A segment for each message, by their times. The messages at 3, 11, 30 and 31 remain.
    let settings = [("cleanup.policy", "compact"), ("segment.ms", "1000"), ("min.cleanable.dirty.ratio", "0.01")];
    cluster.create_topic(COMPACTED, 1, &settings);
    let key = |offset| match offset {
        3 => "third",
        11 => "eleventh",
        31 => "last",
        _ => "again",
    };
    cluster.produce_with_keys(COMPACTED, times.all().into_iter().enumerate().map(|(offset, time)| (key(offset), time)));
    cluster.wait_for_message_count(COMPACTED, 4);
}

struct Target {
    name: &'static str,
    /// The arguments of the block.
    arguments: String,
    /// The arguments of `kafka-consumer-groups --reset-offsets`.
    tool: Vec<String>,
}

/// The targets. `file` has the partition offsets in the format of Kafka's tool.
fn targets(times: &Times, file: &str) -> Vec<Target> {
    let target = |name, arguments: &str, tool: &[&str]| Target {
        name,
        arguments: arguments.to_owned(),
        tool: tool.iter().map(|word| (*word).to_owned()).collect(),
    };
    let time = |millis| Timestamp::from_millisecond(millis).unwrap().strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string();
    let datetime =
        |name, millis| target(name, &format!("datetime = \"{}Z\"", time(millis)), &["--to-datetime", &time(millis)]);
    let timestamp = |name, millis| target(name, &format!("timestamp = {millis}"), &["--to-datetime", &time(millis)]);
    let offset = |name, offset: &str| target(name, &format!("message_offset = {offset}"), &["--to-offset", offset]);
    let shift = |name, by: &str| target(name, &format!("shift_by = {by}"), &["--shift-by", by]);
    let duration = |name, by: &str| target(name, &format!("by_duration = \"{by}\""), &["--by-duration", by]);
    vec![
        target("earliest", "position = \"earliest\"", &["--to-earliest"]),
        target("latest", "position = \"latest\"", &["--to-latest"]),
        target("current", "position = \"current\"", &["--to-current"]),
        target("partition-offsets", "partition_offsets = { 0 = 13 }", &["--from-file", file]),
        offset("offset", "15"),
        offset("offset-before-a-log", "3"),
        offset("offset-after-every-log", "9000"),
        shift("back", "-7"),
        shift("forward", "15"),
        timestamp("before-every-message", times.old[0] - MINUTE),
        datetime("at-a-message", times.old[10]),
        datetime("between-messages", times.old[10] + 1),
        // After the last message of a transaction, and before its end.
        timestamp("at-the-end-of-a-transaction", times.now - 10 * MINUTE),
        timestamp("after-the-end-of-a-transaction", times.now + 15 * MINUTE),
        timestamp("at-a-message-after-a-transaction", times.future[2]),
        timestamp("after-every-message", times.future[4] + 1),
        // Half an hour from the next message, because the data source and the reset count back from different times.
        duration("duration", "PT4H30M"),
        duration("duration-before-a-pause", "P1D"),
    ]
}

/// A data source and a resource for each topic. They depend on those of the previous target, because the emulator keeps
/// only one client per group, and creating another takes a second.
fn blocks(target: &Target, previous: Option<&Target>) -> String {
    let address = |target: &Target| format!("huaweicloud_kafka_offset_reset.{}", target.name);
    let block = |dependency: Option<String>| {
        let dependencies: Vec<String> = dependency.into_iter().collect();
        let (arguments, dependencies) = (&target.arguments, dependencies.join(", "));
        let arguments =
            format!("topic = each.key\n  for_each = toset({TOPICS:?})\n  depends_on = [{dependencies}]\n  {arguments}");
        block_for(target.name, &target.group(), None, &arguments)
    };
    let data = block(previous.map(address)).replace("resource \"", "data \"");
    format!("{data}{}", block(Some(format!("data.{}", address(target)))))
}

impl Target {
    fn group(&self) -> String {
        format!("preview-{}", self.name)
    }
}

/// The attributes of the data source and of the resource in a state, by name and key.
pub(super) fn attributes(state: &str) -> BTreeMap<(String, String), [Value; 2]> {
    let state: Value = serde_json::from_str(state).unwrap();
    let mut found: BTreeMap<_, [Value; 2]> = BTreeMap::new();
    for resource in state["resources"].as_array().unwrap() {
        let index = usize::from(resource["mode"] == "managed");
        for instance in resource["instances"].as_array().unwrap() {
            let key = [&resource["name"], &instance["index_key"]].map(|it| it.as_str().unwrap_or_default().to_owned());
            found.entry(key.into()).or_default()[index] = instance["attributes"].clone();
        }
    }
    found
}

/// The attribute `after`.
pub(super) fn after(attributes: &Value) -> Offsets {
    let topics: BTreeMap<String, BTreeMap<String, i64>> = serde_json::from_value(attributes["after"].clone()).unwrap();
    let offsets = topics.into_iter().flat_map(|(topic, partitions)| {
        partitions.into_iter().map(move |(partition, offset)| ((topic.clone(), partition.parse().unwrap()), offset))
    });
    offsets.collect()
}

#[test]
fn data_source_shows_what_kafkas_own_tool_and_the_reset_do() {
    let cluster = cluster::shared();
    let times = Times::new();
    create_logs(cluster, &times);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), TOPICS.map(|topic| format!("{topic},0,13\n")).concat()).unwrap();
    let targets = targets(&times, file.path().to_str().unwrap());
    let groups: Vec<String> = targets.iter().map(Target::group).collect();
    cluster.commit_for_groups(&groups, &BEFORE);

    let topics: Vec<&str> = TOPICS.iter().flat_map(|topic| ["--topic", topic]).collect();
    let dry_run = |target: &Target| {
        let mut tool: Vec<&str> = target.tool.iter().map(String::as_str).collect();
        if tool[0] != "--from-file" {
            tool.extend(&topics);
        }
        cluster.dry_run(&target.group(), &tool)
    };
    let dry_runs: Vec<Offsets> = targets.iter().map(dry_run).collect();

    let workspace = workspace();
    let previous = std::iter::once(None).chain(targets.iter().map(Some));
    let blocks = targets.iter().zip(previous).map(|(target, previous)| blocks(target, previous));
    workspace.write("main.tf", &blocks.collect::<String>());
    workspace.init();
    workspace.apply();
    let attributes = attributes(&workspace.state_text());
    let described = cluster.describe(groups.iter().map(String::as_str));

    let before: Offsets = BEFORE.map(|(topic, partition, offset)| ((topic.to_owned(), partition), offset)).into();
    let mut differences = Vec::new();
    for (target, dry_run) in targets.iter().zip(&dry_runs) {
        let (name, committed) = (target.name, current_offsets(&described[&target.group()]));
        for topic in TOPICS {
            let [preview, reset] = &attributes[&(name.to_owned(), topic.to_owned())];
            let of_topic = |offsets: &Offsets| -> Offsets {
                offsets.clone().into_iter().filter(|((of, _), _)| of == topic).collect()
            };
            let (shown, printed) = (after(preview), of_topic(dry_run));
            println!("{name}: {shown:?}, Kafka's tool: {printed:?}");
            assert_eq!(after(reset), printed, "{name}, {topic}");
            // A reset of one partition does not move the others.
            let mut expected = of_topic(&before);
            expected.extend(printed.clone());
            assert_eq!(of_topic(&committed), expected, "{name}, {topic}");
            if shown != printed {
                let offsets = [shown, printed].map(|offsets| offsets.into_values().collect::<Vec<i64>>());
                differences.push((name, topic, offsets));
                continue;
            }
            for attribute in ["before", "clamped", "replayed_messages", "skipped_messages"] {
                assert_eq!(preview[attribute], reset[attribute], "{name}, {topic}, {attribute}: {preview} {reset}");
            }
        }
    }
    // Kafka finds a transaction marker by its timestamp. No client can read it, so the preview shows the next message.
    let at_the_end = |topic| ("at-the-end-of-a-transaction", topic, [vec![28], vec![27]]);
    assert_eq!(differences, [GAPPED, TRANSACTIONAL].map(at_the_end));
}
