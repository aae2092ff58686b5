//! Parses the output of Kafka's own tools: a group's offsets, a planned reset, and consumed messages.

use crate::quickstart::offsets::Offsets;

/// The output of `kafka-consumer-groups --describe` for a group on one topic.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct GroupDescription {
    pub(super) current: Offsets,
    pub(super) log_end: Offsets,
    pub(super) lag: Offsets,
}

impl GroupDescription {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let column = |name| column(text, name);
        Ok(Self { current: column("CURRENT-OFFSET")?, log_end: column("LOG-END-OFFSET")?, lag: column("LAG")? })
    }

    pub(super) fn total_lag(&self) -> i64 {
        self.lag.values().sum()
    }
}

/// Parses the output of `kafka-consumer-groups --reset-offsets --dry-run`.
pub(super) fn new_offsets(text: &str) -> Result<Offsets, String> {
    column(text, "NEW-OFFSET")
}

/// A column of the table for one group and one topic. Skips other lines, because the tool also logs to standard output.
fn column(text: &str, name: &str) -> Result<Offsets, String> {
    let failed = |why: String| format!("kafka-consumer-groups {why}:\n{text}");
    let mut lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let header = lines.find(|words| words.contains(&"PARTITION"));
    let place = |name| header.as_ref()?.iter().position(|word| *word == name);
    let (Some(partition), Some(number)) = (place("PARTITION"), place(name)) else {
        return Err(failed(format!("prints no {name}")));
    };
    let mut offsets = Offsets::new();
    for words in lines {
        let Some(Ok(partition)) = words.get(partition).map(|word| word.parse()) else { continue };
        let Some(Ok(number)) = words.get(number).map(|word| word.parse()) else {
            return Err(failed(format!("prints an invalid {name} for partition {partition}")));
        };
        offsets.insert(partition, number);
    }
    if offsets.is_empty() {
        return Err(failed("prints no partition".to_owned()));
    }
    Ok(offsets)
}

/// The number of consumed messages and the lowest offset, by partition.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Consumed {
    pub(super) messages: Offsets,
    pub(super) first: Offsets,
}

impl Consumed {
    /// Parses the output of `kafka-console-consumer` with the properties `print.timestamp`, `print.partition` and
    /// `print.offset`. Skips lines of its log.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut consumed = Self::default();
        for line in text.lines().filter(|line| line.starts_with("CreateTime:")) {
            let mut fields = line.split('\t').skip(1);
            let mut field = |name| fields.next()?.strip_prefix(name)?.parse::<i64>().ok();
            let (partition, offset) = (field("Partition:"), field("Offset:"));
            let (Some(Ok(partition)), Some(offset)) = (partition.map(i32::try_from), offset) else {
                return Err(format!("kafka-console-consumer prints a message without partition and offset: {line}"));
            };
            *consumed.messages.entry(partition).or_default() += 1;
            let first = consumed.first.entry(partition).or_insert(offset);
            *first = offset.min(*first);
        }
        Ok(consumed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed by Kafka 4.1.0, with its blank lines, and with fewer spaces.
    const DESCRIBED: &str = "
GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID  HOST  CLIENT-ID
billing         orders          0          41              51              10              -            -     -
billing         orders          1          39              49              10              -            -     -
";

    #[test]
    fn group_description_is_parsed_by_column_names() {
        let described = GroupDescription::parse(DESCRIBED).unwrap();
        assert_eq!(described.current, Offsets::from([(0, 41), (1, 39)]));
        assert_eq!(described.log_end, Offsets::from([(0, 51), (1, 49)]));
        assert_eq!(described.lag, Offsets::from([(0, 10), (1, 10)]));
        assert_eq!(described.total_lag(), 20);
        // With `--verbose`, there is an additional column.
        let verbose = DESCRIBED.replace("PARTITION  ", "PARTITION  LEADER-EPOCH ").replace("          41", " 7 41");
        let verbose = verbose.replace("          39", " 7 39");
        assert_eq!(GroupDescription::parse(&verbose), Ok(described));
    }

    #[test]
    fn planned_reset_is_parsed() {
        let text = "
GROUP                          TOPIC                          PARTITION  NEW-OFFSET
billing                        orders                         0          32
billing                        orders                         1          28
";
        assert_eq!(new_offsets(text), Ok(Offsets::from([(0, 32), (1, 28)])));
    }

    #[test]
    fn missing_column_is_reported_with_the_output() {
        let error = GroupDescription::parse("Consumer group 'billing' does not exist.").unwrap_err();
        assert!(error.contains("prints no CURRENT-OFFSET:\nConsumer group 'billing'"), "{error}");
        let error = GroupDescription::parse(&DESCRIBED.replace("41 ", "-  ")).unwrap_err();
        assert!(error.contains("an invalid CURRENT-OFFSET for partition 0"), "{error}");
        let (header, _) = DESCRIBED.split_once("\nbilling").unwrap();
        assert!(GroupDescription::parse(header).unwrap_err().contains("no partition"));
    }

    #[test]
    fn messages_are_counted_per_partition() {
        let text = "CreateTime:1704153600000\tPartition:0\tOffset:32\t0\n\
                    CreateTime:1704153600216\tPartition:1\tOffset:28\t1\n\
                    [2024-01-02 10:00:00,000] ERROR Error processing message (org.apache.kafka.tools)\n\
                    CreateTime:1704153601085\tPartition:0\tOffset:33\t2\n";
        let [messages, first] = [[(0, 2), (1, 1)], [(0, 32), (1, 28)]].map(Offsets::from);
        assert_eq!(Consumed::parse(text), Ok(Consumed { messages, first }));
        assert_eq!(Consumed::parse("Processed a total of 0 messages"), Ok(Consumed::default()));
        assert!(Consumed::parse("CreateTime:1704153600000\t0").is_err());
    }
}
