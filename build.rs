//! Compiles `proto/` to Rust with protox, so that protoc need not be installed.

#![forbid(unsafe_code)]

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let files = ["tfplugin5.proto", "plugin.proto", "health.proto"];
    tonic_prost_build::configure()
        .build_transport(false)
        // Messages hold whole states. `Bytes` shares the received buffer instead of copying it.
        .bytes(".tfplugin5.DynamicValue")
        .bytes(".tfplugin5.RawState")
        .compile_fds(protox::compile(files, ["proto"])?)?;
    Ok(())
}
