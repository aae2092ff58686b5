//! The arguments that say what to reset and how: those of the action, and, beside others, of the resource.

use std::collections::BTreeMap;

use crate::model;
use crate::tf_provider::AttributePath;
use crate::tf_provider::value::{Attr, Number};

model! {
    /// The action's `config` block as a struct; a resource is turned into one to be read by the same code. Any of
    /// them can be unknown while planning.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub(in crate::provider) struct Arguments {
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
        pub timeout: Attr<String>,
    }
}

/// Which block the arguments stand in. It decides what the time limit is called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::provider) enum Form {
    /// `timeouts { create = … }`.
    Resource,
    /// `timeout = …`.
    Action,
}

impl Form {
    /// Where the time limit is written.
    pub(super) fn timeout_path(self) -> AttributePath {
        match self {
            Form::Resource => AttributePath::attribute("timeouts").child_attribute("create"),
            Form::Action => AttributePath::attribute("timeout"),
        }
    }
}
