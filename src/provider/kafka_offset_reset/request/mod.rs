//! The arguments of a reset, parsed into types that are always valid.
//!
//! Validation, where values may still be unknown, and the reset itself use the same code, and so do the resource and
//! the action.

use std::time::Duration;

use jiff::Timestamp;

use crate::huaweicloud::{GroupName, InstanceId, Partition, PartitionNumber, ProjectId, Region, TopicName};
use crate::provider::argument_reader::{ArgumentReader, ReadResult, parse_topic, value_of};
use crate::provider::duration::parse_duration;
use crate::tf_provider::value::{Attr, Number};
use crate::tf_provider::{AttributePath, Diagnostics};

use super::arguments::{ALL_PARTITIONS, Arguments, CLAMP, Form, REFUSE};

mod datetime;
mod target;
#[cfg(test)]
pub(super) mod tests;

pub(super) use datetime::parse_datetime;
pub(super) use target::Target;

const UNKNOWN: &str = "Arguments not known yet";

/// The titles of the diagnostics made here.
pub(in crate::provider) const TITLES: &[&str] = &[UNKNOWN, target::NO_TARGET, target::SEVERAL_TARGETS];

/// The default time limit.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30 * 60);
/// The default time to wait for members to leave.
const DEFAULT_WAIT: Duration = Duration::from_secs(60);

/// A reset with valid arguments.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ResetRequest {
    /// `None`: the provider's.
    pub(super) region: Option<Region>,
    /// `None`: the provider's or the region's.
    pub(super) project_id: Option<ProjectId>,
    pub(super) instance_id: InstanceId,
    pub(super) group: GroupName,
    pub(super) scope: Scope,
    pub(super) target: Target,
    pub(super) out_of_range: OutOfRangePolicy,
    /// Refuse to reset a group that has members.
    pub(super) require_inactive_group: bool,
    pub(super) wait_for_inactive: Duration,
    /// Read the offsets before and after, and fail if they are not the requested ones.
    pub(super) verify: bool,
    pub(super) limits: MessageLimits,
    pub(super) timeout: Duration,
    /// Decides what the time limit is called.
    pub(super) form: Form,
}

/// The part of the group that is reset.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Scope {
    /// Every topic that the group has consumed.
    EveryTopic,
    /// One topic.
    Topic(TopicName, Partition),
}

impl Scope {
    /// The topic. `None`: every topic.
    pub(super) fn topic(&self) -> Option<&TopicName> {
        match self {
            Scope::EveryTopic => None,
            Scope::Topic(topic, _) => Some(topic),
        }
    }

    /// Whether it includes partitions that the service may not have listed.
    pub(super) fn affects_every_partition(&self) -> bool {
        matches!(self, Scope::EveryTopic | Scope::Topic(_, Partition::All))
    }
}

/// What to do if the target is outside the log of a partition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum OutOfRangePolicy {
    /// Move to the nearer end, and warn.
    Clamp,
    /// Send nothing.
    Error,
}

/// How many messages a reset may affect. `None`: any number.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct MessageLimits {
    /// Messages that are read again.
    pub(super) replayed: Option<i64>,
    /// Messages that are skipped unread.
    pub(super) skipped: Option<i64>,
}

impl ResetRequest {
    /// Every mistake in the arguments, as far as their values are known. `now`: also reject times after this one.
    pub(super) fn check(arguments: &Arguments, form: Form, now: Option<Timestamp>) -> Diagnostics {
        let mut reader = ArgumentReader::default();
        let _ = Self::read(&mut reader, arguments, form, now);
        reader.into_diagnostics()
    }

