//! The library's front: start an emulator, look into it, stop it.

use crate::clock::{Clock, SystemClock};
use crate::hold::Hold;
use crate::journal::{Entry, Journal, Recorder};
use crate::seed::{Seed, SeedError};
use crate::server;
use crate::service::{Observer, Service};
use crate::world::{World, WorldError};
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// A running emulator. Dropping it stops it and closes its connections.
pub struct Emulator {
    address: SocketAddr,
    service: Arc<Service>,
    /// Its end, sent or dropped, is the signal to stop.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Emulator {
    /// How the emulator shall be.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Starts an emulator of the [`demo`](crate::demo) world with all defaults, on a thread of its
    /// own. Short for `Emulator::builder().start_in_thread()`.
    pub fn start_in_thread() -> Result<Self, StartError> {
        Self::builder().start_in_thread()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint to give to clients, for DMS and IAM alike: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests that arrived so far.
    pub fn journal(&self) -> Journal {
        self.service.journal.snapshot()
    }

    /// Empties the journal.
    pub fn clear_journal(&self) {
        self.service.journal.clear();
    }

    /// Committed offsets of a group on a topic, one per partition; -1 where nothing is committed.
    pub fn group_offsets(&self, instance: &str, group: &str, topic: &str) -> Result<Vec<i64>, WorldError> {
        self.service.world().group_offsets(instance, group, topic)
    }

    /// Looks into the state, or changes it, while no request can. Keep it short: requests wait.
    pub fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut self.service.world())
    }

    /// Replaces the state by what the seed describes.
    pub fn replace(&self, seed: &Seed) -> Result<(), SeedError> {
        let world = seed.build()?;
        *self.service.world() = world;
        Ok(())
    }

    /// Lays a seed over the state; see [`Seed::merge_into`].
    pub fn merge(&self, seed: &Seed) -> Result<(), SeedError> {
        let mut world = self.service.world();
        *world = seed.merge_into(&world)?;
        Ok(())
    }

    /// Back to the state of the start, with an empty journal.
    pub fn reset(&self) {
        self.service.reset();
    }

    /// Makes the resets that follow wait for [`Emulator::release`]. They are journalled when they
    /// arrive, with no status.
    pub fn hold(&self) {
        self.service.hold.close();
    }

    /// Lets waiting resets go on, and later ones pass.
    pub fn release(&self) {
        self.service.hold.open();
    }

    /// Waits for a request with this method and a path with this end. Returns at once if one has
    /// arrived already. The entry is as it is on arrival: most likely without a status.
    pub async fn wait_for(&self, method: &str, path_suffix: &str) -> Entry {
        self.wait_for_nth(method, path_suffix, 1).await
    }

    /// Waits until as many such requests have arrived, and returns the last of them; 0 counts as 1.
    pub async fn wait_for_nth(&self, method: &str, path_suffix: &str, nth: usize) -> Entry {
        self.service.journal.wait_for(|journal| find(journal, method, path_suffix, nth)).await
    }

    /// [`Emulator::wait_for`] for tests that are not asynchronous: `None` if none comes in time.
    pub fn wait_for_blocking(&self, method: &str, path_suffix: &str, limit: Duration) -> Option<Entry> {
        let wanted = |journal: &Journal| find(journal, method, path_suffix, 1);
        self.service.journal.wait_for_blocking(wanted, limit)
    }

    /// Waits until any entry of the journal is as `wanted`, for instance answered or abandoned.
    pub async fn wait_until(&self, wanted: impl Fn(&Entry) -> bool) -> Entry {
        let find = |journal: &Journal| journal.entries().iter().find(|entry| wanted(entry)).cloned();
        self.service.journal.wait_for(find).await
    }

    /// Stops. The same as dropping, for those who like to say so.
    pub fn shutdown(self) {}
}

