//! The preview of a reset as text: a table for each topic, and the state of the group.

use std::time::Duration;

use crate::huaweicloud::ConsumerGroup;

use super::super::request::{ResetRequest, Target};
use super::super::reset_plan::{Count, Destination, Forecast, Outside, ResetPlan};
use super::wording::{bounded_list, describe_member, describe_target_of, describe_time, seconds};

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
        let more = if others.len() == 1 { "1 more topic".to_owned() } else { format!("{} more topics", others.len()) };
        paragraphs.push(format!("{more}: the reset {effect}."));
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
pub(crate) fn describe_unknown<'a>(forecasts: impl IntoIterator<Item = &'a Forecast>) -> Vec<String> {
    let line = |it: &Forecast| match &it.destination {
        Destination::Unknown { why, .. } => {
            let (topic, partition) = (it.position.topic.as_str(), it.position.partition);
            Some(format!("  topic {topic:?} partition {partition}: {}", why.describe()))
        }
        Destination::Offset { .. } | Destination::MaybeSkipped => None,
    };
    forecasts.into_iter().filter_map(line).collect()
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
        let noun = if others.len() == 1 { "partition" } else { "partitions" };
        lines.push(format!("  and {} more {noun}: {}", others.len(), describe_effect(others)));
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
        Destination::MaybeSkipped => ("-".to_owned(), "(may be skipped: no committed offset)"),
        Destination::Unknown { .. } => ("unknown".to_owned(), ""),
    };
    let [replayed, skipped] = [forecast.replayed(), forecast.skipped()].map(describe_count);
    [forecast.position.partition.to_string(), committed, target, replayed, skipped, note.to_owned()]
}

fn describe_group(request: &ResetRequest, group: &ConsumerGroup) -> String {
    let outlook = "This preview sent no reset; offsets can still change before the apply.";
    let state = &group.state;
    if group.is_inactive() {
        return format!("The group is {state} and has no members. {outlook}");
    }
    let members = match group.members.len() {
        0 => "and the service lists no members.".to_owned(),
        1 => "and has 1 member:".to_owned(),
        count => format!("and has {count} members:"),
    };
    let listed: Vec<String> = group.members.iter().map(|member| format!("  {}", describe_member(member))).collect();
    let listed = if listed.is_empty() { String::new() } else { format!("\n{}", bounded_list(&listed)) };
    let consequence = match request.wait_for_inactive {
        _ if !request.require_inactive_group => String::new(),
        Duration::ZERO => "The apply would refuse the reset. ".to_owned(),
        wait => {
            format!("The apply would wait {} for the group to become inactive, then refuse the reset. ", seconds(wait))
        }
    };
    format!("The group is {state} {members}{listed}\n\n{consequence}{outlook}")
}

#[cfg(test)]
mod tests {
    use super::super::super::locate::Undetermined;
    use super::super::super::request::tests::request_for;
    use super::super::super::reset_plan::position::tests::{offset, position};
    use super::super::super::reset_plan::resolve::{PlannedReset, ResolvedTarget};
    use super::*;
    use crate::huaweicloud::{Assignment, GroupMember, GroupState, Partition, TopicName};

    fn to(number: i64) -> Destination {
        Destination::Offset { offset: offset(number), outside: None }
    }

    /// A forecast for each partition with its committed offset and its destination.
    fn forecasts(partitions: impl IntoIterator<Item = (Option<i64>, Destination)>) -> Vec<Forecast> {
        let forecast = |(number, (committed, destination))| Forecast {
            position: position(number, committed, (100, 5_000_000_000)),
            target: ResolvedTarget::Earliest,
            destination,
        };
        (0..).zip(partitions).map(forecast).collect()
    }

    fn group(members: Vec<GroupMember>) -> ConsumerGroup {
        let state = if members.is_empty() { GroupState::Empty } else { GroupState::Stable };
        ConsumerGroup { state, coordinator_id: None, members, offsets: vec![], unreadable: vec![] }
    }

