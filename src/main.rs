//! The provider's binary: Terraform starts it and speaks to it.

use std::process::ExitCode;

use terraform_provider_huaweicloud_kafka::{provider, tf_provider};

fn main() -> ExitCode {
    tf_provider::plugin::serve(provider::new(), &|name| std::env::var(name).ok())
}
