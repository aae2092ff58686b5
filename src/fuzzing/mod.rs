//! The fuzz targets: one for each parser of external bytes.
//!
//! Each target accepts any bytes, and panics if a property of the parser does not hold. It must not panic for another
//! reason, nor use more memory than the size of the input justifies.
//!
//! This module is not part of the product. The unit tests run the targets on their corpora and on mutations of them.
//! `fuzz/` runs them under a fuzzer, with the feature `fuzzing`.

#[cfg(test)]
mod tests;

pub use crate::huaweicloud::fuzzing::{error_body, profile, retry_after, sdk_file};
pub use crate::provider::fuzzing::{moved_state, times};
pub use crate::tf_provider::fuzzing::{handshake, json_state, msgpack};
