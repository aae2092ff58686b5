//! The open connections, of which an idle one is closed to make room for a new one.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::{AbortHandle, Id, JoinError, JoinSet};

/// How long to wait for a connection to end or become idle.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The tasks of the open connections. Dropping the set closes the connections.
pub(crate) struct Connections {
    limit: usize,
    tasks: JoinSet<()>,
    open: HashMap<Id, (AbortHandle, Activity)>,
    /// The number of times that any connection became idle. It orders the idle connections without a clock.
    idle_count: Arc<AtomicU64>,
}

/// What a connection is doing: `BUSY`, or the number of its last change to idle.
#[derive(Clone)]
pub(crate) struct Activity {
    state: Arc<AtomicU64>,
    idle_count: Arc<AtomicU64>,
}

const BUSY: u64 = u64::MAX;

impl Activity {
    fn new(idle_count: &Arc<AtomicU64>) -> Self {
        let activity = Self { state: Arc::default(), idle_count: Arc::clone(idle_count) };
        activity.set_idle();
        activity
    }

    /// Marks the connection as busy: a complete request has arrived.
    pub(crate) fn set_busy(&self) {
        self.state.store(BUSY, Ordering::Relaxed);
    }

    /// Marks the connection as idle: the response is known.
    pub(crate) fn set_idle(&self) {
        self.state.store(self.idle_count.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
    }
}

impl Connections {
    /// An empty set for at most `limit` connections; 0 counts as 1.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), tasks: JoinSet::new(), open: HashMap::new(), idle_count: Arc::default() }
    }

    /// Serves a connection once the limit allows another one.
    pub(crate) async fn add<F: Future<Output = ()> + Send + 'static>(&mut self, serve: impl FnOnce(Activity) -> F) {
        while self.open.len() >= self.limit {
            if !self.close_longest_idle() {
                // Ends early if a connection ends.
                let _ = tokio::time::timeout(POLL_INTERVAL, self.ended()).await;
            }
        }
        let activity = Activity::new(&self.idle_count);
        let task = self.tasks.spawn(serve(activity.clone()));
        self.open.insert(task.id(), (task, activity));
    }

    /// Makes room after the operating system has refused another connection.
    pub(crate) async fn make_room(&mut self) {
        self.close_longest_idle();
        let _ = tokio::time::timeout(POLL_INTERVAL, self.ended()).await;
    }

    /// Waits until a connection ends. Never returns if there is none.
    pub(crate) async fn ended(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(ended) => {
                let id = ended.map_or_else(|error: JoinError| error.id(), |(id, ())| id);
                self.open.remove(&id);
            }
            None => std::future::pending().await,
        }
    }

    /// Closes the connection that has been idle for the longest time. Returns whether there was one.
    fn close_longest_idle(&mut self) -> bool {
        let idle = self.open.iter().map(|(id, (_, activity))| (activity.state.load(Ordering::Relaxed), *id));
        let longest = idle.filter(|(state, _)| *state != BUSY).min_by_key(|(state, _)| *state);
        let Some((task, _)) = longest.and_then(|(_, id)| self.open.remove(&id)) else { return false };
        task.abort();
        true
    }
}
