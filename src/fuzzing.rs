//! What is fuzzed: everything that reads bytes from outside. Each function takes any bytes, and panics where a promise is
//! broken; that it panics for no other reason, and takes no more memory than the bytes are worth, is half of the promise.
//!
//! `fuzz/` runs them under a fuzzer, `tests/fuzzing.rs` on the corpora and on mutations of them.

pub use crate::huaweicloud::fuzzing::{error_body, profile, retry_after, sdk_file};
pub use crate::provider::fuzzing::{moved_state, times};
pub use crate::tf_provider::fuzzing::{handshake, json_state, msgpack};

/// One function, and its name in `fuzz/`.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 9] = [
    ("error_body", error_body),
    ("handshake", handshake),
    ("json_state", json_state),
    ("moved_state", moved_state),
    ("msgpack", msgpack),
    ("profile", profile),
    ("retry_after", retry_after),
    ("sdk_file", sdk_file),
    ("times", times),
];
