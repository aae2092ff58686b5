//! Generated from `proto/`: the messages and services of Terraform's plugin protocol.
//! Only `rpc/` and `plugin/` use it.
#![allow(missing_docs, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic, clippy::restriction)]

/// Terraform's plugin protocol 5.
pub mod tfplugin5 {
    tonic::include_proto!("tfplugin5");
}

/// go-plugin's controller, stdio and broker.
pub mod plugin {
    tonic::include_proto!("plugin");
}

/// gRPC's health check.
pub mod health {
    tonic::include_proto!("grpc.health.v1");
}
