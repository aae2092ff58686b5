//! Interruption of the provider's work: Terraform's Stop, the end of a connection, and signals.

use dms_emulator::{Effect, Emulator, Fault, demo};
use rustix::process::Signal;
use terraform_provider_huaweicloud_kafka::tf_provider::pb::tfplugin5 as pb;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::task::JoinHandle;

use crate::BINARY;
use crate::provider_session::{Session, titles};
use crate::terraform::awaited_texts::SIGTERM_RECEIVED;
use crate::terraform::debugging::Debugged;
use testkit::plugin::{ClientIdentity, Plugin, connect_plain_to, shut_down, within};

/// Titles of errors.
const INTERRUPTED: [&str; 1] = ["Reset of consumer group \"billing\" interrupted"];
const NOT_READ: [&str; 1] = ["Consumer group \"billing\" cannot be read"];

/// A plugin over mutual TLS, configured for a separate emulator.
struct Running {
    emulator: Emulator,
    plugin: Plugin,
    session: Session,
}

impl Running {
    async fn start() -> Self {
        let emulator = Emulator::start_in_thread().unwrap();
        let identity = ClientIdentity::new();
        let prepare = |command: &mut tokio::process::Command| {
            command.env("TF_LOG", "info");
        };
        let plugin = Plugin::start_with(BINARY, Some(&identity), prepare).await;
        let channel = plugin.connect(Some(&identity)).await.unwrap();
        let session = Session::begin(channel, &emulator).await;
        Self { emulator, plugin, session }
    }

    /// Sends SIGTERM, and waits until the plugin has handled it.
    async fn terminate(&mut self) {
        self.plugin.signal(Signal::TERM);
        let mut log = BufReader::new(self.plugin.child.stderr.take().unwrap()).lines();
        while !within(log.next_line()).await.unwrap().expect("a log").contains(SIGTERM_RECEIVED) {}
    }
}

fn resets(emulator: &Emulator) -> usize {
    emulator.journal().count("PUT", "/reset-message-offset")
}

/// Starts an apply whose reset gets no response from the emulator.
async fn start_blocked_apply(
    emulator: &Emulator,
    session: &Session,
) -> JoinHandle<pb::apply_resource_change::Response> {
    emulator.hold();
    let session = session.clone();
    let apply = tokio::spawn(async move { session.apply().await });
    within(emulator.wait_for("PUT", "/reset-message-offset")).await;
    apply
}

async fn assert_interrupted(emulator: &Emulator, apply: JoinHandle<pb::apply_resource_change::Response>) {
    let response = within(apply).await.unwrap();
    assert_eq!(titles(&response.diagnostics), INTERRUPTED);
    // The emulator sees the client disconnect; no offset has changed.
    within(emulator.wait_until(|entry| entry.abandoned)).await;
    let offsets = emulator.group_offsets(demo::INSTANCE_ID, demo::BILLING, demo::ORDERS).unwrap();
    assert_eq!(offsets, [140, 190, 4_000_000_500]);
}

#[tokio::test]
async fn stop_ends_a_hanging_reset() {
    let Running { emulator, session, plugin: _plugin } = Running::start().await;
    let apply = start_blocked_apply(&emulator, &session).await;
    session.stop().await;
    assert_interrupted(&emulator, apply).await;
}

#[tokio::test]
async fn sigterm_ends_a_hanging_reset() {
    let mut running = Running::start().await;
    let apply = start_blocked_apply(&running.emulator, &running.session).await;
    running.terminate().await;
    assert_interrupted(&running.emulator, apply).await;
}

/// A call that was on its way to the provider when the user interrupted must not start.
async fn assert_nothing_is_sent(emulator: &Emulator, session: &Session) {
    let before = emulator.journal().entries().len();
    let applied = session.apply().await;
    assert_eq!(titles(&applied.diagnostics), INTERRUPTED);
    assert!(applied.new_state.is_none_or(|state| state.msgpack == b"\xc0"[..]), "a state is stored");
    assert_eq!(session.invoke().await, INTERRUPTED);
    assert_eq!(session.read_group().await, NOT_READ);
    // These send no request, and Terraform may call them until it ends.
    assert_eq!(session.plan().await, [""; 0]);
    assert_eq!(session.configure().await, [""; 0]);
    assert_eq!(titles(&session.apply().await.diagnostics), INTERRUPTED);
    assert_eq!(emulator.journal().entries().len(), before);
}

#[tokio::test]
async fn stop_is_final() {
    let running = Running::start().await;
    running.session.stop().await;
    assert_nothing_is_sent(&running.emulator, &running.session).await;
}

