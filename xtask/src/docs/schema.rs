//! The schema that the provider prints, in the form of `terraform providers schema -json`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::Error;
use crate::mirror::SOURCE;

/// Something that has its own page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Provider,
    Resource,
    Action,
    DataSource,
}

impl Kind {
    /// The kinds that have a folder of pages.
    pub(super) const IN_FOLDERS: [Self; 3] = [Self::Resource, Self::Action, Self::DataSource];

    /// The folder of its pages.
    pub(super) fn folder(self) -> &'static str {
        match self {
            Self::Provider => "",
            Self::Resource => "resources",
            Self::Action => "actions",
            Self::DataSource => "data-sources",
        }
    }

    /// The name of the kind in titles.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Provider => "Provider",
            Self::Resource => "Resource",
            Self::Action => "Action",
            Self::DataSource => "Data Source",
        }
    }
}

#[derive(Debug, Deserialize)]
struct Document {
    provider_schemas: BTreeMap<String, Schemas>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Schemas {
    provider: Schema,
    #[serde(default)]
    resource_schemas: BTreeMap<String, Schema>,
    #[serde(default)]
    action_schemas: BTreeMap<String, Schema>,
    #[serde(default)]
    data_source_schemas: BTreeMap<String, Schema>,
}

#[derive(Debug, Deserialize)]
struct Schema {
    block: Block,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Block {
    #[serde(default)]
    pub(super) attributes: BTreeMap<String, Attribute>,
    #[serde(default)]
    pub(super) block_types: BTreeMap<String, NestedBlock>,
    #[serde(default)]
    pub(super) description: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Attribute {
    #[serde(rename = "type")]
    pub(super) value_type: Type,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) required: bool,
    #[serde(default)]
    pub(super) optional: bool,
    #[serde(default)]
    pub(super) sensitive: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct NestedBlock {
    pub(super) nesting_mode: Nesting,
    #[serde(default)]
    pub(super) max_items: u64,
    pub(super) block: Block,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Nesting {
    Single,
    List,
    Set,
}

/// `"string"`, or `["list", <type>]`, or `["object", {<name>: <type>}]`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Type {
    Primitive(Primitive),
    Collection(Collection, Box<Type>),
    Object(ObjectWord, BTreeMap<String, Type>),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Primitive {
    String,
    Number,
    Bool,
    Dynamic,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Collection {
    List,
    Set,
    Map,
}

/// The keyword that distinguishes an object from a collection.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ObjectWord {
    Object,
}

impl Schemas {
    pub(super) fn read(document: &str) -> Result<Self, Error> {
        let document: Document = serde_json::from_str(document)
            .map_err(|error| Error::failed(format!("cannot read the provider's schema: {error}")))?;
        let mut schemas = document.provider_schemas;
        schemas.remove(SOURCE).ok_or_else(|| Error::failed(format!("The provider's schema does not contain {SOURCE}.")))
    }

    /// The block of a type. The provider's block has no type name.
    pub(super) fn block(&self, kind: Kind, type_name: &str) -> Option<&Block> {
        match kind {
            Kind::Provider => Some(&self.provider.block),
            _ => self.table(kind).get(type_name).map(|schema| &schema.block),
        }
    }

    /// The type names of this kind.
    pub(super) fn types(&self, kind: Kind) -> impl Iterator<Item = &str> {
        self.table(kind).keys().map(String::as_str)
    }

    fn table(&self, kind: Kind) -> &BTreeMap<String, Schema> {
        static NONE: BTreeMap<String, Schema> = BTreeMap::new();
        match kind {
            Kind::Provider => &NONE,
            Kind::Resource => &self.resource_schemas,
            Kind::Action => &self.action_schemas,
            Kind::DataSource => &self.data_source_schemas,
        }
    }
}
