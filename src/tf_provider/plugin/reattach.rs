//! Serves for debugging: a person starts the process, and Terraform connects to it.
//!
//! There is no cookie, handshake line or TLS. Only users with access to the private directory of the socket can
//! connect. The process serves many runs of Terraform, and ends when it is interrupted.
//!
//! The format of the printed line is defined in Terraform's `internal/getproviders/reattach/reattach.go`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::pin::pin;

use serde_json::json;

use crate::tf_provider::provider::Provider;
use crate::tf_provider::rpc::ProviderServer;

use super::connection::Connections;
use super::go_plugin::Controller;
use super::handshake::PROTOCOL_VERSION;
use super::router::Router;
use super::signals::termination;
use super::socket::PluginSocket;
use super::{DISCONNECT_TIMEOUT, announce, stderr};

/// Serves on a socket below one of `directories` until a signal arrives.
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
    directories: &[PathBuf],
) -> Result<(), Box<dyn Error>> {
    let mut end = pin!(termination()?);
    let (socket, listener) = PluginSocket::bind(directories)?;
    let mut connections = Connections::accept(listener, None);
    announce(&export_line(source, std::process::id(), socket.path()))?;
    stderr::write(
        "Serving until Ctrl-C. Run the line above in the shell in which you run Terraform or OpenTofu. There, this \
         process replaces the installed provider."
            .to_owned(),
    );

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

/// The line for a POSIX shell. The source address must have a host, because the default hosts of Terraform and OpenTofu
/// differ. `Test` prevents Terraform from ending the process.
fn export_line(source: &str, process: u32, socket: &Path) -> String {
    let reattach = json!({
        source: {
            "Protocol": "grpc",
            "ProtocolVersion": PROTOCOL_VERSION,
            "Pid": process,
            "Test": true,
            "Addr": { "Network": "unix", "String": socket.display().to_string() },
        }
    });
    format!("export TF_REATTACH_PROVIDERS='{}'", reattach.to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_has_the_fields_that_terraform_reads() {
        let line = export_line("registry.example/acme/sample", 7, Path::new("/tmp/plugin1/socket"));
        let json = line.strip_prefix("export TF_REATTACH_PROVIDERS='").unwrap().strip_suffix('\'').unwrap();
        let expected = r#"{"registry.example/acme/sample": {"Protocol": "grpc", "ProtocolVersion": 5, "Pid": 7,
            "Test": true, "Addr": {"Network": "unix", "String": "/tmp/plugin1/socket"}}}"#;
        let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(parsed(json), parsed(expected));
    }

    #[test]
    fn quote_in_the_path_is_escaped_for_the_shell() {
        let line = export_line("registry.example/acme/sample", 7, Path::new("/tmp/it's/socket"));
        let script = format!("{line}; printf %s \"$TF_REATTACH_PROVIDERS\"");
        let output = std::process::Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
        let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(value["registry.example/acme/sample"]["Addr"]["String"], "/tmp/it's/socket");
    }
}
