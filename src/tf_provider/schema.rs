//! What a block may hold: for each attribute its type, its flags, how it behaves in a plan, and its documentation.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::value::{Type, Value};

/// The content of a provider, resource, data source or action block.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Version of the stored state. Raise it when an attribute is removed or changes its type.
    pub version: i64,
    /// The root block.
    pub block: Block,
}

impl Schema {
    /// Version 0 of a schema.
    pub fn new(block: Block) -> Self {
        Self { version: 0, block }
    }

    /// The object type of the block, which fixes how its values are encoded.
    pub fn value_type(&self) -> Type {
        self.block.value_type()
    }
}

/// Attributes and nested blocks, with the text that documents them as a whole.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Markdown.
    pub description: String,
    /// In the order in which documentation lists them.
    pub attributes: Vec<Attribute>,
    /// Likewise.
    pub blocks: Vec<NestedBlock>,
}

impl Block {
    /// An empty block, documented by `description` (Markdown).
    pub fn new(description: impl Into<String>) -> Self {
        Self { description: description.into(), ..Self::default() }
    }

    /// Adds an attribute.
    pub fn attribute(mut self, attribute: Attribute) -> Self {
        self.attributes.push(attribute);
        self
    }

    /// Adds a nested block.
    pub fn block(mut self, block: NestedBlock) -> Self {
        self.blocks.push(block);
        self
    }

    /// The object type that holds one value of this block.
    pub fn value_type(&self) -> Type {
        let attributes = self.attributes.iter().map(|attribute| (attribute.name.clone(), attribute.value_type.clone()));
        let blocks = self.blocks.iter().map(|nested| (nested.name.clone(), nested.value_type()));
        Type::Object(attributes.chain(blocks).collect())
    }

    /// What Terraform sends for a block that is present and empty: null attributes and no nested blocks.
    pub fn empty_value(&self) -> Value {
        let attributes = self.attributes.iter().map(|attribute| (attribute.name.clone(), Value::Null));
        let blocks = self.blocks.iter().map(|nested| (nested.name.clone(), nested.nesting.empty_value()));
        Value::Map(attributes.chain(blocks).collect::<BTreeMap<_, _>>())
    }
}

/// One argument or exported value of a block.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// As written in configuration.
    pub name: String,
    /// Of its value.
    pub value_type: Type,
    /// Markdown.
    pub description: String,
    /// The user must set it.
    pub required: bool,
    /// The user may set it.
    pub optional: bool,
    /// The provider may set it.
    pub computed: bool,
    /// Hidden in Terraform's output. It is still plain text in the state.
    pub sensitive: bool,
    /// A change of it replaces the resource.
    pub requires_replace: bool,
    /// Planned where the user sets nothing.
    pub default: Option<Value>,
    /// Converts a value to its normal form. Values with the same normal form do not count as a change.
    pub normal_form: Option<fn(&Value) -> Value>,
    /// Another attribute of the block that expresses the same value in another notation.
    pub alternative_to: Option<String>,
    /// If this other attribute of the block is set, the value is null instead of the default.
    pub default_unless: Option<String>,
}

