//! Checks the committed offsets before and after a reset against the plan, and formats them as a table.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::table::aligned;

/// The offsets in the emulator's state.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct EmulatorState {
    instances: BTreeMap<String, Instance>,
}

#[derive(Clone, Debug, Deserialize)]
struct Instance {
    topics: BTreeMap<String, Vec<Log>>,
    groups: BTreeMap<String, Group>,
}

#[derive(Clone, Debug, Deserialize)]
struct Log {
    log_start: i64,
    log_end: i64,
}

#[derive(Clone, Debug, Deserialize)]
struct Group {
    /// By topic and partition.
    offsets: BTreeMap<String, BTreeMap<i32, i64>>,
}

/// A partition of a topic, for one group of one instance.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct PartitionKey {
    instance: String,
    group: String,
    topic: String,
    partition: i32,
}

impl EmulatorState {
    /// All committed offsets.
    fn committed(&self) -> BTreeMap<PartitionKey, i64> {
        let mut committed = BTreeMap::new();
        for (instance, content) in &self.instances {
            for (group, offsets) in &content.groups {
                for (topic, partitions) in &offsets.offsets {
                    for (partition, offset) in partitions {
                        let key = PartitionKey {
                            instance: instance.clone(),
                            group: group.clone(),
                            topic: topic.clone(),
                            partition: *partition,
                        };
                        committed.insert(key, *offset);
                    }
                }
            }
        }
        committed
    }

    fn logs(&self, reset: &Reset) -> impl Iterator<Item = (i32, &Log)> {
        let instance = self.instances.get(&reset.instance_id);
        let logs = instance.and_then(|instance| instance.topics.get(&reset.topic));
        (0..).zip(logs.into_iter().flatten())
    }
}

/// The planned reset.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub(super) struct Reset {
    instance_id: String,
    group: String,
    topic: String,
    partition: i32,
    message_offset: i64,
}

#[derive(Deserialize)]
struct Plan {
    #[serde(default)]
    resource_changes: Vec<ResourceChange>,
}

#[derive(Deserialize)]
struct ResourceChange {
    r#type: String,
    change: Change,
}

#[derive(Deserialize)]
struct Change {
    after: Value,
}

