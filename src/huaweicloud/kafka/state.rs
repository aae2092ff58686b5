//! States of consumer groups and of background tasks.

use std::fmt;

use super::wire::LABEL_LIMIT;
use crate::huaweicloud::redact::Redactor;

/// Defines an enumeration of known words and any other word. Case, `_`, `-` and spaces are ignored.
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
            /// A word that this client does not know, sanitized for output.
            Other(String),
        }

        impl $type {
            /// Reads a word in a response.
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
        /// The group does not exist. With offsets or members: the group uses the newer consumer protocol, whose state
        /// this request does not return.
        Dead = "Dead",
        /// The group has no members. It may have offsets. Only such a group can be reset.
        Empty = "Empty",
        /// Members are joining or leaving.
        PreparingRebalance = "PreparingRebalance",
        /// Members are waiting for their partitions.
        CompletingRebalance = "CompletingRebalance",
        /// Every member has its partitions.
        Stable = "Stable",
        /// The coordinator is assigning partitions to members. Newer consumer protocol: there are members.
        Assigning = "Assigning",
        /// Members are taking over their partitions. Newer consumer protocol: there are members.
        Reconciling = "Reconciling",
        /// A topic that the members need is missing. Streams groups: there are members.
        NotReady = "NotReady",
    }
}

open_enum! {
    /// The state of a background task. Printed as the service spells it (page "Listing Background
    /// Tasks" of the API reference).
    TaskStatus {
        /// Has not started.
        Created = "CREATED",
        /// Is running.
        Executing = "EXECUTING",
        /// Has completed.
        Success = "SUCCESS",
        /// Has failed, possibly after a part of the work.
        Failed = "FAILED",
        /// Was cancelled.
        Cancelled = "CANCELLED" | "CANCELED",
        /// Its record was deleted.
        Deleted = "DELETED",
    }
}
