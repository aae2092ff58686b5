//! Tells what goes on: to the user of an action as progress, and to the log in any case.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::tf_provider::Progress;

/// Where the lines go. Terraform shows progress of actions only; a resource has none.
#[derive(Debug, Default)]
pub(super) struct Narration {
    progress: Option<Progress>,
    signed_in: AtomicBool,
    /// Why a request waits before it is sent again, while it does.
    wait: Mutex<Option<String>>,
}

impl Narration {
    /// For an action.
    pub(super) fn to(progress: Progress) -> Self {
        Self { progress: Some(progress), ..Self::default() }
    }

    /// One short line without secrets; names in it are quoted, so that it stays one line.
    pub(super) fn tell(&self, line: &str) {
        log::info!("{line}");
        if let Some(progress) = &self.progress {
            progress.report(line);
        }
    }

    /// A request waits before it is sent again.
    pub(super) fn waits(&self, line: &str) {
        self.tell(line);
        *self.wait.lock().unwrap_or_else(PoisonError::into_inner) = Some(line.to_owned());
    }

    /// A request leaves.
    pub(super) fn goes_on(&self) {
        *self.wait.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Why a request waits at this moment, if one does.
    pub(super) fn wait(&self) -> Option<String> {
        self.wait.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Told once, when the service has answered the first request.
    pub(super) fn signed_in(&self, project: &str) {
        if !self.signed_in.swap(true, Ordering::Relaxed) {
            self.tell(&format!("Signed in, project {project}"));
        }
    }
}
