//! What a reset will do, and whether it did it: resolving the target, and judging the offsets afterwards. Sends nothing itself.

mod judge;
mod message_evidence;
pub(crate) mod position;
mod range;
pub(crate) mod resolve;

pub(crate) use judge::{Verdict, clamped, judge, lies_outside};
pub(crate) use message_evidence::judge_by_messages;
pub(crate) use position::{LogRange, Position};
pub(crate) use range::{Outside, moved_by_time, offsets_out_of_range};
pub(crate) use resolve::{ResetPlan, ResolvedTarget, Unresolvable, resolve};
