//! Tests of the built provider from outside, one binary for all.

mod plugin_client;
mod protocol;
mod tidy;
