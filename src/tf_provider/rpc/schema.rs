//! Converts the schemas to protocol messages.

use std::collections::HashMap;
use std::sync::Arc;

use crate::tf_provider::diagnostics::Diagnostics;
use crate::tf_provider::pb::tfplugin5 as pb;
use crate::tf_provider::provider::Provider;
use crate::tf_provider::schema::{Attribute, Block, NestedBlock, Nesting, Schema};

use super::{ServerState, Table};

pub(super) async fn get<P: Provider>(
    shared: Arc<ServerState<P>>,
    _: pb::get_provider_schema::Request,
) -> Result<pb::get_provider_schema::Response, Diagnostics> {
    Ok(pb::get_provider_schema::Response {
        provider: Some(schema(&shared.schema)),
        resource_schemas: table(&shared.resources, schema),
        data_source_schemas: table(&shared.data_sources, schema),
        action_schemas: table(&shared.actions, |it| pb::ActionSchema { schema: Some(schema(it)) }),
        server_capabilities: Some(pb::ServerCapabilities {
            plan_destroy: true,
            // No call requires an earlier GetSchema.
            get_provider_schema_optional: true,
            move_resource_state: true,
            generate_resource_config: false,
        }),
        diagnostics: Vec::new(),
        provider_meta: None,
    })
}

fn table<T: ?Sized, S>(table: &Table<T>, convert: impl Fn(&Schema) -> S) -> HashMap<String, S> {
    table.iter().map(|(name, registered)| ((*name).to_owned(), convert(&registered.schema))).collect()
}

fn schema(schema: &Schema) -> pb::Schema {
    pb::Schema { version: schema.version, block: Some(block(&schema.block)) }
}

fn block(block: &Block) -> pb::schema::Block {
    pb::schema::Block {
        attributes: block.attributes.iter().map(attribute).collect(),
        block_types: block.blocks.iter().map(nested_block).collect(),
        description: block.description.clone(),
        description_kind: pb::StringKind::Markdown.into(),
        ..pb::schema::Block::default()
    }
}

fn attribute(attribute: &Attribute) -> pb::schema::Attribute {
    pb::schema::Attribute {
        name: attribute.name.clone(),
        r#type: attribute.value_type.to_json().to_string().into_bytes(),
        description: attribute.description.clone(),
        description_kind: pb::StringKind::Markdown.into(),
        required: attribute.required,
        optional: attribute.optional,
        computed: attribute.computed,
        sensitive: attribute.sensitive,
        ..pb::schema::Attribute::default()
    }
}

fn nested_block(nested: &NestedBlock) -> pb::schema::NestedBlock {
    use pb::schema::nested_block::NestingMode;
    let nesting = match nested.nesting {
        Nesting::Single => NestingMode::Single,
        Nesting::List => NestingMode::List,
    };
    pb::schema::NestedBlock {
        type_name: nested.name.clone(),
        block: Some(block(&nested.block)),
        nesting: nesting.into(),
        min_items: 0,
        max_items: nested.max_items,
    }
}
