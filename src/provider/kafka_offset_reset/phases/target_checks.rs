//! Checks before a reset that its forecast is within the logs and the limits. Pure.

use super::super::report::{
    Failure, FailureKind, bounded_list, describe_count, describe_log, describe_target, describe_unknown,
};
use super::super::request::{OutOfRangePolicy, ResetRequest};
use super::super::reset_plan::{Count, Forecast, Outside};

/// The first argument that needs the forecast, and a sentence that explains why. `None`: the reset needs no forecast.
pub(crate) fn argument_that_needs_forecast(request: &ResetRequest) -> Option<(&'static str, String)> {
    if refuses_out_of_range(request) {
        let why = "on_out_of_range = \"error\" compares the target with the log of each partition. To let the service use \
                   the nearer end of the log, set on_out_of_range = \"clamp\".";
        return Some(("on_out_of_range", why.to_owned()));
    }
    let Limit { argument, .. } = limits(request).next()?;
    Some((argument, format!("{argument} compares the target of each partition with its committed offset.")))
}

/// Checks the forecast of every affected partition. `is_complete`: the forecasts have every partition.
///
/// # Errors
/// A target is outside its log, too many messages would be replayed or skipped, or one of the two cannot be determined.
pub(crate) fn check(request: &ResetRequest, forecasts: &[Forecast], is_complete: bool) -> Result<(), Failure> {
    if refuses_out_of_range(request) {
        check_range(forecasts)?;
    }
    limits(request).try_for_each(|limit| check_limit(request, &limit, forecasts, is_complete))
}

fn refuses_out_of_range(request: &ResetRequest) -> bool {
    request.out_of_range == OutOfRangePolicy::Error
}

/// A limit of the request.
struct Limit {
    argument: &'static str,
    max: i64,
    /// What it counts, as a verb.
    verb: &'static str,
    count: fn(&Forecast) -> Count,
    exceeded: fn(i64) -> FailureKind,
}

fn limits(request: &ResetRequest) -> impl Iterator<Item = Limit> {
    let replayed = request.limits.replayed.map(|max| Limit {
        argument: "max_replayed_messages",
        max,
        verb: "replay",
        count: Forecast::replayed,
        exceeded: FailureKind::ReplaysTooMany,
    });
    let skipped = request.limits.skipped.map(|max| Limit {
        argument: "max_skipped_messages",
        max,
        verb: "skip",
        count: Forecast::skipped,
        exceeded: FailureKind::SkipsTooMany,
    });
    replayed.into_iter().chain(skipped)
}

fn check_range(forecasts: &[Forecast]) -> Result<(), Failure> {
    let line = |it: &Forecast| {
        let side = match it.outside()? {
            Outside::Before => "before",
            Outside::After => "after",
        };
        Some(format!(
            "{}: {} is {side} its log ({})",
            partition(it),
            describe_target(it.target),
            describe_log(it.position.log)
        ))
    };
    let outside: Vec<String> = forecasts.iter().filter_map(line).collect();
    if !outside.is_empty() {
        let context = format!("The target is outside the log of these partitions:\n{}", bounded_list(&outside));
        let advice = "Correct the target, or set on_out_of_range = \"clamp\" to use the nearer end of the log.";
        return Err(Failure::new(FailureKind::OutOfRange, context, advice).with_path("on_out_of_range"));
    }
    let unknown = describe_unknown(forecasts.iter().filter(|it| !it.is_within_log()));
    if unknown.is_empty() {
        return Ok(());
    }
    let context =
        format!("The target cannot be compared with the logs of these partitions:\n{}", bounded_list(&unknown));
    let advice = "Set on_out_of_range = \"clamp\" to use the nearer end of the log if the target is outside the log.";
    Err(Failure::new(FailureKind::Failed, context, advice).with_path("on_out_of_range"))
}

fn check_limit(
    request: &ResetRequest,
    limit: &Limit,
    forecasts: &[Forecast],
    is_complete: bool,
) -> Result<(), Failure> {
    let Limit { argument, max, verb, count, exceeded } = limit;
    let total: Count = forecasts.iter().map(count).sum();
    let failure = if total.least > *max {
        let line = |it: &Forecast| {
            let count = count(it);
            (count.most > 0).then(|| format!("{}: {}", partition(it), describe_count(count)))
        };
        let lines: Vec<String> = forecasts.iter().filter_map(line).collect();
        let lines = bounded_list(&lines);
        let context = format!("{argument} is {max}, but the reset would {verb} more messages:\n{lines}");
        let advice = format!("Check the target. If it is correct, raise {argument}.");
        Failure::new(exceeded(total.least), context, advice)
    } else if total.most > *max {
        let unknown = bounded_list(&describe_unknown(forecasts));
        let total = describe_count(total);
        let context = format!(
            "{argument} is {max}, and the reset would {verb} {total} messages. The targets of these partitions are not \
             known exactly:\n{unknown}"
        );
        let other_target = if request.scope.topic().is_some() { ", or set partition_offsets" } else { "" };
        let advice = format!("Raise or remove {argument}{other_target}.");
        Failure::new(FailureKind::MessagesUnknown, context, advice)
    } else if !is_complete && request.scope.affects_every_partition() {
        let context = format!(
            "{argument} is {max}, and the service does not report how many partitions the topic has. The reset may \
             affect partitions that it did not list."
        );
        let advice = format!("Remove {argument}, or set partition or partition_offsets.");
        Failure::new(FailureKind::MessagesUnknown, context, advice)
    } else {
        return Ok(());
    };
    Err(failure.with_path(argument))
}

