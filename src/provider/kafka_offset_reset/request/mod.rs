//! A reset as the user asked for it, checked: the block is read once, here, into types that can't be wrong.
//!
//! The same reading serves validation, where values may still be unknown, and the reset itself, where none is; and the
//! resource and the action, whose blocks differ in where the time limit stands.

use std::time::Duration;

use jiff::Timestamp;

use crate::huaweicloud::{GroupName, InstanceId, Partition, PartitionNumber, ProjectId, Region, TopicName};
use crate::provider::duration::parse_duration;
use crate::tf_provider::value::Attr;
use crate::tf_provider::{AttributePath, Diagnostics};

use super::arguments::{Arguments, Form};
use super::schema::{ALL_PARTITIONS, CLAMP, REFUSE};

mod datetime;
mod target;
#[cfg(test)]
pub(super) mod tests;

pub(super) use datetime::parse_datetime;
pub(super) use target::Target;

/// Time limit where the block names none.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30 * 60);
/// How long to wait for members to leave, where the block does not say.
const DEFAULT_WAIT: Duration = Duration::from_secs(60);

/// A reset, ready to be resolved to a project and carried out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ResetRequest {
    /// None: the provider's.
    pub(super) region: Option<Region>,
    /// None: the provider's or the region's.
    pub(super) project_id: Option<ProjectId>,
    pub(super) instance_id: InstanceId,
    pub(super) group: GroupName,
    pub(super) scope: Scope,
    pub(super) target: Target,
    pub(super) out_of_range: OutOfRangePolicy,
    /// Never reset a group that has members.
    pub(super) require_inactive_group: bool,
    pub(super) wait_for_inactive: Duration,
    /// Read the offsets before and after, and fail if they are not the requested ones.
    pub(super) verify: bool,
    pub(super) timeout: Duration,
    /// Where the time limit is written.
    pub(super) form: Form,
}

/// What of the group is reset.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Scope {
    /// Every topic that the group has consumed.
    EveryTopic,
    /// One topic.
    Topic(TopicName, Partition),
}

impl Scope {
    /// The topic, if it is one.
    pub(super) fn topic(&self) -> Option<&TopicName> {
        match self {
            Scope::EveryTopic => None,
            Scope::Topic(topic, _) => Some(topic),
        }
    }
}

/// What to do about a target that lies outside of what a partition holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum OutOfRangePolicy {
    /// Go to the nearer end, and warn.
    Clamp,
    /// Send nothing.
    Error,
}

impl ResetRequest {
    /// Every mistake in a configuration, as far as its values are known. Checks for a time in the future only if `now`
    /// is set.
    pub(super) fn check(arguments: &Arguments, form: Form, now: Option<Timestamp>) -> Diagnostics {
        let mut reader = Reader { form, now, diagnostics: Diagnostics::new() };
        reader.read(arguments);
        reader.diagnostics
    }

    /// Reads arguments that are all known.
    pub(super) fn parse(arguments: &Arguments, form: Form, now: Timestamp) -> Result<Self, Diagnostics> {
        let mut reader = Reader { form, now: Some(now), diagnostics: Diagnostics::new() };
        match reader.read(arguments) {
            Some(request) if !reader.diagnostics.has_errors() => Ok(request),
            _ if reader.diagnostics.has_errors() => Err(reader.diagnostics),
            _ => Err(Diagnostics::from_error(
                AttributePath::root(),
                "Arguments not known yet",
                "Terraform asked for the reset before it knew all of its arguments. Nothing was sent.",
            )),
        }
    }
}

/// Reads attributes one by one and gathers what is wrong with them.
struct Reader {
    form: Form,
    /// `None`: accept times in the future.
    now: Option<Timestamp>,
    diagnostics: Diagnostics,
}

impl Reader {
    /// None when something is wrong or not known yet.
    fn read(&mut self, block: &Arguments) -> Option<ResetRequest> {
        let region = self.optional("region", &block.region, Region::parse);
        let project_id = self.optional("project_id", &block.project_id, ProjectId::parse);
        let instance_id = self.required("instance_id", &block.instance_id, InstanceId::parse);
        let group = self.required("group", &block.group, GroupName::parse);
        let topic = self.topic(&block.topic);
        let partition = self.partition(&block.partition);
        let target = self.target(block);
        self.targets_fit_scope(block);
        let out_of_range = self.out_of_range(&block.on_out_of_range);
        let wait_for_inactive = self.wait_for_inactive(&block.wait_for_inactive);
        let timeout = self.timeout(&block.timeout);
        let scope = match topic? {
            None => Scope::EveryTopic,
            Some(topic) => Scope::Topic(topic, partition?),
        };
        Some(ResetRequest {
            region: region?,
            project_id: project_id?,
            instance_id: instance_id?,
            group: group?,
            scope,
            target: target?,
            out_of_range: out_of_range?,
            require_inactive_group: check_flag(block.require_inactive_group)?,
            wait_for_inactive: wait_for_inactive?,
            verify: check_flag(block.verify)?,
            timeout: timeout?,
            form: self.form,
        })
    }

