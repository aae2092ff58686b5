//! Compares resets with Kafka's own tool on a twin of the group: of single partitions, with an offset for each
//! partition, and of every topic. Both groups must end at the same offsets. `preview` compares each kind of target.

use super::cluster::{self, Cluster, current_offsets};
use super::preview::{after, attributes};
use super::{apply, block_for, workspace};

/// 2024-01-01T00:00:00Z.
const FIRST: i64 = 1_704_067_200_000;
const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
/// The committed offsets of the groups before each reset.
const BEFORE: [i64; 3] = [140, 190, 3];

/// Creates a topic. Partition 0 holds 0 to 300, and partition 1 holds 100 to 250 after its first messages were deleted.
/// They have a message per second since 2024-01-01T00:00:00Z, the time of offset 0. Partition 2 has ten messages, ten
/// minutes apart; the first is 95 minutes old, and the last is five minutes old.
fn orders(cluster: &Cluster, name: &str) {
    cluster.create_topic(name, 3, &[]);
    cluster.produce(name, 0, (0..300).map(|offset| FIRST + offset * SECOND));
    cluster.produce(name, 1, (0..250).map(|offset| FIRST + offset * SECOND));
    let now = jiff::Timestamp::now().as_millisecond();
    cluster.produce(name, 2, (0..10).map(|offset| now - 95 * MINUTE + offset * 10 * MINUTE));
    cluster.delete_records(name, 1, 100);
}

#[test]
fn single_partitions_lead_where_kafkas_own_tool_leads() {
    let cluster = cluster::shared();
    let topic = "single-orders";
    orders(cluster, topic);
    let workspace = workspace();
    let one = format!("{topic}:1");
    let rows = [
        ("offset", "partition = 1\n  message_offset = 5", ["--to-offset", "5"]),
        ("shift", "partition = 1\n  shift_by = -7", ["--shift-by", "-7"]),
    ];
    let groups = |name: &str| [format!("single-{name}"), format!("single-{name}-twin")];
    let mut blocks = String::new();
    for (name, arguments, tool) in &rows {
        let [group, twin] = groups(name);
        for group in [&group, &twin] {
            cluster.commit(group, topic, &BEFORE);
        }
        blocks += &block_for(name, &group, Some(topic), arguments);
        cluster.reset_offsets(&twin, &[&["--topic", &one], &tool[..]].concat());
    }
    workspace.write("main.tf", &blocks);
    workspace.init();
    apply(&workspace);
    let all: Vec<String> = rows.iter().flat_map(|(name, ..)| groups(name)).collect();
    let described = cluster.describe(all.iter().map(String::as_str));
    for (name, ..) in rows {
        let [ours, theirs] = groups(name).map(|group| &described[&group]);
        println!("{name}: {ours:?} {theirs:?}");
        assert_eq!(ours, theirs, "{name}");
        assert_eq!(ours[&(topic.to_owned(), 0)][0], "140", "{name}");
    }
}

#[test]
fn partition_offsets_match_kafkas_own_tool() {
    let cluster = cluster::shared();
    let topic = "each-orders";
    orders(cluster, topic);
    let (group, twin) = ("each", "each-twin");
    for group in [group, twin] {
        cluster.commit(group, topic, &BEFORE);
    }
    let workspace = workspace();
    workspace.write("main.tf", &block_for("this", group, Some(topic), "partition_offsets = { 0 = 7, 1 = 5, 2 = 9 }"));
    workspace.init();
    workspace.apply();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{topic},0,7\n{topic},1,5\n{topic},2,9\n")).unwrap();
    cluster.reset_offsets(twin, &["--from-file", file.path().to_str().unwrap()]);
    let described = cluster.describe([group, twin]);
    println!("{described:?}");
    assert_eq!(described[group], described[twin]);
    assert_eq!(cluster.offsets(group, topic), [7, 100, 9]);
}

#[test]
fn reset_of_every_topic_matches_kafkas_own_tool() {
    let cluster = cluster::shared();
    let (first, second) = ("every-orders", "every-payments");
    orders(cluster, first);
    cluster.create_topic(second, 1, &[]);
    cluster.produce(second, 0, (0..50).map(|offset| FIRST + offset * MINUTE));
    // The group has never read this topic, so it is not reset.
    cluster.create_topic("every-other", 1, &[]);
    let workspace = workspace();
    let rows = [
        ("earliest", "position = \"earliest\"", &["--to-earliest"][..]),
        ("latest", "position = \"latest\"", &["--to-latest"]),
        ("time", "datetime = \"2024-01-01T00:02:00Z\"", &["--to-datetime", "2024-01-01T00:02:00.000"]),
        ("duration", "by_duration = \"PT1H\"", &["--by-duration", "PT1H"]),
    ];
    let groups = |name: &str| [format!("every-{name}"), format!("every-{name}-twin")];
    let mut blocks = String::new();
    for (name, arguments, tool) in &rows {
        let [group, twin] = groups(name);
        for group in [&group, &twin] {
            cluster.commit(group, first, &BEFORE);
            cluster.commit(group, second, &[25]);
        }
        let previewed = format!("{arguments}\n  depends_on = [data.huaweicloud_kafka_offset_reset.{name}]");
        blocks += &block_for(name, &group, None, arguments).replace("resource \"", "data \"");
        blocks += &block_for(name, &group, None, &previewed);
        cluster.reset_offsets(&twin, &[&["--all-topics"], *tool].concat());
    }
    workspace.write("main.tf", &blocks);
    workspace.init();
    apply(&workspace);
    let attributes = attributes(&workspace.state_text());
    let all: Vec<String> = rows.iter().flat_map(|(name, ..)| groups(name)).collect();
    let described = cluster.describe(all.iter().map(String::as_str));
    for (name, ..) in rows {
        let [ours, theirs] = groups(name).map(|group| &described[&group]);
        println!("{name}: {ours:?} {theirs:?}");
        let [preview, _] = &attributes[&(name.to_owned(), String::new())];
        assert_eq!(after(preview), current_offsets(ours), "{name}");
        assert_eq!(ours, theirs, "{name}");
        assert_eq!(ours.len(), 4, "{name}");
    }
}
