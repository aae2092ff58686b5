//! Compares the offsets that the emulator reports with those in Terraform's state, and formats both.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::emulator::JournalEntry;

/// An offset for each partition.
pub(super) type Offsets = BTreeMap<i32, i64>;
/// The offsets of each topic.
type Topics = BTreeMap<String, Offsets>;

/// The committed offsets of every group, from the emulator's state.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Committed {
    instances: BTreeMap<String, Instance>,
}

#[derive(Clone, Debug, Deserialize)]
struct Instance {
    groups: BTreeMap<String, Group>,
}

#[derive(Clone, Debug, Deserialize)]
struct Group {
    offsets: Topics,
}

impl Committed {
    /// The offsets by instance, group and topic.
    fn by_topic(&self) -> BTreeMap<[&str; 3], &Offsets> {
        let groups = self.instances.iter().flat_map(|(id, instance)| instance.groups.iter().map(move |it| (id, it)));
        let topics =
            groups.flat_map(|(id, (name, group))| group.offsets.iter().map(move |it| ([id, name, it.0], it.1)));
        topics.map(|(key, offsets)| (key.map(String::as_str), offsets)).collect()
    }
}

/// A reset of one topic, from Terraform's state.
#[derive(Debug, Deserialize, Eq, PartialEq)]
pub(super) struct Reset {
    instance_id: String,
    pub(super) group: String,
    topic: String,
    before: Topics,
    after: Topics,
    pub(super) request_id: String,
}

impl Reset {
    /// Parses the output of `terraform show -json`. The state must contain exactly one reset.
    pub(super) fn from_state(json: &[u8]) -> Result<Self, String> {
        let state: Value = serde_json::from_slice(json).map_err(|error| format!("cannot read the state: {error}"))?;
        let resources = state.pointer("/values/root_module/resources").and_then(Value::as_array).into_iter().flatten();
        let mut resets = resources.filter(|it| it["type"] == "huaweicloud_kafka_offset_reset");
        let (Some(reset), None) = (resets.next(), resets.next()) else {
            return Err("The state does not contain exactly one offset reset.".to_owned());
        };
        Self::deserialize(&reset["values"]).map_err(|error| format!("cannot read the reset in the state: {error}"))
    }

    fn key(&self) -> [&str; 3] {
        [&self.instance_id, &self.group, &self.topic]
    }

    /// Checks that the group moved as recorded, that no other offset changed, and that the emulator received no other
    /// reset.
    pub(super) fn check(&self, before: &Committed, after: &Committed, journal: &[JournalEntry]) -> Result<(), String> {
        let none = Offsets::new();
        let [old, new] = [&self.before, &self.after].map(|topics| topics.get(&self.topic).unwrap_or(&none));
        if old == new {
            return Err("The example does not change any offset.".to_owned());
        }
        let (mut expected, actual) = (before.by_topic(), after.by_topic());
        let initial = expected.insert(self.key(), new).unwrap_or(&none);
        equal("The offsets before the reset differ from those in the state", old, initial)?;
        let keys: BTreeSet<_> = expected.keys().chain(actual.keys()).collect();
        for key @ [_, group, topic] in keys {
            let [wanted, found] = [&expected, &actual].map(|all| *all.get(key).unwrap_or(&&none));
            equal(&format!("Unexpected offsets of group {group} on topic {topic}"), wanted, found)?;
        }
        let resets: Vec<&JournalEntry> = journal.iter().filter(|entry| entry.is_reset()).collect();
        match resets.as_slice() {
            [JournalEntry { status: Some(200..=299), request_id, .. }] if *request_id == self.request_id => Ok(()),
            [one] => Err(format!(
                "The emulator's only reset has the status {:?} and the request id {}.",
                one.status, one.request_id
            )),
            several => Err(format!("The emulator received {} resets instead of one.", several.len())),
        }
    }

    /// The group's offsets on the topic before and after, one line per partition.
    pub(super) fn table(&self, before: &Committed, after: &Committed) -> String {
        let [before, after] = [before, after].map(|it| it.by_topic().remove(&self.key()).cloned().unwrap_or_default());
        let row = |(partition, offset): (&i32, &i64)| {
            [self.topic.clone(), partition.to_string(), number(before.get(partition)), offset.to_string()]
        };
        let header = ["topic", "partition", "before", "after"].map(str::to_owned);
        aligned(&std::iter::once(header).chain(after.iter().map(row)).collect::<Vec<_>>())
    }
}

