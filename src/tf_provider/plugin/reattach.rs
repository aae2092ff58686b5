//! Serves for debugging: a person starts the process, and Terraform connects to it.
//!
//! There is no cookie, handshake line or TLS. On Unix, only users with access to the private directory of the socket
//! can connect; on Windows, every local user can. The process serves many runs of Terraform, and ends when it is
//! interrupted.
//!
//! The format of the printed line is defined in Terraform's `internal/getproviders/reattach/reattach.go`.

use std::error::Error;
use std::pin::pin;

use serde_json::json;

use crate::tf_provider::provider::Provider;
use crate::tf_provider::rpc::ProviderServer;

use super::connection::Connections;
use super::go_plugin::Controller;
use super::handshake::{Address, PROTOCOL_VERSION, VariableLookup};
use super::platform::{self, PluginSocket, termination};
use super::router::Router;
use super::{DISCONNECT_TIMEOUT, announce, stderr};

/// Serves until a signal arrives.
///
/// Each connection has a separate server, because without reattaching, it would have a separate process. Terraform
/// opens a connection for each provider block, and several Terraforms can be connected. None may configure or stop the
/// provider of another.
///
/// # Errors
///
/// If the process cannot listen or print the line.
pub(super) async fn serve<P: Provider + Clone>(
    provider: P,
    source: &str,
    environment: &VariableLookup<'_>,
) -> Result<(), Box<dyn Error>> {
    let mut end = pin!(termination()?);
    let (socket, listener) = PluginSocket::bind(environment)?;
    let mut connections = Connections::accept(listener, None);
    announce(&command_line(source, std::process::id(), &socket.address()))?;
    stderr::write(format!(
        "Serving until Ctrl-C. Run the line above in the shell in which you run Terraform or OpenTofu. There, this \
         process replaces the installed provider.{}",
        platform::DEBUG_NOTE
    ));

    let open = connections.open();
    let mut servers: Vec<ProviderServer<P>> = Vec::new();
    loop {
        tokio::select! {
            Some(connection) = connections.next() => {
                let server = ProviderServer::new(provider.clone());
                // Terraform sends no Shutdown to a process that it did not start.
                let controller = Controller::default();
                let closed = server.clone();
                Router::new(server.clone(), controller).serve(connection, move || closed.stop());
                servers.retain(|server| !server.is_stopped());
                servers.push(server);
            }
            () = &mut end => break,
        }
    }
    servers.iter().for_each(ProviderServer::stop);
    // Let clients receive the responses of interrupted calls.
    let _ = tokio::time::timeout(DISCONNECT_TIMEOUT, open.all_closed()).await;
    drop(socket);
    Ok(())
}

/// The line for a shell. The source address must have a host, because the default hosts of Terraform and OpenTofu
/// differ. `Test` prevents Terraform from ending the process.
fn command_line(source: &str, process: u32, address: &Address) -> String {
    let reattach = json!({
        source: {
            "Protocol": "grpc",
            "ProtocolVersion": PROTOCOL_VERSION,
            "Pid": process,
            "Test": true,
            "Addr": { "Network": address.network, "String": address.text },
        }
    });
    platform::shell_assignment("TF_REATTACH_PROVIDERS", &reattach.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_has_the_fields_that_terraform_reads() {
        for (network, text) in [("unix", "/tmp/plugin1/socket"), ("tcp", "127.0.0.1:10000")] {
            let line = command_line("registry.example/acme/sample", 7, &Address { network, text: text.to_owned() });
            let (name, value) = line.split_once("='").unwrap();
            assert!(name.ends_with("TF_REATTACH_PROVIDERS"), "{line}");
            let value: serde_json::Value = serde_json::from_str(value.strip_suffix('\'').unwrap()).unwrap();
            let expected = json!({"registry.example/acme/sample": {"Protocol": "grpc", "ProtocolVersion": 5, "Pid": 7,
                "Test": true, "Addr": {"Network": network, "String": text}}});
            assert_eq!(value, expected);
        }
    }
}
