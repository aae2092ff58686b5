//! Which requests of a reset are sent at the same time. The emulator holds every request until all requests of its round
//! trip have arrived, so nothing here depends on time.

use dms_emulator::{Effect, Emulator, Fault, FaultResponse, JournalEntry, Operation, demo};
use terraform_provider_huaweicloud_kafka::tf_provider::pb::tfplugin5 as pb;
use terraform_provider_huaweicloud_kafka::tf_provider::value::Value;
use tokio::task::JoinHandle;

use crate::BINARY;
use crate::provider_session::{Session, titles};
use testkit::plugin::{ClientIdentity, Plugin, within};

const TIME: &str = "2024-01-01T00:02:00Z";

struct Run {
    emulator: Emulator,
    session: Session,
    _plugin: Plugin,
    /// How many requests have arrived in earlier round trips.
    seen: usize,
}

type Apply = JoinHandle<pb::apply_resource_change::Response>;

impl Run {
    async fn start() -> Self {
        let emulator = Emulator::start_in_thread().unwrap();
        emulator.add_fault(Fault::new(Effect::Hold));
        emulator.hold();
        let identity = ClientIdentity::new();
        let plugin = Plugin::start(BINARY, Some(&identity)).await;
        let session = Session::begin(plugin.connect(Some(&identity)).await.unwrap(), &emulator).await;
        Self { emulator, session, _plugin: plugin, seen: 0 }
    }

