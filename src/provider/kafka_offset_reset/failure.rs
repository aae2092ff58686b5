//! How a reset came to nothing, or to nobody knows what, and what the user reads then.

use crate::huaweicloud::{Error, ErrorKind};
use crate::provider::errors::{advice, read_advice};
use crate::provider::limits::Interruption;
use crate::tf_provider::{AttributePath, Diagnostics};

use super::arguments::Form;
use super::position::Position;
use super::resolve::Plan;
use super::sent::Sent;
use super::words::{Attempted, seconds, way_back};

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
/// Heading of the user's interrupt.
const INTERRUPTED: &str = "Kafka offset reset interrupted";
/// Heading of a time limit that was over.
pub(super) const TIMED_OUT: &str = "Kafka offset reset timed out";

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

    /// A read failed in this step.
    pub(super) fn read_error(step: &str, error: &Error, sent: Sent) -> Self {
        let advice = read_advice(error);
        let failure = Self::error(step, error, sent);
        if failure.0.advice.is_empty() { failure } else { failure.advised(advice) }
    }

    /// Something other than a request is wrong.
    pub(super) fn of(cause: impl Into<String>, sent: Sent, advice: impl Into<String>) -> Self {
        Self::new(FAILED, cause.into(), sent, advice.into())
    }

    fn new(summary: &'static str, cause: String, sent: Sent, advice: String) -> Self {
        Self(Box::new(Told { path: AttributePath::root(), summary, cause, sent, advice }))
    }

    /// The user or the clock ended this step (`sending the reset`). `wait`: what was waited for by then.
    pub(super) fn interrupted(
        step: &str,
        interruption: Interruption,
        sent: Sent,
        form: Form,
        wait: Option<String>,
    ) -> Self {
        let (summary, cause) = match interruption {
            Interruption::Cancelled => (INTERRUPTED, format!("Interrupted while {step}.")),
            Interruption::TimedOut(limit) => {
                (TIMED_OUT, format!("The time limit of {} was over while {step}.", seconds(limit)))
            }
        };
        let advice = match (interruption, form) {
            // What doing it again would do is told by `Sent::again`, and may be a second shift.
            (Interruption::Cancelled, _) if sent.left_a_trace() => "",
            (Interruption::Cancelled, Form::Resource) => "Apply again when you are ready.",
            (Interruption::Cancelled, Form::Action) => "Invoke the action again when you are ready.",
            (Interruption::TimedOut(_), Form::Resource) => {
                "Raise the time limit (timeouts block, create) if the service is only slow."
            }
            (Interruption::TimedOut(_), Form::Action) => "Raise the time limit (timeout) if the service is only slow.",
        };
        let cause = match wait {
            Some(wait) => format!("{cause} {wait}."),
            None => cause,
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

    /// What happened.
    pub(super) fn cause(&self) -> &str {
        &self.0.cause
    }

    /// Whether the user or the clock ended it.
    pub(super) fn is_interruption(&self) -> bool {
        self.is_titled(INTERRUPTED) || self.is_titled(TIMED_OUT)
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

    /// Adds to what happened.
    pub(super) fn because(mut self, cause: &str) -> Self {
        self.0.cause.push(' ');
        self.0.cause.push_str(cause);
        self
    }

    /// This one met an earlier one, which it was to clear up. The user reads of both, in their order.
    pub(super) fn after(mut self, earlier: Option<Self>) -> Self {
        let Some(mut earlier) = earlier else { return self };
        if self.is_interruption() {
            self.0.cause = format!("{} {}", earlier.cause(), self.cause());
            return self;
        }
        if earlier.0.advice.is_empty() {
            earlier.0.advice = std::mem::take(&mut self.0.advice);
        }
        earlier.because(self.cause())
    }

    /// The error for the user. `plan` is what was resolved and `before` where the partitions stood, as far as it came
    /// to that.
    pub(super) fn diagnostics(
        self,
        attempted: &Attempted<'_>,
        plan: Option<&Plan>,
        before: Option<&[Position]>,
    ) -> Diagnostics {
        let request = attempted.request;
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
        let (again, sentence) = (sent.again(request, plan, before), sent.sentence());
        let outcome: Vec<&str> =
            [&*sentence, &*again, kept, &*advice, repeat].into_iter().filter(|it| !it.is_empty()).collect();
        let way_back = match (plan, before) {
            (Some(plan), Some(before)) if sent.left_a_trace() => {
                let lines: String = way_back(&plan.touched(before)).iter().map(|line| format!("\n  {line}")).collect();
                if lines.is_empty() { lines } else { format!("\n\nBefore it, the group stood here:{lines}") }
            }
            _ => String::new(),
        };
        let detail = format!("{attempted}\n\n{cause}\n\n{}{way_back}", outcome.join(" "));
        Diagnostics::from_error(path, summary, detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shift that was sent would have been done twice by it, right after a sentence that says so.
    #[test]
    fn interrupt_of_what_was_sent_advised_to_do_it_again() {
        for form in [Form::Resource, Form::Action] {
            let advice =
                |sent| Failure::interrupted("sending the reset", Interruption::Cancelled, sent, form, None).0.advice;
            for sent in [Sent::Perhaps, Sent::Accepted] {
                assert_eq!(advice(sent), "");
            }
            for sent in [Sent::No, Sent::Refused] {
                assert!(advice(sent).contains("again when you are ready"));
            }
        }
    }

    /// What became of the request was lost where the look for it failed too.
    #[test]
    fn failure_of_the_look_hid_the_failure_of_sending() {
        let sending = || Some(Failure::of("Failed at sending.", Sent::Perhaps, ""));
        let look = Failure::of("Failed at looking.", Sent::Perhaps, "Check the network.").after(sending());
        assert_eq!((look.cause(), look.0.summary), ("Failed at sending. Failed at looking.", FAILED));
        assert_eq!(look.0.advice, "Check the network.");
        let interrupted = Failure::interrupted("looking", Interruption::Cancelled, Sent::Perhaps, Form::Resource, None)
            .after(sending());
        assert_eq!(interrupted.cause(), "Failed at sending. Interrupted while looking.");
        assert!(interrupted.is_interruption());
    }
}
