//! Fuzzed: a text in each argument that takes a time or a duration.

use jiff::Timestamp;

use crate::tf_provider::value::Attr;

use super::arguments::Form;
use super::request::ResetRequest;
use super::resolve::resolve;
use super::schema::{OffsetReset, Timeouts};
use super::words::Attempted;

/// Reads it, works out what would be sent, and says it in words.
pub(in crate::provider) fn fuzz_times(text: &str) {
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
                let _ = resolve(&request.scope, &request.target, &[], false, Timestamp::UNIX_EPOCH);
                drop(Attempted { request: &request, region: None }.to_string());
            }
            Err(diagnostics) => assert!(diagnostics.has_errors()),
        }
    }
}
