//! Tests of types, values, their codecs and models together.