fn find(journal: &Journal, method: &str, path_suffix: &str, nth: usize) -> Option<Entry> {
    journal.matching(method, path_suffix).nth(nth.saturating_sub(1)).cloned()
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // An error would be a panic of the server, whose message is on stderr already.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("address", &self.address).finish_non_exhaustive()
    }
}

/// How an emulator shall be. Everything has a default.
pub struct Builder {
    seed: Seed,
    clock: Arc<dyn Clock>,
    listen: SocketAddr,
    observer: Option<Observer>,
}

impl Builder {
    fn new() -> Self {
        Self {
            seed: Seed::demo(),
            clock: Arc::new(SystemClock),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            observer: None,
        }
    }

    /// The state at the start. Default: [`Seed::demo`].
    #[must_use]
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// Where the time comes from. Default: [`SystemClock`].
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Where to listen; port 0 takes any free one. Default: `127.0.0.1:0`.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Called with the journal entry of every request once it is answered. Default: nothing.
    #[must_use]
    pub fn observe(mut self, observer: impl Fn(&Entry) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Starts on a thread of its own. Suits any test: it needs no runtime and minds none.
    pub fn start_in_thread(self) -> Result<Emulator, StartError> {
        let (listen, service) = self.prepare()?;
        let (listener, address) = bind(listen)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let (report, started) = mpsc::channel();
        let serving = Arc::clone(&service);
        // The runtime is made and dropped in the thread: the caller may be inside another one.
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = match runtime {
                Ok(runtime) => runtime,
                Err(error) => return drop(report.send(Err(error))),
            };
            runtime.block_on(async {
                match TcpListener::from_std(listener) {
                    Ok(listener) => {
                        drop(report.send(Ok(())));
                        server::serve(listener, serving, stopped).await;
                    }
                    Err(error) => drop(report.send(Err(error))),
                }
            });
        };
        let thread = std::thread::Builder::new().name("dms-emulator".to_owned());
        let thread = thread.spawn(run).map_err(StartError::Thread)?;
        let outcome = started.recv();
        outcome
            .unwrap_or_else(|_| Err(std::io::Error::other("the thread ended at once")))
            .map_err(StartError::Thread)?;
        Ok(Emulator { address, service, stop: Some(stop), thread: Some(thread) })
    }

    /// Starts as a task of the caller's tokio runtime, and so stops a moment after it was dropped,
    /// when the runtime gets to it.
    pub async fn start(self) -> Result<Emulator, StartError> {
        let (listen, service) = self.prepare()?;
        let (listener, address) = bind(listen)?;
        let listener = TcpListener::from_std(listener);
        let listener = listener.map_err(|error| StartError::Listen(address, error))?;
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(server::serve(listener, Arc::clone(&service), stopped));
        Ok(Emulator { address, service, stop: Some(stop), thread: None })
    }

    fn prepare(self) -> Result<(SocketAddr, Arc<Service>), StartError> {
        let initial = self.seed.build().map_err(StartError::Seed)?;
        let service = Service {
            world: Mutex::new(initial.clone()),
            initial,
            journal: Recorder::new(),
            hold: Hold::new(),
            clock: self.clock,
            observer: self.observer,
            answers: AtomicU64::new(0),
        };
        Ok((self.listen, Arc::new(service)))
    }
}

/// A listening socket, ready for a runtime, and its address with the port that was found.
fn bind(address: SocketAddr) -> Result<(std::net::TcpListener, SocketAddr), StartError> {
    let bound = std::net::TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    bound.map_err(|error| StartError::Listen(address, error))
}

/// Why an emulator did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The seed describes no possible world.
    Seed(SeedError),
    /// The address is taken or not the computer's.
    Listen(SocketAddr, std::io::Error),
    /// No thread or runtime to run on.
    Thread(std::io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seed(_) => f.write_str("the seed is not usable"),
            Self::Listen(address, _) => write!(f, "cannot listen on {address}"),
            Self::Thread(_) => f.write_str("cannot start a thread for the emulator"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Seed(error) => Some(error),
            Self::Listen(_, error) | Self::Thread(error) => Some(error),
        }
    }
}
