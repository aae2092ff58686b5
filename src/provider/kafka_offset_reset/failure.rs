//! How a reset came to nothing, or to nobody knows what, and what the user reads then.

use crate::huaweicloud::Error;
use crate::provider::errors::advice;
use crate::provider::limits::Interruption;
use crate::tf_provider::{AttributePath, Diagnostics};

use super::arguments::Form;
use super::request::ResetRequest;
use super::resolve::Plan;
use super::sent::Sent;
use super::words::{Attempted, seconds};

/// An end before the end.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) path: AttributePath,
    summary: &'static str,
    /// What happened, in sentences.
    cause: String,
    pub(super) sent: Sent,
    /// What to do.
    advice: String,
}

const FAILED: &str = "Kafka offset reset failed";

impl Failure {
    /// A request failed in this step (`reading the group`).
    pub(super) fn error(step: &str, error: &Error, sent: Sent) -> Self {
        Self::of(format!("Failed at {step}: {}.", error.report()), sent, advice(error))
    }

    /// Something other than a request is wrong.
    pub(super) fn of(cause: impl Into<String>, sent: Sent, advice: impl Into<String>) -> Self {
        let (cause, advice) = (cause.into(), advice.into());
        Self { path: AttributePath::root(), summary: FAILED, cause, sent, advice }
    }

    /// The user or the clock ended this step (`sending the reset`).
    pub(super) fn interrupted(step: &str, interruption: Interruption, sent: Sent, form: Form) -> Self {
        let (summary, cause, advice) = match (interruption, form) {
            (Interruption::Cancelled, Form::Resource) => {
                let again = "Apply again when you are ready.";
                ("Kafka offset reset interrupted", format!("Interrupted while {step}."), again)
            }
            (Interruption::Cancelled, Form::Action) => {
                let again = "Invoke the action again when you are ready.";
                ("Kafka offset reset interrupted", format!("Interrupted while {step}."), again)
            }
            (Interruption::TimedOut(limit), form) => {
                let cause = format!("The time limit of {} was over while {step}.", seconds(limit));
                let advice = match form {
                    Form::Resource => "Raise the time limit (timeouts block, create) if the service is only slow.",
                    Form::Action => "Raise the time limit (timeout) if the service is only slow.",
                };
                ("Kafka offset reset timed out", cause, advice)
            }
        };
        Self { path: AttributePath::root(), summary, cause, sent, advice: advice.to_owned() }
    }

    /// The argument at fault.
    pub(super) fn at(mut self, argument: &str) -> Self {
        self.path = AttributePath::attribute(argument);
        self
    }

    /// The heading.
    pub(super) fn titled(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// Whether it has this heading.
    pub(super) fn is_titled(&self, summary: &str) -> bool {
        self.summary == summary
    }

    /// What to do, in place of the usual advice.
    pub(super) fn advised(mut self, advice: &str) -> Self {
        advice.clone_into(&mut self.advice);
        self
    }

    /// The error for the user. `plan` is what was resolved, as far as it came to that.
    pub(super) fn diagnostics(self, request: &ResetRequest, plan: Option<&Plan>) -> Diagnostics {
        let kept = match request.form {
            Form::Resource if self.sent.left_a_trace() => {
                "What is known of this reset is kept in the state, as tainted: the next apply resets again. If the \
                 offsets are right as they are, `terraform untaint` takes it for done."
            }
            _ => "",
        };
        let (again, sentence) = (self.sent.again(request, plan), self.sent.sentence());
        let outcome: Vec<&str> =
            [&*sentence, &*again, kept, &*self.advice].into_iter().filter(|it| !it.is_empty()).collect();
        let detail = format!("{}\n\n{}\n\n{}", Attempted(request), self.cause, outcome.join(" "));
        Diagnostics::from_error(self.path, self.summary, detail)
    }
}
