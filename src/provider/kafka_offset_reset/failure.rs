//! How a reset came to nothing, or to nobody knows what, and what the user reads then.

use crate::huaweicloud::{Error, ErrorKind};
use crate::provider::errors::advice;
use crate::provider::limits::Interruption;
use crate::tf_provider::{AttributePath, Diagnostics};

use super::arguments::Form;
use super::request::ResetRequest;
use super::resolve::Plan;
use super::sent::Sent;
use super::words::{Attempted, seconds};

/// An end before the end. Boxed: most steps end well, and carry no weight for those that don't.
#[derive(Debug)]
pub(super) struct Failure(Box<Told>);

#[derive(Debug)]
struct Told {
    path: AttributePath,
    summary: &'static str,
    /// What happened, in sentences.
    cause: String,
    sent: Sent,
    /// What to do.
    advice: String,
}

const FAILED: &str = "Kafka offset reset failed";

impl Failure {
    /// A request failed in this step (`reading the group`).
    pub(super) fn error(step: &str, error: &Error, sent: Sent) -> Self {
        // Of a reset that may have been done, the sentence on doing it again says more.
        let passing = matches!(
            error.kind(),
            ErrorKind::Interrupted | ErrorKind::Timeout | ErrorKind::Unavailable | ErrorKind::Throttled
        );
        let advice = if passing && sent.left_a_trace() { "" } else { advice(error) };
        Self::of(format!("Failed at {step}: {}.", error.report()), sent, advice)
    }

    /// Something other than a request is wrong.
    pub(super) fn of(cause: impl Into<String>, sent: Sent, advice: impl Into<String>) -> Self {
        Self::new(FAILED, cause.into(), sent, advice.into())
    }

    fn new(summary: &'static str, cause: String, sent: Sent, advice: String) -> Self {
        Self(Box::new(Told { path: AttributePath::root(), summary, cause, sent, advice }))
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
        Self::new(summary, cause, sent, advice.to_owned())
    }

    /// What is known of the reset.
    pub(super) fn sent(&self) -> &Sent {
        &self.0.sent
    }

    /// The argument at fault.
    pub(super) fn at(mut self, argument: &str) -> Self {
        self.0.path = AttributePath::attribute(argument);
        self
    }

    /// The heading.
    pub(super) fn titled(mut self, summary: &'static str) -> Self {
        self.0.summary = summary;
        self
    }

    /// Whether it has this heading.
    pub(super) fn is_titled(&self, summary: &str) -> bool {
        self.0.summary == summary
    }

    /// What to do, in place of the usual advice.
    pub(super) fn advised(mut self, advice: &str) -> Self {
        advice.clone_into(&mut self.0.advice);
        self
    }

    /// The error for the user. `plan` is what was resolved, as far as it came to that.
    pub(super) fn diagnostics(self, request: &ResetRequest, plan: Option<&Plan>) -> Diagnostics {
        let Told { path, summary, cause, sent, advice } = *self.0;
        let kept = match request.form {
            Form::Resource if sent.left_a_trace() => {
                "What is known of this reset is kept in the state, as tainted: the next apply resets again. If the \
                 offsets are right as they are, `terraform untaint` takes it for done."
            }
            _ => "",
        };
        let repeat = match request.form {
            Form::Resource => "",
            // The resource that triggered it is saved as done, and the next plan shows no change (1.15.5, seen).
            Form::Action => {
                "Terraform does not repeat an action that was triggered and failed; `terraform apply \
                 -invoke=action.huaweicloud_kafka_offset_reset.<name>` does."
            }
        };
        let (again, sentence) = (sent.again(request, plan), sent.sentence());
        let outcome: Vec<&str> =
            [&*sentence, &*again, kept, &*advice, repeat].into_iter().filter(|it| !it.is_empty()).collect();
        let detail = format!("{}\n\n{}\n\n{}", Attempted(request), cause, outcome.join(" "));
        Diagnostics::from_error(path, summary, detail)
    }
}
