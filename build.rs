//! Compiles `proto/` to Rust. protox does it in Rust, so nobody has to install protoc.

#![forbid(unsafe_code)]

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let files = ["tfplugin5.proto", "plugin.proto", "health.proto"];
    tonic_prost_build::configure()
        .build_transport(false)
        // Messages hold whole states: bytes are taken over from the wire buffer, not copied.
        .bytes(".tfplugin5.DynamicValue")
        .bytes(".tfplugin5.RawState")
        .compile_fds(protox::compile(files, ["proto"])?)?;
    Ok(())
}
