//! Offsets without a message, which transactions and compaction leave behind: a reset to them has to be verified.

use super::cluster::{self, Cluster};
use super::{block_for, workspace};

/// 2024-01-01T00:00:00Z.
const FIRST: i64 = 1_704_067_200_000;
const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;

/// Name, arguments of the block, committed offset before the reset, arguments of Kafka's tool, and the expected offset.
type Row<'a> = (&'a str, &'a str, i64, &'a [&'a str], i64);

/// Resets a separate group by each row, and its twin by Kafka's own tool.
fn assert_twins_agree(cluster: &Cluster, topic: &str, rows: &[Row<'_>]) {
    let workspace = workspace();
    for (name, arguments, before, tool, expected) in rows {
        let (group, twin) = (format!("{topic}-{name}"), format!("{topic}-{name}-twin"));
        for group in [&group, &twin] {
            cluster.commit(group, topic, &[*before]);
        }
        workspace.write("main.tf", &block_for(name, &group, Some(topic), arguments));
        workspace.init();
        workspace.apply();
        cluster.reset_offsets(&twin, &[&["--topic", topic][..], tool].concat());
        let described = cluster.describe([&*group, &*twin]);
        assert_eq!(described[&group], described[&twin], "{name}");
        assert_eq!(described[&group][&(topic.to_owned(), 0)][0], expected.to_string(), "{name}");
    }
}

/// The end of each transaction takes an offset without a message, with the time of the commit. So Kafka finds that
/// offset for a time after the messages of the transaction.
#[test]
fn gaps_from_transactions_do_not_break_verification() {
    let cluster = cluster::shared();
    let topic = "gaps-ledger";
    cluster.create_topic(topic, 1, &[]);
    // Messages at 0 and 1, 3 and 4, 6 and 7; ends at 2, 5 and 8.
    for minute in 0..3 {
        cluster.produce_in_a_transaction(topic, [FIRST + minute * MINUTE, FIRST + minute * MINUTE + SECOND]);
    }
    let rows: &[Row<'_>] = &[
        ("moved", "datetime = \"2024-01-01T00:00:30Z\"", 9, &["--to-datetime", "2024-01-01T00:00:30.000"], 2),
        // The group is already at this offset, and there is no neighbouring message.
        ("there", "datetime = \"2024-01-01T00:00:30Z\"", 2, &["--to-datetime", "2024-01-01T00:00:30.000"], 2),
        ("to-a-message", "datetime = \"2024-01-01T00:00:01Z\"", 9, &["--to-datetime", "2024-01-01T00:00:01.000"], 1),
        ("at-the-end", "position = \"latest\"", 1, &["--to-latest"], 9),
        ("into-a-gap", "message_offset = 5", 1, &["--to-offset", "5"], 5),
        ("after-all", "timestamp = 4070908800000", 9, &["--to-datetime", "2099-01-01T00:00:00.000"], 9),
    ];
    assert_twins_agree(cluster, topic, rows);
}

/// Compaction removes messages, but moves neither end of the log.
#[test]
fn gaps_from_compaction_do_not_break_verification() {
    let cluster = cluster::shared();
    let topic = "gaps-compacted";
    // A segment for each message, by their times.
    let settings = [("cleanup.policy", "compact"), ("segment.ms", "1000"), ("min.cleanable.dirty.ratio", "0.01")];
    cluster.create_topic(topic, 1, &settings);
    let keys = ["again", "once", "again", "again", "again", "last"];
    cluster.produce_with_keys(topic, keys.into_iter().zip((0..).map(|minute| FIRST + minute * MINUTE)));
    // The messages at 1, 4 and 5 remain.
    cluster.wait_for_message_count(topic, 3);
    let rows: &[Row<'_>] = &[
        ("earliest", "position = \"earliest\"", 6, &["--to-earliest"], 0),
        ("latest", "position = \"latest\"", 1, &["--to-latest"], 6),
        ("into-a-gap", "message_offset = 2", 6, &["--to-offset", "2"], 2),
        ("back-into-a-gap", "shift_by = -3", 6, &["--shift-by", "-3"], 3),
        ("beyond", "message_offset = 9000", 0, &["--to-offset", "9000"], 6),
        ("before-all", "datetime = \"2023-01-01T00:00:00Z\"", 6, &["--to-datetime", "2023-01-01T00:00:00.000"], 1),
        ("over-a-gap", "datetime = \"2024-01-01T00:02:00Z\"", 6, &["--to-datetime", "2024-01-01T00:02:00.000"], 4),
        ("there", "datetime = \"2024-01-01T00:03:00Z\"", 4, &["--to-datetime", "2024-01-01T00:03:00.000"], 4),
        ("in-time", "timestamp = 1704067260000", 6, &["--to-datetime", "2024-01-01T00:01:00.000"], 1),
    ];
    assert_twins_agree(cluster, topic, rows);
}
