//! Standard error, written by a separate thread, so that a reader that stops reading blocks nothing else.
//!
//! Messages wait in a bounded queue. While the queue is full, messages are dropped whole and counted. A note with their
//! number precedes the next message that fits.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The maximum number of bytes that wait to be written.
const CAPACITY: usize = 256 * 1024;

/// How long the process waits at its end for the last messages to be written. Terraform allows two seconds in total.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(500);

static QUEUE: MessageQueue = MessageQueue::new(CAPACITY);

/// Whether the writer thread could be started.
static HAS_WRITER: LazyLock<bool> = LazyLock::new(|| {
    let writer = std::thread::Builder::new().name("stderr".to_owned());
    writer.spawn(|| QUEUE.write_to(write_now)).is_ok()
});

/// Writes one message of one or more lines, without the final line break.
pub(super) fn write(message: String) {
    if *HAS_WRITER {
        QUEUE.push(message);
    } else {
        write_now(&message);
    }
}

/// Waits until everything is written, but not longer than [`FLUSH_TIMEOUT`].
pub(super) fn flush() {
    QUEUE.flush(FLUSH_TIMEOUT);
}

fn write_now(message: &str) {
    // Ignore a closed pipe. One call for the whole message, so that the output of other processes does not split it.
    let _ = std::io::stderr().lock().write_all(format!("{message}\n").as_bytes());
}

struct MessageQueue {
    capacity: usize,
    state: Mutex<QueueState>,
    changed: Condvar,
}

struct QueueState {
    waiting: VecDeque<String>,
    /// The bytes of `waiting`.
    bytes: usize,
    /// The number of messages dropped since the last one that was queued.
    dropped: u64,
    /// Whether the writer is writing a message that it has taken from the queue.
    writing: bool,
}

impl QueueState {
    fn note_dropped(&mut self) {
        if self.dropped > 0 {
            let note = format!("[WARN] {} log messages were dropped: standard error was not read.", self.dropped);
            self.dropped = 0;
            self.add(note);
        }
    }

    fn add(&mut self, message: String) {
        self.bytes += message.len();
        self.waiting.push_back(message);
    }
}

impl MessageQueue {
    const fn new(capacity: usize) -> Self {
        let state = QueueState { waiting: VecDeque::new(), bytes: 0, dropped: 0, writing: false };
        Self { capacity, state: Mutex::new(state), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, message: String) {
        let mut state = self.state();
        if state.bytes + message.len() > self.capacity {
            state.dropped += 1;
        } else {
            state.note_dropped();
            state.add(message);
            self.changed.notify_all();
        }
    }

    /// Passes each message to `write`, in order and forever.
    fn write_to(&self, write: impl Fn(&str)) {
        loop {
            let state = self.state();
            let waited = self.changed.wait_while(state, |state| state.waiting.is_empty());
            let mut state = waited.unwrap_or_else(PoisonError::into_inner);
            let Some(message) = state.waiting.pop_front() else { continue };
            state.bytes -= message.len();
            state.writing = true;
            drop(state);
            write(&message);
            self.state().writing = false;
            self.changed.notify_all();
        }
    }

    /// Returns when everything is written, or after `limit`.
    fn flush(&self, limit: Duration) {
        let mut state = self.state();
        state.note_dropped();
        self.changed.notify_all();
        let _ = self.changed.wait_timeout_while(state, limit, |state| state.writing || !state.waiting.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::{Receiver, sync_channel};
    use std::time::Instant;

    use super::*;

    /// Only a failing test waits this long.
    const HANG_TIMEOUT: Duration = Duration::from_secs(10);

    /// A queue whose writer waits until the previous message was received.
    fn queue_with_reader() -> (Arc<MessageQueue>, Receiver<String>) {
        let queue = Arc::new(MessageQueue::new(10));
        let (sender, receiver) = sync_channel(0);
        let writer = Arc::clone(&queue);
        std::thread::spawn(move || writer.write_to(|message| drop(sender.send(message.to_owned()))));
        (queue, receiver)
    }

    #[test]
    fn full_queue_drops_whole_messages_and_counts_them() {
        let (queue, receiver) = queue_with_reader();
        for message in ["1234567890", "dropped", "too long: 1", "dropped"] {
            queue.push(message.to_owned());
        }
        // The writer may or may not have taken the first message when the second arrived.
        let mut received = vec![receiver.recv_timeout(HANG_TIMEOUT).unwrap()];
        queue.flush(Duration::ZERO);
        while !received.last().unwrap().starts_with("[WARN]") {
            received.push(receiver.recv_timeout(HANG_TIMEOUT).unwrap());
        }
        let note = received.pop().unwrap();
        let dropped = 4 - received.len();
        assert_eq!(note, format!("[WARN] {dropped} log messages were dropped: standard error was not read."));
        assert!(dropped >= 2 && received[0] == "1234567890", "{received:?}");
    }

    #[test]
    fn written_messages_make_room_for_later_ones() {
        let (queue, receiver) = queue_with_reader();
        for number in 0..5 {
            let message = format!("message {number}");
            queue.push(message.clone());
            assert_eq!(receiver.recv_timeout(HANG_TIMEOUT).unwrap(), message);
        }
    }

    #[test]
    fn flush_waits_for_the_last_message_but_not_forever() {
        let (queue, receiver) = queue_with_reader();
        queue.push("first".to_owned());
        let started = Instant::now();
        queue.flush(Duration::from_millis(50));
        assert!(started.elapsed() >= Duration::from_millis(50), "nothing has read the message");
        let reader = std::thread::spawn(move || receiver.recv_timeout(HANG_TIMEOUT).unwrap());
        let started = Instant::now();
        queue.flush(HANG_TIMEOUT);
        assert!(started.elapsed() < HANG_TIMEOUT, "the end of the last message must wake the flush");
        assert_eq!(reader.join().unwrap(), "first");
    }
}
