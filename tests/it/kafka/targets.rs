//! Each kind of target, compared with Kafka's own tool on a twin of the group. Both groups must end at the same
//! offsets.

use super::cluster::{self, Cluster, current_offsets};
use super::preview::{after, attributes};
use super::{block_for, workspace};

/// 2024-01-01T00:00:00Z.
const FIRST: i64 = 1_704_067_200_000;
const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
/// The committed offsets of the groups before each reset.
const BEFORE: [i64; 3] = [140, 190, 3];

/// Target, arguments of the block, arguments of Kafka's tool, and the expected offsets.
type Row<'a> = (&'a str, &'a str, &'a [&'a str], [i64; 3]);

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
fn each_target_matches_kafkas_own_tool() {
    let cluster = cluster::shared();
    let topic = "targets-orders";
    orders(cluster, topic);
    let rows: &[Row<'_>] = &[
        ("earliest", "position = \"earliest\"", &["--to-earliest"], [0, 100, 0]),
        ("latest", "position = \"latest\"", &["--to-latest"], [300, 250, 10]),
        ("current", "position = \"current\"", &["--to-current"], BEFORE),
        ("offset", "message_offset = 120", &["--to-offset", "120"], [120, 120, 10]),
        ("before-the-log", "message_offset = 5", &["--to-offset", "5"], [5, 100, 5]),
        ("beyond-the-log", "message_offset = 9000", &["--to-offset", "9000"], [300, 250, 10]),
        (
            "datetime",
            "datetime = \"2024-01-01T00:02:00Z\"",
            &["--to-datetime", "2024-01-01T00:02:00.000"],
            [120, 120, 0],
        ),
        (
            "between-messages",
            "datetime = \"2024-01-01T00:02:00.500Z\"",
            &["--to-datetime", "2024-01-01T00:02:00.500"],
            [121, 121, 0],
        ),
        (
            "before-the-first-message",
            "timestamp = 1704067201000",
            &["--to-datetime", "2024-01-01T00:00:01.000"],
            [1, 100, 0],
        ),
        ("after-the-last", "timestamp = 4070908800000", &["--to-datetime", "2099-01-01T00:00:00.000"], [300, 250, 10]),
        ("duration", "by_duration = \"PT1H\"", &["--by-duration", "PT1H"], [300, 250, 4]),
        ("forward", "shift_by = 2", &["--shift-by", "2"], [142, 192, 5]),
        ("back", "shift_by = -100", &["--shift-by", "-100"], [40, 100, 0]),
    ];
    let workspace = workspace();
    let mut groups = Vec::new();
    for (target, arguments, tool, _) in rows {
        let twin = format!("targets-{target}-twin");
        let group = format!("targets-{target}");
        for group in [&group, &twin] {
            cluster.commit(group, topic, &BEFORE);
        }
        workspace.write(&format!("{target}.tf"), &block_for(target, &group, Some(topic), arguments));
        cluster.reset_offsets(&twin, &[&["--topic", topic], *tool].concat());
        groups.extend([group, twin]);
    }
    workspace.init();
    workspace.apply();
    workspace.assert_no_changes();
    let described = cluster.describe(groups.iter().map(String::as_str));
    for ((target, .., expected), pair) in rows.iter().zip(groups.chunks(2)) {
        let [ours, theirs] = [&described[&pair[0]], &described[&pair[1]]];
        println!("{target}: {ours:?} {theirs:?}");
        assert_eq!(ours, theirs, "{target}");
        let offsets: Vec<i64> = ours.values().map(|[current, ..]| current.parse().unwrap()).collect();
        assert_eq!(offsets, expected, "{target}");
    }
}

#[test]
fn single_partitions_lead_where_kafkas_own_tool_leads() {
    let cluster = cluster::shared();
    let topic = "single-orders";
    orders(cluster, topic);
    let workspace = workspace();
    let one = format!("{topic}:1");
    for (name, arguments, tool) in [
        ("one", "partition = 1\n  message_offset = 5", vec!["--topic", &one, "--to-offset", "5"]),
        ("one-back", "partition = 1\n  shift_by = -7", vec!["--topic", &one, "--shift-by", "-7"]),
    ] {
        let twin = format!("single-{name}-twin");
        let group = format!("single-{name}");
        for group in [&group, &twin] {
            cluster.commit(group, topic, &BEFORE);
        }
        workspace.write("main.tf", &block_for(name, &group, Some(topic), arguments));
        workspace.init();
        workspace.apply();
        cluster.reset_offsets(&twin, &tool);
        let described = cluster.describe([&*group, &*twin]);
        println!("{name}: {:?} {:?}", described[&group], described[&twin]);
        assert_eq!(described[&group], described[&twin], "{name}");
        assert_eq!(described[&group][&(topic.to_owned(), 0)][0], "140", "{name}");
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
    for (name, arguments, tool) in [
        ("earliest", "position = \"earliest\"", &["--to-earliest"][..]),
        ("latest", "position = \"latest\"", &["--to-latest"]),
        ("time", "datetime = \"2024-01-01T00:02:00Z\"", &["--to-datetime", "2024-01-01T00:02:00.000"]),
        ("duration", "by_duration = \"PT1H\"", &["--by-duration", "PT1H"]),
    ] {
        let (group, twin) = (format!("every-{name}"), format!("every-{name}-twin"));
        for group in [&group, &twin] {
            cluster.commit(group, first, &BEFORE);
            cluster.commit(group, second, &[25]);
        }
        let previewed = format!("{arguments}\n  depends_on = [data.huaweicloud_kafka_offset_reset.{name}]");
        let data = block_for(name, &group, None, arguments).replace("resource \"", "data \"");
        workspace.write("main.tf", &format!("{data}{}", block_for(name, &group, None, &previewed)));
        workspace.init();
        workspace.apply();
        cluster.reset_offsets(&twin, &[&["--all-topics"], tool].concat());
        let described = cluster.describe([&*group, &*twin]);
        let [preview, _] = &attributes(&workspace.state_text())[&(name.to_owned(), String::new())];
        assert_eq!(after(preview), current_offsets(&described[&group]), "{name}");
        println!("{name}: {:?} {:?}", described[&group], described[&twin]);
        assert_eq!(described[&group], described[&twin], "{name}");
        assert_eq!(described[&group].len(), 4, "{name}");
    }
}
