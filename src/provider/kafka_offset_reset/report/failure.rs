//! Failures of a reset, and the diagnostics built from them.

use std::borrow::Cow;

use crate::huaweicloud::{Error, ErrorKind, Region};
use crate::provider::errors::{advice, read_advice};
use crate::provider::operation_limits::Interruption;
use crate::tf_provider::{AttributePath, Diagnostics};

use super::super::arguments::Form;
use super::super::request::ResetRequest;
use super::super::reset_plan::{Position, ResetPlan};
use super::delivery::{ResetDelivery, rerun_advice};
use super::titles::FailureKind;
use super::wording::{describe_request, describe_rollback, seconds};

/// What a reset is doing, for messages: `Failed to read …`, `Timed out after 3 s while reading …`.
#[derive(Clone, Debug)]
pub(crate) struct Activity {
    infinitive: &'static str,
    gerund: &'static str,
    object: Cow<'static, str>,
}

impl Activity {
    /// For example `read`, `reading`, `the consumer group`.
    pub(crate) const fn new(infinitive: &'static str, gerund: &'static str, object: &'static str) -> Self {
        Self { infinitive, gerund, object: Cow::Borrowed(object) }
    }

    /// The same activity with more about its object.
    pub(crate) fn with(&self, details: &str) -> Self {
        Self { object: format!("{} {details}", self.object).into(), ..*self }
    }

    /// `reading the consumer group`
    pub(crate) fn describe(&self) -> String {
        format!("{} {}", self.gerund, self.object)
    }
}

/// Why a reset failed. Boxed to keep `Result` small.
///
/// It does not know whether the reset was sent: the execution adds that when it builds the diagnostics.
#[derive(Debug)]
pub(crate) struct Failure(Box<Details>);

#[derive(Debug)]
struct Details {
    kind: FailureKind,
    path: AttributePath,
    /// What happened, in sentences.
    context: String,
    /// What to do.
    advice: String,
    /// What to do if no offset was changed. Otherwise, the advice about another run replaces it.
    advice_if_unchanged: String,
}

