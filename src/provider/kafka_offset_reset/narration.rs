//! Tells what goes on: to the user of an action as progress, and to the log in any case.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::tf_provider::Progress;

/// Where the lines go. Terraform shows progress of actions only; a resource has none.
#[derive(Debug, Default)]
pub(super) struct Narration {
    progress: Option<Progress>,
    signed_in: AtomicBool,
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

    /// Told once, when the service has answered the first request.
    pub(super) fn signed_in(&self, project: &str) {
        if !self.signed_in.swap(true, Ordering::Relaxed) {
            self.tell(&format!("Signed in, project {project}"));
        }
    }
}
