//! The macro that defines a block or object as a Rust struct.

/// Defines a struct together with its conversions from and to a
/// [`Value`](crate::tf_provider::value::Value).
///
/// Field names are the attribute names of the schema; `r#type` stands for `type`. Attributes
/// such as documentation and derives pass through. `Clone` must be among the derives, as a
/// [`Model`](crate::tf_provider::value::Model) requires it.
///
/// ```
/// use terraform_provider_huaweicloud_kafka::model;
/// use terraform_provider_huaweicloud_kafka::tf_provider::attribute_path::AttributePath;
/// use terraform_provider_huaweicloud_kafka::tf_provider::value::{Attr, FromValue, Value};
///
/// model! {
///     /// A lamp.
///     #[derive(Clone, Debug)]
///     pub struct Lamp {
///         /// Where it stands.
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
/// # Ok::<(), terraform_provider_huaweicloud_kafka::tf_provider::value::ModelError>(())
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

        impl $crate::tf_provider::value::Model for $name {
            fn attribute_names() -> &'static [&'static str] {
                const NAMES: &[&str] =
                    &[$($crate::tf_provider::value::attribute_name(stringify!($field))),+];
                NAMES
            }
        }

        impl $crate::tf_provider::value::FromValue for $name {
            fn from_value(
                value: &$crate::tf_provider::value::Value,
                path: &$crate::tf_provider::attribute_path::AttributePath,
            ) -> ::std::result::Result<Self, $crate::tf_provider::value::ModelError> {
                let object = $crate::tf_provider::value::ObjectReader::new(
                    value,
                    path,
                    <Self as $crate::tf_provider::value::Model>::attribute_names(),
                )?;
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
        }
    };
}
