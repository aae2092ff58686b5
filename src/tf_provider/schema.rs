//! Schemas of blocks. An attribute has a type, flags, plan behaviour and documentation.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::value::{Type, Value};

/// The schema of a provider, resource, data source or action block.
#[derive(Clone, Debug)]
pub struct Schema {
    /// The version of the stored state. Increase it when an attribute is removed or its type changes.
    pub version: i64,
    /// The root block.
    pub block: Block,
}

impl Schema {
    /// A schema of version 0.
    pub fn new(block: Block) -> Self {
        Self { version: 0, block }
    }

    /// The object type of the block. It determines how values are encoded.
    pub fn value_type(&self) -> Type {
        self.block.value_type()
    }
}

/// The attributes and nested blocks of a block, and its documentation.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Documentation in Markdown.
    pub description: String,
    /// The attributes, in the order of the documentation.
    pub attributes: Vec<Attribute>,
    /// The nested blocks, in the order of the documentation.
    pub blocks: Vec<NestedBlock>,
}

impl Block {
    /// A block without attributes. `description` is Markdown.
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

    /// The object type of this block's values.
    pub fn value_type(&self) -> Type {
        let attributes = self.attributes.iter().map(|attribute| (attribute.name.clone(), attribute.value_type.clone()));
        let blocks = self.blocks.iter().map(|nested| (nested.name.clone(), nested.value_type()));
        Type::Object(attributes.chain(blocks).collect())
    }

    /// The value that Terraform sends for a block without content: null attributes and no nested blocks.
    pub fn empty_value(&self) -> Value {
        let attributes = self.attributes.iter().map(|attribute| (attribute.name.clone(), Value::Null));
        let blocks = self.blocks.iter().map(|nested| (nested.name.clone(), nested.nesting.empty_value()));
        Value::Map(attributes.chain(blocks).collect::<BTreeMap<_, _>>())
    }
}

/// One argument or exported attribute of a block.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// The name in the configuration.
    pub name: String,
    /// The type of the value.
    pub value_type: Type,
    /// Documentation in Markdown.
    pub description: String,
    /// The user must set it.
    pub required: bool,
    /// The user can set it.
    pub optional: bool,
    /// The provider can set it.
    pub computed: bool,
    /// Terraform hides the value in its output. The state still contains it as plain text.
    pub sensitive: bool,
    /// A change replaces the resource.
    pub requires_replace: bool,
    /// The planned value if the user sets none.
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

    /// An attribute that the user must set.
    pub fn required(name: impl Into<String>, value_type: Type, description: impl Into<String>) -> Self {
        Self { required: true, ..Self::new(name, value_type, description) }
    }

    /// An attribute that the user can set.
    pub fn optional(name: impl Into<String>, value_type: Type, description: impl Into<String>) -> Self {
        Self { optional: true, ..Self::new(name, value_type, description) }
    }

    /// An attribute that the provider sets. It is unknown in the plan of a create, and an in-place update keeps its
    /// value.
    pub fn computed(name: impl Into<String>, value_type: Type, description: impl Into<String>) -> Self {
        Self { computed: true, ..Self::new(name, value_type, description) }
    }

    /// The provider sets the value if the user does not. Use after [`Attribute::optional`].
    pub fn or_computed(mut self) -> Self {
        self.computed = true;
        self
    }

    /// The value is `value` if the user sets none. Use after [`Attribute::optional`] in a resource.
    pub fn or_default(mut self, value: Value) -> Self {
        self.computed = true;
        self.default = Some(value);
        self
    }

    /// The value is null instead of the default if the attribute `other` of the block is set. Use after
    /// [`Attribute::or_default`].
    pub fn unless(mut self, other: impl Into<String>) -> Self {
        self.default_unless = Some(other.into());
        self
    }

    /// The default in a block with the values `block`. `None`: the attribute has no default.
    pub fn default_in(&self, block: &Value) -> Option<Value> {
        let default = self.default.as_ref()?;
        let other = self.default_unless.as_ref().and_then(|other| block.get(other));
        Some(match other {
            None | Some(Value::Null) => default.clone(),
            Some(Value::Unknown) => Value::Unknown,
            Some(_) => Value::Null,
        })
    }

    /// Terraform hides the value in its output.
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// A change replaces the resource.
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

/// How often a nested block can occur, and the type of its value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Nesting {
    /// At most once. The value is an object, or null if the block is absent.
    Single,
    /// Any number of times, in order. The value is a list of objects, which is empty if the block is absent.
    List,
}

impl Nesting {
    pub(super) fn empty_value(self) -> Value {
        match self {
            Nesting::Single => Value::Null,
            Nesting::List => Value::List(Vec::new()),
        }
    }
}

/// A block inside a block.
#[derive(Clone, Debug)]
pub struct NestedBlock {
    /// The name in the configuration.
    pub name: String,
    /// How often the block can occur.
    pub nesting: Nesting,
    /// The content of each occurrence.
    pub block: Block,
    /// The maximum number of occurrences. 0: no limit.
    pub max_items: i64,
}

impl NestedBlock {
    /// A block that can occur once.
    pub fn single(name: impl Into<String>, block: Block) -> Self {
        Self { name: name.into(), nesting: Nesting::Single, block, max_items: 0 }
    }

    /// A block that can occur any number of times, in order.
    pub fn list(name: impl Into<String>, block: Block) -> Self {
        Self { name: name.into(), nesting: Nesting::List, block, max_items: 0 }
    }

    /// A list block can occur at most `count` times.
    pub fn at_most(mut self, count: i64) -> Self {
        self.max_items = count;
        self
    }

    fn value_type(&self) -> Type {
        let object = Box::new(self.block.value_type());
        match self.nesting {
            Nesting::Single => *object,
            Nesting::List => Type::List(object),
        }
    }
}
