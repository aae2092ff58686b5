//! Encodes blocks of a schema, as Terraform encodes a configuration.

use std::collections::BTreeMap;

use terraform_provider_huaweicloud_kafka::tf_provider::pb::tfplugin5 as pb;
use terraform_provider_huaweicloud_kafka::tf_provider::pb::tfplugin5::schema::nested_block::NestingMode;
use terraform_provider_huaweicloud_kafka::tf_provider::value::{Type, Value, msgpack};

/// Encodes a value of the schema. Attributes that are not listed are null.
pub fn block(schema: &pb::Schema, fields: &[(&str, Value)]) -> Option<pb::DynamicValue> {
    let types = field_types(schema.block.as_ref().unwrap());
    let mut value: BTreeMap<_, _> = types.keys().map(|name| (name.clone(), Value::Null)).collect();
    value.extend(fields.iter().map(|(name, field)| ((*name).to_owned(), field.clone())));
    let msgpack = msgpack::encode(&Value::Map(value), &Type::Object(types)).unwrap().into();
    Some(pb::DynamicValue { msgpack, ..pb::DynamicValue::default() })
}

/// The types of a block's attributes and nested blocks. Only nesting as a single block and as a list is supported.
pub fn field_types(block: &pb::schema::Block) -> BTreeMap<String, Type> {
    let attributes =
        block.attributes.iter().map(|it| (it.name.clone(), parse_type(&serde_json::from_slice(&it.r#type).unwrap())));
    let nested = block.block_types.iter().map(|it| {
        let element = Type::Object(field_types(it.block.as_ref().unwrap()));
        let value_type = match it.nesting() {
            NestingMode::Single => element,
            NestingMode::List => Type::List(Box::new(element)),
            other => panic!("unsupported nesting mode {other:?}"),
        };
        (it.type_name.clone(), value_type)
    });
    attributes.chain(nested).collect()
}

/// The type that a schema describes as JSON, such as `["list","string"]`.
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
