//! What the user reads about a reset: failures, warnings, progress, and the result of the verification.

pub(crate) mod activity;
pub(crate) mod delivery;
pub(crate) mod delivery_tracker;
pub(crate) mod failure;
pub(crate) mod progress;
pub(crate) mod titles;
pub(crate) mod verification;
pub(crate) mod warning;
pub(crate) mod wording;