    fn preview(forecasts: &[Forecast], group: &ConsumerGroup, refusal: Option<&str>) -> String {
        let request = ResetRequest { target: Target::ByDuration(Duration::from_secs(7_200)), ..request_for(false) };
        let time = ResolvedTarget::Time(1_704_067_320_000.try_into().unwrap());
        let resets = vec![PlannedReset { partition: Partition::All, target: time }];
        let plan = ResetPlan { topic: request.scope.topic().cloned(), resets };
        let text = describe_preview(&request, &plan, forecasts, group, refusal);
        format!("{}\n\n{text}", describe_effect(forecasts))
    }

    #[test]
    fn preview_has_the_totals_a_table_and_the_state_of_the_group() {
        let forecasts =
            forecasts([(Some(140), to(120)), (Some(190), to(120)), (Some(4_000_000_500), to(4_000_000_120))]);
        insta::assert_snapshot!(preview(&forecasts, &group(vec![]), None), @r#"
        replays 470 messages

        Topic "orders", to the first message at or after 2024-01-01T00:02:00Z:

          partition   committed      target  replayed  skipped
                  0         140         120        20        0
                  1         190         120        70        0
                  2  4000000500  4000000120       380        0

        The group is Empty and has no members. This preview sent no reset; offsets can still change before the apply.
        "#);
    }

    #[test]
    fn preview_names_clamped_skipped_and_unknown_partitions_and_members() {
        let member = GroupMember {
            member_id: "m".to_owned(),
            client_id: "billing-1".to_owned(),
            host: "192.0.2.10".to_owned(),
            assignment: vec![Assignment { topic: "orders".to_owned(), partitions: vec![0.try_into().unwrap()] }],
        };
        let clamped = |number, outside| Destination::Offset { offset: offset(number), outside: Some(outside) };
        let why = Undetermined::Interrupted;
        let forecasts = forecasts([
            (Some(140), clamped(100, Outside::Before)),
            (None, clamped(5_000_000_000, Outside::After)),
            (None, Destination::MaybeSkipped),
            (Some(150), Destination::Unknown { earliest: offset(120), latest: offset(180), why }),
        ]);
        let refusal = "max_replayed_messages is 10, but the reset would affect more messages:\n  …";
        insta::assert_snapshot!(preview(&forecasts, &group(vec![member]), Some(refusal)), @r#"
        replays 40 to 70 messages and skips 0 to 30 messages

        Topic "orders", to the first message at or after 2024-01-01T00:02:00Z:

          partition  committed      target  replayed  skipped
                  0        140         100        40        0  (clamped to the start of the log)
                  1          -  5000000000         0        0  (clamped to the end of the log)
                  2          -           -         0        0  (may be skipped: no committed offset)
                  3        150     unknown   0 to 30  0 to 30

        The targets of these partitions are not known:
          topic "orders" partition 3: its messages could not be read in time

        The apply would refuse this reset. max_replayed_messages is 10, but the reset would affect more messages:
          …

        The group is Stable and has 1 member:
          client "billing-1" at "192.0.2.10": topic "orders" partition 0

        The apply would wait 60 s for the group to become inactive, then refuse the reset. This preview sent no reset; offsets can still change before the apply.
        "#);
    }

    #[test]
    fn preview_of_many_partitions_and_topics_stays_short() {
        let mut all = Vec::new();
        for number in 0..30 {
            let topic = TopicName::parse(&format!("orders-{number}")).unwrap();
            for mut forecast in forecasts((0..100).map(|_| (Some(140), to(120)))) {
                forecast.position.topic = topic.clone();
                all.push(forecast);
            }
        }
        let text = preview(&all, &group(vec![]), None);
        assert!(text.len() < 7_000, "{}", text.len());
        let more: Vec<&str> = text.lines().filter(|line| line.contains("more")).collect();
        insta::assert_snapshot!(more.join("\n"), @r#"
          and 80 more partitions: replays 1600 messages
          and 80 more partitions: replays 1600 messages
          and 80 more partitions: replays 1600 messages
          and 80 more partitions: replays 1600 messages
          and 80 more partitions: replays 1600 messages
        25 more topics: the reset replays 50000 messages.
        "#);
    }
}
