//! Formats a block of the schema as Markdown, in the form of the Terraform Registry: required, optional and read-only
//! attributes, each sorted by name, followed by the nested schemas.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::schema::{Attribute, Block, Collection, NestedBlock, Nesting, Primitive, Type};

/// The three groups of attributes.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Group {
    Required,
    Optional,
    ReadOnly,
}

impl Group {
    const ALL: [Self; 3] = [Self::Required, Self::Optional, Self::ReadOnly];

    fn title(self) -> &'static str {
        match self {
            Self::Required => "Required",
            Self::Optional => "Optional",
            Self::ReadOnly => "Read-Only",
        }
    }

    fn of_attribute(attribute: &Attribute) -> Self {
        match (attribute.required, attribute.optional) {
            (true, _) => Self::Required,
            (_, true) => Self::Optional,
            _ => Self::ReadOnly,
        }
    }
}

/// A nested schema, which has its own section below the list.
struct Nested<'a> {
    path: Vec<&'a str>,
    anchor: String,
    content: Content<'a>,
}

enum Content<'a> {
    Block(&'a Block),
    Object { group: Group, attributes: &'a BTreeMap<String, Type> },
}

/// Formats the whole block, without a heading.
pub(super) fn reference(block: &Block) -> String {
    let mut text = String::new();
    write_block(&mut text, &[], block);
    format!("{}\n", text.trim_end())
}

fn write_block<'a>(text: &mut String, path: &[&'a str], block: &'a Block) {
    let mut nested = Vec::new();
    for group in Group::ALL {
        let mut lines = BTreeMap::new();
        for (name, attribute) in &block.attributes {
            if Group::of_attribute(attribute) == group {
                lines.insert(name.as_str(), attribute_line(name, attribute, group, path, &mut nested));
            }
        }
        // All blocks are optional here: the schema has no minimum number of blocks.
        if group == Group::Optional {
            for (name, block) in &block.block_types {
                lines.insert(name.as_str(), block_line(name, block, path, &mut nested));
            }
        }
        write_group(text, group, path.is_empty(), lines.into_values());
    }
    write_nested(text, &nested);
}

fn write_group(text: &mut String, group: Group, top: bool, lines: impl ExactSizeIterator<Item = String>) {
    if lines.len() == 0 {
        return;
    }
    let title = group.title();
    *text += &if top { format!("### {title}\n\n") } else { format!("{title}:\n\n") };
    for line in lines {
        *text += &line;
        text.push('\n');
    }
    text.push('\n');
}

fn attribute_line<'a>(
    name: &'a str,
    attribute: &'a Attribute,
    group: Group,
    path: &[&'a str],
    nested: &mut Vec<Nested<'a>>,
) -> String {
    let type_name = type_name(&attribute.value_type);
    let sensitive = if attribute.sensitive { ", Sensitive" } else { "" };
    let mut line = format!("- `{name}` ({type_name}{sensitive}) {}", attribute.description.trim());
    if let Some(attributes) = object(&attribute.value_type) {
        line += &below("nestedatt", name, path, Content::Object { group, attributes }, nested);
    }
    line
}

fn block_line<'a>(
    name: &'a str,
    nested_block: &'a NestedBlock,
    path: &[&'a str],
    nested: &mut Vec<Nested<'a>>,
) -> String {
    let kind = match nested_block.nesting_mode {
        Nesting::Single => "Block, Optional",
        Nesting::List => "Block List",
        Nesting::Set => "Block Set",
    };
    let most = match nested_block.max_items {
        0 => String::new(),
        most => format!(", Max: {most}"),
    };
    let block = &nested_block.block;
    let line = format!("- `{name}` ({kind}{most}) {}", block.description.trim());
    line + &below("nestedblock", name, path, Content::Block(block), nested)
}

/// Returns the link to a nested schema, and adds the schema to `nested`.
fn below<'a>(
    prefix: &str,
    name: &'a str,
    path: &[&'a str],
    content: Content<'a>,
    nested: &mut Vec<Nested<'a>>,
) -> String {
    let path = [path, &[name]].concat();
    let anchor = format!("{prefix}--{}", path.join("--"));
    let link = format!(" (see [below for nested schema](#{anchor}))");
    nested.push(Nested { path, anchor, content });
    link
}