    /// `Some(None)` where the attribute is left out, or is for the provider to fill in.
    fn optional<T, E: std::fmt::Display>(
        &mut self,
        name: &str,
        attribute: &Attr<String>,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<Option<T>> {
        match attribute {
            Attr::Null | Attr::Unknown => Some(None),
            Attr::Known(text) => self.parsed(name, parse(text)).map(Some),
        }
    }

    fn required<T, E: std::fmt::Display>(
        &mut self,
        name: &str,
        attribute: &Attr<String>,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = attribute.known()?;
        self.parsed(name, parse(text))
    }

    fn parsed<T, E: std::fmt::Display>(&mut self, name: &str, outcome: Result<T, E>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(error) => self.invalid(name, format!("{error}.")),
        }
    }

    fn invalid<T>(&mut self, name: &str, detail: impl Into<String>) -> Option<T> {
        self.diagnostics.error(AttributePath::attribute(name), format!("Invalid {name}"), detail);
        None
    }

    fn topic(&mut self, topic: &Attr<String>) -> Option<Option<TopicName>> {
        match topic {
            Attr::Unknown => None,
            Attr::Null => Some(None),
            Attr::Known(name) if name.is_empty() => self.invalid(
                "topic",
                "The topic's name is empty. To reset every topic of the group, leave topic out (or set it to null), \
                 so that it can't happen by an empty variable.",
            ),
            Attr::Known(name) => self.parsed("topic", TopicName::parse(name)).map(Some),
        }
    }

    fn partition(&mut self, partition: &Attr<i64>) -> Option<Partition> {
        match *partition {
            Attr::Unknown => None,
            Attr::Null | Attr::Known(ALL_PARTITIONS) => Some(Partition::All),
            Attr::Known(number) => match PartitionNumber::try_from(number) {
                Ok(number) => Some(Partition::Number(number)),
                Err(_) => self.invalid(
                    "partition",
                    format!(
                        "{number} is no partition: write -1 for every partition, or a number from 0 to {}.",
                        PartitionNumber::MAX.get()
                    ),
                ),
            },
        }
    }

    fn out_of_range(&mut self, text: &Attr<String>) -> Option<OutOfRangePolicy> {
        match text {
            Attr::Unknown => None,
            Attr::Null => Some(OutOfRangePolicy::Clamp),
            Attr::Known(text) => match text.as_str() {
                CLAMP => Some(OutOfRangePolicy::Clamp),
                REFUSE => Some(OutOfRangePolicy::Error),
                other => self.invalid(
                    "on_out_of_range",
                    format!("{other:?} is not known: write \"{CLAMP}\" (go to the nearer end) or \"{REFUSE}\"."),
                ),
            },
        }
    }

    fn wait_for_inactive(&mut self, text: &Attr<String>) -> Option<Duration> {
        match text {
            Attr::Unknown => None,
            Attr::Null => Some(DEFAULT_WAIT),
            Attr::Known(text) => self.parsed("wait_for_inactive", parse_duration(text)),
        }
    }

    fn timeout(&mut self, text: &Attr<String>) -> Option<Duration> {
        let text = match text {
            Attr::Unknown => return None,
            Attr::Null => return Some(DEFAULT_TIMEOUT),
            Attr::Known(text) => text,
        };
        let problem = match parse_duration(text) {
            Ok(Duration::ZERO) => "The time limit is zero: nothing could ever be sent.".to_owned(),
            Ok(timeout) => return Some(timeout),
            Err(error) => format!("{error}."),
        };
        self.diagnostics.error(self.form.timeout_path(), "Invalid time limit", problem);
        None
    }
}

/// A check that is enabled unless the block turns it off. `None`: not known yet.
fn check_flag(value: Attr<bool>) -> Option<bool> {
    match value {
        Attr::Unknown => None,
        Attr::Null => Some(true),
        Attr::Known(flag) => Some(flag),
    }
}
