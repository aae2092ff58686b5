//! The outcome of verifying a reset: records for the state, warnings, and the error if it failed.

use crate::huaweicloud::ConsumerGroup;

use super::super::offset_record::OffsetRecord;
use super::super::request::Scope;
use super::super::reset_plan::{Movement, Position, ResolvedTarget, Verdict};
use super::failure::Failure;
use super::titles::{FailureKind, WarningKind, Warnings};
use super::wording::{bounded_list, describe_log, describe_members, describe_target};

/// One partition whose offset the reset was to change.
#[derive(Debug)]
pub(crate) struct PartitionResult {
    pub(crate) target: ResolvedTarget,
    pub(crate) before: Position,
    pub(crate) after: Position,
    pub(crate) verdict: Verdict,
    /// `None`: could not be read.
    pub(crate) clamped: Option<bool>,
}

/// The outcome for all partitions.
#[derive(Debug, Default)]
pub(crate) struct Verification {
    /// For the state.
    pub(crate) record: OffsetRecord,
    pub(crate) warnings: Warnings,
    /// How many partitions are known to be at their target.
    pub(crate) verified: usize,
    /// Why the reset does not count as complete. `None`: every partition is verified.
    pub(crate) failure: Option<Failure>,
}

impl Verification {
    /// Collects the results. `in_doubt`: only the offsets can show that the service carried out the reset.
    pub(crate) fn new(scope: &Scope, results: &[PartitionResult], group: &ConsumerGroup, in_doubt: bool) -> Self {
        let mut lists = Lists::default();
        let mut verified = 0;
        for result in results {
            verified += usize::from(result.verdict.is_verified(in_doubt));
            lists.add(result, in_doubt);
        }
        // A reset of every topic moves only partitions with a committed offset. Skipped partitions are allowed, but
        // another partition has to prove that the reset was carried out.
        let may_skip = *scope == Scope::EveryTopic && !in_doubt && verified > 0;
        let skipped = std::mem::take(&mut lists.skipped);
        // One warning of each kind, because Terraform shows only the first of several with the same title.
        let mut warnings = Warnings::new();
        let mut warn = |kind, intro: &str, lines: &[String]| {
            if !lines.is_empty() {
                warnings.push((kind, format!("{intro}\n{}", bounded_list(lines))));
            }
        };
        if may_skip {
            let intro = "These partitions had no committed offset before the reset and have none now, so the service \
                         skipped them. Clients start there according to their auto.offset.reset.";
            warn(WarningKind::NothingCommitted, intro, &skipped);
        } else {
            lists.misplaced.extend(skipped);
        }
        let intro = "The service moved the offsets of these partitions to the nearer end of the log:";
        warn(WarningKind::Clamped, intro, &lists.clamped);
        let intro = format!(
            "The reset moved the group forward, past these messages ({} in all). They stay unread unless the group \
             has already read them:",
            lists.messages
        );
        warn(WarningKind::SkipsMessages, &intro, &lists.skipped_messages);
        let partitions: Vec<_> = results.iter().map(|it| (&it.before, &it.after, it.clamped)).collect();
        Self { record: OffsetRecord::new(&partitions), warnings, verified, failure: lists.failure(group, verified) }
    }
}

/// Lines about partitions, grouped by kind.
#[derive(Default)]
struct Lists {
    clamped: Vec<String>,
    skipped_messages: Vec<String>,
    /// The number of messages in `skipped_messages`.
    messages: i64,
    skipped: Vec<String>,
    unverified: Vec<String>,
    misplaced: Vec<String>,
}

