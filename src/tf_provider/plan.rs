//! Computes the planned state of a resource from its prior state, configuration and schema.
//!
//! The functions are pure: the same input gives the same plan. Terraform plans again during apply, and rejects a plan
//! that differs.
//!
//! The input is the prior state (null for a create), Terraform's proposal (the prior state merged with the
//! configuration) and the configuration. The plan is the proposal with defaults. In the plan of a create, computed
//! values are unknown. The plan also has the paths of the changes that force a replacement.
//!
//! If a configured value or a default is equivalent to the stored value, the plan keeps the stored value, so that a
//! different notation is not a change. Terraform accepts only the configured value or the prior value, and the prior
//! value only if neither is null. A null and an equivalent value, such as an empty map, are therefore planned as
//! configured, which is an in-place update.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::attribute_path::AttributePath;
use super::schema::{Attribute, Block, NestedBlock, Nesting, Schema};
use super::value::Value;

/// The plan of one resource.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Plan {
    /// The state after apply. Null for a destroy.
    pub planned: Value,
    /// The changed attributes that force a replacement.
    pub requires_replace: Vec<AttributePath>,
}

/// Plans one resource.
pub fn plan(schema: &Schema, prior: &Value, proposed: &Value, config: &Value) -> Plan {
    let Value::Map(proposed) = proposed else {
        // A destroy. Decoding has already rejected values that are not objects.
        return Plan { planned: proposed.clone(), requires_replace: Vec::new() };
    };
    let planned = Value::Map(complete_block(&schema.block, prior, proposed, config));
    let mut requires_replace = Vec::new();
    if !prior.is_null() {
        find_replacements(&schema.block, prior, &planned, &AttributePath::root(), &mut requires_replace);
    }
    Plan { planned, requires_replace }
}

fn complete_block(
    block: &Block,
    prior: &Value,
    proposed: &BTreeMap<String, Value>,
    config: &Value,
) -> BTreeMap<String, Value> {
    let mut planned = proposed.clone();
    for attribute in &block.attributes {
        let configured = config.get(&attribute.name).filter(|value| !value.is_null()).cloned();
        let wanted = configured.or_else(|| attribute.default_in(config));
        let value = match (wanted, prior.get(&attribute.name)) {
            (Some(wanted), Some(stored)) if is_equivalent(attribute, stored, &wanted) => stored.clone(),
            (Some(wanted), _) => wanted,
            (None, _) if !attribute.computed => continue,
            (None, Some(kept)) => kept.clone(),
            (None, None) => Value::Unknown,
        };
        planned.insert(attribute.name.clone(), value);
    }
    for nested in &block.blocks {
        if let Some(value) = proposed.get(&nested.name) {
            let completed = complete_nested(nested, prior.get(&nested.name), value, config.get(&nested.name));
            planned.insert(nested.name.clone(), completed);
        }
    }
    planned
}

/// Whether the stored value can be planned instead of the wanted one.
fn is_equivalent(attribute: &Attribute, stored: &Value, wanted: &Value) -> bool {
    attribute.normal_form.is_some() && !stored.is_null() && attribute.normalize(stored) == attribute.normalize(wanted)
}

fn complete_nested(nested: &NestedBlock, prior: Option<&Value>, proposed: &Value, config: Option<&Value>) -> Value {
    let absent = Value::Null;
    let (prior, config) = (prior.unwrap_or(&absent), config.unwrap_or(&absent));
    match (nested.nesting, proposed) {
        (Nesting::Single, Value::Map(proposed)) => Value::Map(complete_block(&nested.block, prior, proposed, config)),
        (Nesting::List, Value::List(items)) => {
            let complete = |(index, item): (usize, &Value)| match item {
                Value::Map(proposed) => Value::Map(complete_block(
                    &nested.block,
                    element(prior, index).unwrap_or(&absent),
                    proposed,
                    element(config, index).unwrap_or(&absent),
                )),
                other => other.clone(),
            };
            Value::List(items.iter().enumerate().map(complete).collect())
        }
        (_, other) => other.clone(),
    }
}

