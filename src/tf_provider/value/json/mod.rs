//! JSON: the form in which Terraform stores states and hands them over for upgrades.

mod decode;
mod encode;
pub(super) mod text;

pub use self::decode::decode;
pub use self::encode::encode;
