//! The service's current time, for `by_duration`: the timestamps of messages follow the service's clock.

use jiff::{SignedDuration, Timestamp};

use crate::huaweicloud::MAX_CLOCK_SKEW;

use super::super::context::{ReadError, ResetContext};
use super::super::report::{Failure, FailureKind, WarningKind, Warnings};
use super::super::request::Target;
use super::group::read_group;

/// The largest clock difference without a warning. The `Date` of a response has no fraction of a second.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(5);

/// The time to count back from. If nothing has been read yet, sends one request to learn the service's time. An error
/// response shows the time too.
///
/// # Errors
/// The request got no response, or the clocks differ so much that neither can be trusted.
pub(crate) async fn service_time(ctx: &ResetContext<'_>, warnings: &mut Warnings) -> Result<Timestamp, Failure> {
    if !matches!(ctx.request.target, Target::ByDuration(_)) {
        return Ok(ctx.client.time());
    }
    if ctx.client.service_time().is_none() {
        match read_group(ctx).await {
            Err(ReadError::Failed(failure)) if ctx.client.service_time().is_none() => return Err(failure),
            _ => {}
        }
    }
    let local = ctx.client.now();
    let Some(service) = ctx.client.service_time() else { return Ok(local) };
    match compare(local, service) {
        Clocks::Agree => {}
        Clocks::Differ(how) => {
            let detail = format!(
                "{how} by_duration counts back from the service's clock. Correct this computer's clock: with a \
                 difference of more than 15 minutes, the service refuses every request."
            );
            warnings.push((WarningKind::ClocksDiffer, detail));
        }
        Clocks::TooFarApart(how) => {
            let advice = "Correct this computer's clock, or set datetime instead.";
            return Err(Failure::new(FailureKind::Failed, how, advice).with_path("by_duration"));
        }
    }
    Ok(service)
}

#[derive(Debug, Eq, PartialEq)]
enum Clocks {
    Agree,
    Differ(String),
    /// Neither clock can be trusted: the service accepts no signature with such a difference.
    TooFarApart(String),
}

fn compare(local: Timestamp, service: Timestamp) -> Clocks {
    let seconds = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let skew = service.duration_since(local);
    let side = if skew.is_negative() { "ahead of" } else { "behind" };
    let how = format!(
        "This computer's clock ({}) is {} s {side} the service's ({}).",
        seconds(local),
        skew.abs().as_secs(),
        seconds(service)
    );
    if skew.abs() > MAX_CLOCK_SKEW {
        Clocks::TooFarApart(how)
    } else if skew.abs() > TOLERANCE {
        Clocks::Differ(how)
    } else {
        Clocks::Agree
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_difference_is_reported_with_both_times() {
        let local: Timestamp = "2024-01-15T08:00:00Z".parse().unwrap();
        let at = |seconds| compare(local, local + SignedDuration::from_secs(seconds));
        assert_eq!([at(0), at(5), at(-5)], [Clocks::Agree, Clocks::Agree, Clocks::Agree]);
        let behind = "This computer's clock (2024-01-15T08:00:00Z) is 6 s behind the service's (2024-01-15T08:00:06Z).";
        assert_eq!(at(6), Clocks::Differ(behind.to_owned()));
        let ahead =
            "This computer's clock (2024-01-15T08:00:00Z) is 900 s ahead of the service's (2024-01-15T07:45:00Z).";
        assert_eq!(at(-900), Clocks::Differ(ahead.to_owned()));
        assert!(matches!(at(901), Clocks::TooFarApart(_)) && matches!(at(-901), Clocks::TooFarApart(_)));
    }
}
