//! The messages and services of Terraform's plugin protocol, generated from `proto/`.
//!
//! Only `rpc/` and `plugin/` use them.
#![allow(missing_docs, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic, clippy::restriction)]

/// Terraform's plugin protocol 5.
pub mod tfplugin5 {
    tonic::include_proto!("tfplugin5");
}

/// The controller, stdio and broker services of go-plugin.
pub mod plugin {
    tonic::include_proto!("plugin");
}

/// The health check service of gRPC.
pub mod health {
    tonic::include_proto!("grpc.health.v1");
}