    /// The argument of a target that is relative to committed offsets.
    pub(super) fn relative_argument(&self) -> Option<&'static str> {
        match self.target {
            Target::Current => Some("position"),
            Target::ShiftBy(_) => Some("shift_by"),
            _ => None,
        }
    }

    /// Whether `verify = false` makes it unnecessary to read offsets.
    pub(super) fn reads_offsets_only_to_verify(&self) -> bool {
        self.form != Form::DataSource
            && self.relative_argument().is_none()
            && self.out_of_range == OutOfRangePolicy::Clamp
            && self.limits == MessageLimits::default()
    }

    /// The request, if all arguments are known and valid.
    pub(super) fn known(arguments: &Arguments, form: Form, now: Timestamp) -> Option<Self> {
        Self::read(&mut ArgumentReader::default(), arguments, form, Some(now)).ok()
    }

    /// Parses arguments that are all known.
    ///
    /// # Errors
    /// An argument is invalid, or still unknown.
    pub(super) fn parse(arguments: &Arguments, form: Form, now: Timestamp) -> Result<Self, Diagnostics> {
        let mut reader = ArgumentReader::default();
        Self::read(&mut reader, arguments, form, Some(now)).map_err(|_| {
            if !reader.has_errors() {
                let detail = "Terraform requested the reset before all of its arguments were known.";
                reader.error(AttributePath::root(), UNKNOWN, detail);
            }
            reader.into_diagnostics()
        })
    }

    fn read(reader: &mut ArgumentReader, block: &Arguments, form: Form, now: Option<Timestamp>) -> ReadResult<Self> {
        let region = reader.optional("region", &block.region, Region::parse);
        let project_id = reader.optional("project_id", &block.project_id, ProjectId::parse);
        let instance_id = reader.required("instance_id", &block.instance_id, InstanceId::parse);
        let group = reader.required("group", &block.group, GroupName::parse);
        let topic = reader.optional("topic", &block.topic, parse_topic);
        let partition = partition(reader, &block.partition);
        let target = target::read(reader, block, now);
        let fits_scope = target::check_scope(reader, block);
        let out_of_range = reader.optional("on_out_of_range", &block.on_out_of_range, out_of_range);
        let wait_for_inactive = reader.optional("wait_for_inactive", &block.wait_for_inactive, parse_duration);
        let replayed = limit(reader, "max_replayed_messages", &block.max_replayed_messages);
        let skipped = limit(reader, "max_skipped_messages", &block.max_skipped_messages);
        let timeout = timeout(reader, &block.timeout, form);
        fits_scope?;
        let scope = match topic? {
            None => Scope::EveryTopic,
            Some(topic) => Scope::Topic(topic, partition?),
        };
        Ok(Self {
            region: region?,
            project_id: project_id?,
            instance_id: instance_id?,
            group: group?,
            scope,
            target: target?,
            out_of_range: out_of_range?.unwrap_or(OutOfRangePolicy::Clamp),
            require_inactive_group: *value_of(&block.require_inactive_group)?.unwrap_or(&true),
            wait_for_inactive: wait_for_inactive?.unwrap_or(DEFAULT_WAIT),
            verify: *value_of(&block.verify)?.unwrap_or(&true),
            limits: MessageLimits { replayed: replayed?, skipped: skipped? },
            timeout: timeout?,
            form,
        })
    }
}

fn partition(reader: &mut ArgumentReader, partition: &Attr<i64>) -> ReadResult<Partition> {
    match value_of(partition)? {
        None | Some(&ALL_PARTITIONS) => Ok(Partition::All),
        Some(number) => PartitionNumber::try_from(*number).map(Partition::Number).map_err(|_| {
            let max = PartitionNumber::MAX.get();
            let detail =
                format!("{number} is not a valid partition. Use a number from 0 to {max}, or -1 for every partition.");
            reader.invalid("partition", detail)
        }),
    }
}

fn out_of_range(text: &str) -> Result<OutOfRangePolicy, String> {
    match text {
        CLAMP => Ok(OutOfRangePolicy::Clamp),
        REFUSE => Ok(OutOfRangePolicy::Error),
        other => {
            Err(format!("{other:?} is not a valid value. Use \"{CLAMP}\" (move to the nearer end) or \"{REFUSE}\""))
        }
    }
}

fn limit(reader: &mut ArgumentReader, name: &str, number: &Attr<Number>) -> ReadResult<Option<i64>> {
    let Some(number) = value_of(number)? else { return Ok(None) };
    match number.to_i64() {
        Some(limit @ 0..) => Ok(Some(limit)),
        _ => {
            let detail = format!("{number} is not a valid number of messages. Use a whole number, 0 or greater.");
            Err(reader.invalid(name, detail))
        }
    }
}

fn timeout(reader: &mut ArgumentReader, text: &Attr<String>, form: Form) -> ReadResult<Duration> {
    let Some(text) = value_of(text)? else { return Ok(DEFAULT_TIMEOUT) };
    let detail = match parse_duration(text) {
        Ok(Duration::ZERO) => "The time limit must be longer than zero.".to_owned(),
        Ok(timeout) => return Ok(timeout),
        Err(error) => format!("{error}."),
    };
    Err(reader.invalid_at(form.timeout_path(), detail))
}
