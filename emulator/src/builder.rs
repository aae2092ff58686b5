//! How an emulator is set up and started, and why it may not start.

use crate::clock::{Clock, SystemClock};
use crate::emulator::Emulator;
use crate::fault::Faults;
use crate::hold::Hold;
use crate::journal::{JournalEntry, Recorder};
use crate::limit::Limits;
use crate::script::Scripts;
use crate::seed::{Seed, SeedError};
use crate::server;
use crate::service::{Observer, Service};
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, mpsc};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// How an emulator shall be. Everything has a default.
pub struct Builder {
    seed: Seed,
    clock: Arc<dyn Clock>,
    listen: SocketAddr,
    observer: Option<Observer>,
    #[cfg(feature = "kafka")]
    kafka: Option<String>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            seed: Seed::demo(),
            clock: Arc::new(SystemClock),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            observer: None,
            #[cfg(feature = "kafka")]
            kafka: None,
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

    /// Called with the journal entry of every request once it is answered, or its connection
    /// closed instead. Default: nothing.
    #[must_use]
    pub fn observe(mut self, observer: impl Fn(&JournalEntry) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// A real cluster, by its bootstrap address, whose topics and groups every instance shows
    /// instead of those of the seed. Default: none, all is in memory.
    #[cfg(feature = "kafka")]
    #[must_use]
    pub fn kafka(mut self, bootstrap: impl Into<String>) -> Self {
        self.kafka = Some(bootstrap.into());
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
        #[cfg_attr(not(feature = "kafka"), expect(unused_mut, reason = "there is no cluster"))]
        let mut initial = self.seed.build().map_err(StartError::Seed)?;
        #[cfg(feature = "kafka")]
        let kafka = match self.kafka {
            Some(bootstrap) => {
                let kafka = crate::kafka::Kafka::connect(&bootstrap);
                Some(kafka.map_err(|error| StartError::Kafka(bootstrap, error))?)
            }
            None => None,
        };
        #[cfg(feature = "kafka")]
        initial.use_cluster(kafka.as_ref());
        let initial_limits = self.seed.rate_limits.unwrap_or_default();
        let limits = Limits::default();
        limits.set(initial_limits.clone());
        let service = Service {
            state: Mutex::new(initial.clone()),
            initial,
            initial_limits,
            journal: Recorder::new(),
            hold: Hold::new(),
            scripts: Scripts::default(),
            faults: Faults::default(),
            limits,
            clock: self.clock,
            observer: self.observer,
            answers: AtomicU64::new(0),
            #[cfg(feature = "kafka")]
            kafka,
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
    /// The seed describes no possible state.
    Seed(SeedError),
    /// The address is taken or not the computer's.
    Listen(SocketAddr, std::io::Error),
    /// No thread or runtime to run on.
    Thread(std::io::Error),
    /// No cluster answers at this bootstrap address.
    #[cfg(feature = "kafka")]
    Kafka(String, rdkafka::error::KafkaError),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seed(_) => f.write_str("the seed is not usable"),
            Self::Listen(address, _) => write!(f, "cannot listen on {address}"),
            #[cfg(feature = "kafka")]
            Self::Kafka(bootstrap, _) => write!(f, "there is no Kafka at {bootstrap}"),
            Self::Thread(_) => f.write_str("cannot start a thread for the emulator"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Seed(error) => Some(error),
            Self::Listen(_, error) | Self::Thread(error) => Some(error),
            #[cfg(feature = "kafka")]
            Self::Kafka(_, error) => Some(error),
        }
    }
}