fn partition(forecast: &Forecast) -> String {
    format!("  topic {:?} partition {}", forecast.position.topic.as_str(), forecast.position.partition)
}

#[cfg(test)]
mod tests {
    use super::super::super::locate::Undetermined;
    use super::super::super::request::tests::request_for;
    use super::super::super::request::{MessageLimits, Scope};
    use super::super::super::reset_plan::position::tests::{offset, position};
    use super::super::super::reset_plan::{Destination, ResolvedTarget};
    use super::*;
    use crate::huaweicloud::Partition;

    fn forecast(partition: i64, committed: i64, destination: Destination) -> Forecast {
        let position = position(partition, Some(committed), (100, 300));
        Forecast { position, target: ResolvedTarget::Shifted(50), destination }
    }

    fn at(number: i64) -> Destination {
        Destination::Offset { offset: offset(number), outside: None }
    }

    fn unknown() -> Destination {
        Destination::Unknown { earliest: offset(120), latest: offset(180), why: Undetermined::Interrupted }
    }

    fn limited(replayed: Option<i64>, skipped: Option<i64>) -> ResetRequest {
        ResetRequest { limits: MessageLimits { replayed, skipped }, ..request_for(false) }
    }

    #[test]
    fn limits_hold_for_the_sum_of_all_partitions() {
        // Replays 20 and 40 messages, and skips 10.
        let forecasts = [forecast(0, 140, at(120)), forecast(1, 160, at(120)), forecast(2, 150, at(160))];
        for (replayed, skipped, expected) in [
            (Some(60), Some(10), None),
            (Some(59), None, Some(FailureKind::ReplaysTooMany(60))),
            (None, Some(9), Some(FailureKind::SkipsTooMany(10))),
            (Some(0), Some(0), Some(FailureKind::ReplaysTooMany(60))),
        ] {
            let kind = check(&limited(replayed, skipped), &forecasts, true).err().map(|failure| failure.kind());
            assert_eq!(kind, expected, "{replayed:?} {skipped:?}");
        }
    }

    #[test]
    fn unknown_target_is_refused_unless_no_possible_offset_exceeds_the_limit() {
        // Replays at most 80 messages, and at least 20.
        let forecasts = [forecast(0, 200, unknown())];
        for (limit, expected) in [
            (80, None),
            (79, Some(FailureKind::MessagesUnknown)),
            (20, Some(FailureKind::MessagesUnknown)),
            (19, Some(FailureKind::ReplaysTooMany(20))),
        ] {
            let kind = check(&limited(Some(limit), None), &forecasts, true).err().map(|failure| failure.kind());
            assert_eq!(kind, expected, "{limit}");
        }
    }

    /// A request for every partition also moves those that are not listed.
    #[test]
    fn limit_is_not_checked_with_an_incomplete_list_of_partitions() {
        let forecasts = [forecast(0, 140, at(120))];
        let kind = |request: &ResetRequest| check(request, &forecasts, false).err().map(|failure| failure.kind());
        assert_eq!(kind(&limited(Some(60), None)), Some(FailureKind::MessagesUnknown));
        let topic = request_for(false).scope.topic().cloned().unwrap();
        let one = Scope::Topic(topic, Partition::Number(0.try_into().unwrap()));
        assert_eq!(kind(&ResetRequest { scope: one, ..limited(Some(60), None) }), None);
        assert_eq!(kind(&request_for(false)), None, "there is no limit");
    }

    #[test]
    fn target_outside_the_log_is_refused_on_request_only() {
        let outside = Destination::Offset { offset: offset(100), outside: Some(Outside::Before) };
        let strict = ResetRequest { out_of_range: OutOfRangePolicy::Error, ..request_for(false) };
        for (request, destination, expected) in [
            (&strict, outside, Some(FailureKind::OutOfRange)),
            (&strict, unknown(), Some(FailureKind::Failed)),
            (&strict, at(120), None),
            (&request_for(false), Destination::Offset { offset: offset(100), outside: Some(Outside::Before) }, None),
        ] {
            let forecasts = [forecast(0, 140, destination)];
            let kind = check(request, &forecasts, true).err().map(|failure| failure.kind());
            assert_eq!(kind, expected, "{forecasts:?}");
        }
    }
}
