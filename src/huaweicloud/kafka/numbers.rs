//! Numbers of Kafka, validated when they are created.
//!
//! All are signed in requests and responses, and none may be negative.

use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error as _};

use super::wire::LenientInt;

/// A number out of range.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OutOfRange {
    what: &'static str,
    value: i64,
    max: i64,
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, value, max } = self;
        write!(f, "{what} {value} is not between 0 and {max}")
    }
}

impl std::error::Error for OutOfRange {}

macro_rules! bounded_int {
    ($(#[$documentation:meta])* $type:ident, $what:literal, $max:expr) => {
        $(#[$documentation])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        pub struct $type(i64);

        impl $type {
            /// The smallest value, 0.
            pub const MIN: Self = Self(0);
            /// The greatest value.
            pub const MAX: Self = Self($max);

            /// The number.
            #[must_use]
            pub fn get(self) -> i64 {
                self.0
            }
        }

        impl TryFrom<i64> for $type {
            type Error = OutOfRange;

            fn try_from(value: i64) -> Result<Self, OutOfRange> {
                if (0..=$max).contains(&value) {
                    Ok(Self(value))
                } else {
                    Err(OutOfRange { what: $what, value, max: $max })
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        /// A JSON number, or one in a string.
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let LenientInt(number) = LenientInt::deserialize(deserializer)?;
                Self::try_from(number).map_err(D::Error::custom)
            }
        }
    };
}

bounded_int! {
    /// A partition of a topic: 0 to 2³¹ − 1.
    PartitionNumber, "partition", i32::MAX as i64
}
bounded_int! {
    /// The position of a message in a partition: 0 to 2⁶³ − 1.
    MessageOffset, "message offset", i64::MAX
}
bounded_int! {
    /// A time in milliseconds since 1970-01-01T00:00:00Z: 0 to 2⁶³ − 1.
    UnixMillis, "timestamp", i64::MAX
}
