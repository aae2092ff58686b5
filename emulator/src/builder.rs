//! Configures and starts an emulator.

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, mpsc};

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::clock::{Clock, SystemClock};
use crate::emulator::Emulator;
use crate::fault::FaultRules;
use crate::gate::Gate;
use crate::journal::{JournalEntry, Recorder};
use crate::limits::Limits;
use crate::rate_limit::RateLimiter;
use crate::seed::{Seed, SeedError};
use crate::server;
use crate::service::{Observer, Service};
#[cfg(feature = "kafka")]
use crate::{kafka::Kafka, state::cluster::RealCluster};

/// The configuration of an emulator. Every setting has a default.
pub struct Builder {
    seed: Seed,
    clock: Arc<dyn Clock>,
    listen: SocketAddr,
    observer: Option<Observer>,
    first_request: u64,
    limits: Limits,
    #[cfg(feature = "kafka")]
    kafka: Option<String>,
}

impl Emulator {
    /// Returns a builder with the defaults.
    pub fn builder() -> Builder {
        Builder {
            seed: Seed::demo(),
            clock: Arc::new(SystemClock),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            observer: None,
            first_request: 0,
            limits: Limits::default(),
            #[cfg(feature = "kafka")]
            kafka: None,
        }
    }

    /// Starts an emulator with the [`demo`](crate::demo) data and all defaults on a separate thread. Short for
    /// `Emulator::builder().start_in_thread()`.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub fn start_in_thread() -> Result<Self, StartError> {
        Self::builder().start_in_thread()
    }
}

impl Builder {
    /// Sets the initial state. Default: [`Seed::demo`].
    #[must_use]
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the source of the current time. Default: [`SystemClock`].
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the address to listen on; port 0 takes any free port. Default: `127.0.0.1:0`.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Sets a function that is called with the journal entry of every request once its outcome is known. Default: none.
    #[must_use]
    pub fn observe(mut self, observer: impl Fn(&JournalEntry) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Sets the number of the first request. Request ids are derived from the number, so two emulators with the same
    /// number issue the same ids. Default: 0.
    #[must_use]
    pub fn first_request(mut self, number: u64) -> Self {
        self.first_request = number;
        self
    }

    /// Sets the limits on what clients can use. Default: [`Limits::default`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the bootstrap address of a real cluster. Every instance then shows its topics and groups instead of those
    /// of the seed. Default: none.
    #[cfg(feature = "kafka")]
    #[must_use]
    pub fn kafka(mut self, bootstrap: impl Into<String>) -> Self {
        self.kafka = Some(bootstrap.into());
        self
    }

    /// Starts the emulator on a separate thread. Works with and without a tokio runtime.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub fn start_in_thread(self) -> Result<Emulator, StartError> {
        let (listen, service) = self.prepare()?;
        let (listener, address) = bind(listen)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let (report, started) = mpsc::channel();
        let serving = Arc::clone(&service);
        // Created and dropped on the thread, because the caller can be inside another runtime.
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
            .unwrap_or_else(|_| Err(std::io::Error::other("the thread ended during the start")))
            .map_err(StartError::Thread)?;
        Ok(Emulator { address, service, stop: Some(stop), thread: Some(thread) })
    }

    /// Starts the emulator as a task of the current tokio runtime. After a drop, it stops when the runtime next polls
    /// the task.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
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
        let mut initial = self.seed.build().map_err(StartError::Seed)?;
        #[cfg(feature = "kafka")]
        let real_cluster = self.kafka.map(connect).transpose()?;
        #[cfg(not(feature = "kafka"))]
        let real_cluster = None;
        initial.use_cluster(real_cluster.as_ref());
        let initial_limits = self.seed.rate_limits.unwrap_or_default();
        let rate_limiter = RateLimiter::default();
        rate_limiter.set(initial_limits.clone());
        let service = Service {
            state: Mutex::new(initial.clone()),
            initial,
            initial_limits,
            journal: Recorder::new(&self.limits),
            limits: self.limits,
            gate: Gate::new(),
            faults: FaultRules::default(),
            rate_limiter,
            clock: self.clock,
            observer: self.observer,
            request_ids: AtomicU64::new(self.first_request),
            real_cluster,
        };
        Ok((self.listen, Arc::new(service)))
    }
}

#[cfg(feature = "kafka")]
fn connect(bootstrap: String) -> Result<Arc<dyn RealCluster>, StartError> {
    match Kafka::connect(&bootstrap) {
        Ok(kafka) => Ok(Arc::new(kafka)),
        Err(error) => Err(StartError::Kafka(bootstrap, error)),
    }
}

/// A listening socket for a runtime, and its address with the actual port.
fn bind(address: SocketAddr) -> Result<(std::net::TcpListener, SocketAddr), StartError> {
    let bound = std::net::TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    bound.map_err(|error| StartError::Listen(address, error))
}

/// The reason why an emulator did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The seed is not consistent.
    Seed(SeedError),
    /// The address is in use, or does not belong to this computer.
    Listen(SocketAddr, std::io::Error),
    /// The thread or its runtime could not be started.
    Thread(std::io::Error),
    /// No cluster responds at this bootstrap address.
    #[cfg(feature = "kafka")]
    Kafka(String, rdkafka::error::KafkaError),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seed(_) => f.write_str("the seed is not valid"),
            Self::Listen(address, _) => write!(f, "cannot listen on {address}"),
            #[cfg(feature = "kafka")]
            Self::Kafka(bootstrap, _) => write!(f, "cannot connect to a Kafka cluster at {bootstrap}"),
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
