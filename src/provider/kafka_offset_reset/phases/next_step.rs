//! Decides what an execution does next. Pure.
//!
//! The response to a reset can be lost, and a background task can belong to another reset. If that leaves the outcome
//! in doubt and verification is on, the offsets show whether the reset was carried out.

/// What an execution does, or how it ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ExecutionStep {
    /// Send the requests of the plan.
    Submit,
    /// Follow the background task of the reset.
    FollowTasks,
    /// Compare the offsets with the plan. `strict`: only the offsets can show that the reset was carried out.
    Verify {
        strict: bool,
    },
    /// After a successful verification, follow tasks that appeared meanwhile: one of them may be the reset's own.
    FollowLateTasks {
        strict: bool,
    },
    /// After a failed verification, do the same: the reset may still have been in progress.
    FollowFurtherTasks,
    /// Verify again, strictly, because a late task failed.
    Reverify,
    Succeed,
    Fail,
}

/// The result of a step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Event {
    /// Everything was sent. The response may have been lost.
    Submitted,
    /// New tasks were followed until they ended, with or without success.
    NewTasks,
    /// No new tasks appeared, or tasks cannot be read.
    NoNewTasks,
    /// Every partition is at its target.
    Verified,
    /// At least one partition is not at its target, or nothing shows that it is.
    NotVerified,
    /// The step itself failed, or was interrupted.
    Aborted,
}

/// What is known after a step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Facts {
    /// The reset has a background task, and the known tasks were read.
    pub(super) has_task: bool,
    /// Offsets are to be verified.
    pub(super) verifies: bool,
    /// At least one new task has been followed.
    pub(super) task_seen: bool,
    /// A response was lost, or a task or a verification failed.
    pub(super) in_doubt: bool,
}

/// The step that follows `step` and its result. Every combination that is not listed fails.
pub(super) fn next(step: ExecutionStep, event: Event, facts: Facts) -> ExecutionStep {
    use ExecutionStep as Step;
    let strict = facts.in_doubt;
    match (step, event) {
        (Step::Submit, Event::Submitted) if facts.has_task => Step::FollowTasks,
        (Step::Submit, Event::Submitted) | (Step::FollowTasks, Event::NewTasks | Event::NoNewTasks) => {
            match (facts.verifies, facts.in_doubt) {
                (true, _) => Step::Verify { strict },
                (false, false) => Step::Succeed,
                (false, true) => Step::Fail,
            }
        }
        (Step::Verify { strict }, Event::Verified) if facts.task_seen => Step::FollowLateTasks { strict },
        (Step::Verify { .. }, Event::Verified) => Step::Succeed,
        (Step::Verify { .. }, Event::NotVerified) if facts.task_seen => Step::FollowFurtherTasks,
        (Step::FollowLateTasks { strict: false }, Event::NewTasks | Event::NoNewTasks) if facts.in_doubt => {
            Step::Reverify
        }
        (Step::FollowLateTasks { .. }, Event::NewTasks | Event::NoNewTasks) => Step::Succeed,
        (Step::FollowFurtherTasks, Event::NewTasks) => Step::Verify { strict },
        (Step::Reverify, Event::Verified) => Step::Succeed,
        _ => Step::Fail,
    }
}

#[cfg(test)]
mod tests {
    use super::ExecutionStep as Step;
    use super::*;

    const VERIFY: Step = Step::Verify { strict: false };
    const VERIFY_STRICTLY: Step = Step::Verify { strict: true };
    const LATE: Step = Step::FollowLateTasks { strict: false };
    const LATE_STRICT: Step = Step::FollowLateTasks { strict: true };
    const YES: Option<bool> = Some(true);
    const NO: Option<bool> = Some(false);
    /// Any value.
    const ANY: Option<bool> = None;

    /// A row: a step, its result, the facts (has a task, verifies, task seen, in doubt), and the next step.
    type Row = (Step, Event, [Option<bool>; 4], Step);

