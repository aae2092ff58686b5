//! The way of one request from arrival to answer.

use crate::clock::Clock;
use crate::control;
use crate::fault::{Before, Faults, Hit};
use crate::hold::Hold;
use crate::journal::{JournalEntry, Recorder, Ticket};
use crate::limit::{Limits, RateLimit};
use crate::message::{Answer, Refusal, Request};
use crate::reply::{Delivery, Reply};
use crate::routes::{self, Call, Operation};
use crate::script::{ResetBehaviour, Scripts};
use crate::seed::{Seed, SeedError};
use crate::state::{Credential, State};
use crate::verify::{self, Denied};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Called with every request once it is answered, or its connection closed instead.
pub(crate) type Observer = Box<dyn Fn(&JournalEntry) + Send + Sync>;

/// All that requests, control routes and the library's user share.
pub(crate) struct Service {
    pub(crate) state: Mutex<State>,
    /// What `reset` goes back to.
    pub(crate) initial: State,
    pub(crate) initial_limits: Vec<RateLimit>,
    pub(crate) journal: Recorder,
    pub(crate) hold: Hold,
    pub(crate) scripts: Scripts,
    pub(crate) faults: Faults,
    pub(crate) limits: Limits,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) observer: Option<Observer>,
    pub(crate) answers: AtomicU64,
    /// Has the topics and groups of every instance, if there is one.
    #[cfg(feature = "kafka")]
    pub(crate) kafka: Option<crate::kafka::Kafka>,
}

