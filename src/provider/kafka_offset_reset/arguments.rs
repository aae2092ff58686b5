//! The arguments of a reset, in one list for the resource, the action and the data source.

use std::collections::BTreeMap;

use crate::model;
use crate::provider::kafka_consumer_group::Member;
use crate::tf_provider::AttributePath;
use crate::tf_provider::value::{Attr, Number};

/// The number of `partition` that means every partition, as in the API.
pub(super) const ALL_PARTITIONS: i64 = -1;
/// The default of `on_out_of_range`: the service moves to the nearer end of the log.
pub(super) const CLAMP: &str = "clamp";
/// The value of `on_out_of_range` that refuses the reset.
pub(super) const REFUSE: &str = "error";
/// The default of `wait_for_inactive`.
pub(super) const WAIT_FOR_INACTIVE: &str = "60s";

/// Topic → partition → offset. Null: no offset is committed, or it is not known.
pub(in crate::provider) type OffsetMap = BTreeMap<String, BTreeMap<String, Attr<i64>>>;

/// Defines the blocks. All of them have the fields of `every_block`.
macro_rules! blocks {
    (
        every_block { $($field:ident: $type:ty,)+ }
        resource_and_action { $($check:ident: $check_type:ty,)+ }
    ) => {
        model! {
            /// The action's `config` block. The arguments of the resource and the data source are converted to it, so
            /// that the same code reads all of them. Any of them can be unknown during planning.
            #[derive(Clone, Debug, Default, PartialEq)]
            pub(in crate::provider) struct Arguments {
                $(pub $field: $type,)+
                $(pub $check: $check_type,)+
                pub timeout: Attr<String>,
            }
        }

        model! {
            /// The data source's block.
            #[derive(Clone, Debug, Default, PartialEq)]
            pub(in crate::provider) struct OffsetPreview {
                $(pub $field: $type,)+
                pub before: Attr<OffsetMap>,
                pub after: Attr<OffsetMap>,
                pub clamped: Attr<Vec<String>>,
                pub replayed_messages: Attr<i64>,
                pub skipped_messages: Attr<i64>,
                pub log_start: Attr<OffsetMap>,
                pub log_end: Attr<OffsetMap>,
                pub state: Attr<String>,
                pub members: Attr<Vec<Member>>,
            }
        }

        impl OffsetPreview {
            /// The arguments that the data source shares with the resource.
            pub(super) fn arguments(&self) -> Arguments {
                Arguments { $($field: Clone::clone(&self.$field),)+ ..Arguments::default() }
            }
        }

        model! {
            /// The resource's block. Any argument can be unknown during planning.
            #[derive(Clone, Debug, Default, PartialEq)]
            pub(in crate::provider) struct OffsetReset {
                $(pub $field: $type,)+
                $(pub $check: $check_type,)+
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
                let arguments = Arguments {
                    $($field: Clone::clone(&self.$field),)+
                    $($check: Clone::clone(&self.$check),)+
                    timeout,
                };
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
    every_block {
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
    }
    resource_and_action {
        on_out_of_range: Attr<String>,
        require_inactive_group: Attr<bool>,
        wait_for_inactive: Attr<String>,
        verify: Attr<bool>,
        max_replayed_messages: Attr<Number>,
        max_skipped_messages: Attr<Number>,
        preview: Attr<bool>,
    }
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
    /// Only previews, so it has none.
    DataSource,
}

impl Form {
    /// The path of the time limit.
    pub(super) fn timeout_path(self) -> AttributePath {
        match self {
            Form::Resource => AttributePath::attribute("timeouts").child_attribute("create"),
            Form::Action | Form::DataSource => AttributePath::attribute("timeout"),
        }
    }
}
