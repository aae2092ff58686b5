//! Tests of types, values, codecs and models.

mod encoding;
mod golden;
mod hostile;
mod models;
mod numbers;
mod roundtrip;
mod states;
mod types;
mod vectors;
