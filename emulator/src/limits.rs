//! Limits on what clients can use.

use std::time::Duration;

/// Limits on what clients can use, so that no client can block the emulator or exhaust its memory.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The maximum number of open connections. For each new connection beyond it, the emulator closes the one that has
    /// been idle longest. A connection is idle unless a complete request on it still waits for the response, or it is
    /// new: open for less than a second, without a request yet. If none is idle, the new one is one of up to 8
    /// additional connections. Control routes are served on these at once; other requests wait until fewer are in
    /// flight. If all of these are in use too, the request that has waited longest is refused with 503
    /// `EMULATOR.0503`. On Linux, the limit is lower if the process cannot open as many files. Default: 1000.
    pub connections: usize,
    /// The time in which a client must send the head of its next request, and then again the body. Default: 30 seconds.
    pub read_timeout: Duration,
    /// The maximum number of entries in the journal. Beyond it, the journal drops the oldest ones. Default: 50,000.
    pub journal_entries: usize,
    /// The approximate maximum memory for these entries, in bytes. Default: 64 MiB.
    pub journal_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1_000,
            read_timeout: Duration::from_secs(30),
            journal_entries: 50_000,
            journal_bytes: 64 * 1024 * 1024,
        }
    }
}
