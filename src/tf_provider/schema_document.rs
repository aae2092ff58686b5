//! The schemas as a JSON document, as `terraform providers schema -json` prints them.
//!
//! The form is that of Terraform 1.15, and the tests compare the two. Older versions omit `action_schemas`. Flags that
//! are not set, empty texts and empty objects are absent.

use serde_json::{Map, Value, json};

use super::provider::{Provider, Registry};
use super::schema::{Attribute, Block, NestedBlock, Nesting, Schema};

/// The schemas of `provider`. `source` is its source address, such as `registry.example/acme/sample`.
pub fn schema_document<P: Provider>(provider: &P, source: &str) -> Value {
    let Registry { resources, data_sources, actions } = provider.register();
    let mut schemas = Map::new();
    put(&mut schemas, "provider", schema(&provider.schema()));
    put(&mut schemas, "resource_schemas", table(resources.iter().map(|it| (it.type_name(), schema(&it.schema())))));
    put(
        &mut schemas,
        "data_source_schemas",
        table(data_sources.iter().map(|it| (it.type_name(), schema(&it.schema())))),
    );
    // The schema of an action has no version, because an action has no state.
    let action = |it: &Schema| json!({ "block": block(&it.block) });
    put(&mut schemas, "action_schemas", table(actions.iter().map(|it| (it.type_name(), action(&it.schema())))));
    json!({ "format_version": "1.0", "provider_schemas": { source: schemas } })
}

fn schema(schema: &Schema) -> Value {
    json!({ "version": schema.version, "block": block(&schema.block) })
}

fn block(block: &Block) -> Value {
    let mut out = Map::new();
    put(&mut out, "attributes", table(block.attributes.iter().map(|it| (it.name.as_str(), attribute(it)))));
    put(&mut out, "block_types", table(block.blocks.iter().map(|it| (it.name.as_str(), nested_block(it)))));
    put(&mut out, "description", block.description.as_str().into());
    put(&mut out, "description_kind", "markdown".into());
    out.into()
}

fn attribute(attribute: &Attribute) -> Value {
    let mut out = Map::new();
    put(&mut out, "type", attribute.value_type.to_json());
    put(&mut out, "description", attribute.description.as_str().into());
    put(&mut out, "description_kind", "markdown".into());
    for (name, set) in [
        ("required", attribute.required),
        ("optional", attribute.optional),
        ("computed", attribute.computed),
        ("sensitive", attribute.sensitive),
    ] {
        put(&mut out, name, set.into());
    }
    out.into()
}

fn nested_block(nested: &NestedBlock) -> Value {
    let mode = match nested.nesting {
        Nesting::Single => "single",
        Nesting::List => "list",
    };
    let mut out = Map::new();
    put(&mut out, "nesting_mode", mode.into());
    put(&mut out, "block", block(&nested.block));
    if nested.max_items > 0 {
        put(&mut out, "max_items", nested.max_items.into());
    }
    out.into()
}

fn table<'a>(entries: impl Iterator<Item = (&'a str, Value)>) -> Value {
    Value::Object(entries.map(|(name, value)| (name.to_owned(), value)).collect())
}

/// Adds a value, unless it is false or empty.
fn put(out: &mut Map<String, Value>, name: &str, value: Value) {
    let absent = match &value {
        Value::Bool(set) => !set,
        Value::String(text) => text.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    };
    if !absent {
        out.insert(name.to_owned(), value);
    }
}