/// Checks that each partition has the expected number. The error has one line for each partition that does not.
pub(super) fn equal(otherwise: &str, expected: &Offsets, actual: &Offsets) -> Result<(), String> {
    let partitions: BTreeSet<i32> = expected.keys().chain(actual.keys()).copied().collect();
    let pairs = partitions.iter().map(|partition| (partition, expected.get(partition), actual.get(partition)));
    let mismatches = pairs.filter(|(_, expected, actual)| expected != actual).map(|(partition, expected, actual)| {
        format!("\n  partition {partition}: {} instead of {}", number(actual), number(expected))
    });
    let mismatches: String = mismatches.collect();
    if mismatches.is_empty() { Ok(()) } else { Err(format!("{otherwise}:{mismatches}")) }
}

pub(super) fn number(number: Option<&i64>) -> String {
    number.map_or_else(|| "none".to_owned(), i64::to_string)
}

/// Aligns the first column, which has names, to the left, and the others, which have numbers, to the right.
pub(super) fn aligned<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let mut widths = [0; COLUMNS];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: &[String; COLUMNS]| {
        let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ")
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A state in the emulator's form, with additional fields.
    fn committed(billing: [i64; 2], payments: i64) -> Committed {
        let offsets = json!({"orders": {"0": billing[0], "1": billing[1]}, "payments": {"0": payments}});
        let groups = json!({"billing": {"state": "Empty", "offsets": offsets}});
        serde_json::from_value(json!({"projects": {}, "instances": {"i": {"project_id": "p", "groups": groups}}}))
            .unwrap()
    }

    /// The reset in the form of `terraform show -json` of 1.11.4.
    fn reset() -> Reset {
        let values = json!({"instance_id": "i", "group": "billing", "topic": "orders", "request_id": "7", "note": null,
            "before": {"orders": {"0": 140, "1": 190}}, "after": {"orders": {"0": 100, "1": 120}}});
        let state = json!({"values": {"root_module": {"resources": [
            {"type": "terraform_data", "values": {}},
            {"type": "huaweicloud_kafka_offset_reset", "values": values},
        ]}}});
        Reset::from_state(state.to_string().as_bytes()).unwrap()
    }

    fn check(before: &Committed, after: &Committed, resets: &[(u16, &str)]) -> String {
        let entry = |(status, id): &(u16, &str)| json!({"method": "PUT", "path": "/v2/kafka/p/instances/i/groups/g/reset-message-offset", "status": status, "request_id": id});
        let read = json!({"method": "GET", "path": "/v3/projects", "status": 200, "request_id": "1"});
        let journal: Vec<Value> = std::iter::once(read).chain(resets.iter().map(entry)).collect();
        let journal: Vec<JournalEntry> = serde_json::from_value(journal.into()).unwrap();
        reset().check(before, after, &journal).err().unwrap_or_default()
    }

    #[test]
    fn offsets_must_be_those_in_the_state_and_no_other_may_change() {
        let (before, after) = (committed([140, 190], 25), committed([100, 120], 25));
        for (before, after, expected) in [
            (&before, &after, ""),
            (&before, &before, "billing on topic orders:\n  partition 0: 140 instead of 100\n  partition 1: 190"),
            (&before, &committed([100, 120], 26), "topic payments:\n  partition 0: 26 instead of 25"),
            (
                &committed([140, 191], 25),
                &after,
                "before the reset differ from those in the state:\n  partition 1: 191",
            ),
        ] {
            let error = check(before, after, &[(204, "7")]);
            assert!(error.contains(expected) && error.is_empty() == expected.is_empty(), "{error}");
        }
    }

    #[test]
    fn exactly_one_successful_reset_is_required() {
        let (before, after) = (committed([140, 190], 25), committed([100, 120], 25));
        for (resets, expected) in [
            (&[(400, "7")][..], "400"),
            (&[(204, "8")], "request id 8"),
            (&[], "0 resets"),
            (&[(204, "7"), (204, "7")], "2 resets"),
        ] {
            let error = check(&before, &after, resets);
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn state_without_one_reset_is_refused() {
        assert!(Reset::from_state(b"{}").unwrap_err().contains("exactly one"));
    }

    #[test]
    fn table_is_aligned() {
        let table = reset().table(&committed([140, 190], 25), &committed([5, 120], 25));
        let expected = "\
topic   partition  before  after
orders          0     140      5
orders          1     190    120";
        assert_eq!(table, expected);
    }
}
