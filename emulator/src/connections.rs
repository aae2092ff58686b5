//! The open connections: which of them may process a request, and which are closed to make room for new ones.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

/// Connections beyond the limit, so that a control route can be called while all others have a request in flight.
const RESERVE: usize = 8;

/// How long a new connection has before it counts as idle, so that it is not closed before its first request is read.
const GRACE_PERIOD: Duration = Duration::from_secs(1);

/// How long to wait for a connection to end or become idle.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// File descriptors for everything except connections, such as standard streams and the files of a Rust test.
const OTHER_FILES: usize = 16;

/// The tasks of the open connections. Dropping the set closes the connections.
pub(crate) struct Connections {
    limit: usize,
    tasks: JoinSet<()>,
    open: HashMap<Id, (AbortHandle, Activity)>,
    /// One permit for each request that may be in flight.
    slots: Arc<Semaphore>,
}

/// What a connection is doing.
#[derive(Clone)]
pub(crate) struct Activity {
    state: Arc<Mutex<ActivityState>>,
    slots: Arc<Semaphore>,
}

enum ActivityState {
    /// No complete request waits for its response.
    Idle { since: Instant, is_new: bool },
    /// A request waits for a slot.
    Waiting { since: Instant, refuse: oneshot::Sender<()> },
    /// A request is being processed.
    Busy,
    /// The request was refused; the connection ends after the response.
    Refused,
}

impl Activity {
    fn new(slots: &Arc<Semaphore>) -> Self {
        let state = ActivityState::Idle { since: Instant::now(), is_new: true };
        Self { state: Arc::new(Mutex::new(state)), slots: Arc::clone(slots) }
    }

    /// Waits until the request on this connection may be processed. `None` if it must be refused instead, because too
    /// many requests wait.
    pub(crate) async fn slot(&self) -> Option<OwnedSemaphorePermit> {
        let (refuse, refused) = oneshot::channel();
        *self.lock() = ActivityState::Waiting { since: Instant::now(), refuse };
        let slot = tokio::select! {
            biased;
            slot = Arc::clone(&self.slots).acquire_owned() => slot.ok()?,
            _ = refused => return None,
        };
        self.set_busy();
        Some(slot)
    }

    /// Marks the connection as busy: a complete request has arrived.
    pub(crate) fn set_busy(&self) {
        *self.lock() = ActivityState::Busy;
    }

    /// Marks the connection as idle: the response is known.
    pub(crate) fn set_idle(&self) {
        let mut state = self.lock();
        if !matches!(*state, ActivityState::Refused) {
            *state = ActivityState::Idle { since: Instant::now(), is_new: false };
        }
    }

    /// Since when the connection is idle. `None` if it must not be closed.
    fn idle_since(&self) -> Option<Instant> {
        match *self.lock() {
            ActivityState::Idle { since, is_new } if !is_new || since.elapsed() >= GRACE_PERIOD => Some(since),
            _ => None,
        }
    }

    fn waiting_since(&self) -> Option<Instant> {
        match *self.lock() {
            ActivityState::Waiting { since, .. } => Some(since),
            _ => None,
        }
    }

    /// Refuses the request that waits for a slot.
    fn refuse(&self) {
        let mut state = self.lock();
        if let ActivityState::Waiting { refuse, .. } = std::mem::replace(&mut *state, ActivityState::Refused) {
            // Fails if the client has closed the connection.
            let _ = refuse.send(());
        }
    }

    fn lock(&self) -> MutexGuard<'_, ActivityState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connections {
    /// An empty set for at most `limit` connections, or fewer if the process cannot open as many files.
    pub(crate) fn new(limit: usize) -> Self {
        let possible = max_open_files().unwrap_or(usize::MAX).saturating_sub(RESERVE + OTHER_FILES);
        let limit = limit.min(possible).clamp(1, Semaphore::MAX_PERMITS);
        Self { limit, tasks: JoinSet::new(), open: HashMap::new(), slots: Arc::new(Semaphore::new(limit)) }
    }

    /// Serves a connection once the limit allows another one.
    pub(crate) async fn add<F: Future<Output = ()> + Send + 'static>(&mut self, serve: impl FnOnce(Activity) -> F) {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.remove(ended);
        }
        while self.open.len() >= self.limit && !self.close_longest_idle() {
            if self.open.len() < self.limit + RESERVE {
                break;
            }
            self.refuse_longest_waiting();
            self.wait_for_change().await;
        }
        let activity = Activity::new(&self.slots);
        let task = self.tasks.spawn(serve(activity.clone()));
        self.open.insert(task.id(), (task, activity));
    }

    /// Makes room after the operating system has refused another connection.
    pub(crate) async fn make_room(&mut self) {
        if !self.close_longest_idle() {
            self.refuse_longest_waiting();
        }
        self.wait_for_change().await;
    }

    /// Waits until a connection ends. Never returns if there is none.
    pub(crate) async fn ended(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(ended) => self.remove(ended),
            None => std::future::pending().await,
        }
    }

    /// Waits until a connection ends, or has had time to become idle.
    async fn wait_for_change(&mut self) {
        let _ = tokio::time::timeout(POLL_INTERVAL, self.ended()).await;
    }

    fn remove(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
        self.open.remove(&id);
    }

    /// Closes the connection that has been idle for the longest time. Returns whether there was one.
    fn close_longest_idle(&mut self) -> bool {
        let idle = self.open.iter().filter_map(|(id, (_, activity))| Some((activity.idle_since()?, *id)));
        let longest = idle.min_by_key(|(since, _)| *since);
        let Some((task, _)) = longest.and_then(|(_, id)| self.open.remove(&id)) else { return false };
        task.abort();
        true
    }

    /// Refuses the request that has waited for a slot for the longest time, if there is one.
    fn refuse_longest_waiting(&self) {
        let activities = self.open.values().map(|(_, activity)| activity);
        let waiting = activities.filter_map(|activity| Some((activity.waiting_since()?, activity)));
        if let Some((_, activity)) = waiting.min_by_key(|(since, _)| *since) {
            activity.refuse();
        }
    }
}

/// How many files the process can open. `None` if that is unknown, as on systems other than Linux.
fn max_open_files() -> Option<usize> {
    soft_limit(&std::fs::read_to_string("/proc/self/limits").ok()?)
}

fn soft_limit(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soft_limit_of_open_files_is_read() {
        let limits = |files: &str| format!("Max processes  10  20  processes\nMax open files  {files}  files\n");
        assert_eq!(soft_limit(&limits("1024  524288")), Some(1_024));
        assert_eq!(soft_limit(&limits("unlimited  unlimited")), None);
        assert_eq!(soft_limit(""), None);
    }
}
