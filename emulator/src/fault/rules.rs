//! The active fault rules, and the one that applies to a request.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::message::Request;
use crate::routes::Operation;

use super::{Effect, Fault};

/// What a rule does to one request.
pub(crate) struct FaultMatch {
    pub(crate) name: String,
    pub(crate) delay: Duration,
    pub(crate) effect: Effect,
}

struct Rule {
    fault: Fault,
    /// How many requests matched so far, whether or not the rule hit them.
    matched: u64,
    /// How many more requests the rule hits. `None`: no limit.
    remaining: Option<u64>,
    random: SplitMix64,
}

impl Rule {
    fn new(fault: Fault) -> Self {
        Self { matched: 0, remaining: fault.count, random: SplitMix64(fault.seed), fault }
    }

    fn hits(&mut self, request: &Request, operation: Option<Operation>) -> bool {
        if !self.fault.matches(request, operation) {
            return false;
        }
        self.matched += 1;
        let nth = self.matched.saturating_sub(self.fault.skip);
        nth > 0 && nth.is_multiple_of(self.fault.every.get()) && self.random.next() < self.fault.probability
    }
}

/// The active rules, in the order in which they were added.
#[derive(Default)]
pub(crate) struct FaultRules(Mutex<Vec<Rule>>);

impl FaultRules {
    pub(crate) fn add(&self, faults: impl IntoIterator<Item = Fault>) {
        // Collected before locking, because the iterator runs code of the caller.
        let rules: Vec<Rule> = faults.into_iter().map(Rule::new).filter(|rule| rule.remaining != Some(0)).collect();
        self.lock().extend(rules);
    }

    /// The first rule that hits this request. Later rules do not count the request.
    pub(crate) fn take(&self, request: &Request, operation: Option<Operation>) -> Option<FaultMatch> {
        let mut rules = self.lock();
        let index = rules.iter_mut().position(|rule| rule.hits(request, operation))?;
        let rule = rules.get_mut(index)?;
        rule.remaining = rule.remaining.map(|remaining| remaining.saturating_sub(1));
        let Fault { name, effect, delay_ms, .. } = &rule.fault;
        let fault = FaultMatch {
            name: name.clone().unwrap_or_else(|| effect.name().to_owned()),
            delay: Duration::from_millis(*delay_ms),
            effect: effect.clone(),
        };
        if rule.remaining == Some(0) {
            rules.remove(index);
        }
        Some(fault)
    }

    /// The active rules; `count` is the number of requests that each can still hit.
    pub(crate) fn active(&self) -> Vec<Fault> {
        let rules = self.lock();
        rules.iter().map(|rule| Fault { count: rule.remaining, ..rule.fault.clone() }).collect()
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A small generator whose sequence is the same on every machine.
struct SplitMix64(u64);

impl SplitMix64 {
    /// The next number, at least 0 and less than 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        // An f64 represents 53 bits exactly.
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }
}
