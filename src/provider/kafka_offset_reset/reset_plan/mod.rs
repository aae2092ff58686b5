//! What a reset will do, and whether it did so: resolves the target, and judges the offsets afterwards. Sends nothing
//! itself.

mod forecast;
mod judge;
mod message_evidence;
mod movement;
pub(crate) mod position;
mod range;
pub(crate) mod resolve;

pub(crate) use forecast::{Count, Destination, Forecast};
pub(crate) use judge::{Verdict, clamped, judge, lies_outside};
pub(crate) use message_evidence::judge_by_messages;
pub(crate) use movement::Movement;
pub(crate) use position::Position;
pub(crate) use range::{Outside, moved_by_time};
pub(crate) use resolve::{ResetPlan, ResolvedTarget, Unresolvable, resolve};
