//! The macro that defines a block or object as a Rust struct.

/// Defines a struct, its conversions from and to a [`Value`](crate::tf_provider::value::Value), and its
/// [`Type`](crate::tf_provider::value::Type).
///
/// Field names are the attribute names of the schema. A field `r#type` is the attribute `type`. The struct keeps its
/// documentation and derives. It must derive `Clone`, because a [`Model`](crate::tf_provider::value::Model) requires
/// it.
///
/// ```
/// use terraform_provider_huaweicloud_kafka::model;
/// use terraform_provider_huaweicloud_kafka::tf_provider::attribute_path::AttributePath;
/// use terraform_provider_huaweicloud_kafka::tf_provider::value::{Attr, FromValue, ToValue, Type, Value};
///
/// model! {
///     /// A lamp.
///     #[derive(Clone, Debug)]
///     pub struct Lamp {
///         /// The room that the lamp is in.
///         pub room: String,
///         /// From 0 to 100.
///         pub brightness: Attr<i64>,
///     }
/// }
///
/// let value = Value::from_iter([("room", Value::from("hall")), ("brightness", Value::Unknown)]);
/// let lamp = Lamp::from_value(&value, &AttributePath::root())?;
/// assert_eq!(lamp.room, "hall");
/// assert!(lamp.brightness.is_unknown());
/// assert_eq!(Lamp::value_type(), Type::object([("room", Type::String), ("brightness", Type::Number)]));
/// # Ok::<(), terraform_provider_huaweicloud_kafka::tf_provider::value::ValueError>(())
/// ```
#[macro_export]
macro_rules! model {
    (
        $(#[$meta:meta])*
        $visibility:vis struct $name:ident {
            $(
                $(#[$field_meta:meta])*
                $field_visibility:vis $field:ident: $type:ty
            ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        $visibility struct $name {
            $(
                $(#[$field_meta])*
                $field_visibility $field: $type,
            )+
        }

        impl $crate::tf_provider::value::Model for $name {}

        impl $crate::tf_provider::value::FromValue for $name {
            fn from_value(
                value: &$crate::tf_provider::value::Value,
                path: &$crate::tf_provider::attribute_path::AttributePath,
            ) -> ::std::result::Result<Self, $crate::tf_provider::value::ValueError> {
                const NAMES: &[&str] =
                    &[$($crate::tf_provider::value::attribute_name(stringify!($field))),+];
                let object = $crate::tf_provider::value::ObjectReader::new(value, path, NAMES)?;
                ::std::result::Result::Ok(Self {
                    $($field: object.attribute(
                        $crate::tf_provider::value::attribute_name(stringify!($field)),
                    )?,)+
                })
            }
        }

        impl $crate::tf_provider::value::ToValue for $name {
            fn to_value(&self) -> $crate::tf_provider::value::Value {
                ::std::iter::FromIterator::from_iter([$((
                    $crate::tf_provider::value::attribute_name(stringify!($field)),
                    $crate::tf_provider::value::ToValue::to_value(&self.$field),
                )),+])
            }

            fn value_type() -> $crate::tf_provider::value::Type {
                $crate::tf_provider::value::Type::object([$((
                    $crate::tf_provider::value::attribute_name(stringify!($field)),
                    <$type as $crate::tf_provider::value::ToValue>::value_type(),
                )),+])
            }
        }
    };
}
