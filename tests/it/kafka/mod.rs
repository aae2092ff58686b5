//! A real Terraform, the built provider, and a real Apache Kafka behind the emulator. Kafka's own
//! `kafka-consumer-groups` shows the result of a reset.

mod cluster;
mod log_gaps;
mod online_group;
mod preview;
mod targets;

use dms_emulator::Emulator;

use crate::terraform::harness::{Workspace, reset_block};
use crate::terraform::version_1_15;

/// A workspace whose emulator shows the cluster's topics and groups.
fn workspace() -> Workspace {
    let emulator = Emulator::builder().kafka(cluster::shared().bootstrap()).start_in_thread().unwrap();
    Workspace::with(version_1_15(), emulator)
}

/// Applies one reset after the other, because the emulator keeps a Kafka client for only one group at a time, and
/// creating one takes a second.
fn apply(workspace: &Workspace) {
    workspace.run(&["apply", "-auto-approve", "-parallelism=1"]).succeeded();
}

/// A block that resets this group on this topic, or on every topic.
fn block_for(name: &str, group: &str, topic: Option<&str>, arguments: &str) -> String {
    let topic = topic.map(|topic| format!("topic       = \"{topic}\"\n")).unwrap_or_default();
    reset_block(arguments)
        .replace("\"this\"", &format!("\"{name}\""))
        .replace("\"billing\"", &format!("\"{group}\""))
        .replace("topic       = \"orders\"\n", &topic)
}