    /// Starts a reset of this group. No topic: every topic.
    fn apply(&self, group: &'static str, topic: Option<&'static str>, target: (&'static str, Value)) -> Apply {
        self.apply_with(group, topic, &[target])
    }

    /// As [`Run::apply`], with further arguments.
    fn apply_with(&self, group: &str, topic: Option<&str>, further: &[(&'static str, Value)]) -> Apply {
        let session = self.session.clone();
        let topic = topic.map_or(Value::Null, Value::from);
        let scope = [("instance_id", demo::INSTANCE_ID.into()), ("group", group.into()), ("topic", topic)];
        let arguments = [&scope[..], further].concat();
        tokio::spawn(async move { session.apply_with(&arguments).await })
    }

    /// Waits until these requests have arrived, and no others.
    async fn arrived(&mut self, expected: &[&str]) {
        let last = u64::try_from(self.seen + expected.len()).unwrap();
        within(self.emulator.wait_until(|entry| entry.sequence == last)).await;
        let journal = self.emulator.journal();
        let mut arrived: Vec<&str> = journal.entries()[self.seen..].iter().map(|entry| name(entry)).collect();
        arrived.sort_unstable();
        assert_eq!(arrived, expected);
        self.seen += expected.len();
    }

    /// Responds to all requests that have arrived.
    fn respond(&self) {
        self.emulator.release();
        self.emulator.hold();
    }

    /// Expects these round trips.
    async fn round_trips(&mut self, expected: &[&[&str]]) {
        for requests in expected {
            self.arrived(requests).await;
            self.respond();
        }
    }

    async fn succeeded(&self, apply: Apply) {
        assert_eq!(titles(&within(apply).await.unwrap().diagnostics), [""; 0]);
        assert_eq!(self.emulator.journal().entries().len(), self.seen);
    }
}

fn name(entry: &JournalEntry) -> &'static str {
    let (_, last) = entry.path.rsplit_once('/').unwrap();
    match last {
        "projects" => "project",
        "partitions" => "partitions",
        "beginning-message" | "end-message" | "message" => "message",
        "messages" => "hint",
        "reset-message-offset" => "reset",
        "tasks" => "tasks",
        _ => "group",
    }
}

#[tokio::test]
async fn reset_to_an_offset_takes_three_round_trips() {
    let mut run = Run::start().await;
    let apply = run.apply(demo::BILLING, Some(demo::ORDERS), ("message_offset", 200.into()));
    run.round_trips(&[&["project"], &["group", "partitions"], &["reset"], &["group"]]).await;
    run.succeeded(apply).await;
}

/// The messages before and after the committed offset are read at the same time.
#[tokio::test]
async fn reset_to_a_time_takes_five_round_trips() {
    let mut run = Run::start().await;
    let apply = run.apply(demo::BILLING, Some(demo::ORDERS), ("datetime", TIME.into()));
    run.round_trips(&[&["project"], &["group", "partitions"], &["message"], &["reset"], &["group"]]).await;
    run.round_trips(&[&["message"; 6]]).await;
    run.succeeded(apply).await;
}

/// To check a limit, the provider reads the messages around the requested time before it sends the reset. They also
/// prove the new offsets, so verification reads no messages.
#[tokio::test]
async fn reset_to_a_time_with_a_limit_reads_its_messages_once() {
    let mut run = Run::start().await;
    let further = [("datetime", TIME.into()), ("max_replayed_messages", 1_000.into())];
    let apply = run.apply_with(demo::BILLING, Some(demo::ORDERS), &further);
    run.round_trips(&[&["project"], &["group", "partitions"], &["hint"; 3], &["message"; 6]]).await;
    run.round_trips(&[&["reset"], &["group"]]).await;
    run.succeeded(apply).await;
}

/// The list of tasks is read once more at the end, because a task of another client may have appeared before the task
/// of the reset.
#[tokio::test]
async fn reset_of_every_topic_takes_six_round_trips() {
    let mut run = Run::start().await;
    let apply = run.apply(demo::BILLING, None, ("datetime", "2024-01-01T00:00:20Z".into()));
    run.round_trips(&[&["project"], &["group", "tasks"], &["message", "partitions", "partitions"]]).await;
    run.round_trips(&[&["reset"], &["tasks"], &["group"]]).await;
    run.round_trips(&[&["message", "message", "message", "message", "message", "message", "message", "tasks"]]).await;
    run.succeeded(apply).await;
}

/// The last message of a partition can have been deleted.
#[tokio::test]
async fn reset_of_every_topic_reads_another_message_if_the_first_one_cannot_be_read() {
    let mut run = Run::start().await;
    let not_found = FaultResponse::new(404, "DMS.00400404", "There is no message.");
    run.emulator.clear_faults();
    run.emulator.add_fault(Fault::new(Effect::Status(not_found)).on(Operation::ShowLastMessage).times(1));
    run.emulator.add_fault(Fault::new(Effect::Hold));
    let apply = run.apply(demo::BILLING, None, ("datetime", "2024-01-01T00:00:20Z".into()));
    run.round_trips(&[&["project"], &["group", "tasks"], &["message", "partitions", "partitions"]]).await;
    run.round_trips(&[&["message"], &["reset"]]).await;
    apply.abort();
}

#[tokio::test]
async fn error_of_the_group_is_reported_before_that_of_the_topic() {
    let mut run = Run::start().await;
    let apply = run.apply("unknown", Some("unknown"), ("message_offset", 200.into()));
    run.round_trips(&[&["project"], &["group", "partitions"]]).await;
    let diagnostics = within(apply).await.unwrap().diagnostics;
    assert_eq!(titles(&diagnostics), ["Consumer group \"unknown\" not found"]);
}

#[tokio::test]
async fn everything_is_read_again_after_the_members_have_left() {
    let mut run = Run::start().await;
    let apply = run.apply(demo::SHIPPING, Some(demo::ORDERS), ("message_offset", 200.into()));
    run.round_trips(&[&["project"], &["group", "partitions"], &["group"]]).await;
    run.arrived(&["group"]).await;
    run.emulator.with_state(|state| state.group_mut(demo::INSTANCE_ID, demo::SHIPPING).unwrap().remove_members());
    run.respond();
    run.round_trips(&[&["group", "partitions"], &["reset"], &["group"]]).await;
    run.succeeded(apply).await;
}

#[tokio::test]
async fn everything_is_read_again_after_an_earlier_reset_has_ended() {
    let mut run = Run::start().await;
    let reset = |run: &Run| run.apply(demo::BILLING, Some(demo::PAYMENTS), ("message_offset", 10.into()));
    let first = reset(&run);
    run.round_trips(&[&["project"], &["group", "partitions"]]).await;
    run.arrived(&["reset"]).await;
    let second = reset(&run);
    run.round_trips(&[&["group", "partitions"], &["group"]]).await;
    run.round_trips(&[&["group", "partitions"], &["reset"], &["group"]]).await;
    run.succeeded(first).await;
    run.succeeded(second).await;
}
