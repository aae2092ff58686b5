//! Checks a reset against what Kafka's own tools report.

use crate::quickstart::offsets::{Offsets, aligned, equal, number};

use super::offsets::{Consumed, GroupDescription};

/// Checks that each partition is where Kafka's own tool would have moved it.
pub(super) fn moved_as_planned(
    before: &GroupDescription,
    planned: &Offsets,
    after: &GroupDescription,
) -> Result<(), String> {
    if *planned == before.current {
        return Err("The reset does not change any offset, so it cannot be checked.".to_owned());
    }
    equal("The group's offsets differ from those that Kafka's own tool would have set", planned, &after.current)
}

/// Checks that the group has read exactly the expected messages, starting at its offsets.
pub(super) fn reads_expected_messages(after: &GroupDescription, read: &Consumed, expected: i64) -> Result<(), String> {
    let (mut lag, mut current) = (after.lag.clone(), after.current.clone());
    lag.retain(|_, lag| *lag > 0);
    current.retain(|partition, _| lag.contains_key(partition));
    let what = "The number of messages read differs from the lag that Kafka's own tool reports";
    equal(what, &lag, &read.messages)?;
    equal("The first messages read differ from the offsets that Kafka's own tool reports", &current, &read.first)?;
    match lag.values().sum::<i64>() {
        total if total == expected => Ok(()),
        total => Err(format!("The group read {total} messages instead of {expected}.")),
    }
}

/// Checks that the group has read everything.
pub(super) fn nothing_left(described: &GroupDescription) -> Result<(), String> {
    match described.total_lag() {
        0 => Ok(()),
        lag => Err(format!("Kafka's own tool reports a lag of {lag} messages after the group has read all.")),
    }
}

/// One line per partition: the group before and after, and Kafka's own plan.
pub(super) fn table(before: &GroupDescription, planned: &Offsets, after: &GroupDescription, read: &Consumed) -> String {
    let header = ["partition", "before", "Kafka's plan", "after", "log end", "read again"].map(str::to_owned);
    let row = |partition: &i32| {
        let columns = [&before.current, planned, &after.current, &after.log_end].map(|it| number(it.get(partition)));
        let [before, planned, after, log_end] = columns;
        let read = read.messages.get(partition).copied().unwrap_or_default();
        [partition.to_string(), before, planned, after, log_end, read.to_string()]
    };
    aligned(&std::iter::once(header).chain(after.current.keys().map(row)).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets(numbers: [i64; 2]) -> Offsets {
        (0..).zip(numbers).collect()
    }

    /// A group at these offsets, of logs that end at 51 and 49.
    fn described(current: [i64; 2]) -> GroupDescription {
        let lag = [51 - current[0], 49 - current[1]];
        GroupDescription { current: offsets(current), log_end: offsets([51, 49]), lag: offsets(lag) }
    }

    /// The messages read and the first offset, by partition.
    fn read(all: &[(i32, i64, i64)]) -> Consumed {
        let column = |column: fn(&(i32, i64, i64)) -> i64| all.iter().map(|row| (row.0, column(row))).collect();
        Consumed { messages: column(|row| row.1), first: column(|row| row.2) }
    }

    #[test]
    fn misplaced_partition_is_named() {
        let (before, planned) = (described([51, 49]), offsets([41, 39]));
        assert_eq!(moved_as_planned(&before, &planned, &described([41, 39])), Ok(()));
        let error = moved_as_planned(&before, &planned, &described([41, 49])).unwrap_err();
        assert!(error.ends_with(":\n  partition 1: 49 instead of 39"), "{error}");
        let mut lost = described([41, 39]);
        lost.current.remove(&0);
        let error = moved_as_planned(&before, &planned, &lost).unwrap_err();
        assert!(error.ends_with(":\n  partition 0: none instead of 41"), "{error}");
    }

    #[test]
    fn reset_that_moves_nothing_fails_the_check() {
        let there = described([41, 39]);
        assert!(moved_as_planned(&there, &there.current, &there).unwrap_err().contains("does not change any offset"));
    }

    #[test]
    fn group_must_read_the_remaining_messages() {
        let after = described([41, 39]);
        assert_eq!(reads_expected_messages(&after, &read(&[(0, 10, 41), (1, 10, 39)]), 20), Ok(()));
        // A partition without remaining messages has no first message.
        assert_eq!(reads_expected_messages(&described([41, 49]), &read(&[(0, 10, 41)]), 10), Ok(()));
        let error = reads_expected_messages(&after, &read(&[(0, 10, 41), (1, 9, 39)]), 20).unwrap_err();
        assert!(error.ends_with("reports:\n  partition 1: 9 instead of 10"), "{error}");
        let error = reads_expected_messages(&after, &read(&[(0, 10, 41)]), 20).unwrap_err();
        assert!(error.ends_with("reports:\n  partition 1: none instead of 10"), "{error}");
        let error = reads_expected_messages(&after, &read(&[(0, 10, 40), (1, 10, 39)]), 20).unwrap_err();
        assert!(error.ends_with("reports:\n  partition 0: 40 instead of 41"), "{error}");
    }

    #[test]
    fn number_of_read_messages_must_match_the_produced_ones() {
        let error = reads_expected_messages(&described([41, 39]), &read(&[(0, 10, 41), (1, 10, 39)]), 40).unwrap_err();
        assert!(error.contains("read 20 messages instead of 40"), "{error}");
    }

    #[test]
    fn remaining_messages_are_counted() {
        assert_eq!(nothing_left(&described([51, 49])), Ok(()));
        assert!(nothing_left(&described([50, 40])).unwrap_err().contains("a lag of 10 messages"));
    }

    #[test]
    fn table_shows_the_offsets_and_kafkas_plan() {
        let (before, after) = (described([51, 49]), described([0, 39]));
        let table = table(&before, &offsets([0, 39]), &after, &read(&[(0, 51, 0), (1, 10, 39)]));
        let expected = "\
partition  before  Kafka's plan  after  log end  read again
0              51             0      0       51          51
1              49            39     39       49          10";
        assert_eq!(table, expected);
    }
}
