//! What a reset will do, and whether it did it: resolving the target, and judging the offsets afterwards. Pure.

pub(crate) mod judge;
pub(crate) mod message_evidence;
pub(crate) mod position;
pub(crate) mod range;
pub(crate) mod resolve;