impl Reset {
    /// Parses the output of `terraform show -json <plan>`, which must create exactly one reset.
    pub(super) fn from_plan(json: &[u8]) -> Result<Self, String> {
        let plan: Plan =
            serde_json::from_slice(json).map_err(|error| format!("cannot read the plan's JSON: {error}"))?;
        let changes = plan.resource_changes.into_iter();
        let mut resets = changes.filter(|change| change.r#type == "huaweicloud_kafka_offset_reset");
        let (Some(reset), None) = (resets.next(), resets.next()) else {
            return Err("The plan does not contain exactly one offset reset.".to_owned());
        };
        serde_json::from_value(reset.change.after)
            .map_err(|error| format!("The quickstart can only check a reset of one topic to a message_offset: {error}"))
    }

    fn key(&self, partition: i32) -> PartitionKey {
        PartitionKey {
            instance: self.instance_id.clone(),
            group: self.group.clone(),
            topic: self.topic.clone(),
            partition,
        }
    }

    fn covers(&self, partition: i32) -> bool {
        self.partition == -1 || self.partition == partition
    }
}

/// Checks that the reset moved the group to its offset, clamped to the log of each partition, and changed no other
/// offset.
pub(super) fn check(before: &EmulatorState, after: &EmulatorState, reset: &Reset) -> Result<(), String> {
    let mut expected = before.committed();
    let mut moved = false;
    for (partition, log) in before.logs(reset).filter(|(p, _)| reset.covers(*p)) {
        let target = reset.message_offset.clamp(log.log_start, log.log_end);
        moved |= expected.insert(reset.key(partition), target) != Some(target);
    }
    if !moved {
        return Err("The example does not change any offset.".to_owned());
    }
    let actual = after.committed();
    let mut mismatches = Vec::new();
    let keys: std::collections::BTreeSet<_> = expected.keys().chain(actual.keys()).collect();
    for key in keys {
        let (wanted, actual) = (expected.get(key), actual.get(key));
        if wanted != actual {
            let PartitionKey { group, topic, partition, .. } = key;
            let (wanted, actual) = (offset(wanted), offset(actual));
            mismatches
                .push(format!("  group {group}, topic {topic}, partition {partition}: {actual} instead of {wanted}"));
        }
    }
    if mismatches.is_empty() {
        return Ok(());
    }
    let mismatches = mismatches.join("\n");
    Err(format!("Unexpected offsets:\n{mismatches}"))
}

/// The group's offsets on the topic before and after, one line per partition.
pub(super) fn table(before: &EmulatorState, after: &EmulatorState, reset: &Reset) -> String {
    let (old, new) = (before.committed(), after.committed());
    let header = ["topic", "partition", "before", "after", "log start", "log end"];
    let mut rows = vec![header.map(str::to_owned)];
    for (partition, log) in after.logs(reset) {
        let key = reset.key(partition);
        rows.push([
            reset.topic.clone(),
            partition.to_string(),
            offset(old.get(&key)),
            offset(new.get(&key)),
            log.log_start.to_string(),
            log.log_end.to_string(),
        ]);
    }
    let (group, rows) = (&reset.group, aligned(&rows));
    format!("Committed offsets of the group {group}:\n{rows}")
}

fn offset(offset: Option<&i64>) -> String {
    offset.map_or_else(|| "none".to_owned(), i64::to_string)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A state in the emulator's form, with additional fields.
    fn state(billing: [i64; 2], other: i64) -> EmulatorState {
        let state = json!({
            "projects": {"p": {"name": "r"}},
            "instances": {"i": {
                "project_id": "p",
                "topics": {
                    "orders": [
                        {"log_start": 0, "log_end": 300, "timestamps": []},
                        {"log_start": 120, "log_end": 250, "timestamps": []},
                    ],
                    "payments": [{"log_start": 0, "log_end": 50, "timestamps": []}],
                },
                "groups": {"billing": {"state": "Empty", "offsets": {
                    "orders": {"0": billing[0], "1": billing[1]},
                    "payments": {"0": other},
                }}},
            }},
        });
        serde_json::from_value(state).unwrap()
    }

    fn reset(partition: i32, message_offset: i64) -> Reset {
        Reset {
            instance_id: "i".to_owned(),
            group: "billing".to_owned(),
            topic: "orders".to_owned(),
            partition,
            message_offset,
        }
    }

    #[test]
    fn reset_of_all_partitions_is_clamped_to_each_log() {
        let before = state([140, 190], 25);
        assert_eq!(check(&before, &state([100, 120], 25), &reset(-1, 100)), Ok(()));
        assert_eq!(check(&before, &state([280, 250], 25), &reset(-1, 280)), Ok(()));
    }

    #[test]
    fn reset_of_one_partition_changes_no_other() {
        let before = state([140, 190], 25);
        assert_eq!(check(&before, &state([100, 190], 25), &reset(0, 100)), Ok(()));
        let error = check(&before, &state([100, 120], 25), &reset(0, 100)).unwrap_err();
        assert!(error.contains("partition 1: 120 instead of 190"), "{error}");
    }

    #[test]
    fn unexpected_offsets_are_named() {
        let before = state([140, 190], 25);
        let error = check(&before, &state([140, 120], 26), &reset(-1, 100)).unwrap_err();
        for text in ["topic orders, partition 0: 140 instead of 100", "topic payments, partition 0: 26 instead of 25"] {
            assert!(error.contains(text), "{error}");
        }
        assert!(!error.contains("partition 1"), "{error}");
    }

    #[test]
    fn reset_that_changes_nothing_fails_the_check() {
        let same = state([100, 120], 25);
        assert!(check(&same, &same, &reset(-1, 100)).is_err());
    }

    #[test]
    fn table_is_aligned() {
        let table = table(&state([140, 190], 25), &state([5, 120], 25), &reset(-1, 5));
        let expected = "\
Committed offsets of the group billing:
topic   partition  before  after  log start  log end
orders          0     140      5          0      300
orders          1     190    120        120      250";
        assert_eq!(table, expected);
    }

    #[test]
    fn reset_is_parsed_from_the_plan() {
        // The form of `terraform show -json` of 1.11.4.
        let plan = |after: Value| {
            let change = json!({"actions": ["create"], "before": null, "after": after});
            json!({"format_version": "1.2", "resource_changes": [
                {"type": "terraform_data", "change": {"actions": ["create"], "after": {}}},
                {"type": "huaweicloud_kafka_offset_reset", "change": change},
            ]})
            .to_string()
        };
        let after = json!({"instance_id": "i", "group": "billing", "topic": "orders",
            "partition": -1, "message_offset": 100, "timestamp": null, "note": null});
        assert_eq!(Reset::from_plan(plan(after).as_bytes()), Ok(reset(-1, 100)));
        let other = json!({"instance_id": "i", "group": "billing", "topic": "orders",
            "partition": -1, "message_offset": null, "timestamp": 0});
        let error = Reset::from_plan(plan(other).as_bytes()).unwrap_err();
        assert!(error.contains("message_offset"), "{error}");
        assert!(Reset::from_plan(b"{}").is_err());
    }
}
