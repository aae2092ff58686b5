//! Stub.
use crate::huaweicloud::UnixMillis;
use super::super::context::ResetContext;
use super::super::locate::{Location, Undetermined};
use super::super::reset_plan::Position;
pub(crate) struct Messages;
impl Messages { pub(crate) fn new(_: &ResetContext<'_>) -> Self { Self }
 pub(crate) async fn locate(&self, _: UnixMillis, _: &Position) -> Result<Location, Undetermined> { Err(Undetermined::Interrupted) } }
