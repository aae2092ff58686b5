//! Tests of types, values, their codecs and models together.

mod encoding;
mod golden;
mod hostile;
mod models;
mod numbers;
mod roundtrip;
mod states;
mod types;
mod vectors;
