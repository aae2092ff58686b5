//! JSON: the form in which Terraform stores states and sends them for upgrades.

mod decode;
#[cfg(any(test, feature = "fuzzing"))]
mod encode;
mod lazy;

pub use self::decode::decode;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use self::encode::encode;
