//! What the user reads about a reset: failures, warnings, progress, and the result of the verification.

mod delivery;
mod delivery_tracker;
mod failure;
mod preview;
mod progress;
mod titles;
mod verification;
mod wording;

pub(crate) use delivery::ResetDelivery;
pub(crate) use delivery_tracker::DeliveryTracker;
pub(crate) use failure::{Activity, Failure};
pub(crate) use preview::{describe_count, describe_effect, describe_preview, describe_unknown};
pub(crate) use progress::ProgressReporter;
pub(crate) use titles::{FailureKind, WarningKind, Warnings, into_diagnostics};
pub(crate) use verification::{PartitionResult, Verification};
pub(crate) use wording::*;
