//! The exported attribute `offsets`: the offsets of each partition before and after the reset.

use crate::model;
use crate::tf_provider::value::{Attr, ToValue, Type};

model! {
    /// One partition. Null: nothing was committed, or it was not read.
    #[derive(Clone, Debug, Default, PartialEq)]
    pub(in crate::provider) struct OffsetRecord {
        pub topic: Attr<String>,
        pub partition: Attr<i64>,
        pub before: Attr<i64>,
        pub after: Attr<i64>,
        pub log_start: Attr<i64>,
        pub log_end: Attr<i64>,
        pub clamped: Attr<bool>,
    }
}

/// The type of the attribute.
pub(super) fn offsets_type() -> Type {
    Vec::<OffsetRecord>::value_type()
}
