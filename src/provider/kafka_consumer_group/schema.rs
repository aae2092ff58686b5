//! The schema of `huaweicloud_kafka_consumer_group`, and the conversion of a group into its attributes.

use std::collections::BTreeMap;

use crate::huaweicloud::{
    ConsumerGroup, GroupMember, GroupOffset, MessageOffset, PartitionNumber, TopicName, UnreadableOffset,
};
use crate::model;
use crate::tf_provider::value::{Attr, ToValue, Type};
use crate::tf_provider::{Attribute, Block, Schema};

model! {
    /// The block.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub(in crate::provider) struct ConsumerGroupBlock {
        pub region: Attr<String>,
        pub project_id: Attr<String>,
        pub instance_id: Attr<String>,
        pub group: Attr<String>,
        pub topic: Attr<String>,
        pub state: Attr<String>,
        pub coordinator_id: Attr<i64>,
        pub members: Attr<Vec<Member>>,
        pub offsets: Attr<Vec<Offset>>,
        pub lag: Attr<BTreeMap<String, Attr<i64>>>,
        pub total_lag: Attr<i64>,
    }
}

model! {
    /// A member of the group.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub(in crate::provider) struct Member {
        pub member_id: String,
        pub client_id: String,
        pub host: String,
        pub assignment: Vec<Assigned>,
    }
}

model! {
    /// The partitions of one topic that a member consumes.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub(in crate::provider) struct Assigned {
        pub topic: String,
        pub partitions: Vec<i64>,
    }
}

model! {
    /// The offsets of the group on one partition. Null where a value is not known.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub(in crate::provider) struct Offset {
        pub topic: Attr<String>,
        pub partition: Attr<i64>,
        pub current: Attr<i64>,
        pub log_start: Attr<i64>,
        pub log_end: Attr<i64>,
        pub lag: Attr<i64>,
    }
}

/// The starts of the logs, by topic and partition.
pub(super) type LogStarts = BTreeMap<TopicName, BTreeMap<PartitionNumber, MessageOffset>>;

/// The schema of the data source.
pub(super) fn schema() -> Schema {
    let text = |name: &str, description: &str| Attribute::computed(name, Type::String, description);
    let number = |name: &str, description: &str| Attribute::computed(name, Type::Number, description);
    let block = Block::new(
        "Reads the current state of a Kafka consumer group: its members and its committed offsets. A group that does \
         not exist is an error.\n\n\
         Offsets can be reset if `state == \"Empty\"`. A `precondition` with this condition fails every plan while the \
         group has members, even after the reset; a `check` only warns.",
    )
    .attribute(
        Attribute::optional("region", Type::String, "Region of the instance. Default: the provider's.").or_computed(),
    )
    .attribute(
        Attribute::optional(
            "project_id",
            Type::String,
            "Project of the instance. Default: the provider's in its own region; in another region, the project that \
             has the name of the region.",
        )
        .or_computed(),
    )
    .attribute(Attribute::required("instance_id", Type::String, "Id of the Kafka instance."))
    .attribute(Attribute::required("group", Type::String, "Name of the consumer group."))
    .attribute(Attribute::optional(
        "topic",
        Type::String,
        "Name of a topic. If it is set, `offsets`, `lag` and `total_lag` contain only this topic; `members` contains all \
         members. If the group has no offsets on the topic, `offsets` and `lag` are empty, and `total_lag` is 0. \
         Default: every topic of the group.",
    ))
    .attribute(text(
        "state",
        "State of the group in Kafka's terms: `Empty` (no members, so offsets can be reset), `Stable`, \
         `PreparingRebalance`, `CompletingRebalance`, `Assigning`, `Reconciling`, `NotReady`. `Dead` together with \
         offsets means a group of the newer consumer protocol (`group.protocol=consumer`), whose members the service \
         does not report.",
    ))
    .attribute(number("coordinator_id", "The broker that coordinates the group."))
    .attribute(Attribute::computed(
        "members",
        Vec::<Member>::value_type(),
        "The members of the group. A client that assigns its partitions manually is not a member.",
    ))
    .attribute(Attribute::computed(
        "offsets",
        Vec::<Offset>::value_type(),
        "The group's offset on each partition that it has consumed. `current` is null if no offset is committed. \
         `log_start` is the log start offset, and `log_end` is the offset of the next message. If the service reports \
         a partition in a form that cannot be read, such as for a deleted topic, the unknown values are null. `lag` is \
         never negative.",
    ))
    .attribute(Attribute::computed(
        "lag",
        BTreeMap::<String, Attr<i64>>::value_type(),
        "The lag of each topic, summed over its partitions: `lag[\"orders\"]`. Null if the `lag` of any of them is \
         null. Also null if `offsets` has an entry without a topic, because that entry may belong to any topic.",
    ))
    .attribute(number("total_lag", "Sum of the lags of all partitions. Null if the `lag` of any partition is null."));
    Schema::new(block)
}

