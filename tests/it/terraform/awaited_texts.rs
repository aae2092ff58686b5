//! Texts of the provider by which tests recognize a moment of a run. All other messages are in snapshots.

/// The title of the warning about concurrent resets.
pub(crate) const SEVERAL_RESETS: &str = "Several resets of the same partitions";

/// Lines of progress of an action begin with these.
pub(crate) const GROUP_ACTIVE: &str = "Group active";
pub(crate) const PARTITIONS_TO_RESET: &str = "Partitions to reset";
pub(crate) const BACKGROUND_TASK: &str = "Background task";
pub(crate) const VERIFIED: &str = "Verified";

/// Reasons of a failed start contain these.
pub(crate) const FAILED_START: &str = "The provider could not start: ";
pub(crate) const NO_USABLE_DIRECTORY: &str = "there is no usable directory for the plugin's socket";

/// Lines of the log contain these.
pub(crate) const DROPPED_MESSAGES: &str = " log messages were dropped";
pub(crate) const CONNECTED_OVER_TLS: &str = "client accepted over mutual TLS";
pub(crate) const CONNECTED_IN_PLAIN_TEXT: &str = "client accepted in plain text";
pub(crate) const WAITING_FOR_ANOTHER_RESET: &str = "waiting for another reset";
pub(crate) const LONG_RETRY: &str = " in 600 s";
pub(crate) const SIGTERM_RECEIVED: &str = "received SIGTERM";
