//! Makes conflicting resets of this process wait for each other, first come, first served.
//!
//! If two resets that move the same partition of a group ran concurrently, neither could be verified. A reset of every
//! topic can be identified only by the background task that appears after it, and tasks do not name their group. So
//! such a reset locks its whole instance until that task has ended.
//!
//! Provider blocks with different aliases run in separate processes, so their resets do not wait for each other.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::huaweicloud::{GroupAddress, PartitionNumber, TopicName};

/// The partitions that a reset moves.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LockScope {
    pub(crate) group: GroupAddress,
    /// `None`: every topic.
    pub(crate) topic: Option<TopicName>,
    /// `None`: every partition.
    pub(crate) partitions: Option<BTreeSet<PartitionNumber>>,
}

/// Why a reset has to wait for another one. If there are several reasons, the greatest one counts.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Conflict {
    /// One of the two resets affects every topic and needs the whole instance.
    Instance,
    /// Both resets move the same partitions of the same group.
    Partitions,
}

impl LockScope {
    fn conflict(&self, other: &Self) -> Option<Conflict> {
        let topics = self.topic.as_ref().zip(other.topic.as_ref()).is_none_or(|(one, other)| one == other);
        let partitions = self.partitions.as_ref().zip(other.partitions.as_ref());
        let partitions = partitions.is_none_or(|(one, other)| !one.is_disjoint(other));
        let one_is_every_topic = self.topic.is_none() || other.topic.is_none();
        if self.group == other.group && topics && partitions {
            Some(Conflict::Partitions)
        } else if self.group.instance == other.group.instance && one_is_every_topic {
            Some(Conflict::Instance)
        } else {
            None
        }
    }
}

/// The locks of this process, shared by all its configurations.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResetLocks(Arc<LockQueue>);

#[derive(Debug, Default)]
struct LockQueue {
    /// Resets that hold their lock or wait for it, in the order of their arrival. Each waits for the earlier resets
    /// that conflict with it, so that no reset is starved by later ones.
    scopes: Mutex<BTreeMap<u64, LockScope>>,
    shrunk: Notify,
}

impl LockQueue {
    fn scopes(&self) -> MutexGuard<'_, BTreeMap<u64, LockScope>> {
        self.scopes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one reset in the queue, and its lock once no earlier reset conflicts with it. Dropping it releases the
/// lock, or leaves the queue.
#[derive(Debug)]
pub(crate) struct Guard {
    queue: Arc<LockQueue>,
    number: u64,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.queue.scopes().remove(&self.number);
        self.queue.shrunk.notify_waiters();
    }
}

impl ResetLocks {
    /// Joins the queue.
    pub(crate) fn request(&self, scope: LockScope) -> Guard {
        let mut scopes = self.0.scopes();
        let number = scopes.last_key_value().map_or(0, |(last, _)| last + 1);
        scopes.insert(number, scope);
        Guard { queue: Arc::clone(&self.0), number }
    }
}

impl Guard {
    /// Why the lock cannot be granted yet. `None`: it can.
    pub(crate) fn conflict(&self) -> Option<Conflict> {
        let scopes = self.queue.scopes();
        let own = scopes.get(&self.number)?;
        scopes.range(..self.number).filter_map(|(_, earlier)| own.conflict(earlier)).max()
    }

