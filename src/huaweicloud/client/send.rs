//! Sends a request: attempts, waits and retries.

use tokio::time::Instant;

use super::Client;
use super::call_options::RetryNotice;
use super::retry::{RetryAction, backoff, classify};
use crate::huaweicloud::error::{Attempts, Delivery, Error, ErrorKind, NoRetryReason};
use crate::huaweicloud::http::{Request, Response};

impl Client {
    /// Sends a request, with retries (`retry.rs`), and returns its successful (2xx) response. Each attempt has a new
    /// signature. A 401 ends the attempts.
    ///
    /// # Errors
    /// The error of the last attempt, with the number of attempts. It is marked as uncertain if an earlier attempt may
    /// have been carried out.
    pub(in crate::huaweicloud) async fn send(&self, request: &Request) -> Result<Response, Error> {
        let started = Instant::now();
        let (mut attempts, mut uncertain) = (0, false);
        loop {
            self.wait_for_slot(request).await.map_err(|error| error.with_prior_attempts(uncertain))?;
            let description = request.describe(self.sender().redactor());
            // Boxed, because an attempt is a large future, and each caller would move it into its own future.
            let attempt = Box::pin(self.attempt(request));
            let error = match self.shared.auth_breaker.run(&description, attempt).await {
                Ok(response) => {
                    self.shared.throttle.on_success();
                    return Ok(response);
                }
                Err(error) => error.with_prior_attempts(uncertain),
            };
            uncertain = error.may_have_taken_effect();
            if error.kind() == ErrorKind::Throttled && error.delivery() == Delivery::Responded {
                self.shared.throttle.on_throttled();
            }
            attempts += 1;
            if let Err(no_retry) = self.wait_for_retry(request, &error, attempts).await {
                return Err(error.with_attempts(Attempts { count: attempts, elapsed: started.elapsed(), no_retry }));
            }
        }
    }

    /// One attempt, signed with the current credentials and time.
    async fn attempt(&self, request: &Request) -> Result<Response, Error> {
        let credentials = self.credentials().await?;
        let message = self.sender().sign(request, &credentials)?;
        if let Some(observer) = &self.options.observer {
            observer.on_attempt();
        }
        self.sender().send(message).await
    }

    /// Waits until the throttle allows one more request.
    async fn wait_for_slot(&self, request: &Request) -> Result<(), Error> {
        let slot = self.shared.throttle.next_slot();
        if self.options.deadline.is_some_and(|deadline| slot >= deadline) {
            let wait = slot.saturating_duration_since(Instant::now()).as_secs_f64();
            let message = format!(
                "{}: not sent, because the limit of requests (max_requests_per_second, or the service's own) delays it \
                 by {wait:.1} s, beyond the time limit",
                request.describe(self.sender().redactor())
            );
            return Err(Error::new(ErrorKind::Timeout, message));
        }
        tokio::time::sleep_until(slot).await;
        Ok(())
    }

    /// Waits before the next attempt.
    ///
    /// # Errors
    /// The reason why there must be no further attempt.
    async fn wait_for_retry(&self, request: &Request, error: &Error, attempts: u32) -> Result<(), NoRetryReason> {
        let max_retries = self.shared.max_retries;
        let RetryAction::Retry(requested) = classify(error, request.idempotent) else {
            return Err(NoRetryReason::NotRetryable);
        };
        if attempts > max_retries {
            return Err(NoRetryReason::RetriesExhausted);
        }
        let requested_by_service = requested.is_some();
        let pause = requested.unwrap_or_else(|| backoff(attempts, fastrand::f64()));
        let remaining = self.options.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if let Some(remaining) = remaining.filter(|remaining| *remaining <= pause) {
            return Err(NoRetryReason::Deadline { wait: pause, remaining, requested_by_service });
        }
        let pause_ms = pause.as_millis() as u64;
        log::warn!(attempts, pause_ms, requested_by_service; "sent again after an error: {error}");
        if let Some(observer) = &self.options.observer {
            observer.on_retry(&RetryNotice { error, pause, attempts, max_retries, requested_by_service });
        }
        tokio::time::sleep(pause).await;
        Ok(())
    }
}