fn element(list: &Value, index: usize) -> Option<&Value> {
    list.as_list()?.get(index)
}

/// Collects the paths of changed attributes that force a replacement. `prior` and `planned` are values of `block`.
fn find_replacements(
    block: &Block,
    prior: &Value,
    planned: &Value,
    path: &AttributePath,
    found: &mut Vec<AttributePath>,
) {
    let absent = Value::Null;
    let (before, after) = (normal_forms(block, prior), normal_forms(block, planned));
    for attribute in block.attributes.iter().filter(|attribute| attribute.requires_replace) {
        let stored = prior.get(&attribute.name).unwrap_or(&absent);
        let has_changed = stored != planned.get(&attribute.name).unwrap_or(&absent);
        let is_equivalent = before.get(comparison_name(attribute)) == after.get(comparison_name(attribute));
        // A state that was moved from another resource type can lack a computed value. Setting it changes only the
        // state.
        let never_recorded = stored.is_null() && attribute.computed && attribute.default.is_none();
        if has_changed && !is_equivalent && !never_recorded {
            found.push(path.child_attribute(&attribute.name));
        }
    }
    for nested in &block.blocks {
        let before = prior.get(&nested.name).unwrap_or(&absent);
        let after = planned.get(&nested.name).unwrap_or(&absent);
        let path = path.child_attribute(&nested.name);
        match nested.nesting {
            Nesting::Single if before.is_null() && after.is_null() => {}
            // For Terraform, a path below an absent block does not exist. Use the path of the block instead.
            Nesting::Single if before.is_null() || after.is_null() => {
                if forces_replacement(&nested.block) {
                    found.push(path);
                }
            }
            Nesting::Single => find_replacements(&nested.block, before, after, &path, found),
            Nesting::List => {
                if before != after && forces_replacement(&nested.block) {
                    found.push(path);
                }
            }
        }
    }
}

/// The normal forms of the attributes of a block by [`comparison_name`], without those that are null.
fn normal_forms<'a>(block: &'a Block, values: &'a Value) -> BTreeMap<&'a str, Cow<'a, Value>> {
    let normal_form = |attribute: &'a Attribute| {
        let value = attribute.normalize(values.get(&attribute.name).unwrap_or(&Value::Null));
        (!value.is_null()).then(|| (comparison_name(attribute), value))
    };
    block.attributes.iter().filter_map(normal_form).collect()
}

/// The name under which an attribute is compared. Alternatives share one.
fn comparison_name(attribute: &Attribute) -> &str {
    attribute.alternative_to.as_deref().unwrap_or(&attribute.name)
}

fn forces_replacement(block: &Block) -> bool {
    block.attributes.iter().any(|attribute| attribute.requires_replace)
        || block.blocks.iter().any(|nested| forces_replacement(&nested.block))
}

#[cfg(test)]
mod tests {
    use crate::tf_provider::value::Type;

    use super::*;

    fn schema() -> Schema {
        let timeouts = Block::new("").attribute(Attribute::optional("create", Type::String, ""));
        let rule = Block::new("")
            .attribute(Attribute::required("name", Type::String, "").requires_replace())
            .attribute(Attribute::computed("number", Type::Number, ""));
        let origin = Block::new("")
            .attribute(Attribute::required("path", Type::String, "").requires_replace())
            .attribute(Attribute::computed("hash", Type::String, ""));
        let time =
            |name: &str| Attribute::optional(name, Type::String, "").normal_form(without_hash).requires_replace();
        let tag = Block::new("").attribute(Attribute::required("name", Type::String, "").requires_replace());
        let hint = Block::new("").attribute(Attribute::required("text", Type::String, ""));
        Schema::new(
            Block::new("")
                .attribute(Attribute::required("group", Type::String, "").requires_replace())
                .attribute(Attribute::optional("region", Type::String, "").or_computed().requires_replace())
                .attribute(Attribute::optional("partition", Type::Number, "").or_default(number(-1)).requires_replace())
                .attribute(Attribute::optional("note", Type::String, ""))
                .attribute(Attribute::computed("id", Type::String, ""))
                .attribute(time("time"))
                .attribute(time("clock").alternative_to("time"))
                .block(NestedBlock::single("timeouts", timeouts))
                .block(NestedBlock::list("rule", rule))
                .block(NestedBlock::single("origin", origin))
                .block(NestedBlock::list("tag", tag))
                .block(NestedBlock::list("hint", hint)),
        )
    }