    /// Every transition that does not fail.
    const TABLE: &[Row] = &[
        // Sent: a reset of every topic is followed; any other is verified, or complete.
        (Step::Submit, Event::Submitted, [YES, ANY, ANY, ANY], Step::FollowTasks),
        (Step::Submit, Event::Submitted, [NO, YES, ANY, NO], VERIFY),
        (Step::Submit, Event::Submitted, [NO, YES, ANY, YES], VERIFY_STRICTLY),
        (Step::Submit, Event::Submitted, [NO, NO, ANY, NO], Step::Succeed),
        // Followed: the offsets are verified if verification is on. Otherwise, an outcome in doubt is an error.
        (Step::FollowTasks, Event::NewTasks, [ANY, YES, ANY, NO], VERIFY),
        (Step::FollowTasks, Event::NewTasks, [ANY, YES, ANY, YES], VERIFY_STRICTLY),
        (Step::FollowTasks, Event::NewTasks, [ANY, NO, ANY, NO], Step::Succeed),
        (Step::FollowTasks, Event::NoNewTasks, [ANY, YES, ANY, NO], VERIFY),
        (Step::FollowTasks, Event::NoNewTasks, [ANY, YES, ANY, YES], VERIFY_STRICTLY),
        (Step::FollowTasks, Event::NoNewTasks, [ANY, NO, ANY, NO], Step::Succeed),
        // Verified: complete, unless tasks may still appear.
        (VERIFY, Event::Verified, [ANY, ANY, NO, ANY], Step::Succeed),
        (VERIFY_STRICTLY, Event::Verified, [ANY, ANY, NO, ANY], Step::Succeed),
        (VERIFY, Event::Verified, [ANY, ANY, YES, ANY], LATE),
        (VERIFY_STRICTLY, Event::Verified, [ANY, ANY, YES, ANY], LATE_STRICT),
        // Not verified: an error, unless another task appears.
        (VERIFY, Event::NotVerified, [ANY, ANY, YES, ANY], Step::FollowFurtherTasks),
        (VERIFY_STRICTLY, Event::NotVerified, [ANY, ANY, YES, ANY], Step::FollowFurtherTasks),
        (Step::FollowFurtherTasks, Event::NewTasks, [ANY, ANY, ANY, NO], VERIFY),
        (Step::FollowFurtherTasks, Event::NewTasks, [ANY, ANY, ANY, YES], VERIFY_STRICTLY),
        // A late failure casts doubt on a verification that was not strict.
        (LATE, Event::NewTasks, [ANY, ANY, ANY, NO], Step::Succeed),
        (LATE, Event::NewTasks, [ANY, ANY, ANY, YES], Step::Reverify),
        (LATE, Event::NoNewTasks, [ANY, ANY, ANY, NO], Step::Succeed),
        (LATE, Event::NoNewTasks, [ANY, ANY, ANY, YES], Step::Reverify),
        (LATE_STRICT, Event::NewTasks, [ANY, ANY, ANY, ANY], Step::Succeed),
        (LATE_STRICT, Event::NoNewTasks, [ANY, ANY, ANY, ANY], Step::Succeed),
        (Step::Reverify, Event::Verified, [ANY, ANY, ANY, ANY], Step::Succeed),
    ];

    #[test]
    fn transitions_are_those_of_the_table_and_all_others_fail() {
        use Event::{Aborted, NewTasks, NoNewTasks, NotVerified, Submitted, Verified};
        let steps = [
            Step::Submit,
            Step::FollowTasks,
            VERIFY,
            VERIFY_STRICTLY,
            LATE,
            LATE_STRICT,
            Step::FollowFurtherTasks,
            Step::Reverify,
            Step::Succeed,
            Step::Fail,
        ];
        let mut used = vec![0; TABLE.len()];
        for step in steps {
            for event in [Submitted, NewTasks, NoNewTasks, Verified, NotVerified, Aborted] {
                for bits in 0..16 {
                    let values = [0, 1, 2, 3].map(|bit| bits & (1 << bit) != 0);
                    let [has_task, verifies, task_seen, in_doubt] = values;
                    let fits = |(from, result, wanted, _): &Row| {
                        (*from, *result) == (step, event)
                            && wanted.iter().zip(values).all(|(wanted, value)| wanted.is_none_or(|it| it == value))
                    };
                    let rows: Vec<usize> = (0..TABLE.len()).filter(|row| fits(&TABLE[*row])).collect();
                    let expected = match rows[..] {
                        [] => Step::Fail,
                        [row] => TABLE[row].3,
                        _ => panic!("several rows for {step:?} {event:?} {values:?}"),
                    };
                    rows.iter().for_each(|row| used[*row] += 1);
                    let facts = Facts { has_task, verifies, task_seen, in_doubt };
                    assert_eq!(next(step, event, facts), expected, "{step:?} {event:?} {facts:?}");
                }
            }
        }
        assert!(used.iter().all(|count| *count > 0));
    }
}
