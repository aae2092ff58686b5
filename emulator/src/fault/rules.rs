//! The rules in force, and which of them hits a request.

use super::{Effect, Fault};
use crate::message::Request;
use crate::routes::Operation;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What a rule does to one request.
pub(crate) struct Hit {
    pub(crate) name: String,
    pub(crate) delay: Duration,
    pub(crate) effect: Effect,
}

struct Rule {
    fault: Fault,
    /// How many requests it was asked about that it is for.
    seen: u64,
    /// How many it may still hit.
    left: Option<u64>,
    random: Random,
}

impl Rule {
    fn hits(&mut self, request: &Request, operation: Option<Operation>) -> bool {
        if !self.fault.fits(request, operation) {
            return false;
        }
        self.seen += 1;
        let nth = self.seen.saturating_sub(self.fault.skip);
        nth > 0 && nth.is_multiple_of(self.fault.every.get()) && self.random.next() < self.fault.probability
    }
}

/// The rules that still hit something, in the order given.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Vec<Rule>>);

impl Faults {
    pub(crate) fn add(&self, faults: impl IntoIterator<Item = Fault>) {
        let rules =
            faults.into_iter().map(|fault| Rule { seen: 0, left: fault.count, random: Random(fault.seed), fault });
        // Collected before locking: the iterator is the caller's code.
        let rules: Vec<Rule> = rules.filter(|rule| rule.left != Some(0)).collect();
        self.lock().extend(rules);
    }

    /// The first rule that hits this request. Rules after it do not see the request.
    pub(crate) fn take(&self, request: &Request, operation: Option<Operation>) -> Option<Hit> {
        let mut rules = self.lock();
        let index = rules.iter_mut().position(|rule| rule.hits(request, operation))?;
        let rule = rules.get_mut(index)?;
        rule.left = rule.left.map(|left| left.saturating_sub(1));
        let Fault { name, effect, delay_ms, .. } = &rule.fault;
        let hit = Hit {
            name: name.clone().unwrap_or_else(|| effect.name().to_owned()),
            delay: Duration::from_millis(*delay_ms),
            effect: effect.clone(),
        };
        if rule.left == Some(0) {
            rules.remove(index);
        }
        Some(hit)
    }

    /// The rules in force; `count` says how many requests each may still hit.
    pub(crate) fn left(&self) -> Vec<Fault> {
        let rules = self.lock();
        rules.iter().map(|rule| Fault { count: rule.left, ..rule.fault.clone() }).collect()
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// SplitMix64: good enough to spread faults, and the same on every machine.
struct Random(u64);

impl Random {
    /// The next number, from 0 and below 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        // The upper 53 bits are what a double holds exactly.
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }
}
