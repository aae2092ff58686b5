//! The configuration of a broker.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use crate::Error;

/// Name of the data directory, below the broker's own.
pub(super) const DATA: &str = "data";

/// The configuration file. Its full path is what tells our broker from other processes.
pub(super) fn path(directory: &Path) -> PathBuf {
    directory.join("server.properties")
}

/// Writes the file, with ports that are free now. Returns the address for clients.
pub(super) fn write(directory: &Path) -> Result<String, Error> {
    let [clients, controller] = free_ports().map_err(|error| Error::failed(format!("no free port: {error}")))?;
    let path = path(directory);
    let text = text(clients, controller);
    fs::write(&path, text).map_err(|error| Error::failed(format!("cannot write {}: {error}", path.display())))?;
    Ok(format!("127.0.0.1:{clients}"))
}

/// Both are held until both are known, so that they differ.
fn free_ports() -> std::io::Result<[u16; 2]> {
    let listeners = [TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?, TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?];
    Ok([listeners[0].local_addr()?.port(), listeners[1].local_addr()?.port()])
}

/// One node for everything, nothing replicated. Topics are made by whoever wants them, messages
/// stay, however old they say they are, and topics that want compaction get it at once.
fn text(clients: u16, controller: u16) -> String {
    format!(
        "\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{clients},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{clients}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={DATA}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
log.retention.ms=-1
log.cleaner.backoff.ms=100
"
    )
}
