//! The phases of a reset: `prepare` reads and decides, and `execute` sends and verifies.

mod execute;
#[cfg(any(test, feature = "fuzzing"))]
mod fuzzing;
mod next_step;
mod observe;
mod prepare;
mod target_checks;

pub(crate) use execute::{Outcome, ResetRecord, run};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use fuzzing::fuzz_times;
pub(crate) use observe::{Observation, READ_OFFSETS, observe};
pub(crate) use prepare::{READ_PERMISSION, resolve_target};
pub(crate) use target_checks::check as check_limits;
