//! Faults: rules that make matching requests fail, selected by route, count and probability.

mod effect;
mod rules;

pub use self::effect::{Effect, FaultResponse, RawBody};

pub(crate) use self::effect::Interception;
pub(crate) use self::rules::{FaultMatch, FaultRules};

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use crate::message::Request;
use crate::routes::{Operation, requested_partition};

/// A rule: which requests it matches, which of those it hits, and what happens to them.
///
/// ```
/// use dms_emulator::{Effect, Emulator, Fault, FaultResponse, Operation};
///
/// let emulator = Emulator::start_in_thread()?;
/// let busy = FaultResponse::new(503, "DMS.111501025", "Busy.").retry_after("1");
/// emulator.add_fault(Fault::new(Effect::Status(busy)).on(Operation::ListOffsets).times(2));
/// emulator.add_fault(Fault::new(Effect::ResetAfter).on(Operation::ResetOffsets).partition(2).times(1));
/// assert_eq!(emulator.faults().len(), 2);
/// # Ok::<(), dms_emulator::StartError>(())
/// ```
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The name in the journal. Default: the name of the effect.
    #[serde(default)]
    pub name: Option<String>,
    /// Matches requests with this method, for example `PUT`.
    #[serde(default)]
    pub method: Option<String>,
    /// Matches requests whose path, as sent and without the query, ends with this text.
    #[serde(default)]
    pub path_suffix: Option<String>,
    /// Matches requests of this operation.
    #[serde(default)]
    pub operation: Option<Operation>,
    /// Matches requests whose body has this `partition`; -1 is the reset of all partitions.
    #[serde(default)]
    pub partition: Option<i32>,
    /// Lets this many matching requests pass first.
    #[serde(default)]
    pub skip: u64,
    /// Hits every nth of the remaining matching requests. Default: every one.
    #[serde(default = "each")]
    pub every: NonZeroU64,
    /// Hits each of these with this probability, from 0 to 1. Default: 1.
    #[serde(default = "always", deserialize_with = "probability")]
    pub probability: f64,
    /// The seed of the pseudo-random sequence: the same seed hits the same requests.
    #[serde(default)]
    pub seed: u64,
    /// The number of hits after which the rule is removed. Default: no limit.
    #[serde(default)]
    pub count: Option<u64>,
    /// The delay before the effect, in real time.
    #[serde(default)]
    pub delay_ms: u64,
    /// What happens to the request. Default: it is served as usual, after the delay.
    #[serde(default)]
    pub effect: Effect,
}

fn each() -> NonZeroU64 {
    NonZeroU64::MIN
}

fn always() -> f64 {
    1.0
}

fn probability<'de, D: serde::Deserializer<'de>>(value: D) -> Result<f64, D::Error> {
    let probability = f64::deserialize(value)?;
    if (0.0..=1.0).contains(&probability) {
        return Ok(probability);
    }
    Err(serde::de::Error::custom(format!("a probability must be from 0 to 1, not {probability}")))
}

impl Fault {
    /// Hits every request, without a limit. The other methods narrow it down.
    pub fn new(effect: Effect) -> Self {
        Self {
            name: None,
            method: None,
            path_suffix: None,
            operation: None,
            partition: None,
            skip: 0,
            every: each(),
            probability: always(),
            seed: 0,
            count: None,
            delay_ms: 0,
            effect,
        }
    }

    /// Serves every request as usual, but delays it.
    pub fn delay(milliseconds: u64) -> Self {
        Self::new(Effect::Pass).delayed(milliseconds).named("delay")
    }

    /// Sets the name in the journal.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Matches only requests of this operation.
    #[must_use]
    pub fn on(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Matches only resets whose body has this `partition`; -1 is the reset of all partitions.
    #[must_use]
    pub fn partition(mut self, partition: i32) -> Self {
        self.partition = Some(partition);
        self
    }

    /// Matches only requests with this method and a path that ends with this text.
    #[must_use]
    pub fn request(mut self, method: &str, path_suffix: &str) -> Self {
        self.method = Some(method.to_owned());
        self.path_suffix = Some(path_suffix.to_owned());
        self
    }

    /// Lets the first `requests` pass.
    #[must_use]
    pub fn skip(mut self, requests: u64) -> Self {
        self.skip = requests;
        self
    }

    /// Hits only every nth request; 0 counts as 1.
    #[must_use]
    pub fn every(mut self, nth: u64) -> Self {
        self.every = NonZeroU64::new(nth).unwrap_or(NonZeroU64::MIN);
        self
    }

    /// Hits with this probability, from the pseudo-random sequence of this seed.
    #[must_use]
    pub fn with_probability(mut self, probability: f64, seed: u64) -> Self {
        (self.probability, self.seed) = (probability, seed);
        self
    }

    /// Removes the rule after `count` hits.
    #[must_use]
    pub fn times(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }

    /// Waits this long, in real time, before the effect.
    #[must_use]
    pub fn delayed(mut self, milliseconds: u64) -> Self {
        self.delay_ms = milliseconds;
        self
    }

    fn matches(&self, request: &Request, operation: Option<Operation>) -> bool {
        self.method.as_ref().is_none_or(|method| *method == request.method)
            && self.path_suffix.as_ref().is_none_or(|suffix| request.path.ends_with(suffix.as_str()))
            && (self.operation.is_none() || self.operation == operation)
            && (self.partition.is_none() || self.partition == requested_partition(request))
    }
}

#[cfg(test)]
mod tests;
