//! The provider's binary, for Terraform and for the command line.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use terraform_provider_huaweicloud_kafka::command_line;

fn main() -> ExitCode {
    command_line::run(std::env::args_os(), &|name| std::env::var_os(name))
}
