//! msgpack: the form in which Terraform sends configurations, plans and states.
//!
//! | Value | Read from | Written as |
//! |---|---|---|
//! | null | nil | nil |
//! | unknown | an extension of any type and size | `d4 00 00` |
//! | string | str or bin, UTF-8 | str |
//! | number | an integer or float of any width, or decimal text | the shortest integer, or decimal text |
//! | list, set | array | array |
//! | map, object | map with string keys | map with sorted keys |
//!
//! Terraform stores refinements of an unknown value, such as a prefix or bounds, in the extension. Decoding drops them,
//! because a refinement in a plan is a promise about the applied value.

mod cursor;
mod decode;
mod encode;

pub use self::decode::decode;
pub use self::encode::encode;
