//! Reads the test vectors that go-cty made; see `tests/vectors/msgpack/README.md`.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::tf_provider::value::{Type, Value};

/// One vector.
#[derive(Deserialize)]
pub(super) struct Vector {
    pub(super) name: String,
    pub(super) origin: Origin,
    #[serde(rename = "type")]
    ty: Box<RawValue>,
    msgpack: String,
    value: Box<RawValue>,
    #[serde(default)]
    pub(super) json: Option<String>,
}

/// What go-cty did with the bytes.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Origin {
    /// Wrote them.
    Encoded,
    /// Read them. They were written by hand.
    Foreign,
    /// Rejected them.
    Refused,
}

/// The description of a value in the vectors.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum DescribedValue {
    Null,
    Unknown,
    Bool(bool),
    Number(String),
    String(String),
    List(Vec<DescribedValue>),
    Map(BTreeMap<String, DescribedValue>),
}

impl Vector {
    /// Every vector.
    pub(super) fn all() -> Vec<Self> {
        let text = include_str!("../../../../tests/vectors/msgpack/vectors.json");
        serde_json::from_str(text).unwrap()
    }

    /// Every vector that go-cty can read.
    pub(super) fn valid() -> Vec<Self> {
        Self::all().into_iter().filter(|vector| vector.origin != Origin::Refused).collect()
    }

    /// The type as go-cty writes it.
    pub(super) fn type_json(&self) -> &str {
        self.ty.get()
    }

    pub(super) fn ty(&self) -> Type {
        parse_type(&serde_json::from_str(self.type_json()).unwrap())
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        HEXLOWER.decode(self.msgpack.as_bytes()).unwrap()
    }

    /// The value of the bytes. Panics for a refused vector.
    pub(super) fn expected(&self) -> Value {
        serde_json::from_str::<DescribedValue>(self.value.get()).unwrap().value()
    }
}

fn parse_type(json: &serde_json::Value) -> Type {
    let parts = json.as_array().map(Vec::as_slice).unwrap_or_default();
    match (json.as_str(), parts) {
        (Some("string"), _) => Type::String,
        (Some("number"), _) => Type::Number,
        (Some("bool"), _) => Type::Bool,
        (_, [kind, element]) if kind == "list" => Type::list(parse_type(element)),
        (_, [kind, element]) if kind == "map" => Type::map(parse_type(element)),
        (_, [kind, attributes]) if kind == "object" => {
            Type::object(attributes.as_object().unwrap().iter().map(|(name, ty)| (name, parse_type(ty))))
        }
        _ => panic!("unknown type {json}"),
    }
}

impl DescribedValue {
    fn value(self) -> Value {
        let all = |elements: Vec<Self>| elements.into_iter().map(Self::value).collect::<Vec<_>>();
        match self {
            Self::Null => Value::Null,
            Self::Unknown => Value::Unknown,
            Self::Bool(flag) => Value::Bool(flag),
            Self::Number(text) => Value::Number(text.parse().unwrap()),
            Self::String(text) => Value::String(text),
            Self::List(elements) => Value::List(all(elements)),
            Self::Map(elements) => elements.into_iter().map(|(key, element)| (key, element.value())).collect(),
        }
    }
}
