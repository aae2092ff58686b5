//! One request, sent until it is answered for good: attempts, waits, and the end of patience.

use std::time::Duration;

use tokio::time::Instant;

use super::Client;
use super::call_options::RetryNotice;
use super::request::Request;
use super::response::Response;
use super::retry::{RetryAction, backoff, classify};
use crate::huaweicloud::error::{Delivery, Error, ErrorKind};

impl Client {
    /// Sends a request, again if need be (`retry.rs`), and returns its successful (2xx) answer. Each attempt is signed
    /// anew; none is made after a 401.
    ///
    /// An error is that of the last attempt. It says so when an earlier one may have been carried out.
    pub(in crate::huaweicloud) async fn send(&self, request: &Request) -> Result<Response, Error> {
        let started = Instant::now();
        let mut doubtful = false;
        let mut repetition = 0;
        loop {
            self.wait_for_turn(request).await.map_err(|error| error.with_prior_attempts(doubtful))?;
            let error = match self.0.auth_breaker.run(&request.describe(&self.0.redactor), self.attempt(request)).await
            {
                Ok(response) => {
                    self.0.throttle.taken();
                    return Ok(response);
                }
                Err(error) => error.with_prior_attempts(doubtful),
            };
            doubtful = error.may_have_taken_effect();
            if error.kind() == ErrorKind::Throttled && error.delivery() == Delivery::Responded {
                self.0.throttle.refused();
            }
            repetition += 1;
            self.wait_to_repeat(request, error, repetition, started).await?;
        }
    }

    /// Waits until the pace allows one more request.
    async fn wait_for_turn(&self, request: &Request) -> Result<(), Error> {
        let turn = self.0.throttle.turn();
        if self.1.deadline.is_some_and(|deadline| turn >= deadline) {
            let wait = seconds(turn.saturating_duration_since(Instant::now()));
            let message = format!(
                "{}: not sent, because its turn comes in {wait}, after the time limit (max_requests_per_second, or the \
                 service's own limit)",
                request.describe(&self.0.redactor)
            );
            return Err(Error::new(ErrorKind::Timeout, message));
        }
        tokio::time::sleep_until(turn).await;
        Ok(())
    }

    /// Waits before the next attempt; gives the error back if there is to be none.
    async fn wait_to_repeat(
        &self,
        request: &Request,
        error: Error,
        repetition: u32,
        started: Instant,
    ) -> Result<(), Error> {
        let RetryAction::Retry(asked) = classify(&error, request.idempotent) else {
            return Err(tell_attempts(error, repetition, started));
        };
        if repetition > self.0.max_retries {
            return Err(tell_attempts(error, repetition, started));
        }
        let pause = asked.unwrap_or_else(|| backoff(repetition, fastrand::f64()));
        let left = self.1.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if let Some(left) = left.filter(|left| *left <= pause) {
            let whose = if asked.is_some() { "the service asks to wait" } else { "the next attempt would be in" };
            let note = format!("; {whose} {}, and {} are left of the time limit", seconds(pause), seconds(left));
            return Err(tell_attempts(error.with_note(&note), repetition, started));
        }
        let wait = RetryNotice {
            error: &error,
            pause,
            repetition,
            max_retries: self.0.max_retries,
            asked_for: asked.is_some(),
        };
        log::warn!(repetition, pause_ms = pause.as_millis() as u64, asked_for = wait.asked_for; "will be sent again: {error}");
        if let Some(observer) = &self.1.observer {
            observer.on_retry(&wait);
        }
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

fn tell_attempts(error: Error, attempts: u32, started: Instant) -> Error {
    match attempts {
        0 | 1 => error,
        more => error.with_note(&format!("; {more} attempts within {}", seconds(started.elapsed()))),
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