#[tokio::test]
async fn sigterm_is_final() {
    let mut running = Running::start().await;
    running.terminate().await;
    assert_nothing_is_sent(&running.emulator, &running.session).await;
    shut_down(running.session.channel).await;
    assert_eq!(running.plugin.exit_code().await, Some(0));
}

/// Terraform sends no Stop while it plans for an apply, so the signal is the only notice.
#[tokio::test]
async fn interrupt_ends_current_and_later_reads() {
    let Running { emulator, session, plugin } = Running::start().await;
    emulator.add_fault(Fault::new(Effect::Hang).request("GET", "/groups/billing"));
    let read = tokio::spawn({
        let session = session.clone();
        async move { session.read_group().await }
    });
    within(emulator.wait_for("GET", "/groups/billing")).await;
    plugin.signal(Signal::INT);
    assert_eq!(within(read).await.unwrap(), NOT_READ);
    assert_eq!(session.read_group().await, NOT_READ);
    assert_eq!(emulator.journal().count("GET", "/groups/billing"), 1);
}

/// Terraform sends Stop if a reset should end.
#[tokio::test]
async fn interrupt_does_not_end_a_reset() {
    let Running { emulator, session, plugin } = Running::start().await;
    let apply = start_blocked_apply(&emulator, &session).await;
    plugin.signal(Signal::INT);
    emulator.add_fault(Fault::new(Effect::Hang).request("GET", "/groups/billing").times(1));
    // The read fails only because the signal was handled.
    assert_eq!(session.read_group().await, NOT_READ);
    assert!(!apply.is_finished());
    emulator.clear_faults();
    emulator.release();
    assert_eq!(titles(&within(apply).await.unwrap().diagnostics), [""; 0]);
}

/// As when Terraform is killed while the provider reads the group.
#[tokio::test]
async fn end_of_the_last_connection_ends_the_work_and_the_process() {
    let Running { emulator, session, mut plugin } = Running::start().await;
    emulator.add_fault(Fault::delay(500).request("GET", "/groups/billing"));
    let apply = tokio::spawn(async move { session.apply().await });
    within(emulator.wait_for("GET", "/groups/billing")).await;
    apply.abort();
    let read = |entry: &dms_emulator::JournalEntry| {
        entry.matches("GET", "/groups/billing") && (entry.abandoned || entry.status.is_some())
    };
    within(emulator.wait_until(read)).await;
    assert_eq!(plugin.exit_code().await, Some(0));
    assert_eq!(resets(&emulator), 0);
    assert_eq!(plugin.left_behind(), Vec::<String>::new());
}

/// In a process started for debugging, each connection has a separate provider.
#[tokio::test]
async fn stop_or_end_of_a_debugging_connection_does_not_affect_others() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut provider = Debugged::start();
    let connect = async || Session::begin(connect_plain_to(&provider.address()).await.unwrap(), &emulator).await;
    let (stopped, closed, other) = (connect().await, connect().await, connect().await);

    stopped.stop().await;
    assert_nothing_is_sent(&emulator, &stopped).await;

    emulator.add_fault(Fault::delay(500).request("GET", "/groups/billing").times(1));
    let apply = tokio::spawn(async move { closed.apply().await });
    within(emulator.wait_for("GET", "/groups/billing")).await;
    apply.abort();
    within(emulator.wait_until(|entry| entry.matches("GET", "/groups/billing") && entry.abandoned)).await;
    assert_eq!(resets(&emulator), 0);

    assert_eq!(titles(&other.apply().await.diagnostics), [""; 0]);
    assert_eq!(resets(&emulator), 1);
    assert!(provider.is_running());
}

#[tokio::test]
async fn signal_ends_the_work_of_every_debugging_connection() {
    for signal in [Signal::INT, Signal::TERM] {
        let emulator = Emulator::start_in_thread().unwrap();
        let mut provider = Debugged::start();
        let connect = async || Session::begin(connect_plain_to(&provider.address()).await.unwrap(), &emulator).await;
        let (one, other) = (connect().await, connect().await);
        emulator.hold();
        let applies = [one, other].map(|session| tokio::spawn(async move { session.apply().await }));
        within(emulator.wait_for("PUT", "/reset-message-offset")).await;
        let (code, _) = tokio::task::spawn_blocking(move || provider.end(signal)).await.unwrap();
        for apply in applies {
            assert_eq!(titles(&within(apply).await.unwrap().diagnostics), INTERRUPTED);
        }
        assert_eq!(code, Some(0));
    }
}
