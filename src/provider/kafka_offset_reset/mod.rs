//! `huaweicloud_kafka_offset_reset`: resets a consumer group's offsets (resource, action), or previews the reset (data
//! source).
//!
//! | stage | where |
//! |---|---|
//! | arguments and attributes | `schema/`, `arguments`, `offset_record` |
//! | block → checked request | `request/` |
//! | plan time | `resource`, `action`, `plan_time_checks`; state of the official provider: `moved_state` |
//! | preview, in a plan and as the data source | `preview`, `data_source` |
//! | before the reset: wait, lock, read, plan, check | `phases/prepare`, with `context` for every step |
//! | the reset: send, follow, verify | `phases/execute`, in the order of `next_step` |
//! | target → requests, and offsets → verdict | `reset_plan/` |
//! | time → message, with evidence | `locate/` |
//! | what calls the service | `steps/` |
//! | what the user reads | `report/` |

mod action;
mod arguments;
mod context;
mod data_source;
mod locate;
mod moved_state;
mod offset_record;
mod phases;
mod plan_time_checks;
mod preview;
mod report;
mod request;
mod reset_plan;
mod resource;
mod schema;
mod steps;

pub(super) use action::KafkaOffsetResetAction;
pub(super) use data_source::KafkaOffsetResetPreview;
#[cfg(any(test, feature = "fuzzing"))]
pub(super) use phases::fuzz_times;
pub(super) use report::{describe_members, describe_offsets, describe_partitions, describe_retry};
pub(super) use resource::KafkaOffsetReset;
pub(super) use steps::doubt_about_members;

/// The titles of all diagnostics of a reset, with placeholders such as `<group>`.
pub(super) fn titles() -> Vec<&'static str> {
    use report::{FailureKind, WarningKind};
    [
        FailureKind::TITLES,
        WarningKind::TITLES,
        plan_time_checks::TITLES,
        preview::TITLES,
        moved_state::TITLES,
        request::TITLES,
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    /// Otherwise, Terraform would merge warnings of different kinds.
    #[test]
    fn no_two_warnings_have_the_same_title() {
        let titles = super::titles();
        let distinct: std::collections::BTreeSet<_> = super::report::WarningKind::TITLES.iter().collect();
        assert_eq!(distinct.len(), super::report::WarningKind::TITLES.len());
        assert!(titles.contains(&"Reset of consumer group <group> failed"), "{titles:?}");
    }
}
