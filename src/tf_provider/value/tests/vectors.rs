//! The vectors that go-cty made; `tests/vectors/msgpack/README.md` says how.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::tf_provider::value::{Type, Value};

/// One vector.
#[derive(Deserialize)]
pub(super) struct Row {
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
    /// Read them; they were written by hand.
    Foreign,
    /// Refused them.
    Refused,
}

/// The description of a value in the vectors.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Described {
    Null,
    Unknown,
    Bool(bool),
    Number(String),
    String(String),
    List(Vec<Described>),
    Set(Vec<Described>),
    Map(BTreeMap<String, Described>),
    Dynamic(Box<RawValue>, Box<Described>),
}

impl Row {
    /// Every vector.
    pub(super) fn all() -> Vec<Self> {
        let text = include_str!("../../../../tests/vectors/msgpack/vectors.json");
        serde_json::from_str(text).unwrap()
    }

    /// Every vector that go-cty can read.
    pub(super) fn valid() -> Vec<Self> {
        Self::all().into_iter().filter(|row| row.origin != Origin::Refused).collect()
    }

    /// The type as go-cty writes it.
    pub(super) fn type_json(&self) -> &str {
        self.ty.get()
    }

    pub(super) fn ty(&self) -> Type {
        Type::from_json(self.type_json().as_bytes()).unwrap()
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        HEXLOWER.decode(self.msgpack.as_bytes()).unwrap()
    }

    /// What the bytes mean. Not to be called for refused ones.
    pub(super) fn expected(&self) -> Value {
        serde_json::from_str::<Described>(self.value.get()).unwrap().value()
    }
}

impl Described {
    fn value(self) -> Value {
        let all = |elements: Vec<Self>| elements.into_iter().map(Self::value).collect::<Vec<_>>();
        match self {
            Self::Null => Value::Null,
            Self::Unknown => Value::Unknown,
            Self::Bool(flag) => Value::Bool(flag),
            Self::Number(text) => Value::Number(text.parse().unwrap()),
            Self::String(text) => Value::String(text),
            Self::List(elements) => Value::List(all(elements)),
            Self::Set(elements) => {
                let mut elements = all(elements);
                elements.sort();
                Value::List(elements)
            }
            Self::Map(elements) => elements.into_iter().map(|(key, element)| (key, element.value())).collect(),
            Self::Dynamic(ty, value) => {
                let ty = Type::from_json(ty.get().as_bytes()).unwrap();
                Value::Dynamic(Box::new((ty, value.value())))
            }
        }
    }
}
