//! Fuzzing of every argument that is a time or a duration.

use jiff::Timestamp;

use crate::tf_provider::value::Attr;

use super::super::arguments::{Form, OffsetReset, Timeouts};
use super::super::report::describe_request;
use super::super::request::ResetRequest;
use super::super::reset_plan::resolve;

/// Parses it, resolves the target, and describes the request.
pub(crate) fn fuzz_times(text: &str) {
    let text = || Attr::Known(text.to_owned());
    let earliest = || OffsetReset { position: Attr::Known("earliest".to_owned()), ..OffsetReset::default() };
    for block in [
        OffsetReset { datetime: text(), ..OffsetReset::default() },
        OffsetReset { by_duration: text(), ..OffsetReset::default() },
        OffsetReset { wait_for_inactive: text(), ..earliest() },
        OffsetReset { timeouts: Attr::Known(Timeouts { create: text() }), ..earliest() },
    ] {
        let named = |name: &str| Attr::Known(name.to_owned());
        let block = OffsetReset { instance_id: named("i"), group: named("g"), topic: named("t"), ..block };
        match ResetRequest::parse(&block.arguments(), Form::Resource, Timestamp::UNIX_EPOCH) {
            Ok(request) => {
                let plan = resolve(&request.scope, &request.target, &[], false, Timestamp::UNIX_EPOCH);
                drop(describe_request(&request, None, plan.as_ref().ok()));
            }
            Err(diagnostics) => assert!(diagnostics.has_errors()),
        }
    }
}
