//! The blocks of `huaweicloud_kafka_offset_reset`, resource and action: arguments, exported values, and what each one
//! means.

use std::collections::BTreeMap;

use crate::model;
use crate::tf_provider::value::{Attr, Number, Type};
use crate::tf_provider::{Attribute, Block, NestedBlock, Schema};

use super::arguments::{Arguments, Form};
use super::offset_record::{OffsetRecord, offsets_type};

mod normal_form;
mod shared;

use shared::shared;
pub(super) use shared::{ALL_PARTITIONS, CLAMP, REFUSE, WAIT_FOR_INACTIVE};

model! {
    /// The resource's block as a struct. Any argument can be unknown while planning.
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
        pub datetime: Attr<String>,
        pub by_duration: Attr<String>,
        pub position: Attr<String>,
        pub shift_by: Attr<Number>,
        pub partition_offsets: Attr<BTreeMap<String, Attr<Number>>>,
        pub on_out_of_range: Attr<String>,
        pub require_inactive_group: Attr<bool>,
        pub wait_for_inactive: Attr<String>,
        pub verify: Attr<bool>,
        pub triggers: Attr<BTreeMap<String, Attr<String>>>,
        pub note: Attr<String>,
        pub id: Attr<String>,
        pub reset_at: Attr<String>,
        pub request_id: Attr<String>,
        pub task_id: Attr<String>,
        pub offsets: Attr<Vec<OffsetRecord>>,
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

impl OffsetReset {
    /// What says what to reset and how.
    pub(super) fn arguments(&self) -> Arguments {
        let timeout = match &self.timeouts {
            Attr::Null => Attr::Null,
            Attr::Unknown => Attr::Unknown,
            Attr::Known(timeouts) => timeouts.create.clone(),
        };
        Arguments {
            region: self.region.clone(),
            project_id: self.project_id.clone(),
            instance_id: self.instance_id.clone(),
            group: self.group.clone(),
            topic: self.topic.clone(),
            partition: self.partition,
            message_offset: self.message_offset.clone(),
            timestamp: self.timestamp.clone(),
            datetime: self.datetime.clone(),
            by_duration: self.by_duration.clone(),
            position: self.position.clone(),
            shift_by: self.shift_by.clone(),
            partition_offsets: self.partition_offsets.clone(),
            on_out_of_range: self.on_out_of_range.clone(),
            require_inactive_group: self.require_inactive_group,
            wait_for_inactive: self.wait_for_inactive.clone(),
            verify: self.verify,
            timeout,
        }
    }
}

/// The resource's block, its documentation beside each part.
pub(super) fn resource() -> Schema {
    let text = Type::String;
    let block = Block::new(
        "Resets the offsets of a Kafka consumer group once, when the resource is created. Reading it calls nothing, \
         destroying it only forgets it: a reset can't be taken back by removing it.\n\n\
         The group's clients must be stopped first; the service counts a client as online until its session times \
         out. The reset waits for that, and refuses a group that stays online.",
    );
    let computed = |name: &str, value_type: Type, description: &str| Attribute::computed(name, value_type, description);
    let block = shared(block, Form::Resource)
        .attribute(
            Attribute::optional(
                "triggers",
                Type::map(Type::String),
                "Any values. When one of them changes, the reset is done again. Null values are ignored.",
            )
            .normal_form(normal_form::without_null_entries)
            .requires_replace(),
        )
        .attribute(Attribute::optional("note", text.clone(), "Any text, such as why. Changing it does nothing else."))
        .attribute(computed("id", text.clone(), "Random identifier of this reset (UUID)."))
        .attribute(computed("reset_at", text.clone(), "When the service took the reset (RFC 3339, UTC)."))
        .attribute(computed(
            "request_id",
            text.clone(),
            "Identifier that the service gave the request, the last one where partitions needed one each; its support \
             asks for it.",
        ))
        .attribute(computed("task_id", text.clone(), "The service's background task, for a reset of every topic."))
        .attribute(computed(
            "offsets",
            offsets_type(),
            "Where each partition was (`before`) and is (`after`), the ends of its log, and whether the target lay \
             outside of it (`clamped`). Null where they were not read. The way back, in a second resource: \
             `partition_offsets = { for it in huaweicloud_kafka_offset_reset.name.offsets : it.partition => it.before }`, \
             for one topic.",
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

/// The action's `config` block.
pub(super) fn action() -> Schema {
    let block = Block::new(
        "Resets the offsets of a Kafka consumer group each time it is invoked. Needs Terraform 1.14 or later.\n\n\
         The group's clients must be stopped first; the service counts a client as online until its session times \
         out. The reset waits for that, and refuses a group that stays online.",
    );
    Schema::new(shared(block, Form::Action).attribute(Attribute::optional(
        "timeout",
        Type::String,
        "Time limit of the whole reset, including waits, such as `10m` or `PT10M`. Default: `30m`.",
    )))
}
