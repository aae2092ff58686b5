//! JSON: the form in which Terraform stores states and sends them for upgrades.

mod decode;
mod encode;
mod lazy;

pub use self::decode::decode;
pub use self::encode::encode;
