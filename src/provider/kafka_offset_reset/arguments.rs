//! The arguments of a reset, in one list for the resource and the action.

use std::collections::BTreeMap;

use crate::model;
use crate::tf_provider::AttributePath;
use crate::tf_provider::value::{Attr, Number};

use super::offset_record::OffsetMap;

/// The number of `partition` that means every partition, as in the API.
pub(super) const ALL_PARTITIONS: i64 = -1;
/// The default of `on_out_of_range`: the service moves to the nearer end of the log.
pub(super) const CLAMP: &str = "clamp";
/// The value of `on_out_of_range` that refuses the reset.
pub(super) const REFUSE: &str = "error";
/// The default of `wait_for_inactive`.
pub(super) const WAIT_FOR_INACTIVE: &str = "60s";

/// Defines the blocks, which have these fields in common.
macro_rules! blocks {
    ($($field:ident: $type:ty,)+) => {
        model! {
            /// The action's `config` block. The resource's arguments are converted to it, so that the same code reads
            /// both. Any of them can be unknown during planning.
            #[derive(Clone, Debug, Default, PartialEq)]
            pub(in crate::provider) struct Arguments {
                $(pub $field: $type,)+
                pub timeout: Attr<String>,
            }
        }

        model! {
            /// The resource's block. Any argument can be unknown during planning.
            #[derive(Clone, Debug, Default, PartialEq)]
            pub(in crate::provider) struct OffsetReset {
                $(pub $field: $type,)+
                pub triggers: Attr<BTreeMap<String, Attr<String>>>,
                pub note: Attr<String>,
                pub id: Attr<String>,
                pub reset_at: Attr<String>,
                pub request_id: Attr<String>,
                pub task_id: Attr<String>,
                pub before: Attr<OffsetMap>,
                pub after: Attr<OffsetMap>,
                pub clamped: Attr<Vec<String>>,
                pub replayed_messages: Attr<i64>,
                pub skipped_messages: Attr<i64>,
                pub timeouts: Attr<Timeouts>,
            }
        }

        impl OffsetReset {
            /// The arguments that the resource shares with the action.
            pub(super) fn arguments(&self) -> Arguments {
                let timeout = match &self.timeouts {
                    Attr::Null => Attr::Null,
                    Attr::Unknown => Attr::Unknown,
                    Attr::Known(timeouts) => timeouts.create.clone(),
                };
                let arguments = Arguments { $($field: Clone::clone(&self.$field),)+ timeout };
                // The provider computes these two, so a plan without them has them as unknown.
                let [region, project_id] = [&self.region, &self.project_id].map(|it| it.known().cloned());
                Arguments {
                    region: Attr::from_option(region),
                    project_id: Attr::from_option(project_id),
                    ..arguments
                }
            }
        }
    };
}

blocks! {
    region: Attr<String>,
    project_id: Attr<String>,
    instance_id: Attr<String>,
    group: Attr<String>,
    topic: Attr<String>,
    partition: Attr<i64>,
    message_offset: Attr<Number>,
    timestamp: Attr<Number>,
    datetime: Attr<String>,
    by_duration: Attr<String>,
    position: Attr<String>,
    shift_by: Attr<Number>,
    partition_offsets: Attr<BTreeMap<String, Attr<Number>>>,
    on_out_of_range: Attr<String>,
    require_inactive_group: Attr<bool>,
    wait_for_inactive: Attr<String>,
    verify: Attr<bool>,
}

model! {
    /// The `timeouts` block.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub(in crate::provider) struct Timeouts {
        pub create: Attr<String>,
    }
}

/// The kind of block that has the arguments. It decides what the time limit is called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::provider) enum Form {
    /// `timeouts { create = … }`.
    Resource,
    /// `timeout = …`.
    Action,
}

impl Form {
    /// The path of the time limit.
    pub(super) fn timeout_path(self) -> AttributePath {
        match self {
            Form::Resource => AttributePath::attribute("timeouts").child_attribute("create"),
            Form::Action => AttributePath::attribute("timeout"),
        }
    }
}
