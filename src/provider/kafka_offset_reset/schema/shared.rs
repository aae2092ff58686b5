//! The schema of the arguments that the resource and the action share.

use crate::tf_provider::value::{Number, Type, Value};
use crate::tf_provider::{Attribute, Block};

use super::super::arguments::{ALL_PARTITIONS, CLAMP, Form, WAIT_FOR_INACTIVE};
use super::normal_form;

/// Adds the arguments that every block has.
pub(super) fn scope_and_target(block: Block, form: Form) -> Block {
    targets(scope(block, form), form)
}

/// Adds the arguments of the blocks that reset.
pub(super) fn reset_arguments(block: Block, form: Form) -> Block {
    checks(scope_and_target(block, form), form)
}

impl Form {
    /// An argument that changes what is sent, so changing it replaces the resource.
    fn sent(self, attribute: Attribute) -> Attribute {
        match self {
            Form::Resource => attribute.requires_replace(),
            Form::Action | Form::DataSource => attribute,
        }
    }

    /// An argument with a value computed by the provider. An action has no state to keep it.
    fn computed(self, attribute: Attribute) -> Attribute {
        match self {
            Form::Resource | Form::DataSource => attribute.or_computed(),
            Form::Action => attribute,
        }
    }

    /// An argument with a default that the plan shows. The other blocks have none, so their defaults apply
    /// when they are read.
    fn with_default(self, attribute: Attribute, default: Value) -> Attribute {
        match self {
            Form::Resource => attribute.or_default(default),
            Form::Action | Form::DataSource => attribute,
        }
    }
}

/// The arguments that define what to reset.
fn scope(block: Block, form: Form) -> Block {
    let text = |name: &str, description: &str| Attribute::optional(name, Type::String, description);
    block
        .attribute(form.sent(form.computed(text("region", "Region of the instance. Default: the provider's."))))
        .attribute(form.sent(form.computed(text(
            "project_id",
            "Project of the instance. Default: the provider's project if the instance is in the provider's region; \
             otherwise, the project that has the name of the region.",
        ))))
        .attribute(form.sent(Attribute::required("instance_id", Type::String, "Id of the Kafka instance.")))
        .attribute(form.sent(Attribute::required("group", Type::String, "Name of the consumer group.")))
        .attribute(form.sent(text(
            "topic",
            "Name of the topic. Default: every topic of the group. In this case, the target must be `timestamp`, \
             `datetime`, `by_duration` or `position` (`earliest`, `latest`). The service then resets in the \
             background, and the provider waits until the reset is done.",
        )))
        .attribute(
            form.sent(
                form.with_default(
                    Attribute::optional(
                        "partition",
                        Type::Number,
                        "Number of the partition, or -1 for every partition. Default: -1, or null if \
                         `partition_offsets` is set.",
                    )
                    .normal_form(normal_form::partition),
                    Value::Number(Number::from(ALL_PARTITIONS)),
                )
                .unless("partition_offsets"),
            ),
        )
}

/// The targets, of which exactly one is set.
fn targets(block: Block, form: Form) -> Block {
    let number = |name: &str, description: &str| Attribute::optional(name, Type::Number, description);
    let text = |name: &str, description: &str| Attribute::optional(name, Type::String, description);
    block
        .attribute(form.sent(number(
            "message_offset",
            "Offset to reset to. An offset before the earliest one resets to the earliest, and an offset after the \
             latest one to the latest. Exactly one of `message_offset`, `timestamp`, `datetime`, `by_duration`, \
             `position`, `shift_by` and `partition_offsets` must be set.",
        )))
        .attribute(form.sent(number(
            "timestamp",
            "Time to reset to, in Unix milliseconds: the offsets move to the first message at or after it. 0 means the \
             earliest offset. A time after the last message means the latest offset.",
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
                 `PT2H30M`, `P1D`. A day has 24 hours. Years and months are errors, because their lengths vary.",
            )
            .normal_form(normal_form::duration),
        ))
        .attribute(form.sent(text(
            "position",
            "`earliest`, `latest`, or `current`, which commits the committed offsets again and moves nothing.",
        )))
        .attribute(form.sent(number(
            "shift_by",
            "Number of offsets to move forward from the committed offset of each partition, or back if negative. 1 \
             skips one message, unless compaction or transactions left gaps. The provider computes the offsets once \
             and sends them as absolute offsets, so that a retry never shifts twice.",
        )))
        .attribute(form.sent(
            Attribute::optional(
                "partition_offsets",
                Type::map(Type::Number),
                "Offset of each partition: `{ 0 = 140, 1 = 190 }`. Needs `topic`. Partitions that are missing or null \
                 keep their offsets. To roll back an earlier reset, use its `before[\"orders\"]`.",
            )
            .normal_form(normal_form::without_null_entries),
        ))
}

/// The preview, and the checks before and after the reset. Changing these arguments sends no request.
fn checks(block: Block, form: Form) -> Block {
    let flag = |name: &str, description: &str| Attribute::optional(name, Type::Bool, description);
    let text = |name: &str, description: &str| Attribute::optional(name, Type::String, description);
    let number = |name: &str, description: &str| Attribute::optional(name, Type::Number, description);
    let preview = match form {
        Form::Action => {
            "Show at plan time, as one warning, where the reset would move each partition, and how many messages it \
             would replay or skip. Reads the group for at most 5 seconds, and never fails a plan. Default: true."
        }
        Form::Resource | Form::DataSource => {
            "Show at plan time, as one warning, where the reset would move each partition, and how many messages it \
             would replay or skip. Reads the group for at most 5 seconds, and never fails a plan. The apply prints \
             the warning again. With `-replace` and `replace_triggered_by`, only the apply prints it. Default: false."
        }
    };
    block
        .attribute(form.with_default(
            text(
                "on_out_of_range",
                "What to do if the target is outside the log of a partition: `clamp` moves the offset to the nearer \
                 end and warns; `error` refuses the reset. A time after the last message of a partition is outside its \
                 log. Default: `clamp`.",
            ),
            Value::from(CLAMP),
        ))
        .attribute(form.with_default(
            flag(
                "require_inactive_group",
                "Refuse to reset a group that has members. Default: true. If the group cannot be read, for example \
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
                "Read the offsets before and after the reset, and fail if a new offset is not as requested or cannot \
                 be verified. Default: true. If the credentials lack a permission that verification needs, the reset \
                 is refused before it is sent. If false, nothing is verified.",
            ),
            Value::from(true),
        ))        .attribute(number(
            "max_replayed_messages",
            "Refuse, before anything is sent, a reset that makes the group read more than this many messages again. \
             Counted in offsets, summed over all partitions. A partition without a committed offset counts as 0. If \
             the number cannot be determined, the reset is refused too. Checked once: if messages are written before \
             the service carries out the reset, a success can exceed the limit, with a warning. Default: no limit.",
        ))
        .attribute(number(
            "max_skipped_messages",
            "Refuse, before anything is sent, a reset that makes the group skip more than this many unread messages. \
             Counted like `max_replayed_messages`. Default: no limit.",
        ))
        .attribute(form.with_default(flag("preview", preview), Value::from(false)))
}
