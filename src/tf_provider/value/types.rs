//! The types of Terraform's values and their JSON description.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

/// The type of a value.
///
/// Terraform's sets, tuples and its pseudo-type `dynamic` are absent. Decoding follows the provider's own schemas, and
/// none of them declares such an attribute.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Unicode text.
    String,
    /// A decimal number of any size.
    Number,
    /// True or false.
    Bool,
    /// Elements of one type, in order.
    List(Box<Type>),
    /// Elements of one type under string keys.
    Map(Box<Type>),
    /// A fixed set of attributes, each with its own type. Nested blocks are attributes too.
    Object(BTreeMap<String, Type>),
}

impl Type {
    /// A list of elements of type `element`.
    #[must_use]
    pub fn list(element: Self) -> Self {
        Self::List(Box::new(element))
    }

    /// A map to elements of type `element`.
    #[must_use]
    pub fn map(element: Self) -> Self {
        Self::Map(Box::new(element))
    }

    /// An object with these attributes.
    pub fn object<N: Into<String>>(attributes: impl IntoIterator<Item = (N, Self)>) -> Self {
        Self::Object(attributes.into_iter().map(|(name, ty)| (name.into(), ty)).collect())
    }

    /// The description of the type in a schema, such as `["list","string"]`.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Self::String => "string".into(),
            Self::Number => "number".into(),
            Self::Bool => "bool".into(),
            Self::List(element) => json!(["list", element.to_json()]),
            Self::Map(element) => json!(["map", element.to_json()]),
            Self::Object(attributes) => {
                let attributes = attributes.iter().map(|(name, ty)| (name.clone(), ty.to_json()));
                json!(["object", Json::Object(attributes.collect())])
            }
        }
    }

    /// The name of a value of this type in messages: "a string".
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Number => "a number",
            Self::Bool => "a bool",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::Object(_) => "an object",
        }
    }
}