impl Lists {
    fn add(&mut self, result: &PartitionResult, in_doubt: bool) {
        let PartitionResult { target, before, after, verdict, clamped } = result;
        let partition = format!("  topic {:?} partition {}", after.topic.as_str(), after.partition);
        let requested = describe_target(*target);
        let now = after.committed.map_or_else(|| "no committed offset".to_owned(), |now| format!("offset {now}"));
        if verdict.is_verified(in_doubt) {
            if *clamped == Some(true) {
                let holds = describe_log(after.log);
                self.clamped
                    .push(format!("{partition}: requested {requested}, moved to {now} (the partition holds {holds})"));
            }
            let ahead = skipped_messages(*target, before, after);
            if ahead > 0 {
                self.messages = self.messages.saturating_add(ahead);
                self.skipped_messages.push(format!("{partition}: {ahead} skipped, moved to {now}"));
            }
            return;
        }
        let found = format!("{partition}: requested {requested}, found {now}");
        match verdict {
            Verdict::Skipped => self.skipped.push(found),
            Verdict::Misplaced => self.misplaced.push(found),
            Verdict::Unverified(why) => self.unverified.push(format!("{found}; {why}")),
            Verdict::AsRequested | Verdict::Plausible => {
                let why = "an end of the log has moved since the first read, so this may be a coincidence";
                self.unverified.push(format!("{found}; {why}"));
            }
        }
    }

    fn failure(&self, group: &ConsumerGroup, verified: usize) -> Option<Failure> {
        if !self.misplaced.is_empty() {
            return Some(not_as_requested(self, group));
        }
        let cause = match (&*self.unverified, verified) {
            ([], 0) => "The provider could not verify the offset of any partition.".to_owned(),
            ([], _) => return None,
            (lines, _) => {
                format!("The provider could not verify the offsets of these partitions:\n{}", bounded_list(lines))
            }
        };
        let advice = "Compare the offsets with the ones you expect. If verification cannot succeed on this topic, set \
                      verify = false.";
        Some(Failure::new(FailureKind::NotVerified, cause, advice).with_path("verify"))
    }
}

fn not_as_requested(lists: &Lists, group: &ConsumerGroup) -> Failure {
    let partitions = bounded_list(&lists.misplaced);
    let mut cause = format!("The offsets of these partitions are not as requested:\n{partitions}");
    if !lists.unverified.is_empty() {
        cause.push_str(&format!("\n\nThese could not be verified:\n{}", bounded_list(&lists.unverified)));
    }
    if !group.members.is_empty() {
        let members = describe_members(group);
        cause.push_str(&format!("\n\nThe group has members again, which may have committed offsets since: {members}."));
    }
    let advice = "Check what else may change the offsets: a client of the group, including one that assigns its \
                  partitions manually; another reset of the same group elsewhere; or a background task of the service \
                  that is still running.";
    Failure::new(FailureKind::NotAsRequested, cause, advice)
}

