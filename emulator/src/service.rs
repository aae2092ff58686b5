//! The way of one request from arrival to answer.

use crate::clock::Clock;
use crate::control;
use crate::hold::Hold;
use crate::journal::{Entry, Recorder, Ticket};
use crate::message::{Answer, Refusal, Request};
use crate::routes::{self, Call, Endpoint};
use crate::verify;
use crate::world::World;
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Called with every answered request.
pub(crate) type Observer = Box<dyn Fn(&Entry) + Send + Sync>;

/// All that requests, control routes and the library's user share.
pub(crate) struct Service {
    pub(crate) world: Mutex<World>,
    /// What `reset` goes back to.
    pub(crate) initial: World,
    pub(crate) journal: Recorder,
    pub(crate) hold: Hold,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) observer: Option<Observer>,
    pub(crate) answers: AtomicU64,
}

impl Service {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Back to the world of the start, with an empty journal.
    pub(crate) fn reset(&self) {
        *self.world() = self.initial.clone();
        self.journal.clear();
    }

    /// An id for an answer: unique, and 32 hexadecimal digits like the real ones.
    pub(crate) fn next_request_id(&self) -> String {
        let number = self.answers.fetch_add(1, Ordering::Relaxed);
        let hash = Sha256::digest(format!("dms-emulator request {number}"));
        hex::encode(&hash[..16])
    }

    /// Answers a request. Dropping the future gives the request up: nothing of it happens later.
    pub(crate) async fn handle(&self, request: &Request, request_id: &str) -> Answer {
        if control::owns(&request.path) {
            return control::answer(self, request).unwrap_or_else(|refusal| refusal.answer(request_id));
        }
        let ticket = self.journal.arrive(request, request_id, self.clock.now());
        let answer = self.serve(request).await;
        let answer = answer.unwrap_or_else(|refusal| refusal.answer(request_id));
        self.close(ticket, &answer);
        answer
    }

    /// Answers a request that could not be read to its end.
    pub(crate) fn refuse(&self, request: &Request, request_id: &str, refusal: Refusal) -> Answer {
        let answer = refusal.answer(request_id);
        if !control::owns(&request.path) {
            let ticket = self.journal.arrive(request, request_id, self.clock.now());
            self.close(ticket, &answer);
        }
        answer
    }

    fn close(&self, ticket: Ticket<'_>, answer: &Answer) {
        if let (Some(entry), Some(observer)) = (ticket.answered(answer), &self.observer) {
            observer(&entry);
        }
    }

    async fn serve(&self, request: &Request) -> Result<Answer, Refusal> {
        // The gateway knows its routes before it knows its callers, so 404 comes before 401.
        let call = Call::find(request)?;
        verify::check(request, &self.world().credentials, self.clock.now())?;
        if call.endpoint == Endpoint::ResetOffsets {
            self.hold.pass().await;
        }
        routes::answer(&mut self.world(), &call, request)
    }
}
