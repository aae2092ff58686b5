//! Processes a request from its arrival to its outcome.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::clock::Clock;
use crate::delivery::{Delivery, Outcome};
use crate::digest::sha256_hex;
use crate::fault::{Effect, FaultMatch, FaultRules, Interception};
use crate::gate::{Arrival, Gate};
use crate::journal::{InFlight, JournalEntry, Recorder};
use crate::limits::Limits;
use crate::message::{ApiError, Request};
use crate::rate_limit::{RateLimit, RateLimiter};
use crate::routes::{self, Call, Operation};
use crate::seed::{Seed, SeedError};
use crate::signature::{self, AuthError};
use crate::state::cluster::RealCluster;
use crate::state::{Credential, State};

/// Called with the journal entry of every request once its outcome is known.
pub(crate) type Observer = Box<dyn Fn(&JournalEntry) + Send + Sync>;

/// Everything that requests, control routes and the library's user share.
pub(crate) struct Service {
    pub(crate) state: Mutex<State>,
    /// The state that `reset` restores.
    pub(crate) initial: State,
    /// The rate limits that `reset` restores.
    pub(crate) initial_limits: Vec<RateLimit>,
    pub(crate) journal: Recorder,
    pub(crate) limits: Limits,
    pub(crate) gate: Gate,
    pub(crate) faults: FaultRules,
    pub(crate) rate_limiter: RateLimiter,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) observer: Option<Observer>,
    /// How many request ids were issued.
    pub(crate) request_ids: AtomicU64,
    /// Holds the topics and groups of every instance, if the emulator runs in front of a real cluster.
    pub(crate) real_cluster: Option<Arc<dyn RealCluster>>,
}

