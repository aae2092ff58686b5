//! A Terraform provider that resets the offsets of Kafka consumer groups on Huawei Cloud.
//!
//! Three layers, one direction; `docs/architecture.md` tells the whole way of a reset:
//!
//! | layer | what it knows | |---|---| | [`tf_provider`] | Terraform's plugin protocol, and no cloud | | [`provider`] |
//! the product: joins the other two | | [`huaweicloud`] | signed HTTP and the cloud's API, and no Terraform |
//!
//! [`command_line`] lies on top: it decides what the process is to be. `printable` lies below: every layer prints
//! external text through it.

#![forbid(unsafe_code)]

pub mod command_line;
#[doc(hidden)]
pub mod fuzzing;
pub mod huaweicloud;
mod printable;
pub mod provider;
pub mod tf_provider;

/// The titles of all diagnostics, as the troubleshooting page has them: `<name>` stands for a part that varies.
#[doc(hidden)]
pub fn diagnostic_titles() -> Vec<&'static str> {
    provider::titles().collect()
}