    /// Waits until no earlier reset conflicts with this one.
    pub(crate) async fn granted(&self) {
        loop {
            let mut shrunk = pin!(self.queue.shrunk.notified());
            // Register before checking, so that no release in between is missed.
            shrunk.as_mut().enable();
            if self.conflict().is_none() {
                return;
            }
            shrunk.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::huaweicloud::{GroupName, InstanceAddress, InstanceId, ProjectId};

    fn scope(instance: &str, group: &str, topic: Option<&str>, partitions: Option<&[i64]>) -> LockScope {
        let instance = InstanceAddress {
            project_id: ProjectId::parse("p").unwrap(),
            region: None,
            instance_id: InstanceId::parse(instance).unwrap(),
        };
        LockScope {
            group: GroupAddress { instance, group: GroupName::parse(group).unwrap() },
            topic: topic.map(|topic| TopicName::parse(topic).unwrap()),
            partitions: partitions.map(|list| list.iter().map(|it| (*it).try_into().unwrap()).collect()),
        }
    }

    /// The lock, if it is granted at once.
    fn granted(locks: &ResetLocks, scope: LockScope) -> Option<Guard> {
        let guard = locks.request(scope);
        let polled = pin!(guard.granted()).poll(&mut Context::from_waker(Waker::noop()));
        (polled == Poll::Ready(())).then_some(guard)
    }

    #[test]
    fn resets_conflict_over_partitions_or_over_the_instance() {
        let some = scope("i", "g", Some("t"), Some(&[0, 1]));
        let every = scope("i", "g", None, None);
        let (partitions, instance) = (Some(Conflict::Partitions), Some(Conflict::Instance));
        for (one, other, expected) in [
            (&some, scope("i", "g", Some("t"), Some(&[1, 2])), partitions),
            (&some, scope("i", "g", Some("t"), None), partitions),
            (&some, scope("i", "g", None, None), partitions),
            (&some, scope("i", "g", Some("t"), Some(&[2])), None),
            (&some, scope("i", "g", Some("u"), None), None),
            (&some, scope("i", "h", Some("t"), None), None),
            (&some, scope("i", "h", None, None), instance),
            (&some, scope("j", "g", None, None), None),
            (&every, scope("i", "g", None, None), partitions),
            (&every, scope("i", "h", None, None), instance),
            (&every, scope("i", "h", Some("t"), Some(&[0])), instance),
            (&every, scope("j", "g", None, None), None),
        ] {
            let locks = ResetLocks::default();
            let first = granted(&locks, one.clone()).expect("the queue is empty");
            assert_eq!(locks.request(other.clone()).conflict(), expected, "{one:?} {other:?}");
            assert_eq!(granted(&locks, other.clone()).is_none(), expected.is_some(), "{one:?} {other:?}");
            drop(first);
            let second = granted(&locks, other.clone()).expect("the first one is released");
            assert_eq!(locks.request(one.clone()).conflict(), expected, "{other:?} {one:?}");
            drop(second);
        }
    }

    #[test]
    fn partition_conflict_is_reported_even_behind_an_instance_conflict() {
        let locks = ResetLocks::default();
        let _first = locks.request(scope("i", "h", None, None));
        let _second = locks.request(scope("i", "g", Some("t"), None));
        assert_eq!(locks.request(scope("i", "g", Some("t"), None)).conflict(), Some(Conflict::Partitions));
    }

    #[tokio::test]
    async fn each_reset_waits_for_the_one_before() {
        let locks = ResetLocks::default();
        let same = scope("i", "g", Some("t"), None);
        let first = granted(&locks, same.clone()).expect("the queue is empty");
        let second = locks.request(same.clone());
        tokio::join!(second.granted(), async { drop(first) });
        assert!(granted(&locks, same.clone()).is_none());
        drop(second);
        assert!(granted(&locks, same).is_some());
    }

    /// Later resets of single topics must not delay an earlier reset of every topic.
    #[tokio::test]
    async fn reset_of_every_topic_is_not_starved_by_later_ones() {
        let locks = ResetLocks::default();
        let running = locks.request(scope("i", "a", Some("t"), None));
        let every = locks.request(scope("i", "g", None, None));
        let later = locks.request(scope("i", "b", Some("t"), None));
        assert_eq!((every.conflict(), later.conflict()), (Some(Conflict::Instance), Some(Conflict::Instance)));
        drop(running);
        every.granted().await;
        assert_eq!(later.conflict(), Some(Conflict::Instance));
        drop(every);
        later.granted().await;
    }

    /// An interrupt drops the waiting future.
    #[tokio::test]
    async fn interrupt_while_waiting_leaves_no_lock_behind() {
        let locks = ResetLocks::default();
        let running = locks.request(scope("i", "a", Some("t"), None));
        assert!(granted(&locks, scope("i", "g", None, None)).is_none(), "polled once, then dropped");
        assert!(granted(&locks, scope("i", "b", Some("t"), None)).is_some(), "nothing waits before it");
        drop(running);
        assert!(locks.0.scopes().is_empty());
    }
}