impl Service {
    /// The state as it is now.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state_at(self.clock.now())
    }

    fn state_at(&self, now: Timestamp) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.advance(now);
        state
    }

    /// The state, with the real cluster's topics and groups where there is one.
    #[cfg_attr(not(feature = "kafka"), expect(clippy::unused_self, unused_mut, reason = "there is none"))]
    fn with_cluster(&self, mut state: State) -> State {
        #[cfg(feature = "kafka")]
        state.use_cluster(self.kafka.as_ref());
        state
    }

    /// The state that the seed describes, and its limits.
    pub(crate) fn replace(&self, seed: &Seed) -> Result<(), SeedError> {
        let state = self.with_cluster(seed.build()?);
        *self.state() = state;
        self.limits.set(seed.rate_limits.clone().unwrap_or_default());
        Ok(())
    }

    /// The seed laid over the state; its limits, if it has any, instead of those in force.
    pub(crate) fn merge(&self, seed: &Seed) -> Result<(), SeedError> {
        let mut state = self.state();
        *state = self.with_cluster(seed.merge_into(&state)?);
        if let Some(limits) = &seed.rate_limits {
            self.limits.set(limits.clone());
        }
        Ok(())
    }

    /// Back to the state and the limits of the start, with an empty journal, no scripts and no faults.
    pub(crate) fn reset(&self) {
        *self.state() = self.initial.clone();
        self.scripts.clear();
        self.faults.clear();
        self.limits.set(self.initial_limits.clone());
        self.journal.clear();
    }

    /// An id for an answer: unique, and 32 hexadecimal digits like the real ones.
    pub(crate) fn next_request_id(&self) -> String {
        let number = self.answers.fetch_add(1, Ordering::Relaxed);
        let hash = Sha256::digest(format!("dms-emulator request {number}"));
        hex::encode(&hash[..16])
    }

    /// Answers a request, or says how its connection ends instead. Dropping the future gives the
    /// request up: nothing of it happens later.
    pub(crate) async fn handle(&self, request: &Request, request_id: &str) -> Reply {
        if control::owns(&request.path) {
            let answer = control::answer(self, request);
            return Reply::of(answer.unwrap_or_else(|refusal| refusal.answer(request_id)));
        }
        let call = Call::find(request);
        let hit = self.faults.take(request, call.as_ref().ok().map(|call| call.endpoint));
        let ticket = self.arrive(request, &call, request_id, hit.as_ref());
        let reply = self.reply(call, request, request_id, hit).await;
        self.close(ticket, &reply);
        reply
    }

    /// Answers a request that could not be read to its end.
    pub(crate) fn refuse(&self, request: &Request, request_id: &str, refusal: Refusal) -> Reply {
        let reply = Reply::of(refusal.answer(request_id));
        if !control::owns(&request.path) {
            let ticket = self.arrive(request, &Call::find(request), request_id, None);
            self.close(ticket, &reply);
        }
        reply
    }

    fn arrive(
        &self,
        request: &Request,
        call: &Result<Call, Refusal>,
        request_id: &str,
        hit: Option<&Hit>,
    ) -> Ticket<'_> {
        let endpoint = call.as_ref().ok().map(|call| call.endpoint);
        let fault = hit.map(|hit| hit.name.clone());
        self.journal.arrive(request, endpoint, request_id, fault, self.clock.now())
    }

    fn close(&self, ticket: Ticket<'_>, reply: &Reply) {
        let entry = ticket.close(reply);
        if let (Some(entry), Some(observer)) = (entry, &self.observer) {
            observer(&entry);
        }
    }

    /// The service's reply and what a fault makes of it.
    async fn reply(&self, call: Result<Call, Refusal>, request: &Request, request_id: &str, hit: Option<Hit>) -> Reply {
        if let Some(hit) = &hit {
            if !hit.delay.is_zero() {
                tokio::time::sleep(hit.delay).await;
            }
            match hit.effect.before(request_id) {
                Before::Nothing => {}
                Before::Reply(reply) => return reply,
                Before::Silence => std::future::pending().await,
            }
        }
        let reply = self.serve(call, request).await;
        let mut reply = reply.unwrap_or_else(|refusal| Reply::of(refusal.answer(request_id)));
        if let (Some(hit), Delivery::Whole) = (hit, reply.delivery) {
            reply.delivery = hit.effect.delivery();
        }
        if matches!(reply.delivery, Delivery::Closed | Delivery::Reset) {
            reply.answer = None;
        }
        reply
    }

    async fn serve(&self, call: Result<Call, Refusal>, request: &Request) -> Result<Reply, Refusal> {
        // The gateway knows its routes before it knows its callers, so 404 comes before 401.
        let call = call?;
        self.limits.pass(call.endpoint, self.clock.now())?;
        self.admit(&call, request)?;
        if call.endpoint != Operation::ResetOffsets {
            return self.answer(&call, request);
        }
        // Taken before the wait: resets that are held get their scripts in the order of arrival.
        let script = self.scripts.take(routes::partition_asked(request));
        self.hold.pass().await;
        match script {
            None => self.answer(&call, request),
            Some(ResetBehaviour::AcceptedButIgnored) => Ok(Reply::of(Answer::no_content())),
            Some(ResetBehaviour::AnswerLost) => {
                // Nobody will learn of a refusal either.
                let side_effect = self.answer(&call, request).is_ok();
                Ok(Reply { side_effect, ..Reply::none(Delivery::Closed) })
            }
            Some(ResetBehaviour::RequestLost) => Ok(Reply::none(Delivery::Closed)),
            Some(ResetBehaviour::ForeignTask { status }) => {
                let answer = self.answer(&call, request);
                let now = self.clock.now();
                routes::add_foreign_task(&mut self.state_at(now), &call, status, now);
                answer
            }
            Some(ResetBehaviour::Refused { status, code, message }) => Err(Refusal::new(status, code, message)),
        }
    }

    /// Lets a request in whose signature is right and whose key pair has the permission, or that
    /// needs none.
    fn admit(&self, call: &Call, request: &Request) -> Result<(), Refusal> {
        let now = self.clock.now();
        let mut state = self.state_at(now);
        if routes::needs_signature(call, request) {
            let credential = authenticate(&mut state, request, now)?;
            if let Some(permission) = call.endpoint.permission() {
                credential.check_permission(permission)?;
            }
        }
        call.note(&mut state, now);
        Ok(())
    }

    fn answer(&self, call: &Call, request: &Request) -> Result<Reply, Refusal> {
        let now = self.clock.now();
        let answer = routes::answer(&mut self.state_at(now), call, request, now)?;
        Ok(Reply { side_effect: call.endpoint.has_side_effect(), ..Reply::of(answer) })
    }
}

/// The key pair that signed a request, unless it is locked.
fn authenticate(state: &mut State, request: &Request, now: Timestamp) -> Result<Credential, Denied> {
    let access_key = verify::claimed_access_key(request).unwrap_or_default();
    if state.is_locked(access_key, now) {
        return Err(Denied::Locked);
    }
    let outcome = verify::check(request, &state.credentials, now).cloned();
    match &outcome {
        Ok(_) => state.note_signature(access_key, true, now),
        Err(Denied::WrongSignature { .. }) => state.note_signature(access_key, false, now),
        Err(_) => {}
    }
    outcome
}