impl Failure {
    /// A failure with its context and advice, both in sentences.
    pub(crate) fn new(kind: FailureKind, context: impl Into<String>, advice: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind,
            path: AttributePath::root(),
            context: context.into(),
            advice: advice.into(),
            advice_if_unchanged: String::new(),
        }))
    }

    /// A request of the reset itself failed.
    pub(crate) fn of_request(activity: &Activity, error: &Error) -> Self {
        Self::of_error(activity, error, advice(error))
    }

    /// A read failed.
    pub(crate) fn of_read(activity: &Activity, error: &Error) -> Self {
        Self::of_error(activity, error, read_advice(error))
    }

    fn of_error(activity: &Activity, error: &Error, advice: &str) -> Self {
        let context = format!("Failed to {} {}: {}.", activity.infinitive, activity.object, error.report());
        match error.kind() {
            ErrorKind::Interrupted | ErrorKind::Timeout | ErrorKind::Unavailable | ErrorKind::Throttled => {
                Self::new(FailureKind::Failed, context, "").with_advice_if_unchanged(advice)
            }
            _ => Self::new(FailureKind::Failed, context, advice),
        }
    }

    /// The user or the time limit ended an activity. `retry`: why a request was waiting to be retried at that time.
    pub(crate) fn interrupted(
        activity: &Activity,
        interruption: Interruption,
        form: Form,
        retry: Option<String>,
    ) -> Self {
        let activity = activity.describe();
        let retry = retry.map(|retry| format!(" {retry}.")).unwrap_or_default();
        match interruption {
            Interruption::Cancelled => {
                let advice = match form {
                    Form::Resource => "Apply again when you are ready.",
                    Form::Action => "Invoke the action again when you are ready.",
                    Form::DataSource => "",
                };
                let context = format!("Interrupted while {activity}.{retry}");
                Self::new(FailureKind::Interrupted, context, "").with_advice_if_unchanged(advice)
            }
            Interruption::TimedOut(limit) => {
                let advice = match form {
                    Form::Resource => "Raise the time limit (timeouts block, create) if the service is just slow.",
                    Form::Action => "Raise the time limit (timeout) if the service is just slow.",
                    Form::DataSource => "Check the network, then try again.",
                };
                let context = format!("Timed out after {} while {activity}.{retry}", seconds(limit));
                Self::new(FailureKind::TimedOut, context, advice)
            }
        }
    }

    fn with_advice_if_unchanged(mut self, advice: &str) -> Self {
        advice.clone_into(&mut self.0.advice_if_unchanged);
        self
    }

    /// Points at the argument that caused the failure.
    pub(crate) fn with_path(mut self, argument: &str) -> Self {
        self.0.path = AttributePath::attribute(argument);
        self
    }

    pub(crate) fn with_kind(mut self, kind: FailureKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Replaces the advice.
    pub(crate) fn with_advice(mut self, advice: &str) -> Self {
        advice.clone_into(&mut self.0.advice);
        self.0.advice_if_unchanged.clear();
        self
    }

    /// Adds to what happened.
    pub(crate) fn with_context(mut self, context: &str) -> Self {
        self.0.context.push(' ');
        self.0.context.push_str(context);
        self
    }

    /// Adds this failure to an earlier one. For example, a response was lost, and the verification that was to show the
    /// outcome failed too. For use after the reset was sent.
    pub(crate) fn chained_to(mut self, earlier: Option<Self>) -> Self {
        let Some(mut earlier) = earlier else { return self };
        if self.0.kind.is_interruption() {
            self.0.context = format!("{} {}", earlier.context(), self.context());
            return self;
        }
        if earlier.0.advice.is_empty() {
            earlier.0.advice = std::mem::take(&mut self.0.advice);
        }
        earlier.with_context(self.context())
    }

    pub(crate) fn kind(&self) -> FailureKind {
        self.0.kind
    }

    /// What happened.
    pub(crate) fn context(&self) -> &str {
        &self.0.context
    }

    /// The error for a reset that was not sent.
    pub(crate) fn not_sent(mut self, request: &ResetRequest, region: Option<&Region>) -> Diagnostics {
        let mut delivery = ResetDelivery::NotSent.sentence();
        if request.form == Form::DataSource {
            delivery.clear();
            if matches!(self.0.kind, FailureKind::Failed | FailureKind::Interrupted | FailureKind::TimedOut) {
                self.0.kind = FailureKind::NotPreviewed;
            }
        }
        self.unchanged(request, &delivery, &describe_request(request, region, None))
    }

    /// The error for a reset that may have been sent. `before`: the positions before the reset, if they were read.
    pub(crate) fn after_start(
        self,
        request: &ResetRequest,
        region: Option<&Region>,
        plan: &ResetPlan,
        before: &[Position],
        delivery: &ResetDelivery,
    ) -> Diagnostics {
        let details = describe_request(request, region, Some(plan));
        if !delivery.may_have_changed_offsets() {
            return self.unchanged(request, &delivery.sentence(), &details);
        }
        let state = match request.form {
            Form::Resource => {
                "The state keeps this reset as tainted, so the next apply resets again. Run \
                 `terraform untaint` first if the offsets are correct or if you roll back."
            }
            Form::Action | Form::DataSource => "",
        };
        let rerun = rerun_advice(request, plan, before);
        let advice = [&*delivery.sentence(), &rerun, state, &self.0.advice].map(str::to_owned);
        let rollback = describe_rollback(&plan.affected(before)).into_iter().map(|line| format!("{line}."));
        self.render(request, &advice, rollback.chain([details]))
    }

    fn unchanged(self, request: &ResetRequest, delivery: &str, details: &str) -> Diagnostics {
        let advice = [delivery, &self.0.advice_if_unchanged, &self.0.advice].map(str::to_owned);
        self.render(request, &advice, [details.to_owned()])
    }

    /// Joins the sentences of the advice, and adds more paragraphs.
    fn render(self, request: &ResetRequest, advice: &[String], more: impl IntoIterator<Item = String>) -> Diagnostics {
        let repeat = match request.form {
            Form::Resource | Form::DataSource => "",
            // Terraform 1.15.5 saves the triggering resource as complete, and the next plan shows no change.
            Form::Action => {
                "Terraform does not repeat a triggered action that failed. To repeat it, run `terraform apply \
                 -invoke=action.huaweicloud_kafka_offset_reset.<name>`."
            }
        };
        let advice: Vec<&str> =
            advice.iter().map(String::as_str).chain([repeat]).filter(|sentence| !sentence.is_empty()).collect();
        let paragraphs: Vec<String> = [self.0.context, advice.join(" ")].into_iter().chain(more).collect();
        Diagnostics::from_error(self.0.path, self.0.kind.title(&request.group), paragraphs.join("\n\n"))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::super::request::Target;
    use super::super::super::request::tests::request_for;
    use super::super::super::reset_plan::position::tests::position;
    use super::super::super::reset_plan::resolve::{PlannedReset, ResolvedTarget};
    use super::*;
    use crate::huaweicloud::Partition;

    const SEND: Activity = Activity::new("send", "sending", "the reset");

    /// Repeating a shift that was sent would shift twice.
    #[test]
    fn interrupt_suggests_another_run_only_if_no_offset_may_have_changed() {
        let request = request_for(false);
        let reset = PlannedReset { partition: Partition::All, target: ResolvedTarget::Earliest };
        let plan = ResetPlan { topic: request.scope.topic().cloned(), resets: vec![reset] };
        for form in [Form::Resource, Form::Action] {
            let request = ResetRequest { form, ..request.clone() };
            let interrupted = || Failure::interrupted(&SEND, Interruption::Cancelled, form, None);
            let is_suggested =
                |diagnostics: Diagnostics| diagnostics.iter().any(|it| it.detail.contains("again when you are ready"));
            for (delivery, expected) in [
                (ResetDelivery::NotSent, true),
                (ResetDelivery::Refused, true),
                (ResetDelivery::Unknown, false),
                (ResetDelivery::Accepted, false),
            ] {
                let diagnostics = interrupted().after_start(&request, None, &plan, &[], &delivery);
                assert_eq!(is_suggested(diagnostics), expected, "{delivery:?}");
            }
            assert!(is_suggested(interrupted().not_sent(&request, None)));
        }
    }

    #[test]
    fn detail_gives_cause_delivery_advice_rollback_and_request() {
        let target = Target::ByDuration(Duration::from_secs(7_200));
        let request = ResetRequest { target, ..request_for(false) };
        let time = ResolvedTarget::Time(1_704_067_320_000_i64.try_into().unwrap());
        let reset = PlannedReset { partition: Partition::All, target: time };
        let plan = ResetPlan { topic: request.scope.topic().cloned(), resets: vec![reset] };
        let before = [position(0, Some(140), (0, 300)), position(1, None, (0, 300))];
        let interrupted =
            Failure::interrupted(&SEND, Interruption::TimedOut(Duration::from_secs(3)), Form::Resource, None);
        let diagnostics = interrupted.after_start(&request, None, &plan, &before, &ResetDelivery::Unknown);
        let error = diagnostics.iter().next().expect("an error");
        assert_eq!(error.summary, "Reset of consumer group \"billing\" timed out");
        assert_eq!(
            error.detail,
            "Timed out after 3 s while sending the reset.\n\n\
             The reset may have been carried out. Check the group's offsets (console: Consumer Groups, or \
             kafka-consumer-groups --describe). Applying again counts back from the time of the new reset. To complete \
             this reset, set datetime = \"2024-01-01T00:02:00Z\" instead of by_duration. The state keeps this reset as \
             tainted, so the next apply resets again. Run `terraform untaint` first if the offsets are correct or if \
             you roll back. Raise the time limit (timeouts block, create) if the service is just slow.\n\n\
             To roll back topic \"orders\", set partition_offsets = { 0 = 140 }.\n\n\
             Requested: consumer group \"billing\", topic \"orders\", every partition, to the time 2h before the \
             reset, 2024-01-01T00:02:00Z. Instance instance."
        );
    }

    #[test]
    fn chained_failure_keeps_the_earlier_one() {
        let sending = || Some(Failure::new(FailureKind::Failed, "Failed to send.", ""));
        let reading = Failure::new(FailureKind::NotVerified, "Failed to read.", "Check the network.");
        let chained = reading.chained_to(sending());
        assert_eq!((chained.context(), chained.kind()), ("Failed to send. Failed to read.", FailureKind::Failed));
        assert_eq!(chained.0.advice, "Check the network.");
        let interrupted = Failure::interrupted(&SEND, Interruption::Cancelled, Form::Resource, None);
        let interrupted = interrupted.chained_to(sending());
        assert_eq!(interrupted.context(), "Failed to send. Interrupted while sending the reset.");
        assert!(interrupted.kind().is_interruption());
    }
}
