//! Keeps resets of one instance apart, where one would be taken for the other.
//!
//! A reset of every topic is known by the background task that appears after it, and tasks don't say whose they are. So
//! such a reset has its instance for itself, within this process, until its task has ended. Resets of single topics make
//! no task and run side by side.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use crate::huaweicloud::InstanceAddress;

/// One lock per instance, for all configurations of this process.
#[derive(Clone, Debug, Default)]
pub(crate) struct InstanceLocks(Arc<Mutex<HashMap<InstanceAddress, Arc<RwLock<()>>>>>);

/// The right to reset on an instance, until it is dropped.
#[derive(Debug)]
#[expect(dead_code, reason = "held, never read")]
pub(crate) enum InstanceGuard {
    /// Beside others that share it.
    Shared(OwnedRwLockReadGuard<()>),
    /// Alone.
    Alone(OwnedRwLockWriteGuard<()>),
}

impl InstanceLocks {
    fn of(&self, instance: &InstanceAddress) -> Arc<RwLock<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(locks.entry(instance.clone()).or_default())
    }

    /// The guard, if nobody stands in the way at this moment.
    pub(crate) fn try_acquire(&self, instance: &InstanceAddress, alone: bool) -> Option<InstanceGuard> {
        let lock = self.of(instance);
        if alone {
            lock.try_write_owned().ok().map(InstanceGuard::Alone)
        } else {
            lock.try_read_owned().ok().map(InstanceGuard::Shared)
        }
    }

    /// The guard, when its turn has come: first come, first served.
    pub(crate) async fn acquire(&self, instance: &InstanceAddress, alone: bool) -> InstanceGuard {
        let lock = self.of(instance);
        if alone {
            InstanceGuard::Alone(lock.write_owned().await)
        } else {
            InstanceGuard::Shared(lock.read_owned().await)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::huaweicloud::{InstanceId, ProjectId};

    fn instance(id: &str) -> InstanceAddress {
        InstanceAddress {
            project_id: ProjectId::parse("p").unwrap(),
            region: None,
            instance_id: InstanceId::parse(id).unwrap(),
        }
    }

    #[tokio::test]
    async fn reset_of_every_topic_has_its_instance_for_itself() {
        let locks = InstanceLocks::default();
        let first = locks.try_acquire(&instance("a"), true).expect("nobody was there");
        assert!(locks.try_acquire(&instance("a"), true).is_none());
        assert!(locks.try_acquire(&instance("a"), false).is_none());
        assert!(locks.try_acquire(&instance("b"), true).is_some(), "another instance");
        let same = instance("a");
        let (second, ()) = tokio::join!(locks.acquire(&same, true), async { drop(first) });
        drop(second);
    }

    #[tokio::test]
    async fn resets_of_single_topics_run_side_by_side() {
        let locks = InstanceLocks::default();
        let first = locks.try_acquire(&instance("a"), false);
        let second = locks.try_acquire(&instance("a"), false);
        assert!(first.is_some() && second.is_some());
        assert!(locks.try_acquire(&instance("a"), true).is_none());
    }
}
