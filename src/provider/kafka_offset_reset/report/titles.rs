//! The kinds of failures and warnings, with their titles.
//!
//! Titles name the group, because Terraform merges warnings with equal titles.

use crate::huaweicloud::GroupName;
use crate::tf_provider::{AttributePath, Diagnostics};

/// Warnings with their details. They become texts only at the end, so that they can be found by kind.
pub(crate) type Warnings = Vec<(WarningKind, String)>;

/// Declares kinds of diagnostics with the patterns of their titles.
macro_rules! titles {
    ($(#[$meta:meta])* $name:ident { $($kind:ident $(($payload:ty))? => $pattern:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(crate) enum $name { $($kind $(($payload))?,)* }

        impl $name {
            /// The patterns of all titles, as the documentation lists them.
            pub(crate) const TITLES: &[&str] = &[$($pattern),*];

            fn pattern(self) -> &'static str {
                match self { $(Self::$kind { .. } => $pattern,)* }
            }
        }
    };
}

titles! {
    /// Why a reset failed.
    FailureKind {
        Failed => "Reset of consumer group <group> failed",
        Interrupted => "Reset of consumer group <group> interrupted",
        TimedOut => "Reset of consumer group <group> timed out",
        // Holds the number of members.
        MembersActive(usize) => "Reset of consumer group <group> refused: <count> members are active",
        GroupActive => "Reset of consumer group <group> refused: the group is active",
        MembersUnknown => "Consumer group <group> not known to be inactive",
        GroupNotFound => "Consumer group <group> not found",
        InstanceNotFound => "Kafka instance not found",
        TopicNotFound => "Topic not found",
        PartitionNotFound => "Partition not found",
        // Each holds the number of messages.
        ReplaysTooMany(i64) => "Reset of consumer group <group> refused: it would replay <count> messages",
        SkipsTooMany(i64) => "Reset of consumer group <group> refused: it would skip <count> messages",
        MessagesUnknown => "Reset of consumer group <group> refused: the number of affected messages is not known",
        NotPreviewed => "Preview of consumer group <group> failed",
        OutOfRange => "Reset target of consumer group <group> out of range",
        FailedInBackground => "Reset of consumer group <group> failed in the background",
        TaskNotFound => "Background task of consumer group <group> not found",
        TaskStatusUnknown => "Background task status of consumer group <group> not known",
        NotAsRequested => "Reset of consumer group <group> not as requested",
        NotVerified => "Offsets of consumer group <group> not verified",
    }
}

titles! {
    /// What a warning is about.
    WarningKind {
        SamePartitions => "Several resets of the same partitions of consumer group <group>",
        ClocksDiffer => "This computer's clock differs from the service's",
        TaskNotFollowed => "Background task of consumer group <group> not followed",
        TaskNotFound => "Background task of consumer group <group> not found",
        SeveralTasks => "Several background tasks during the reset of consumer group <group>",
        NothingCommitted => "Partitions of consumer group <group> without a committed offset",
        Clamped => "Reset target of consumer group <group> outside the log",
        LimitExceeded => "Reset of consumer group <group> exceeded a limit",
        SkipsMessages => "Consumer group <group> skips unread messages",
        TargetsUnknown => "Targets of consumer group <group> not known",
        SucceededDespiteError => "Reset of consumer group <group> succeeded despite an error",
    }
}

impl FailureKind {
    /// Whether the user or the time limit ended the reset.
    pub(crate) fn is_interruption(self) -> bool {
        matches!(self, Self::Interrupted | Self::TimedOut)
    }

    pub(crate) fn title(self, group: &GroupName) -> String {
        // The group comes last, because its name can contain any text.
        let pattern = match self {
            Self::MembersActive(1) => self.pattern().replace("<count> members are", "1 member is"),
            Self::MembersActive(count) => self.pattern().replace("<count>", &count.to_string()),
            Self::ReplaysTooMany(1) | Self::SkipsTooMany(1) => self.pattern().replace("<count> messages", "1 message"),
            Self::ReplaysTooMany(count) | Self::SkipsTooMany(count) => {
                self.pattern().replace("<count>", &count.to_string())
            }
            _ => self.pattern().to_owned(),
        };
        name_group(&pattern, group)
    }
}

/// The warnings as diagnostics about `group`.
pub(crate) fn into_diagnostics(warnings: Warnings, group: &GroupName) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for (kind, detail) in warnings {
        let path = match kind {
            WarningKind::ClocksDiffer => AttributePath::attribute("by_duration"),
            _ => AttributePath::root(),
        };
        diagnostics.warning(path, name_group(kind.pattern(), group), detail);
    }
    diagnostics
}

fn name_group(pattern: &str, group: &GroupName) -> String {
    pattern.replace("<group>", &format!("{:?}", group.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_name_the_group_and_the_number_of_members() {
        let group = GroupName::parse("billing").unwrap();
        for (kind, title) in [
            (FailureKind::Failed, "Reset of consumer group \"billing\" failed"),
            (FailureKind::MembersActive(1), "Reset of consumer group \"billing\" refused: 1 member is active"),
            (FailureKind::MembersActive(2), "Reset of consumer group \"billing\" refused: 2 members are active"),
        ] {
            assert_eq!(kind.title(&group), title);
        }
        let warnings = into_diagnostics(vec![(WarningKind::SkipsMessages, String::new())], &group);
        let titles: Vec<&str> = warnings.iter().map(|it| &*it.summary).collect();
        assert_eq!(titles, ["Consumer group \"billing\" skips unread messages"]);
    }

    /// Kafka allows any name.
    #[test]
    fn placeholder_in_the_name_of_a_group_is_kept() {
        let group = GroupName::parse("<count> members are").unwrap();
        for (count, end) in [(1, "1 member is active"), (2, "2 members are active")] {
            let title = FailureKind::MembersActive(count).title(&group);
            assert_eq!(title, format!("Reset of consumer group \"<count> members are\" refused: {end}"));
        }
    }
}
