//! States of consumer groups and of background tasks, in the words of Kafka and of the service.

use std::fmt;

use super::wire::LABEL_LIMIT;
use crate::huaweicloud::error::Redactor;

/// An enumeration of known words, read without regard to case, `_`, `-` and spaces.
macro_rules! open_enum {
    (
        $(#[$documentation:meta])* $type:ident {
            $($(#[$about:meta])* $word:ident = $spelling:literal $(| $alias:literal)*,)+
        }
    ) => {
        $(#[$documentation])*
        #[derive(Clone, Debug, Eq, Hash, PartialEq)]
        pub enum $type {
            $($(#[$about])* $word,)+
            /// A word that this client does not know, made fit to be shown.
            Other(String),
        }

        impl $type {
            /// The state that the service means by `text`.
            #[must_use]
            pub(super) fn read(text: &str, redactor: &Redactor) -> Self {
                $(
                    if [$spelling $(, $alias)*].iter().any(|known| normalize(known) == normalize(text)) {
                        return Self::$word;
                    }
                )+
                Self::Other(redactor.show(text, LABEL_LIMIT))
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$word => $spelling,)+
                    Self::Other(word) => word,
                })
            }
        }
    };
}

fn normalize(text: &str) -> String {
    let marks: &[char] = &['_', '-', ' '];
    text.replace(marks, "").to_ascii_lowercase()
}

open_enum! {
    /// The state of a consumer group. Printed as Kafka spells it (`ConsumerGroupState` of Kafka's
    /// clients).
    GroupState {
        /// The group does not exist, or nothing is left of it. With offsets or members: a group of the newer consumer
        /// protocol, which this call does not show.
        Dead = "Dead",
        /// No members; offsets may be there. Only such a group can be reset.
        Empty = "Empty",
        /// Members are joining or leaving.
        PreparingRebalance = "PreparingRebalance",
        /// Members wait for their partitions.
        CompletingRebalance = "CompletingRebalance",
        /// Every member has its partitions.
        Stable = "Stable",
        /// The coordinator is assigning partitions to members. Newer consumer protocol: there are members.
        Assigning = "Assigning",
        /// Members are taking over their partitions. Newer consumer protocol: there are members.
        Reconciling = "Reconciling",
        /// Something that the members need is still missing. Streams groups: there are members.
        NotReady = "NotReady",
    }
}

open_enum! {
    /// The state of a background task. Printed as the service spells it (page "Listing Background
    /// Tasks" of the API reference).
    TaskStatus {
        /// Waits for its turn.
        Created = "CREATED",
        /// Runs.
        Executing = "EXECUTING",
        /// Done.
        Success = "SUCCESS",
        /// Came to nothing, or stopped half-way.
        Failed = "FAILED",
        /// Was called off.
        Cancelled = "CANCELLED" | "CANCELED",
        /// Its record was removed.
        Deleted = "DELETED",
    }
}