impl Attribute {
    fn new(name: impl Into<String>, value_type: Type, description: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value_type,
            description: description.into(),
            required: false,
            optional: false,
            computed: false,
            sensitive: false,
            requires_replace: false,
            default: None,
            normal_form: None,
            alternative_to: None,
            default_unless: None,
        }
    }

    /// One that the user must set.
    pub fn required(name: impl Into<String>, value_type: Type, description: impl Into<String>) -> Self {
        Self { required: true, ..Self::new(name, value_type, description) }
    }

    /// One that the user may set.
    pub fn optional(name: impl Into<String>, value_type: Type, description: impl Into<String>) -> Self {
        Self { optional: true, ..Self::new(name, value_type, description) }
    }

    /// One that the provider sets. It is unknown in the plan of a create and keeps its value in an update in place.
    pub fn computed(name: impl Into<String>, value_type: Type, description: impl Into<String>) -> Self {
        Self { computed: true, ..Self::new(name, value_type, description) }
    }

    /// The provider sets it where the user does not. Makes sense after [`Attribute::optional`].
    pub fn or_computed(mut self) -> Self {
        self.computed = true;
        self
    }

    /// `value` where the user sets nothing. Makes sense after [`Attribute::optional`] in a resource.
    pub fn or_default(mut self, value: Value) -> Self {
        self.computed = true;
        self.default = Some(value);
        self
    }

    /// Null instead of the default if another attribute of the block is set. Use after [`Attribute::or_default`].
    pub fn unless(mut self, other: impl Into<String>) -> Self {
        self.default_unless = Some(other.into());
        self
    }

    /// The value if the user sets nothing, given the other values of `block`. `None`: there is no default.
    pub fn default_in(&self, block: &Value) -> Option<Value> {
        let default = self.default.as_ref()?;
        let other = self.default_unless.as_ref().and_then(|other| block.get(other));
        Some(match other {
            None | Some(Value::Null) => default.clone(),
            Some(Value::Unknown) => Value::Unknown,
            Some(_) => Value::Null,
        })
    }

    /// Hidden in Terraform's output.
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// A change of it replaces the resource.
    pub fn requires_replace(mut self) -> Self {
        self.requires_replace = true;
        self
    }

    /// Values with the same normal form are equivalent: the plan keeps the stored one, and nothing is replaced.
    /// `normal_form` must accept every value, including null and unknown ones, and return invalid values unchanged.
    pub fn normal_form(mut self, normal_form: fn(&Value) -> Value) -> Self {
        self.normal_form = Some(normal_form);
        self
    }

    /// The block sets this attribute or the one called `name`. A change from one to the other with the same normal form
    /// replaces nothing.
    pub fn alternative_to(mut self, name: impl Into<String>) -> Self {
        self.alternative_to = Some(name.into());
        self
    }

    /// The normal form of a value of this attribute.
    pub(super) fn normalize<'a>(&self, value: &'a Value) -> Cow<'a, Value> {
        self.normal_form.map_or(Cow::Borrowed(value), |normal_form| Cow::Owned(normal_form(value)))
    }
}

/// How often a nested block may occur, and what holds its occurrences.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Nesting {
    /// At most once: an object, null where absent.
    Single,
    /// A list of objects, empty where absent.
    List,
    /// A set of objects, empty where absent. Its attributes can't be computed: elements have no identity to keep
    /// computed values by.
    Set,
}

impl Nesting {
    pub(super) fn empty_value(self) -> Value {
        match self {
            Nesting::Single => Value::Null,
            Nesting::List | Nesting::Set => Value::List(Vec::new()),
        }
    }
}

/// A block inside a block.
#[derive(Clone, Debug)]
pub struct NestedBlock {
    /// As written in configuration.
    pub name: String,
    /// How it nests.
    pub nesting: Nesting,
    /// What each occurrence holds.
    pub block: Block,
    /// Most occurrences allowed; 0 for no limit.
    pub max_items: i64,
}

impl NestedBlock {
    /// A block that occurs at most once.
    pub fn single(name: impl Into<String>, block: Block) -> Self {
        Self { name: name.into(), nesting: Nesting::Single, block, max_items: 0 }
    }

    /// A block that may be repeated, in order.
    pub fn list(name: impl Into<String>, block: Block) -> Self {
        Self { name: name.into(), nesting: Nesting::List, block, max_items: 0 }
    }

    /// A block that may be repeated, where order means nothing.
    pub fn set(name: impl Into<String>, block: Block) -> Self {
        Self { name: name.into(), nesting: Nesting::Set, block, max_items: 0 }
    }

    /// At most `count` occurrences of a list or set block.
    pub fn at_most(mut self, count: i64) -> Self {
        self.max_items = count;
        self
    }

    fn value_type(&self) -> Type {
        let object = Box::new(self.block.value_type());
        match self.nesting {
            Nesting::Single => *object,
            Nesting::List => Type::List(object),
            Nesting::Set => Type::Set(object),
        }
    }
}