impl Service {
    /// The state at the current time.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state_at(self.clock.now())
    }

    fn state_at(&self, now: Timestamp) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.advance(now);
        state
    }

    /// The state, with the topics and groups of the real cluster if there is one.
    fn with_cluster(&self, mut state: State) -> State {
        state.use_cluster(self.real_cluster.as_ref());
        state
    }

    /// Replaces the state and the rate limits by those of the seed.
    ///
    /// # Errors
    ///
    /// The seed is not consistent. Nothing is changed then.
    pub(crate) fn replace(&self, seed: &Seed) -> Result<(), SeedError> {
        let state = self.with_cluster(seed.build()?);
        *self.state() = state;
        self.rate_limiter.set(seed.rate_limits.clone().unwrap_or_default());
        Ok(())
    }

    /// Merges the seed into the state. Its rate limits, if it has any, replace the active ones.
    ///
    /// # Errors
    ///
    /// The seed does not fit the state. Nothing is changed then.
    pub(crate) fn merge(&self, seed: &Seed) -> Result<(), SeedError> {
        let mut state = self.state();
        *state = self.with_cluster(seed.merge_into(&state)?);
        if let Some(limits) = &seed.rate_limits {
            self.rate_limiter.set(limits.clone());
        }
        Ok(())
    }

    /// Restores the initial state and rate limits; clears the journal and the faults.
    pub(crate) fn reset(&self) {
        *self.state() = self.initial.clone();
        self.faults.clear();
        self.rate_limiter.set(self.initial_limits.clone());
        self.journal.clear();
    }

    /// A unique request id of 32 hexadecimal digits, as the real service issues them.
    pub(crate) fn next_request_id(&self) -> String {
        let number = self.request_ids.fetch_add(1, Ordering::Relaxed);
        let mut id = sha256_hex(format!("dms-emulator request {number}").as_bytes());
        id.truncate(32);
        id
    }

    /// Processes a request to an emulated service. Dropping the future abandons the request: it has no effect
    /// afterwards.
    pub(crate) async fn handle(&self, request: &Request, request_id: &str) -> Outcome {
        let call = Call::find(request);
        // Arrives before the request is in the journal, because a test that sees it there may open the gate at once.
        let arrival = self.gate.arrive();
        let fault = self.faults.take(request, call.as_ref().ok().map(|call| call.operation));
        let in_flight = self.record_arrival(request, &call, request_id, fault.as_ref());
        let outcome = self.process(call, request, request_id, fault, arrival).await;
        self.record_outcome(in_flight, &outcome);
        outcome
    }

    /// Rejects a request whose body could not be read completely.
    pub(crate) fn reject(&self, request: &Request, request_id: &str, error: ApiError) -> Outcome {
        let outcome = Outcome::response(error.into_response(request_id));
        let in_flight = self.record_arrival(request, &Call::find(request), request_id, None);
        self.record_outcome(in_flight, &outcome);
        outcome
    }

    fn record_arrival(
        &self,
        request: &Request,
        call: &Result<Call, ApiError>,
        request_id: &str,
        fault: Option<&FaultMatch>,
    ) -> InFlight<'_> {
        let fault = fault.map(|fault| fault.name.clone());
        self.journal.record(request, call, request_id, fault, self.clock.now())
    }

    fn record_outcome(&self, in_flight: InFlight<'_>, outcome: &Outcome) {
        let entry = in_flight.finish(outcome);
        if let Some(observer) = &self.observer {
            observer(&entry);
        }
    }

    /// Serves the request and applies the fault, if there is one.
    async fn process(
        &self,
        call: Result<Call, ApiError>,
        request: &Request,
        request_id: &str,
        fault: Option<FaultMatch>,
        mut arrival: Arrival,
    ) -> Outcome {
        let is_reset = call.as_ref().is_ok_and(|call| call.operation == Operation::ResetOffsets);
        if let Some(fault) = &fault {
            if !fault.delay.is_zero() {
                tokio::time::sleep(fault.delay).await;
            }
            if let Some(interception) = fault.effect.intercept(request_id) {
                // A held reset waits even if a fault decides its response.
                if is_reset {
                    arrival.pass().await;
                }
                match interception {
                    Interception::End(outcome) => return outcome,
                    Interception::Hang => std::future::pending().await,
                }
            }
        }
        let is_held = is_reset || fault.as_ref().is_some_and(|fault| fault.effect == Effect::Hold);
        let served = match &call {
            Ok(call) => self.serve(call, request, is_held.then_some(&mut arrival)).await,
            Err(error) => Err(error.clone()),
        };
        let mut outcome = served.unwrap_or_else(|error| Outcome::response(error.into_response(request_id)));
        if let Some(fault) = fault {
            if let (Ok(call), Effect::UnrelatedTask { status }) = (&call, &fault.effect) {
                let now = self.clock.now();
                routes::add_unrelated_task(&mut self.state_at(now), call, *status, now);
            }
            outcome.delivery = fault.effect.delivery();
        }
        if matches!(outcome.delivery, Delivery::Close | Delivery::Reset) {
            outcome.response = None;
        }
        outcome
    }

    /// Serves the request. With `arrival`, the request waits at the gate.
    async fn serve(&self, call: &Call, request: &Request, arrival: Option<&mut Arrival>) -> Result<Outcome, ApiError> {
        self.rate_limiter.try_acquire(call.operation, self.clock.now())?;
        self.authorize(call, request)?;
        if let Some(arrival) = arrival {
            arrival.pass().await;
        }
        let now = self.clock.now();
        routes::dispatch(&mut self.state_at(now), call, request, now).map(Outcome::response)
    }

    /// Checks the signature and the permission of a request, unless its route needs none.
    fn authorize(&self, call: &Call, request: &Request) -> Result<(), ApiError> {
        let now = self.clock.now();
        let mut state = self.state_at(now);
        if routes::needs_signature(call, request) {
            let credential = authenticate(&mut state, request, now)?;
            if let Some(permission) = call.operation.permission() {
                credential.check_permission(permission)?;
            }
        }
        call.record(&mut state, now);
        Ok(())
    }
}

/// The key pair that signed a request, unless it is locked.
fn authenticate(state: &mut State, request: &Request, now: Timestamp) -> Result<Credential, AuthError> {
    let access_key = signature::claimed_access_key(request).unwrap_or_default();
    if state.is_locked(access_key, now) {
        return Err(AuthError::Locked);
    }
    let result = signature::verify(request, &state.credentials, now).cloned();
    match &result {
        Ok(_) => state.record_signature(access_key, true, now),
        Err(AuthError::WrongSignature { .. }) => state.record_signature(access_key, false, now),
        // Only wrong signatures count for the lock.
        Err(_) => {}
    }
    result
}
