//! msgpack: the form in which Terraform sends configurations, plans and states.
//!
//! | Value | Read | Written |
//! |---|---|---|
//! | null | nil | nil |
//! | unknown | any extension, whatever its type and body | `d4 00 00` |
//! | string | str (or bin), UTF-8 | str |
//! | number | integer or float of any width, or decimal text | the shortest integer, or decimal text |
//! | list, set, tuple | array | array |
//! | map, object | map with string keys | map, keys sorted |
//! | dynamic | array of type (JSON in bin or str) and value | the same, type in bin |
//!
//! Terraform puts what it knows about an unknown value (a prefix, bounds) into the extension's
//! body. That is skipped: sending it back would be a promise that the applied value keeps.

mod decode;
mod encode;
mod reader;

pub use self::decode::decode;
pub use self::encode::encode;