impl ConsumerGroupBlock {
    /// The block with its results. Offsets are sorted for the same reason as members.
    pub(super) fn with_results(self, group: ConsumerGroup, log_starts: &LogStarts) -> Self {
        let readable = group.offsets.iter().map(|it| Offset::new(it, log_starts));
        let unreadable = group.unreadable.iter().map(|it| Offset::unreadable(it, log_starts));
        let mut offsets: Vec<Offset> = readable.chain(unreadable).collect();
        offsets.sort_by(|one, other| one.sort_key().cmp(&other.sort_key()));
        let total_lag = sum_of_lags(&offsets);
        Self {
            state: Attr::Known(group.state.to_string()),
            coordinator_id: Attr::from_option(group.coordinator_id),
            members: Attr::Known(members(group.members)),
            lag: Attr::Known(lag_by_topic(&offsets)),
            offsets: Attr::Known(offsets),
            total_lag: Attr::from_option(total_lag),
            ..self
        }
    }
}

/// The lag of each topic in sorted offsets.
fn lag_by_topic(offsets: &[Offset]) -> BTreeMap<String, Attr<i64>> {
    // An offset without a topic may belong to any of them.
    let complete = offsets.iter().all(|it| it.topic.known().is_some());
    let by_topic = offsets.chunk_by(|one, other| one.topic == other.topic);
    let lag = by_topic.filter_map(|offsets| {
        let topic = offsets.first()?.topic.known()?;
        Some((topic.clone(), Attr::from_option(sum_of_lags(offsets).filter(|_| complete))))
    });
    lag.collect()
}

/// `None`: one of the lags is not known.
fn sum_of_lags(offsets: &[Offset]) -> Option<i64> {
    offsets.iter().try_fold(0_i64, |sum, offset| Some(sum.saturating_add(*offset.lag.known()?)))
}

/// The members, sorted, because a different order would show as a change in Terraform.
pub(in crate::provider) fn members(members: Vec<GroupMember>) -> Vec<Member> {
    let mut members: Vec<Member> = members.into_iter().map(Member::from).collect();
    members.sort_by(|one, other| one.member_id.cmp(&other.member_id));
    members
}

impl From<GroupMember> for Member {
    fn from(member: GroupMember) -> Self {
        let mut assignment: Vec<Assigned> = member
            .assignment
            .into_iter()
            .map(|it| {
                let mut partitions: Vec<i64> = it.partitions.iter().map(|number| number.get()).collect();
                partitions.sort_unstable();
                Assigned { topic: it.topic, partitions }
            })
            .collect();
        assignment.sort_by(|one, other| one.topic.cmp(&other.topic));
        Self { member_id: member.member_id, client_id: member.client_id, host: member.host, assignment }
    }
}

impl Offset {
    fn new(offset: &GroupOffset, log_starts: &LogStarts) -> Self {
        Self {
            log_start: log_start(log_starts, Some(&offset.topic), Some(offset.partition)),
            topic: Attr::Known(offset.topic.to_string()),
            partition: Attr::Known(offset.partition.get()),
            current: Attr::from_option(offset.current.map(MessageOffset::get)),
            log_end: Attr::from_option(offset.log_end.map(MessageOffset::get)),
            lag: Attr::from_option(offset.lag),
        }
    }

    fn unreadable(row: &UnreadableOffset, log_starts: &LogStarts) -> Self {
        Self {
            log_start: log_start(log_starts, row.topic().as_ref(), row.partition),
            topic: Attr::from_option(row.shown_topic()),
            partition: Attr::from_option(row.partition.map(PartitionNumber::get)),
            ..Self::default()
        }
    }

    fn sort_key(&self) -> (Option<&String>, Option<&i64>) {
        (self.topic.known(), self.partition.known())
    }
}

fn log_start(log_starts: &LogStarts, topic: Option<&TopicName>, partition: Option<PartitionNumber>) -> Attr<i64> {
    let find = || log_starts.get(topic?)?.get(&partition?);
    Attr::from_option(find().map(|start| start.get()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offset(topic: Option<&str>, partition: i64, lag: Option<i64>) -> Offset {
        Offset {
            topic: Attr::from_option(topic.map(str::to_owned)),
            partition: Attr::Known(partition),
            lag: Attr::from_option(lag),
            ..Offset::default()
        }
    }

    fn lags(offsets: &[Offset]) -> Vec<(String, Option<i64>)> {
        lag_by_topic(offsets).into_iter().map(|(topic, lag)| (topic, lag.known().copied())).collect()
    }

    #[test]
    fn lags_are_summed_by_topic() {
        let orders = [offset(Some("orders"), 0, Some(160)), offset(Some("orders"), 1, Some(60))];
        let payments = offset(Some("payments"), 0, Some(i64::MAX));
        let offsets = [&orders[..], &[payments.clone(), payments]].concat();
        assert_eq!(lags(&offsets), [("orders".to_owned(), Some(220)), ("payments".to_owned(), Some(i64::MAX))]);
        assert_eq!(lags(&[]), []);
    }

    #[test]
    fn one_unknown_lag_makes_the_lag_of_its_topic_unknown() {
        let offsets = [
            offset(Some("orders"), 0, Some(160)),
            offset(Some("orders"), 1, None),
            offset(Some("payments"), 0, Some(25)),
        ];
        assert_eq!(lags(&offsets), [("orders".to_owned(), None), ("payments".to_owned(), Some(25))]);
    }

    #[test]
    fn offset_without_a_topic_makes_every_lag_unknown() {
        let offsets = [offset(None, 0, Some(1)), offset(Some("orders"), 0, Some(160))];
        assert_eq!(lags(&offsets), [("orders".to_owned(), None)]);
    }
}