/// How many unread offsets the reset skipped. Always 0 for `latest`, which requests the skip.
fn skipped_messages(target: ResolvedTarget, before: &Position, after: &Position) -> i64 {
    match (target, after.committed) {
        (ResolvedTarget::Latest, _) | (_, None) => 0,
        (_, Some(now)) => Movement::between(before, now).skipped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::huaweicloud::GroupState;
    use crate::provider::kafka_offset_reset::request::tests::request_for;
    use crate::provider::kafka_offset_reset::reset_plan::position::tests::{offset, position};

    /// The verification of partitions with target 200, given their committed offsets before and after, and the
    /// verdicts.
    fn verification(
        every_topic: bool,
        in_doubt: bool,
        partitions: &[(Option<i64>, Option<i64>, Verdict)],
    ) -> Verification {
        let results: Vec<PartitionResult> = (0..)
            .zip(partitions)
            .map(|(number, (before, after, verdict))| PartitionResult {
                target: ResolvedTarget::Offset(offset(200)),
                before: position(number, *before, (0, 300)),
                after: position(number, *after, (0, 300)),
                verdict: verdict.clone(),
                clamped: Some(false),
            })
            .collect();
        let group = ConsumerGroup {
            state: GroupState::Empty,
            coordinator_id: None,
            members: vec![],
            offsets: vec![],
            unreadable: vec![],
        };
        Verification::new(&request_for(every_topic).scope, &results, &group, in_doubt)
    }

    /// A list of partitions that is empty by mistake must not make every reset a success.
    #[test]
    fn no_partition_is_no_evidence() {
        for (every_topic, in_doubt) in [(false, false), (true, false), (false, true), (true, true)] {
            assert!(verification(every_topic, in_doubt, &[]).failure.is_some(), "{every_topic} {in_doubt}");
        }
    }

    #[test]
    fn partition_without_a_committed_offset_fails_the_reset_of_a_topic() {
        let moved = (Some(140), Some(200), Verdict::AsRequested);
        let skipped = (None, None, Verdict::Skipped);
        let failure =
            verification(false, false, &[moved.clone(), skipped.clone()]).failure.expect("partition 1 is skipped");
        assert!(
            failure.context().contains("partition 1: requested offset 200, found no committed offset"),
            "{failure:?}"
        );

        let every_topic = verification(true, false, &[moved.clone(), skipped.clone()]);
        assert!(every_topic.failure.is_none() && every_topic.verified == 1);
        let warnings: Vec<_> = every_topic.warnings.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(warnings, [WarningKind::NothingCommitted, WarningKind::SkipsMessages]);

        // Nothing proves that the service carried out the reset.
        assert!(verification(true, false, &[skipped.clone(), skipped.clone()]).failure.is_some());
        assert!(verification(true, true, &[moved, skipped]).failure.is_some());
    }

    #[test]
    fn success_needs_proof_for_every_partition() {
        let proved = (Some(140), Some(200), Verdict::AsRequested);
        for (verdict, accepted, in_doubt) in [
            (Verdict::AsRequested, true, true),
            (Verdict::Plausible, true, false),
            (Verdict::Unverified("it cannot be read".to_owned()), false, false),
            (Verdict::Misplaced, false, false),
        ] {
            for (doubt, expected) in [(false, accepted), (true, in_doubt)] {
                let partitions = [proved.clone(), (Some(140), Some(150), verdict.clone())];
                let failure = verification(false, doubt, &partitions).failure;
                assert_eq!(failure.is_none(), expected, "{verdict:?} {doubt}: {failure:?}");
                if let Some(failure) = failure {
                    let named = "partition 1: requested offset 200, found offset 150";
                    assert!(
                        failure.context().contains(named) && !failure.context().contains("partition 0"),
                        "{failure:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn skipped_unread_messages_are_a_warning_except_by_latest() {
        for (target, before, after, expected) in [
            (ResolvedTarget::Offset(offset(200)), Some(140), Some(200), 60),
            (ResolvedTarget::Shifted(141), Some(140), Some(141), 1),
            (ResolvedTarget::Time(5_000.try_into().unwrap()), Some(140), Some(200), 60),
            (ResolvedTarget::Earliest, Some(140), Some(100), 0),
            (ResolvedTarget::Latest, Some(140), Some(300), 0),
            (ResolvedTarget::Offset(offset(200)), None, Some(200), 0),
            // Retention removed the messages before 100, so only later ones are skipped.
            (ResolvedTarget::Offset(offset(120)), Some(40), Some(120), 20),
        ] {
            let (before, after) = (position(0, before, (100, 300)), position(0, after, (100, 300)));
            assert_eq!(skipped_messages(target, &before, &after), expected, "{target:?}");
        }
    }

    #[test]
    fn warnings_of_many_partitions_stay_short() {
        let forward = (Some(140), Some(200), Verdict::AsRequested);
        let warnings = verification(false, false, &vec![forward; 3_000]).warnings;
        let (_, detail) = warnings.first().expect("a warning");
        assert!(detail.len() < 2_000 && detail.contains("(180000 in all)") && detail.ends_with("and 2980 more"));
    }
}
