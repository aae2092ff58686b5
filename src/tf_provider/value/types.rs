//! The types of Terraform's values and their JSON description.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::value::RawValue;

use super::MAX_DEPTH;
use super::json::text::{self, Text};

/// What a value may be.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// Unicode text.
    String,
    /// A decimal number of any size.
    Number,
    /// True or false.
    Bool,
    /// Anything; each value brings its own type.
    Dynamic,
    /// Elements of one type, in order.
    List(Box<Type>),
    /// Elements of one type, each once, without order.
    Set(Box<Type>),
    /// Elements of one type under string keys.
    Map(Box<Type>),
    /// A fixed set of attributes, each of its own type. Nested blocks are attributes too.
    Object(BTreeMap<String, Type>),
    /// A fixed sequence of elements, each of its own type.
    Tuple(Vec<Type>),
}

/// A type description that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeError {
    message: String,
}

impl Type {
    /// A list of elements of type `element`.
    #[must_use]
    pub fn list(element: Self) -> Self {
        Self::List(Box::new(element))
    }

    /// A set of elements of type `element`.
    #[must_use]
    pub fn set(element: Self) -> Self {
        Self::Set(Box::new(element))
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

    /// The description as schemas and dynamic values carry it: compact JSON such as
    /// `["list","string"]`. Terraform crashes on a schema with any other form.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = String::new();
        self.write_json(&mut out);
        out.into_bytes()
    }

    pub(super) fn write_json(&self, out: &mut String) {
        match self {
            Self::String => out.push_str("\"string\""),
            Self::Number => out.push_str("\"number\""),
            Self::Bool => out.push_str("\"bool\""),
            Self::Dynamic => out.push_str("\"dynamic\""),
            Self::List(element) => element.write_wrapped(out, "list"),
            Self::Set(element) => element.write_wrapped(out, "set"),
            Self::Map(element) => element.write_wrapped(out, "map"),
            Self::Object(attributes) => {
                out.push_str("[\"object\",{");
                for (position, (name, ty)) in attributes.iter().enumerate() {
                    if position > 0 {
                        out.push(',');
                    }
                    text::write_string(out, name);
                    out.push(':');
                    ty.write_json(out);
                }
                out.push_str("}]");
            }
            Self::Tuple(elements) => {
                out.push_str("[\"tuple\",[");
                for (position, ty) in elements.iter().enumerate() {
                    if position > 0 {
                        out.push(',');
                    }
                    ty.write_json(out);
                }
                out.push_str("]]");
            }
        }
    }

    fn write_wrapped(&self, out: &mut String, kind: &str) {
        out.push_str("[\"");
        out.push_str(kind);
        out.push_str("\",");
        self.write_json(out);
        out.push(']');
    }

    /// Reads a description written by [`Type::to_json`] or by Terraform. The third element that
    /// an object's description may have names optional attributes; they make no difference to
    /// values, which always have every attribute.
    ///
    /// # Errors
    ///
    /// When the bytes are not JSON, describe no type, or nest too deeply.
    pub fn from_json(bytes: &[u8]) -> Result<Self, TypeError> {
        Self::read(text::document(bytes)?, 0)
    }

    pub(super) fn read(raw: &RawValue, depth: usize) -> Result<Self, TypeError> {
        if depth >= MAX_DEPTH {
            return Err(TypeError::new("the type is nested too deeply"));
        }
        let parts = match text::read(raw)? {
            Text::String(name) => return Self::primitive(&name),
            Text::Array(parts) => parts,
            other => return Err(TypeError::unexpected(&other)),
        };
        let Some((kind, rest)) = parts.split_first() else {
            return Err(TypeError::new("a type cannot be an empty list"));
        };
        let Text::String(kind) = text::read(kind)? else {
            return Err(TypeError::new("a type must begin with its kind"));
        };
        match (kind.as_str(), rest) {
            ("list", [element]) => Self::read(element, depth + 1).map(Self::list),
            ("set", [element]) => Self::read(element, depth + 1).map(Self::set),
            ("map", [element]) => Self::read(element, depth + 1).map(Self::map),
            ("object", [attributes]) => Self::read_object(attributes, depth + 1),
            ("object", [attributes, optional]) => {
                let object = Self::read_object(attributes, depth + 1)?;
                object.check_optional(optional)?;
                Ok(object)
            }
            ("tuple", [elements]) => Self::read_tuple(elements, depth + 1),
            ("list" | "set" | "map" | "object" | "tuple", _) => {
                Err(TypeError::new(format!("{kind:?} is followed by {} parts, which it cannot have", rest.len())))
            }
            _ => Err(TypeError::new(format!("{kind:?} is no kind of type"))),
        }
    }

    fn primitive(name: &str) -> Result<Self, TypeError> {
        match name {
            "string" => Ok(Self::String),
            "number" => Ok(Self::Number),
            "bool" => Ok(Self::Bool),
            "dynamic" => Ok(Self::Dynamic),
            _ => Err(TypeError::new(format!("{name:?} is no primitive type"))),
        }
    }

    fn read_object(raw: &RawValue, depth: usize) -> Result<Self, TypeError> {
        let Text::Object(entries) = text::read(raw)? else {
            return Err(TypeError::new("an object's attributes must be a JSON object"));
        };
        let mut attributes = BTreeMap::new();
        for (name, raw) in entries {
            let ty = Self::read(raw, depth)?;
            if attributes.contains_key(&name) {
                return Err(TypeError::new(format!("attribute {name:?} is described twice")));
            }
            attributes.insert(name, ty);
        }
        Ok(Self::Object(attributes))
    }

    fn read_tuple(raw: &RawValue, depth: usize) -> Result<Self, TypeError> {
        let Text::Array(elements) = text::read(raw)? else {
            return Err(TypeError::new("a tuple's elements must be a JSON array"));
        };
        let types: Result<_, _> = elements.iter().map(|raw| Self::read(raw, depth)).collect();
        types.map(Self::Tuple)
    }

    /// Accepts a JSON array of names of attributes.
    fn check_optional(&self, raw: &RawValue) -> Result<(), TypeError> {
        let (Self::Object(attributes), Text::Array(names)) = (self, text::read(raw)?) else {
            return Err(TypeError::new("optional attributes must be a JSON array"));
        };
        for name in names {
            match text::read(name)? {
                Text::String(name) if attributes.contains_key(&name) => {}
                _ => return Err(TypeError::new("an optional attribute is not described")),
            }
        }
        Ok(())
    }

    /// What a value of this type is called in messages: "a string".
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Number => "a number",
            Self::Bool => "a bool",
            Self::Dynamic => "a dynamically typed value",
            Self::List(_) => "a list",
            Self::Set(_) => "a set",
            Self::Map(_) => "a map",
            Self::Object(_) => "an object",
            Self::Tuple(_) => "a tuple",
        }
    }
}

impl TypeError {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    fn unexpected(found: &Text<'_>) -> Self {
        Self::new(format!("a type is a name or a list, found {}", found.kind()))
    }
}

impl From<text::SyntaxError> for TypeError {
    fn from(error: text::SyntaxError) -> Self {
        Self::new(error.to_string())
    }
}

impl fmt::Display for TypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TypeError {}