    /// "#5" and "5" are equivalent, and so are "#" and null.
    fn without_hash(value: &Value) -> Value {
        match value.as_str().map(|text| text.trim_start_matches('#')) {
            Some("") => Value::Null,
            Some(text) => text.into(),
            None => value.clone(),
        }
    }

    fn number(value: i64) -> Value {
        Value::Number(value.into())
    }

    fn text(value: &str) -> Value {
        Value::String(value.to_owned())
    }

    /// A value of the schema. Other attributes are null, and other blocks are absent.
    fn block(fields: &[(&str, Value)]) -> Value {
        let Value::Map(mut map) = schema().block.empty_value() else { panic!("a block is an object") };
        map.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        Value::Map(map)
    }

    fn object(fields: &[(&str, Value)]) -> Value {
        Value::Map(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }

    fn stored() -> Vec<(&'static str, Value)> {
        vec![("group", text("billing")), ("region", text("north")), ("partition", number(-1)), ("id", text("1234"))]
    }

    #[test]
    fn create_makes_computed_values_unknown_and_fills_defaults() {
        let config = block(&[("group", text("billing"))]);
        let plan = plan(&schema(), &Value::Null, &config, &config);
        let expected = block(&[
            ("group", text("billing")),
            ("region", Value::Unknown),
            ("partition", number(-1)),
            ("id", Value::Unknown),
        ]);
        assert_eq!(plan, Plan { planned: expected, requires_replace: vec![] });
    }

    #[test]
    fn unchanged_configuration_plans_the_prior_state() {
        let prior = block(&stored());
        let plan = plan(&schema(), &prior, &prior, &block(&[("group", text("billing"))]));
        assert_eq!(plan, Plan { planned: prior, requires_replace: vec![] });
    }

    #[test]
    fn in_place_update_keeps_computed_values() {
        let config = block(&[("group", text("billing")), ("note", text("why"))]);
        let mut after = stored();
        after.push(("note", text("why")));
        let plan = plan(&schema(), &block(&stored()), &block(&after), &config);
        assert_eq!(plan, Plan { planned: block(&after), requires_replace: vec![] });
    }

    #[test]
    fn change_of_a_replacing_attribute_has_its_path() {
        let mut after = stored();
        after[0].1 = text("shipping");
        let plan = plan(&schema(), &block(&stored()), &block(&after), &block(&[("group", text("shipping"))]));
        assert_eq!(plan.requires_replace, vec![AttributePath::attribute("group")]);
    }

    #[test]
    fn removed_argument_returns_to_its_default() {
        let mut prior = stored();
        prior[2].1 = number(4);
        let plan = plan(&schema(), &block(&prior), &block(&prior), &block(&[("group", text("billing"))]));
        assert_eq!(plan.planned.get("partition"), Some(&number(-1)));
        assert_eq!(plan.requires_replace, vec![AttributePath::attribute("partition")]);
    }

    #[test]
    fn default_is_null_if_the_other_attribute_is_set() {
        let partition = Attribute::optional("partition", Type::Number, "").or_default(number(-1)).unless("offsets");
        let offsets = Attribute::optional("offsets", Type::map(Type::Number), "");
        let schema = Schema::new(Block::new("").attribute(partition).attribute(offsets));
        for (offsets, partition, planned) in [
            (Value::Null, Value::Null, number(-1)),
            (object(&[("0", number(7))]), Value::Null, Value::Null),
            (object(&[("0", Value::Unknown)]), Value::Null, Value::Null),
            (Value::Unknown, Value::Null, Value::Unknown),
            (object(&[("0", number(7))]), number(-1), number(-1)),
        ] {
            let config = object(&[("offsets", offsets), ("partition", partition)]);
            assert_eq!(
                plan(&schema, &Value::Null, &config, &config).planned.get("partition"),
                Some(&planned),
                "{config:?}"
            );
        }
    }

    #[test]
    fn unknown_configuration_is_planned_as_unknown_and_can_replace() {
        let config = block(&[("group", text("billing")), ("partition", Value::Unknown)]);
        let mut proposed = stored();
        proposed[2].1 = Value::Unknown;
        let plan = plan(&schema(), &block(&stored()), &block(&proposed), &config);
        assert_eq!(plan.planned.get("partition"), Some(&Value::Unknown));
        assert_eq!(plan.requires_replace, vec![AttributePath::attribute("partition")]);
    }

    #[test]
    fn destroy_plans_null() {
        let plan = plan(&schema(), &block(&stored()), &Value::Null, &Value::Null);
        assert_eq!(plan, Plan { planned: Value::Null, requires_replace: vec![] });
    }

    #[test]
    fn added_block_updates_in_place() {
        let mut after = stored();
        after.push(("timeouts", object(&[("create", text("5m"))])));
        let config = block(&[("group", text("billing")), after[4].clone()]);
        let plan = plan(&schema(), &block(&stored()), &block(&after), &config);
        assert_eq!(plan, Plan { planned: block(&after), requires_replace: vec![] });
    }

    #[test]
    fn listed_blocks_keep_computed_values_by_index() {
        let rule = |number: Value| object(&[("name", text("a")), ("number", number)]);
        let mut prior = stored();
        prior.push(("rule", Value::List(vec![rule(number(7))])));
        let rules = Value::List(vec![rule(Value::Null), rule(Value::Null)]);
        let config = block(&[("group", text("billing")), ("rule", rules.clone())]);
        let mut proposed = stored();
        proposed.push(("rule", rules));
        let plan = plan(&schema(), &block(&prior), &block(&proposed), &config);
        let expected = Value::List(vec![rule(number(7)), rule(Value::Unknown)]);
        assert_eq!(plan.planned.get("rule"), Some(&expected));
        assert_eq!(plan.requires_replace, vec![AttributePath::attribute("rule")]);
    }

    /// Plans a resource with the attributes `stored_as` in the state and `configured` in the configuration.
    fn plan_of_attributes(stored_as: &[(&'static str, Value)], configured: &[(&'static str, Value)]) -> Plan {
        let with = |fields: Vec<(&'static str, Value)>, more: &[(&'static str, Value)]| {
            block(&[fields, more.to_vec()].concat())
        };
        let config = with(vec![("group", text("billing"))], configured);
        plan(&schema(), &with(stored(), stored_as), &with(stored(), configured), &config)
    }

