//! Values that do not fit their type are refused with a place and without their content.

use crate::tf_provider::value::{Type, Value, json, msgpack};

/// Both encoders' error, which must be the same.
fn refused(value: &Value, ty: &Type) -> String {
    let error = msgpack::encode(value, ty).unwrap_err();
    assert_eq!(json::encode(value, ty).unwrap_err(), error);
    error.to_string()
}

#[test]
fn other_kinds_are_refused() {
    let text = Value::from("a secret");
    assert_eq!(refused(&text, &Type::Number), "a number is required, found a string");
    assert_eq!(refused(&text, &Type::list(Type::String)), "a list is required, found a string");
    assert_eq!(refused(&text, &Type::object([("a", Type::Bool)])), "an object is required, found a string");
    assert_eq!(refused(&Value::from(1), &Type::String), "a string is required, found a number");
    assert_eq!(refused(&Value::from(true), &Type::map(Type::Bool)), "a map is required, found a bool");
    let list = Value::List(vec![]);
    assert_eq!(refused(&list, &Type::Bool), "a bool is required, found a list");
    assert_eq!(refused(&Value::Map([].into()), &Type::set(Type::Bool)), "a set is required, found a map");
}

#[test]
fn errors_name_the_place() {
    let ty = Type::object([
        ("timeouts", Type::object([("create", Type::String)])),
        ("triggers", Type::map(Type::String)),
        ("offsets", Type::list(Type::object([("before", Type::Number)]))),
        ("pair", Type::Tuple(vec![Type::Bool, Type::Dynamic])),
    ]);
    let place = |name: &str, value: Value| {
        let names = ["timeouts", "triggers", "offsets", "pair"];
        let object = names.map(|key| (key, if key == name { value.clone() } else { Value::Null }));
        refused(&Value::from_iter(object), &ty)
    };
    let timeouts = Value::from_iter([("create", Value::from(30))]);
    assert_eq!(place("timeouts", timeouts), "timeouts.create: a string is required, found a number");
    let triggers = Value::from_iter([("a \"b\"", Value::List(vec![]))]);
    assert_eq!(place("triggers", triggers), r#"triggers["a \"b\""]: a string is required, found a list"#);
    let offset = |value| Value::from_iter([("before", value)]);
    let offsets = Value::from_iter([offset(Value::from(1)), offset(Value::from("1"))]);
    assert_eq!(place("offsets", offsets), "offsets[1].before: a number is required, found a string");
    let inner = Value::Dynamic(Box::new((Type::list(Type::Bool), Value::from_iter([Value::from("x")]))));
    let pair = Value::from_iter([Value::Null, inner]);
    assert_eq!(place("pair", pair), "pair[1][0]: a bool is required, found a string");
}

#[test]
fn objects_need_exactly_their_attributes() {
    let ty = Type::object([("a", Type::Bool), ("b", Type::Bool)]);
    let object = |names: &[&str]| names.iter().map(|name| (*name, Value::Null)).collect::<Value>();
    assert_eq!(refused(&object(&["a"]), &ty), "b: the attribute is missing");
    assert_eq!(refused(&object(&["a", "b", "c"]), &ty), "c: there is no such attribute");
    assert_eq!(refused(&object(&["a", "c"]), &ty), "b: the attribute is missing");
    assert!(msgpack::encode(&object(&["a", "b"]), &ty).is_ok());
}

#[test]
fn tuples_need_exactly_their_elements() {
    let ty = Type::Tuple(vec![Type::Bool, Type::Bool]);
    let short = Value::from_iter([Value::Null]);
    assert_eq!(refused(&short, &ty), "a tuple of 2 elements is required, found 1 elements");
}

#[test]
fn dynamic_values_need_their_actual_type() {
    assert_eq!(refused(&Value::from("x"), &Type::Dynamic), "a dynamically typed value is required, found a string");
    let typeless = Value::Dynamic(Box::new((Type::Dynamic, Value::Null)));
    assert_eq!(refused(&typeless, &Type::Dynamic), "a dynamically typed value must name its actual type");
    let typed = Value::Dynamic(Box::new((Type::String, Value::from("x"))));
    assert_eq!(refused(&typed, &Type::String), "a string is required, found a dynamically typed value");
}

#[test]
fn unknown_has_one_form_in_msgpack_and_none_in_json() {
    let ty = Type::object([("a", Type::Bool)]);
    let object = Value::from_iter([("a", Value::Unknown)]);
    assert_eq!(msgpack::encode(&object, &ty).unwrap(), [0x81, 0xa1, b'a', 0xd4, 0, 0]);
    let error = json::encode(&object, &ty).unwrap_err();
    assert_eq!(error.to_string(), "a: the value is not known yet");
    assert_eq!(error.path().to_string(), "a");
    assert_eq!(error.message(), "the value is not known yet");
}

#[test]
fn endless_nesting_is_not_written() {
    let (mut ty, mut value) = (Type::Bool, Value::from(true));
    for _ in 0..200 {
        (ty, value) = (Type::list(ty), Value::List(vec![value]));
    }
    assert!(refused(&value, &ty).ends_with("the value is nested too deeply"));
}

/// Terraform normalises text itself; changing it here would look like another value.
#[test]
fn text_is_passed_on_as_it_is() {
    let decomposed = "e\u{301} \u{212b}";
    for ty in [Type::String, Type::map(Type::String)] {
        let value = match ty {
            Type::String => Value::from(decomposed),
            _ => Value::from_iter([(decomposed, Value::from(decomposed))]),
        };
        let bytes = msgpack::encode(&value, &ty).unwrap();
        assert_eq!(msgpack::decode(&bytes, &ty).unwrap(), value);
        let bytes = json::encode(&value, &ty).unwrap();
        assert_eq!(json::decode(&bytes, &ty).unwrap(), value);
    }
}

#[test]
fn nothing_sent_means_null() {
    let ty = Type::object([("a", Type::Bool)]);
    assert_eq!(msgpack::decode(&[], &ty), Ok(Value::Null));
    assert_eq!(json::decode(&[], &ty), Ok(Value::Null));
}

#[test]
fn what_is_known_shows_through_dynamic_types() {
    let dynamic = |ty, value| Value::Dynamic(Box::new((ty, value)));
    assert!(dynamic(Type::String, Value::Null).is_null());
    assert!(dynamic(Type::String, Value::Unknown).is_unknown());
    let object = Value::from_iter([("a", Value::from("x")), ("b", Value::Unknown)]);
    let outer = dynamic(Type::object([("a", Type::String), ("b", Type::String)]), object);
    assert!(!outer.is_unknown());
    assert!(!outer.is_wholly_known());
    assert_eq!(outer.get("a").and_then(Value::as_str), Some("x"));
    assert_eq!(outer.get("c"), None);
    assert!(Value::from_iter([Value::Null, Value::from(1)]).is_wholly_known());
    assert!(!Value::from_iter([Value::Null, Value::Unknown]).is_wholly_known());
}

/// An element may be one byte on the wire; this is what it then takes in memory.
#[test]
fn values_are_small() {
    assert!(size_of::<Value>() <= 32, "{}", size_of::<Value>());
}
