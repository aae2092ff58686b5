//! Requests that go wrong: rules that a test gives beforehand, by route, number and chance.

mod effect;
mod rules;

pub use self::effect::{Effect, FaultResponse, RawBody};

pub(crate) use self::effect::Before;
pub(crate) use self::rules::{Faults, Hit};

use crate::message::Request;
use crate::routes::Operation;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU64;

/// A rule: which requests it is for, which of those it hits, and what happens to them.
///
/// ```
/// use dms_emulator::{Effect, Emulator, Operation, Fault, FaultResponse};
///
/// let emulator = Emulator::start_in_thread()?;
/// let busy = FaultResponse::new(503, "DMS.111501025", "Busy.").retry_after("1");
/// emulator.add_fault(Fault::new(Effect::Status(busy)).on(Operation::ListOffsets).times(2));
/// emulator.add_fault(Fault::new(Effect::ResetAfter).request("PUT", "/reset-message-offset").times(1));
/// assert_eq!(emulator.faults().len(), 2);
/// # Ok::<(), dms_emulator::StartError>(())
/// ```
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What the journal calls it. Default: the name of the effect.
    #[serde(default)]
    pub name: Option<String>,
    /// For requests with this method only, for example `PUT`.
    #[serde(default)]
    pub method: Option<String>,
    /// For requests only whose path, as sent and without the query, ends so.
    #[serde(default)]
    pub path_suffix: Option<String>,
    /// For requests of this operation only.
    #[serde(default)]
    pub operation: Option<Operation>,
    /// How many of the requests that it is for pass before it begins.
    #[serde(default)]
    pub skip: u64,
    /// It hits the nth, the 2nth, the 3nth and so on of those that come then. Default: each.
    #[serde(default = "each")]
    pub every: NonZeroU64,
    /// With which probability it hits those, from 0 to 1. Default: 1.
    #[serde(default = "always", deserialize_with = "probability")]
    pub probability: f64,
    /// Where the pseudo-random sequence starts: the same seed hits the same requests.
    #[serde(default)]
    pub seed: u64,
    /// How many it hits, then the rule is gone. Default: no end.
    #[serde(default)]
    pub count: Option<u64>,
    /// Waits so long, in real time, before the effect.
    #[serde(default)]
    pub delay_ms: u64,
    /// What happens. Default: the request is served as usual, only later.
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
    Err(serde::de::Error::custom(format!("a probability is 0 to 1, not {probability}")))
}

impl Fault {
    /// Hits every request, without end. The methods below narrow it.
    pub fn new(effect: Effect) -> Self {
        Self {
            name: None,
            method: None,
            path_suffix: None,
            operation: None,
            skip: 0,
            every: each(),
            probability: always(),
            seed: 0,
            count: None,
            delay_ms: 0,
            effect,
        }
    }

    /// Serves every request as usual, but so much later.
    pub fn delay(milliseconds: u64) -> Self {
        Self::new(Effect::Pass).delayed(milliseconds).named("delay")
    }

    /// Another name for the journal.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// For requests of this operation only.
    #[must_use]
    pub fn on(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// For requests with this method and a path with this end only.
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

    /// Hits every nth only; 0 counts as 1.
    #[must_use]
    pub fn every(mut self, nth: u64) -> Self {
        self.every = NonZeroU64::new(nth).unwrap_or(NonZeroU64::MIN);
        self
    }

    /// Hits with this probability, in the pseudo-random sequence of this seed.
    #[must_use]
    pub fn with_probability(mut self, probability: f64, seed: u64) -> Self {
        (self.probability, self.seed) = (probability, seed);
        self
    }

    /// Hits so many, then the rule is gone.
    #[must_use]
    pub fn times(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }

    /// Waits so long, in real time, before the effect.
    #[must_use]
    pub fn delayed(mut self, milliseconds: u64) -> Self {
        self.delay_ms = milliseconds;
        self
    }

    fn fits(&self, request: &Request, operation: Option<Operation>) -> bool {
        self.method.as_ref().is_none_or(|method| *method == request.method)
            && self.path_suffix.as_ref().is_none_or(|suffix| request.path.ends_with(suffix.as_str()))
            && (self.operation.is_none() || self.operation == operation)
    }
}

#[cfg(test)]
mod tests;