    #[test]
    fn equivalent_value_is_planned_as_stored() {
        let same = plan_of_attributes(&[("time", text("5"))], &[("time", text("#5"))]);
        assert_eq!((same.planned.get("time"), same.requires_replace), (Some(&text("5")), vec![]));
        let other = plan_of_attributes(&[("time", text("5"))], &[("time", text("#6"))]);
        assert_eq!(other.planned.get("time"), Some(&text("#6")));
        assert_eq!(other.requires_replace, vec![AttributePath::attribute("time")]);
    }

    #[test]
    fn equivalent_default_is_planned_as_stored() {
        let mut schema = Schema::new(Block::new(""));
        schema.block = schema
            .block
            .attribute(Attribute::optional("wait", Type::String, "").or_default(text("5")).normal_form(without_hash));
        for (stored, planned) in [("#5", "#5"), ("6", "5")] {
            let prior = object(&[("wait", text(stored))]);
            let plan = plan(&schema, &prior, &prior, &object(&[("wait", Value::Null)]));
            assert_eq!(plan.planned, object(&[("wait", text(planned))]));
        }
    }

    /// Terraform rejects a plan with null for a configured value, or a value for a configured null.
    #[test]
    fn value_equivalent_to_null_is_planned_as_configured_and_replaces_nothing() {
        for (before, after) in [(Value::Null, text("#")), (text("#"), Value::Null)] {
            let plan = plan_of_attributes(&[("time", before)], &[("time", after.clone())]);
            assert_eq!((plan.planned.get("time"), plan.requires_replace), (Some(&after), vec![]));
        }
    }

