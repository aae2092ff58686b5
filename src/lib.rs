//! A Terraform provider that resets the offsets of Kafka consumer groups on Huawei Cloud.
//!
//! The crate has three layers. A layer depends only on the layers below it. `docs/architecture.md` describes the path
//! of a reset through all of them.
//!
//! | Layer | Content |
//! |---|---|
//! | [`provider`] | the product, which connects the two layers below |
//! | [`tf_provider`] | Terraform's plugin protocol, without any knowledge of the cloud |
//! | [`huaweicloud`] | signed HTTP and the cloud's API, without any knowledge of Terraform |
//!
//! [`command_line`] is above them and selects what the process does. `printable` is below them: every layer prints
//! external text through it.

#![forbid(unsafe_code)]

pub mod command_line;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod huaweicloud;
mod printable;
pub mod provider;
pub mod tf_provider;

/// The titles of all diagnostics, as the troubleshooting page has them: `<name>` stands for a part that varies.
#[doc(hidden)]
pub fn diagnostic_titles() -> Vec<&'static str> {
    [&*provider::titles(), tf_provider::titles::ALL].concat()
}
