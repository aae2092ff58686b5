//! The schema of `huaweicloud_kafka_consumer_group`, and the conversion of a group into its attributes.

use crate::huaweicloud::{ConsumerGroup, GroupMember, GroupOffset, MessageOffset, PartitionNumber, UnreadableOffset};
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
        pub state: Attr<String>,
        pub coordinator_id: Attr<i64>,
        pub members: Attr<Vec<Member>>,
        pub offsets: Attr<Vec<Offset>>,
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
        pub log_end: Attr<i64>,
        pub lag: Attr<i64>,
    }
}

/// The schema of the data source.
pub(super) fn schema() -> Schema {
    let text = |name: &str, description: &str| Attribute::computed(name, Type::String, description);
    let number = |name: &str, description: &str| Attribute::computed(name, Type::Number, description);
    let block = Block::new(
        "Reads the current state of a Kafka consumer group: its members and its committed offsets. A group that does \
         not exist is an error.\n\n\
         Offsets can be reset if `state == \"Empty\"`. A `precondition` with this condition fails every plan while the \
         group has members, also after the reset; a `check` only warns.",
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
        "The group's offset on each partition that it has consumed. `current` is null if no offset is committed. If \
         the service reports a partition in a form that cannot be read, such as for a deleted topic, the unknown \
         values are null. `lag` is never negative.",
    ))
    .attribute(number("total_lag", "Sum of the lags of all partitions. Null if the `lag` of any partition is null."));
    Schema::new(block)
}

impl ConsumerGroupBlock {
    /// The block with its results. Offsets are sorted for the same reason as members.
    pub(super) fn with_results(self, group: ConsumerGroup) -> Self {
        let readable = group.offsets.into_iter().map(Offset::from);
        let mut offsets: Vec<Offset> = readable.chain(group.unreadable.into_iter().map(Offset::from)).collect();
        offsets.sort_by(|one, other| one.sort_key().cmp(&other.sort_key()));
        // If one lag is unknown, so is the total.
        let total_lag =
            offsets.iter().try_fold(0_i64, |total, offset| Some(total.saturating_add(*offset.lag.known()?)));
        Self {
            state: Attr::Known(group.state.to_string()),
            coordinator_id: Attr::from_option(group.coordinator_id),
            members: Attr::Known(members(group.members)),
            offsets: Attr::Known(offsets),
            total_lag: Attr::from_option(total_lag),
            ..self
        }
    }
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

impl From<GroupOffset> for Offset {
    fn from(offset: GroupOffset) -> Self {
        Self {
            topic: Attr::Known(offset.topic.to_string()),
            partition: Attr::Known(offset.partition.get()),
            current: Attr::from_option(offset.current.map(MessageOffset::get)),
            log_end: Attr::from_option(offset.log_end.map(MessageOffset::get)),
            lag: Attr::from_option(offset.lag),
        }
    }
}

impl From<UnreadableOffset> for Offset {
    fn from(row: UnreadableOffset) -> Self {
        Self {
            topic: Attr::from_option(row.shown_topic()),
            partition: Attr::from_option(row.partition.map(PartitionNumber::get)),
            ..Self::default()
        }
    }
}

impl Offset {
    fn sort_key(&self) -> (Option<&String>, Option<&i64>) {
        (self.topic.known(), self.partition.known())
    }
}
