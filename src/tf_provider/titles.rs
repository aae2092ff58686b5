//! The titles of the framework's diagnostics. `<kind>` is the kind of a type, such as `resource`.

pub(super) const UNREADABLE_VALUE: &str = "Unreadable value from Terraform";
pub(super) const NONCONFORMING_VALUE: &str = "Value does not fit the schema";
pub(super) const INTERRUPTED: &str = "Operation interrupted";
pub(super) const NOT_CONFIGURED: &str = "Provider not configured";
pub(super) const CRASHED: &str = "The provider crashed";
pub(super) const UNREADABLE_STATE: &str = "Unreadable state";
pub(super) const STILL_UNKNOWN: &str = "Value still unknown after apply";
pub(super) const IMPORT_NOT_SUPPORTED: &str = "Import not supported";
pub(super) const MOVE_NOT_SUPPORTED: &str = "Move from another resource type not supported";
pub(super) const INVALID_VALUE: &str = "Invalid value";
pub(super) const UNKNOWN_TYPE: &str = "Unknown <kind> type";

/// All of them.
pub(crate) const ALL: &[&str] = &[
    UNREADABLE_VALUE,
    NONCONFORMING_VALUE,
    INTERRUPTED,
    NOT_CONFIGURED,
    CRASHED,
    UNREADABLE_STATE,
    STILL_UNKNOWN,
    IMPORT_NOT_SUPPORTED,
    MOVE_NOT_SUPPORTED,
    INVALID_VALUE,
    UNKNOWN_TYPE,
];
