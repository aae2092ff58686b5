//! The arguments that resource and action share, each with its documentation.

use crate::tf_provider::value::{Number, Type, Value};
use crate::tf_provider::{Attribute, Block};

use super::super::arguments::Form;
use super::normal_form;

/// Every partition of the topic, in the words of the API.
pub(in crate::provider::kafka_offset_reset) const ALL_PARTITIONS: i64 = -1;
/// `on_out_of_range` where the block says nothing: the service moves to the nearer end.
pub(in crate::provider::kafka_offset_reset) const CLAMP: &str = "clamp";
/// `on_out_of_range` that sends nothing.
pub(in crate::provider::kafka_offset_reset) const REFUSE: &str = "error";
/// `wait_for_inactive` where the block says nothing.
pub(in crate::provider::kafka_offset_reset) const WAIT_FOR_INACTIVE: &str = "60s";

/// Adds the arguments to a block.
pub(super) fn shared(block: Block, form: Form) -> Block {
    safeguards(targets(place(block, form), form), form)
}

impl Form {
    /// An argument that changes what is sent. A resource is then another one.
    fn sent(self, attribute: Attribute) -> Attribute {
        match self {
            Form::Resource => attribute.requires_replace(),
            Form::Action => attribute,
        }
    }

    /// An argument that the provider fills in. An action has nowhere to put what was filled in.
    fn filled_in(self, attribute: Attribute) -> Attribute {
        match self {
            Form::Resource => attribute.or_computed(),
            Form::Action => attribute,
        }
    }

    /// A default that a plan shows. An action's is applied when it is read.
    fn with_default(self, attribute: Attribute, default: Value) -> Attribute {
        match self {
            Form::Resource => attribute.or_default(default),
            Form::Action => attribute,
        }
    }
}

/// What is reset.
fn place(block: Block, form: Form) -> Block {
    let text = |name: &str, description: &str| Attribute::optional(name, Type::String, description);
    block
        .attribute(form.sent(form.filled_in(text("region", "Region of the instance. Default: the provider's."))))
        .attribute(form.sent(form.filled_in(text(
            "project_id",
            "Project of the instance. Default: the provider's for its own region, else looked up by the region's name.",
        ))))
        .attribute(form.sent(Attribute::required("instance_id", Type::String, "Id of the Kafka instance.")))
        .attribute(form.sent(Attribute::required("group", Type::String, "Name of the consumer group.")))
        .attribute(form.sent(text(
            "topic",
            "Name of the topic. Left out: every topic of the group, which only `timestamp`, `datetime`, `by_duration` \
             and `position` (`earliest`, `latest`) can do; the service does it in the background, and the reset waits \
             for its end.",
        )))
        .attribute(
            form.sent(
                form.with_default(
                    Attribute::optional(
                        "partition",
                        Type::Number,
                        "Number of the partition, or -1 for every partition. Default: -1, or null if \
                         `partition_offsets` is set, which names its own partitions.",
                    )
                    .normal_form(normal_form::partition),
                    Value::Number(Number::from(ALL_PARTITIONS)),
                )
                .unless("partition_offsets"),
            ),
        )
}

/// Where to. Exactly one of these is set.
fn targets(block: Block, form: Form) -> Block {
    let number = |name: &str, description: &str| Attribute::optional(name, Type::Number, description);
    let text = |name: &str, description: &str| Attribute::optional(name, Type::String, description);
    block
        .attribute(form.sent(number(
            "message_offset",
            "Offset to go to. Before the earliest it means the earliest, after the latest it means the latest. Exactly \
             one of `message_offset`, `timestamp`, `datetime`, `by_duration`, `position`, `shift_by` and \
             `partition_offsets` is set.",
        )))
        .attribute(form.sent(number(
            "timestamp",
            "Time to go to, in Unix milliseconds: the first message at or after it. 0 means the earliest offset; after \
             the last message it means the latest.",
        )))
        .attribute(form.sent(
            text(
                "datetime",
                "Time to reset to, in RFC 3339 with a time zone: `2024-01-01T08:02:00+08:00`, `2024-01-01T00:02:00Z`. \
                 A time more than a minute in the future is an error; use `position` instead.",
            )
            .normal_form(normal_form::datetime)
            .alternative_to("timestamp"),
        ))
        .attribute(form.sent(
            text(
                "by_duration",
                "How far to go back from the time of the reset, by the service's clock: `2h30m`, or in ISO 8601 \
                 `PT2H30M`, `P1D`. A day has 24 hours. Years and months are refused, because their lengths vary.",
            )
            .normal_form(normal_form::duration),
        ))
        .attribute(form.sent(text(
            "position",
            "`earliest`, `latest`, or `current`, which commits anew what is committed and so moves nothing.",
        )))
        .attribute(form.sent(number(
            "shift_by",
            "How many offsets on from the committed one of each partition, or back, where negative: 1 skips one message, \
             unless compaction or transactions left gaps. Read once, then sent as offsets, so that a repeated request never shifts twice.",
        )))
        .attribute(form.sent(
            Attribute::optional(
                "partition_offsets",
                Type::map(Type::Number),
                "Offsets by partition: `{ 0 = 140, 1 = 190 }`. Needs `topic`. Partitions that are not named, or are \
                 null, do not move. To roll back an earlier reset, use its `offsets[*].before`.",
            )
            .normal_form(normal_form::without_null_entries),
        ))
}

/// What is checked before and after. A change of these sends nothing.
fn safeguards(block: Block, form: Form) -> Block {
    let flag = |name: &str, description: &str| Attribute::optional(name, Type::Bool, description);
    let text = |name: &str, description: &str| Attribute::optional(name, Type::String, description);
    block
        .attribute(form.with_default(
            text(
                "on_out_of_range",
                "What to do when the target lies outside of what a partition holds: `clamp` goes to the nearer end and \
                 warns of all partitions at once, `error` sends nothing. A time later than a partition's last message lies outside of it. Default: \
                 `clamp`.",
            ),
            Value::from(CLAMP),
        ))
        .attribute(form.with_default(
            flag(
                "require_inactive_group",
                "Never reset a group that has members. Default: true. If the group cannot be read, for example \
                 because a permission is missing, the reset is refused. If false, members are not checked.",
            ),
            Value::from(true),
        ))
        .attribute(form.with_default(
            text(
                "wait_for_inactive",
                "How long to wait for members to leave, such as `90s` or `PT90S`. With `0s`, a group with members is \
                 refused at once. Default: `60s`.",
            )
            .normal_form(normal_form::duration),
            Value::from(WAIT_FOR_INACTIVE),
        ))
        .attribute(form.with_default(
            flag(
                "verify",
                "Read the offsets before and after the reset, and fail if a partition did not move as requested or \
                 its new offset cannot be verified. Default: true. If the credentials are not allowed to read what \
                 this needs, the reset is refused before it is sent. If false, nothing is verified.",
            ),
            Value::from(true),
        ))
}
