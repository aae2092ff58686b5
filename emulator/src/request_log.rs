//! Writes one line per request to standard error, from a thread, because requests must not wait for an unread pipe.

use std::io::Write;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dms_emulator::JournalEntry;

/// The maximum number of lines that wait to be written. Further ones are dropped.
const CAPACITY: usize = 1_000;

/// The maximum length of a path with its query in a line, in characters.
const MAX_TARGET: usize = 1_000;

/// How long the program waits at its end until the last lines are read.
const END_TIMEOUT: Duration = Duration::from_secs(1);

/// The log of the requests.
pub(crate) struct RequestLog {
    /// `None` after the end.
    queue: Arc<Mutex<Option<Queue>>>,
    /// Disconnected when all lines are written.
    written: Receiver<()>,
}

struct Queue {
    lines: SyncSender<String>,
    /// The lines dropped since the last one that was accepted.
    dropped: u64,
}

impl RequestLog {
    pub(crate) fn start() -> Self {
        let (lines, queued) = sync_channel::<String>(CAPACITY);
        let (writing, written) = channel();
        std::thread::spawn(move || {
            for line in queued {
                // Ignore a closed pipe.
                let _ = std::io::stderr().write_all(line.as_bytes());
            }
            drop(writing);
        });
        Self { queue: Arc::new(Mutex::new(Some(Queue { lines, dropped: 0 }))), written }
    }

    /// A function that logs a request.
    pub(crate) fn observer(&self) -> impl Fn(&JournalEntry) + Send + Sync + 'static {
        let queue = Arc::clone(&self.queue);
        move |entry| {
            if let Some(queue) = queue.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
                queue.add(line(entry));
            }
        }
    }

    /// Waits until all lines are written, for at most [`END_TIMEOUT`].
    pub(crate) fn finish(self) {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut queue) = queue.filter(|queue| queue.dropped > 0) {
            queue.add(String::new());
        }
        let _ = self.written.recv_timeout(END_TIMEOUT);
    }
}

impl Queue {
    /// Adds a line, preceded by the number of lines that were dropped before it. Drops it if the queue is full.
    fn add(&mut self, mut line: String) {
        if self.dropped > 0 {
            let notice = "lines dropped, because standard error was not read in time";
            line.insert_str(0, &format!("{} {notice}\n", self.dropped));
        }
        match self.lines.try_send(line) {
            Ok(()) => self.dropped = 0,
            Err(_) => self.dropped += 1,
        }
    }
}

fn line(entry: &JournalEntry) -> String {
    let JournalEntry { time, connection, method, path, query, request_id, .. } = entry;
    let query = query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    let mut target = format!("{path}{query}");
    if let Some((end, _)) = target.char_indices().nth(MAX_TARGET) {
        target.truncate(end);
        target.push('…');
    }
    let status = entry.status.map_or_else(|| "unanswered".to_owned(), |status| status.to_string());
    let code = entry.error_code.as_deref().unwrap_or("-");
    let fault = entry.fault.as_ref().map(|fault| format!(" fault={fault}")).unwrap_or_default();
    format!("{time} connection={connection} {method} {target} {status} {code} {request_id}{fault}\n")
}
