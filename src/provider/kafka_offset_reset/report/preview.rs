//! The preview of a reset as text: a table for each topic, and the state of the group.

use crate::huaweicloud::ConsumerGroup;

use super::super::request::{ResetRequest, Target};
use super::super::reset_plan::{Count, Destination, Forecast, Outside, ResetPlan};
use super::wording::{bounded_list, describe_member, describe_target_of, describe_time};

/// How many topics have a table.
const TOPICS_LISTED: usize = 5;
/// How many partitions a table lists.
const PARTITIONS_LISTED: usize = 20;

/// `470`, or `470 to 900`.
pub(crate) fn describe_count(count: Count) -> String {
    count.exact().map_or_else(|| format!("{} to {}", count.least, count.most), |exact| exact.to_string())
}

/// `replays 470 messages`
pub(crate) fn describe_effect<'a>(forecasts: impl IntoIterator<Item = &'a Forecast, IntoIter: Clone>) -> String {
    let forecasts = forecasts.into_iter();
    let replayed: Count = forecasts.clone().map(Forecast::replayed).sum();
    let skipped: Count = forecasts.map(Forecast::skipped).sum();
    let messages = |count: Count| {
        let noun = if count.exact() == Some(1) { "message" } else { "messages" };
        format!("{} {noun}", describe_count(count))
    };
    match (replayed.most, skipped.most) {
        (0, 0) => "replays and skips no messages".to_owned(),
        (_, 0) => format!("replays {}", messages(replayed)),
        (0, _) => format!("skips {}", messages(skipped)),
        _ => format!("replays {} and skips {}", messages(replayed), messages(skipped)),
    }
}

/// The tables, why the apply would refuse the reset, and the state of the group. The totals are in the title.
pub(crate) fn describe_preview(
    request: &ResetRequest,
    plan: &ResetPlan,
    forecasts: &[Forecast],
    group: &ConsumerGroup,
    refusal: Option<&str>,
) -> String {
    let target = match (&request.target, plan.time()) {
        (_, Some(time)) if time.get() > 0 => format!("to the first message at or after {}", describe_time(time)),
        // The table lists them.
        (Target::PartitionOffsets(_), _) => "to the offsets of partition_offsets".to_owned(),
        _ => describe_target_of(request, Some(plan)),
    };
    let mut topics = forecasts.chunk_by(|one, next| one.position.topic == next.position.topic);
    let mut paragraphs = Vec::new();
    for topic in topics.by_ref().take(TOPICS_LISTED) {
        let name = topic.first().map_or("", |it| it.position.topic.as_str());
        paragraphs.push(format!("Topic {name:?}, {target}:"));
        paragraphs.push(table(topic));
    }
    let others: Vec<&[Forecast]> = topics.collect();
    if !others.is_empty() {
        let effect = describe_effect(others.iter().copied().flatten());
        paragraphs.push(format!("{} more topics: the reset {effect}.", others.len()));
    }
    let unknown = describe_unknown(forecasts);
    if !unknown.is_empty() {
        paragraphs.push(format!("The targets of these partitions are not known:\n{}", bounded_list(&unknown)));
    }
    if let Some(refusal) = refusal {
        paragraphs.push(format!("The apply would refuse this reset. {refusal}"));
    }
    paragraphs.push(describe_group(request, group));
    paragraphs.join("\n\n")
}

/// A line with the reason for each partition whose destination is not known.
pub(crate) fn describe_unknown(forecasts: &[Forecast]) -> Vec<String> {
    let line = |it: &Forecast| match &it.destination {
        Destination::Unknown { why, .. } => {
            let (topic, partition) = (it.position.topic.as_str(), it.position.partition);
            Some(format!("  topic {topic:?} partition {partition}: {}", why.describe()))
        }
        Destination::Offset { .. } | Destination::Unchanged => None,
    };
    forecasts.iter().filter_map(line).collect()
}

/// Lines that start with spaces, which Terraform does not wrap.
fn table(topic: &[Forecast]) -> String {
    let head = ["partition", "committed", "target", "replayed", "skipped", ""].map(str::to_owned);
    let mut rows = vec![head];
    rows.extend(topic.iter().take(PARTITIONS_LISTED).map(row));
    let mut widths = [0; 5];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.len());
        }
    }
    let line = |row: &[String; 6]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:>width$}")).collect();
        format!("  {}  {}", cells.join("  "), row[5]).trim_end().to_owned()
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    if let Some(others @ [_, ..]) = topic.get(PARTITIONS_LISTED..) {
        lines.push(format!("  and {} more partitions: {}", others.len(), describe_effect(others)));
    }
    lines.join("\n")
}

fn row(forecast: &Forecast) -> [String; 6] {
    let committed = forecast.position.committed.map_or_else(|| "-".to_owned(), |offset| offset.to_string());
    let (target, note) = match forecast.destination {
        Destination::Offset { offset, outside } => {
            let note = match outside {
                None => "",
                Some(Outside::Before) => "(clamped to the start of the log)",
                Some(Outside::After) => "(clamped to the end of the log)",
            };
            (offset.to_string(), note)
        }
        Destination::Unchanged => ("-".to_owned(), "(not reset: no committed offset)"),
        Destination::Unknown { .. } => ("unknown".to_owned(), ""),
    };
    let [replayed, skipped] = [forecast.replayed(), forecast.skipped()].map(describe_count);
    [forecast.position.partition.to_string(), committed, target, replayed, skipped, note.to_owned()]
}

fn describe_group(request: &ResetRequest, group: &ConsumerGroup) -> String {
    let outlook = "Nothing has been sent; offsets can still change before the apply.";
    let state = &group.state;
    if group.members.is_empty() {
        return format!("The group is {state} and has no members. {outlook}");
    }
    let count = group.members.len();
    let members = if count == 1 { "1 member".to_owned() } else { format!("{count} members") };
    let consequence = if request.require_inactive_group { ", so the reset waits until they have left" } else { "" };
    let listed: Vec<String> = group.members.iter().map(|member| format!("  {}", describe_member(member))).collect();
    format!("The group is {state} and has {members}{consequence}:\n{}\n\n{outlook}", bounded_list(&listed))
}