fn write_nested(text: &mut String, nested: &[Nested<'_>]) {
    for Nested { path, anchor, content } in nested {
        // Writing to a string does not fail.
        let _ = write!(text, "<a id=\"{anchor}\"></a>\n### Nested Schema for `{}`\n\n", path.join("."));
        match content {
            Content::Block(block) => write_block(text, path, block),
            Content::Object { group, attributes } => write_object(text, path, *group, attributes),
        }
    }
}

/// Writes the attributes of an object. They have no flags and no description.
fn write_object<'a>(text: &mut String, path: &[&'a str], group: Group, attributes: &'a BTreeMap<String, Type>) {
    let mut nested = Vec::new();
    let mut lines = Vec::new();
    for (name, value_type) in attributes {
        let mut line = format!("- `{name}` ({})", type_name(value_type));
        if let Some(attributes) = object(value_type) {
            line += &below("nestedobjatt", name, path, Content::Object { group, attributes }, &mut nested);
        }
        lines.push(line);
    }
    write_group(text, group, false, lines.into_iter());
    write_nested(text, &nested);
}

fn type_name(value_type: &Type) -> String {
    match value_type {
        Type::Primitive(Primitive::String) => "String".to_owned(),
        Type::Primitive(Primitive::Number) => "Number".to_owned(),
        Type::Primitive(Primitive::Bool) => "Boolean".to_owned(),
        Type::Primitive(Primitive::Dynamic) => "Dynamic".to_owned(),
        Type::Collection(Collection::List, element) => format!("List of {}", type_name(element)),
        Type::Collection(Collection::Set, element) => format!("Set of {}", type_name(element)),
        Type::Collection(Collection::Map, element) => format!("Map of {}", type_name(element)),
        Type::Object(..) => "Object".to_owned(),
    }
}

/// The attributes of an object, or of the objects in a collection.
fn object(value_type: &Type) -> Option<&BTreeMap<String, Type>> {
    match value_type {
        Type::Primitive(_) => None,
        Type::Object(_, attributes) => Some(attributes),
        Type::Collection(_, element) => object(element),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form in which tfplugindocs writes it.
    const EXPECTED: &str = "\
### Required

- `group` (String) Whose.

### Optional

- `secret` (String, Sensitive) Hidden.
- `tags` (Map of Number) Any.
- `timeouts` (Block, Optional) Limits. (see [below for nested schema](#nestedblock--timeouts))

### Read-Only

- `members` (List of Object) Who. (see [below for nested schema](#nestedatt--members))

<a id=\"nestedblock--timeouts\"></a>
### Nested Schema for `timeouts`

Optional:

- `create` (String) How long.

<a id=\"nestedatt--members\"></a>
### Nested Schema for `members`

Read-Only:

- `assignment` (List of Object) (see [below for nested schema](#nestedobjatt--members--assignment))
- `host` (String)

<a id=\"nestedobjatt--members--assignment\"></a>
### Nested Schema for `members.assignment`

Read-Only:

- `alone` (Boolean)
";

    #[test]
    fn block_is_formatted_as_on_the_registry() {
        let block = serde_json::json!({
            "attributes": {
                "group": { "type": "string", "description": "Whose.", "required": true },
                "secret": { "type": "string", "description": "Hidden.", "optional": true, "sensitive": true },
                "tags": { "type": ["map", "number"], "description": "Any.", "optional": true, "computed": true },
                "members": { "computed": true, "description": "Who.", "type": ["list", ["object", {
                    "host": "string", "assignment": ["list", ["object", { "alone": "bool" }]]
                }]] },
            },
            "block_types": { "timeouts": { "nesting_mode": "single", "block": {
                "attributes": { "create": { "type": "string", "description": "How long.", "optional": true } },
                "description": "Limits.",
            } } },
        });
        let block: Block = serde_json::from_value(block).unwrap();
        assert_eq!(reference(&block), EXPECTED);
    }
}
