//! The schemas of `huaweicloud_kafka_offset_reset`: the resource, the action and the data source.

use crate::provider::kafka_consumer_group::Member;
use crate::tf_provider::value::{ToValue, Type};
use crate::tf_provider::{Attribute, Block, NestedBlock, Schema};

use super::arguments::{Form, OffsetMap};

mod normal_form;
mod shared;

use shared::{reset_arguments, scope_and_target};

/// The schema of the resource.
pub(super) fn resource() -> Schema {
    let text = Type::String;
    let block = Block::new(
        "Resets the offsets of a Kafka consumer group once, when the resource is created. Reading the resource sends \
         no request. Destroying it only removes it from the state and does not undo the reset.\n\n\
         Stop the group's clients first. A stopped client remains a member of the group until its session times out. \
         The reset waits for that, and is refused if the group still has members.",
    );
    let computed = |name: &str, value_type: Type, description: &str| Attribute::computed(name, value_type, description);
    let block = reset_arguments(block, Form::Resource)
        .attribute(
            Attribute::optional(
                "triggers",
                Type::map(Type::String),
                "Any values. If one of them changes, the offsets are reset again. Null values are ignored.",
            )
            .normal_form(normal_form::without_null_entries)
            .requires_replace(),
        )
        .attribute(Attribute::optional(
            "note",
            text.clone(),
            "Any text, such as the reason. Changing it sends no request.",
        ))
        .attribute(computed("id", text.clone(), "Random identifier of this reset (UUID)."))
        .attribute(computed("reset_at", text.clone(), "Time at which the service accepted the reset (RFC 3339, UTC)."))
        .attribute(computed(
            "request_id",
            text.clone(),
            "Identifier of the request, for support cases. If the reset needed several requests, the identifier of the \
             last one.",
        ))
        .attribute(computed(
            "task_id",
            text.clone(),
            "Identifier of the service's background task, for a reset of every topic.",
        ))
        .attribute(computed(
            "before",
            OffsetMap::value_type(),
            "The committed offsets before the reset, by topic and partition: `before[\"orders\"][\"0\"]`. A partition \
             without a committed offset is null. To roll back the reset of a topic, set this in a second resource: \
             `partition_offsets = huaweicloud_kafka_offset_reset.name.before[\"orders\"]`. Null if the offsets were \
             not read.",
        ))
        .attribute(computed(
            "after",
            OffsetMap::value_type(),
            "The committed offsets after the reset, in the same form as `before`. Null if the offsets were not read.",
        ))
        .attribute(computed(
            "clamped",
            Type::list(Type::String),
            "The partitions whose target was outside the log, as `topic/partition`. Null if this is not known.",
        ))
        .attribute(computed(
            "replayed_messages",
            Type::Number,
            "How many messages the group reads again: the sum over all partitions, counted in offsets. Deleted messages \
             do not count. A partition without a committed offset counts as 0. Null if this is not known.",
        ))
        .attribute(computed(
            "skipped_messages",
            Type::Number,
            "How many unread messages the reset skipped, counted like `replayed_messages`. Null if this is not known.",
        ))
        .block(NestedBlock::single(
            "timeouts",
            Block::new("Time limits.").attribute(
                Attribute::optional(
                    "create",
                    text,
                    "Time limit of the whole reset, including waits, such as `10m` or `PT10M`. Default: `30m`.",
                )
                .normal_form(normal_form::duration),
            ),
        ));
    Schema::new(block)
}

/// The schema of the action.
pub(super) fn action() -> Schema {
    let block = Block::new(
        "Resets the offsets of a Kafka consumer group each time it is invoked. Needs Terraform 1.14 or later.\n\n\
         Stop the group's clients first. A stopped client remains a member of the group until its session times out. \
         The reset waits for that, and is refused if the group still has members.",
    );
    Schema::new(reset_arguments(block, Form::Action).attribute(Attribute::optional(
        "timeout",
        Type::String,
        "Time limit of the whole reset, including waits, such as `10m` or `PT10M`. Default: `30m`.",
    )))
}

/// The schema of the data source.
pub(super) fn data_source() -> Schema {
    let block = Block::new(
        "Previews a reset of a Kafka consumer group, without sending it: to which offset it would move each partition, \
         and how many messages it would replay or skip. The group and the target have the same arguments as in the \
         resource of the same name. Each plan reads the group again, so the result changes with the group and its \
         topics.",
    );
    let maps = OffsetMap::value_type;
    let block = scope_and_target(block, Form::DataSource)
        .attribute(Attribute::computed(
            "before",
            maps(),
            "The current committed offset of each partition, by topic and partition: `before[\"orders\"][\"0\"]`. Null \
             if no offset is committed.",
        ))
        .attribute(Attribute::computed(
            "after",
            maps(),
            "The offset of each partition after the reset, by topic and partition. Null if it cannot be determined. \
             If `topic` is not set, that includes partitions without a committed offset, which the service may skip.",
        ))
        .attribute(Attribute::computed(
            "clamped",
            Type::list(Type::String),
            "The partitions whose target is outside the log, as `topic/partition`. The reset would move them to \
             the nearer end of the log.",
        ))
        .attribute(Attribute::computed(
            "replayed_messages",
            Type::Number,
            "How many messages the group would read again: the sum over all partitions, counted in offsets. A \
             partition without a committed offset counts as 0. Null if it cannot be determined.",
        ))
        .attribute(Attribute::computed(
            "skipped_messages",
            Type::Number,
            "How many unread messages the group would skip, counted like `replayed_messages`.",
        ))
        .attribute(Attribute::computed(
            "log_start",
            maps(),
            "The log start offset of each partition, by topic and partition.",
        ))
        .attribute(Attribute::computed(
            "log_end",
            maps(),
            "The log end offset of each partition, which the next message will have, by topic and partition.",
        ))
        .attribute(Attribute::computed(
            "state",
            Type::String,
            "State of the group, as in `huaweicloud_kafka_consumer_group`. Offsets can be reset if it is `Empty`.",
        ))
        .attribute(Attribute::computed(
            "members",
            Vec::<Member>::value_type(),
            "The members of the group, as in `huaweicloud_kafka_consumer_group`.",
        ));
    Schema::new(block)
}
