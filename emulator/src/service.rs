//! The way of one request from arrival to answer.

use crate::clock::Clock;
use crate::control;
use crate::hold::Hold;
use crate::journal::{Entry, Recorder, Ticket};
use crate::message::{Answer, Refusal, Request};
use crate::routes::{self, Call, Endpoint};
use crate::script::{ResetBehaviour, Scripts};
use crate::verify;
use crate::world::World;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Called with every request once it is answered, or its connection closed instead.
pub(crate) type Observer = Box<dyn Fn(&Entry) + Send + Sync>;

/// All that requests, control routes and the library's user share.
pub(crate) struct Service {
    pub(crate) world: Mutex<World>,
    /// What `reset` goes back to.
    pub(crate) initial: World,
    pub(crate) journal: Recorder,
    pub(crate) hold: Hold,
    pub(crate) scripts: Scripts,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) observer: Option<Observer>,
    pub(crate) answers: AtomicU64,
}

impl Service {
    /// The world as it is now.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world_at(self.clock.now())
    }

    fn world_at(&self, now: Timestamp) -> MutexGuard<'_, World> {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.advance(now);
        world
    }

    /// Back to the world of the start, with an empty journal and no scripts.
    pub(crate) fn reset(&self) {
        *self.world() = self.initial.clone();
        self.scripts.clear();
        self.journal.clear();
    }

    /// An id for an answer: unique, and 32 hexadecimal digits like the real ones.
    pub(crate) fn next_request_id(&self) -> String {
        let number = self.answers.fetch_add(1, Ordering::Relaxed);
        let hash = Sha256::digest(format!("dms-emulator request {number}"));
        hex::encode(&hash[..16])
    }

    /// Answers a request; `None` closes the connection instead. Dropping the future gives the
    /// request up: nothing of it happens later.
    pub(crate) async fn handle(&self, request: &Request, request_id: &str) -> Option<Answer> {
        if control::owns(&request.path) {
            let answer = control::answer(self, request);
            return Some(answer.unwrap_or_else(|refusal| refusal.answer(request_id)));
        }
        let call = Call::find(request);
        let ticket = self.arrive(request, &call, request_id);
        let answer = self.serve(call, request).await;
        let answer = answer.unwrap_or_else(|refusal| Some(refusal.answer(request_id)));
        self.close(ticket, answer.as_ref());
        answer
    }

    /// Answers a request that could not be read to its end.
    pub(crate) fn refuse(&self, request: &Request, request_id: &str, refusal: Refusal) -> Answer {
        let answer = refusal.answer(request_id);
        if !control::owns(&request.path) {
            let ticket = self.arrive(request, &Call::find(request), request_id);
            self.close(ticket, Some(&answer));
        }
        answer
    }

    fn arrive(&self, request: &Request, call: &Result<Call, Refusal>, request_id: &str) -> Ticket<'_> {
        let endpoint = call.as_ref().ok().map(|call| call.endpoint);
        self.journal.arrive(request, endpoint, request_id, self.clock.now())
    }

    fn close(&self, ticket: Ticket<'_>, answer: Option<&Answer>) {
        let entry = match answer {
            Some(answer) => ticket.answered(answer),
            None => ticket.connection_closed(),
        };
        if let (Some(entry), Some(observer)) = (entry, &self.observer) {
            observer(&entry);
        }
    }

    async fn serve(&self, call: Result<Call, Refusal>, request: &Request) -> Result<Option<Answer>, Refusal> {
        // The gateway knows its routes before it knows its callers, so 404 comes before 401.
        let call = call?;
        self.admit(&call, request)?;
        if call.endpoint != Endpoint::ResetOffsets {
            return self.answer(&call, request).map(Some);
        }
        // Taken before the wait: resets that are held get their scripts in the order of arrival.
        let script = self.scripts.take(routes::partition_asked(request));
        self.hold.pass().await;
        match script {
            None => self.answer(&call, request).map(Some),
            Some(ResetBehaviour::AcceptedButIgnored) => Ok(Some(Answer::no_content())),
            Some(ResetBehaviour::AnswerLost) => {
                // Nobody will learn of a refusal either.
                let _ = self.answer(&call, request);
                Ok(None)
            }
            Some(ResetBehaviour::RequestLost) => Ok(None),
            Some(ResetBehaviour::ForeignTask { status }) => {
                let now = self.clock.now();
                let mut world = self.world_at(now);
                let answer = routes::answer(&mut world, &call, request, now);
                routes::add_foreign_task(&mut world, &call, status, now);
                answer.map(Some)
            }
            Some(ResetBehaviour::Refused { status, code, message }) => Err(Refusal::new(status, code, message)),
        }
    }

    /// Lets a request in whose signature is right and whose key pair has the permission.
    fn admit(&self, call: &Call, request: &Request) -> Result<(), Refusal> {
        let now = self.clock.now();
        let mut world = self.world_at(now);
        let credential = verify::check(request, &world.credentials, now)?;
        if let Some(permission) = call.endpoint.permission() {
            credential.check_permission(permission)?;
        }
        call.note(&mut world, now);
        Ok(())
    }

    fn answer(&self, call: &Call, request: &Request) -> Result<Answer, Refusal> {
        let now = self.clock.now();
        routes::answer(&mut self.world_at(now), call, request, now)
    }
}
