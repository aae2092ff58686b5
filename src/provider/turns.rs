//! Lets resets that move the same partitions of a group go one after the other.
//!
//! Within this process: provider blocks of another alias have a process of their own. Side by side, each would find the
//! group where the other one left it, and neither could be proved.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::huaweicloud::{GroupAddress, PartitionNumber, TopicName};

/// What a reset moves.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Claim {
    pub(crate) group: GroupAddress,
    /// None: every topic.
    pub(crate) topic: Option<TopicName>,
    /// None: every partition.
    pub(crate) partitions: Option<BTreeSet<PartitionNumber>>,
}

impl Claim {
    fn overlaps(&self, other: &Self) -> bool {
        let topics = match (&self.topic, &other.topic) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        let partitions = match (&self.partitions, &other.partitions) {
            (Some(one), Some(other)) => !one.is_disjoint(other),
            _ => true,
        };
        self.group == other.group && topics && partitions
    }
}

/// The claims of this process, for all of its configurations.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turns(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    claims: Mutex<Claims>,
    ended: Notify,
}

#[derive(Debug, Default)]
struct Claims {
    next: u64,
    taken: Vec<(u64, Claim)>,
}

impl Shared {
    fn claims(&self) -> MutexGuard<'_, Claims> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to move what was claimed, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    shared: Arc<Shared>,
    number: u64,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.shared.claims().taken.retain(|(number, _)| *number != self.number);
        self.shared.ended.notify_waiters();
    }
}

impl Turns {
    /// The turn, if nobody moves the same at this moment.
    pub(crate) fn try_take(&self, claim: &Claim) -> Option<Turn> {
        let mut claims = self.0.claims();
        if claims.taken.iter().any(|(_, taken)| taken.overlaps(claim)) {
            return None;
        }
        let number = claims.next;
        claims.next += 1;
        claims.taken.push((number, claim.clone()));
        Some(Turn { shared: Arc::clone(&self.0), number })
    }

    /// The turn, when it has come.
    pub(crate) async fn take(&self, claim: &Claim) -> Turn {
        loop {
            let mut ended = pin!(self.0.ended.notified());
            // Listening before looking, so that no end slips through between the two.
            ended.as_mut().enable();
            if let Some(turn) = self.try_take(claim) {
                return turn;
            }
            ended.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::huaweicloud::{GroupName, InstanceAddress, InstanceId, ProjectId};

    fn claim(group: &str, topic: Option<&str>, partitions: Option<&[i64]>) -> Claim {
        let instance = InstanceAddress {
            project_id: ProjectId::parse("p").unwrap(),
            region: None,
            instance_id: InstanceId::parse("i").unwrap(),
        };
        Claim {
            group: GroupAddress { instance, group: GroupName::parse(group).unwrap() },
            topic: topic.map(|topic| TopicName::parse(topic).unwrap()),
            partitions: partitions.map(|list| list.iter().map(|it| (*it).try_into().unwrap()).collect()),
        }
    }

    #[test]
    fn only_the_same_partitions_stand_in_each_others_way() {
        let taken = claim("g", Some("t"), Some(&[0, 1]));
        for (other, stands_in_the_way) in [
            (claim("g", Some("t"), Some(&[1, 2])), true),
            (claim("g", Some("t"), None), true),
            (claim("g", None, None), true),
            (claim("g", Some("t"), Some(&[2])), false),
            (claim("g", Some("u"), None), false),
            (claim("h", Some("t"), None), false),
        ] {
            let turns = Turns::default();
            let turn = turns.try_take(&taken).expect("nobody was there");
            assert_eq!(turns.try_take(&other).is_none(), stands_in_the_way, "{other:?}");
            drop(turn);
            assert!(turns.try_take(&other).is_some(), "{other:?}");
        }
    }

    #[tokio::test]
    async fn each_waits_for_the_one_before() {
        let turns = Turns::default();
        let same = claim("g", Some("t"), None);
        let first = turns.take(&same).await;
        let (second, ()) = tokio::join!(turns.take(&same), async { drop(first) });
        assert!(turns.try_take(&same).is_none());
        drop(second);
        assert!(turns.try_take(&same).is_some());
    }
}
