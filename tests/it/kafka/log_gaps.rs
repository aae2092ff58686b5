//! Offsets without a message, which transactions and compaction leave behind: a reset to them has to be verified.

use super::cluster::{self, Cluster};
use super::{apply, block_for, workspace};

/// 2024-01-01T00:00:00Z.
const FIRST: i64 = 1_704_067_200_000;
const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;

/// Name, arguments of the block, and the committed offset before the reset and after it.
type Row<'a> = (&'a str, &'a str, i64, i64);

/// Resets a separate group for each row, all in one apply.
fn assert_resets_are_verified(cluster: &Cluster, topic: &str, rows: &[Row<'_>]) {
    let workspace = workspace();
    let groups: Vec<String> = rows.iter().map(|(name, ..)| format!("{topic}-{name}")).collect();
    let mut blocks = String::new();
    for ((name, arguments, before, _), group) in rows.iter().zip(&groups) {
        cluster.commit(group, topic, &[*before]);
        blocks += &block_for(name, group, Some(topic), arguments);
    }
    workspace.write("main.tf", &blocks);
    workspace.init();
    apply(&workspace);
    let described = cluster.describe(groups.iter().map(String::as_str));
    for ((name, .., expected), group) in rows.iter().zip(&groups) {
        assert_eq!(described[group][&(topic.to_owned(), 0)][0], expected.to_string(), "{name}");
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
        ("moved", "datetime = \"2024-01-01T00:00:30Z\"", 9, 2),
        // The group is already at this offset, and there is no neighbouring message.
        ("there", "datetime = \"2024-01-01T00:00:30Z\"", 2, 2),
        ("to-a-message", "datetime = \"2024-01-01T00:00:01Z\"", 9, 1),
        ("at-the-end", "position = \"latest\"", 1, 9),
        ("into-a-gap", "message_offset = 5", 1, 5),
        ("after-all", "timestamp = 4070908800000", 9, 9),
    ];
    assert_resets_are_verified(cluster, topic, rows);
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
        ("earliest", "position = \"earliest\"", 6, 0),
        ("latest", "position = \"latest\"", 1, 6),
        ("into-a-gap", "message_offset = 2", 6, 2),
        ("back-into-a-gap", "shift_by = -3", 6, 3),
        ("beyond", "message_offset = 9000", 0, 6),
        ("before-all", "datetime = \"2023-01-01T00:00:00Z\"", 6, 1),
        ("over-a-gap", "datetime = \"2024-01-01T00:02:00Z\"", 6, 4),
        ("there", "datetime = \"2024-01-01T00:03:00Z\"", 4, 4),
        ("in-time", "timestamp = 1704067260000", 6, 1),
    ];
    assert_resets_are_verified(cluster, topic, rows);
}
