//! Resets of a group with a real consumer.

use super::{block_for, cluster, workspace};

#[test]
fn running_consumer_prevents_the_reset() {
    let cluster = cluster::shared();
    let (topic, group) = ("active-orders", "active");
    cluster.create_topic(topic, 1, &[]);
    cluster.produce(topic, 0, 0..10);
    cluster.commit(group, topic, &[7]);
    let consumer = cluster.consumer(group, topic);
    let workspace = workspace();
    // The provider finds the member, and sends no reset.
    workspace.write(
        "main.tf",
        &block_for("this", group, Some(topic), "position = \"earliest\"\n  wait_for_inactive = \"0s\""),
    );
    workspace.init();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert!(apply.text().contains("worker-7"), "{apply}");
    assert_eq!(workspace.resets(), 0);
    // Without the check, the provider sends the reset, and the service refuses it.
    let arguments = "position = \"earliest\"\n  require_inactive_group = false";
    workspace.write("main.tf", &block_for("this", group, Some(topic), arguments));
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert!(apply.text().contains("DMS.00400980"), "{apply}");
    assert_eq!(workspace.resets(), 1);
    consumer.stop();
    assert_eq!(cluster.offsets(group, topic), [7]);
}

#[test]
fn reset_waits_for_a_consumer_that_stops() {
    let cluster = cluster::shared();
    let (topic, group) = ("stopping-orders", "stopping");
    cluster.create_topic(topic, 1, &[]);
    cluster.produce(topic, 0, 0..10);
    cluster.commit(group, topic, &[7]);
    let consumer = cluster.consumer(group, topic);
    let workspace = workspace();
    let arguments = "position = \"earliest\"\n  wait_for_inactive = \"60s\"";
    workspace.write("main.tf", &block_for("this", group, Some(topic), arguments));
    workspace.init();
    let apply = workspace.start(&["apply", "-auto-approve"]);
    // After this response, the apply has found the member.
    let path = format!("/management/groups/{group}");
    workspace.wait_until(|entry| entry.path.ends_with(&path) && entry.status == Some(200));
    assert_eq!(workspace.resets(), 0);
    consumer.stop();
    apply.finish().succeeded();
    assert_eq!(cluster.offsets(group, topic), [0]);
}
