//! Reports progress: always to the log, and for an action also to the user.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::tf_provider::Progress;

/// Where progress goes. Terraform shows it for actions only.
#[derive(Debug, Default)]
pub(crate) struct ProgressReporter {
    progress: Option<Progress>,
    signed_in: AtomicBool,
    /// The notice of the current pause between two attempts of a request.
    retry: Mutex<Option<String>>,
}

impl ProgressReporter {
    /// For an action.
    pub(crate) fn to(progress: Progress) -> Self {
        Self { progress: Some(progress), ..Self::default() }
    }

    /// Reports one short line. It must not contain secrets or line breaks, so names in it are quoted.
    pub(crate) fn report(&self, line: &str) {
        log::info!("{line}");
        if let Some(progress) = &self.progress {
            progress.report(line);
        }
    }

    /// A request waits for its next attempt.
    pub(crate) fn retrying(&self, notice: &str) {
        self.report(notice);
        *self.retry.lock().unwrap_or_else(PoisonError::into_inner) = Some(notice.to_owned());
    }

    /// The next attempt starts.
    pub(crate) fn resumed(&self) {
        *self.retry.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Why a request is waiting now. `None`: no request is.
    pub(crate) fn current_retry(&self) -> Option<String> {
        self.retry.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reports the sign-in once, after the first successful request.
    pub(crate) fn signed_in(&self, project: &str) {
        if !self.signed_in.swap(true, Ordering::Relaxed) {
            self.report(&format!("Signed in, project {project}"));
        }
    }
}
