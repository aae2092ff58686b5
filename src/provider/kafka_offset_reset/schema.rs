//! The block of `huaweicloud_kafka_offset_reset`: arguments, exported values, and what each one means.

use std::collections::BTreeMap;

use crate::model;
use crate::tf_provider::value::{Attr, Number, Type, Value};
use crate::tf_provider::{Attribute, Block, NestedBlock, Schema};

/// Every partition of the topic, in the words of the API.
pub(super) const ALL_PARTITIONS: i64 = -1;

model! {
    /// The block as a struct. Any argument can be unknown while planning.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub(in crate::provider) struct OffsetReset {
        pub region: Attr<String>,
        pub project_id: Attr<String>,
        pub instance_id: Attr<String>,
        pub group: Attr<String>,
        pub topic: Attr<String>,
        pub partition: Attr<i64>,
        pub message_offset: Attr<Number>,
        pub timestamp: Attr<Number>,
        pub triggers: Attr<BTreeMap<String, Attr<String>>>,
        pub note: Attr<String>,
        pub id: Attr<String>,
        pub reset_at: Attr<String>,
        pub request_id: Attr<String>,
        pub timeouts: Attr<Timeouts>,
    }
}

model! {
    /// The `timeouts` block.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub(in crate::provider) struct Timeouts {
        pub create: Attr<String>,
    }
}

/// The block, its documentation beside each part.
pub(super) fn schema() -> Schema {
    Schema::new(
        Block::new(
            "Resets the offsets of a Kafka consumer group once, when the resource is created. Reading it calls \
             nothing, destroying it only forgets it: a reset can't be taken back by removing it.\n\n\
             The group's clients must be stopped first; the service counts a client as online until its session \
             times out.",
        )
        .attribute(
            Attribute::optional("region", Type::String, "Region of the instance. Default: the provider's.")
                .or_computed()
                .requires_replace(),
        )
        .attribute(
            Attribute::optional(
                "project_id",
                Type::String,
                "Project of the instance. Default: the provider's for its own region, else looked up by the region's \
                 name.",
            )
            .or_computed()
            .requires_replace(),
        )
        .attribute(Attribute::required("instance_id", Type::String, "Id of the Kafka instance.").requires_replace())
        .attribute(Attribute::required("group", Type::String, "Name of the consumer group.").requires_replace())
        .attribute(
            Attribute::optional(
                "topic",
                Type::String,
                "Name of the topic. Left out: every topic of the group, which only `timestamp` can do.",
            )
            .requires_replace(),
        )
        .attribute(
            Attribute::optional(
                "partition",
                Type::Number,
                "Number of the partition, or -1 for every one. Default: -1.",
            )
            .or_default(Value::Number(Number::from(ALL_PARTITIONS)))
            .requires_replace(),
        )
        .attribute(
            Attribute::optional(
                "message_offset",
                Type::Number,
                "Offset to go to. Before the earliest it means the earliest, after the latest it means the latest. \
                 Exactly one of `message_offset` and `timestamp` is set.",
            )
            .requires_replace(),
        )
        .attribute(
            Attribute::optional(
                "timestamp",
                Type::Number,
                "Time to go to, in Unix milliseconds: the first message at or after it. 0 means the earliest offset; \
                 after the last message it means the latest.",
            )
            .requires_replace(),
        )
        .attribute(
            Attribute::optional(
                "triggers",
                Type::Map(Box::new(Type::String)),
                "Any values. When one of them changes, the reset is done again.",
            )
            .requires_replace(),
        )
        .attribute(Attribute::optional("note", Type::String, "Any text, such as why. Changing it does nothing else."))
        .attribute(Attribute::computed("id", Type::String, "Random identifier of this reset (UUID)."))
        .attribute(Attribute::computed("reset_at", Type::String, "When the service took the reset (RFC 3339, UTC)."))
        .attribute(Attribute::computed(
            "request_id",
            Type::String,
            "Identifier that the service gave the request; its support asks for it.",
        ))
        .block(NestedBlock::single(
            "timeouts",
            Block::new("Time limits.").attribute(Attribute::optional(
                "create",
                Type::String,
                "How long the reset may take in all, such as `90s` or `10m`. Default: `30m`.",
            )),
        )),
    )
}