    #[test]
    fn equivalent_alternatives_replace_nothing() {
        for (from, to) in [("time", "clock"), ("clock", "time")] {
            let same = plan_of_attributes(&[(from, text("5"))], &[(to, text("#5"))]);
            assert_eq!((same.planned.get(to), same.requires_replace), (Some(&text("#5")), vec![]));
            let other = plan_of_attributes(&[(from, text("5"))], &[(to, text("6"))]);
            let both = ["time", "clock"].map(AttributePath::attribute);
            assert_eq!(other.requires_replace, both, "{from} to {to}");
            let unknown = plan_of_attributes(&[(from, text("5"))], &[(to, Value::Unknown)]);
            assert_eq!(unknown.requires_replace, both, "{from} to {to}");
        }
    }

    #[test]
    fn setting_a_computed_value_that_was_never_stored_replaces_nothing() {
        let recorded = plan_of_attributes(&[("region", Value::Null)], &[("region", text("north"))]);
        assert_eq!((recorded.planned.get("region"), recorded.requires_replace), (Some(&text("north")), vec![]));
        let other = plan_of_attributes(&[("region", text("south"))], &[("region", text("north"))]);
        assert_eq!(other.requires_replace, vec![AttributePath::attribute("region")]);
    }

    /// Plans a change of one block of an existing resource.
    fn plan_of_block(name: &'static str, prior: &Value, configured: &Value) -> Plan {
        let with = |mut fields: Vec<(&'static str, Value)>, value: &Value| {
            fields.push((name, value.clone()));
            block(&fields)
        };
        let config = with(vec![("group", text("billing"))], configured);
        plan(&schema(), &with(stored(), prior), &with(stored(), configured), &config)
    }

    #[test]
    fn adding_or_removing_a_block_with_a_replacing_attribute_replaces() {
        let origin = |hash: Value| object(&[("path", text("/a")), ("hash", hash)]);
        let added = plan_of_block("origin", &Value::Null, &origin(Value::Null));
        assert_eq!(added.requires_replace, vec![AttributePath::attribute("origin")]);
        assert_eq!(added.planned.get("origin"), Some(&origin(Value::Unknown)));
        let removed = plan_of_block("origin", &origin(text("h")), &Value::Null);
        assert_eq!(removed.requires_replace, vec![AttributePath::attribute("origin")]);
    }

    #[test]
    fn replacing_attribute_of_a_block_has_its_path() {
        let origin = |path: &str, hash: Value| object(&[("path", text(path)), ("hash", hash)]);
        let changed = plan_of_block("origin", &origin("/a", text("h")), &origin("/b", Value::Null));
        assert_eq!(changed.requires_replace, vec![AttributePath::attribute("origin").child_attribute("path")]);
        let kept = plan_of_block("origin", &origin("/a", text("h")), &origin("/a", Value::Null));
        assert_eq!(kept.requires_replace, vec![]);
        assert_eq!(kept.planned.get("origin"), Some(&origin("/a", text("h"))));
    }

    #[test]
    fn changed_list_of_blocks_replaces_only_with_a_replacing_attribute() {
        let one = |name: &str| Value::List(vec![object(&[(name, text("a"))])]);
        let tags = plan_of_block("tag", &Value::List(vec![]), &one("name"));
        assert_eq!(tags.requires_replace, vec![AttributePath::attribute("tag")]);
        let hints = plan_of_block("hint", &Value::List(vec![]), &one("text"));
        assert_eq!(hints.requires_replace, vec![]);
    }
}
