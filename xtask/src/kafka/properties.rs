//! Writes the configuration of a broker.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use crate::Error;

/// The data directory, relative to the broker's directory.
pub(super) const DATA: &str = "data";

/// The configuration file. Its full path in a command line identifies our broker.
pub(super) fn path(directory: &Path) -> PathBuf {
    directory.join("server.properties")
}

/// Writes the file with free ports. Returns the bootstrap address.
pub(super) fn write(directory: &Path) -> Result<String, Error> {
    let [clients, controller] =
        free_ports().map_err(|error| Error::failed(format!("cannot find a free port: {error}")))?;
    let path = path(directory);
    let text = text(clients, controller);
    fs::write(&path, text).map_err(|error| Error::failed(format!("cannot write {}: {error}", path.display())))?;
    Ok(format!("127.0.0.1:{clients}"))
}

/// Finds two free ports. Both are held until both are known, so that they differ.
fn free_ports() -> std::io::Result<[u16; 2]> {
    let listeners = [TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?, TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?];
    Ok([listeners[0].local_addr()?.port(), listeners[1].local_addr()?.port()])
}

/// The configuration of a single node without replication. Topics are not created automatically, messages are kept
/// regardless of their age, and compaction starts immediately.
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
