//! A value that does not conform to its type is an error with the path and without the value.

use crate::tf_provider::value::{Type, Value, json, msgpack};

fn error_message(value: &Value, ty: &Type) -> String {
    msgpack::encode(value, ty).unwrap_err().to_string()
}

#[test]
fn value_of_another_kind_is_rejected() {
    let text = Value::from("a secret");
    assert_eq!(error_message(&text, &Type::Number), "a number is required, found a string");
    assert_eq!(error_message(&text, &Type::list(Type::String)), "a list is required, found a string");
    assert_eq!(error_message(&text, &Type::object([("a", Type::Bool)])), "an object is required, found a string");
    assert_eq!(error_message(&Value::from(1), &Type::String), "a string is required, found a number");
    assert_eq!(error_message(&Value::from(true), &Type::map(Type::Bool)), "a map is required, found a bool");
    let list = Value::List(vec![]);
    assert_eq!(error_message(&list, &Type::Bool), "a bool is required, found a list");
    assert_eq!(error_message(&Value::Map([].into()), &Type::list(Type::Bool)), "a list is required, found a map");
}

#[test]
fn error_has_the_path() {
    let ty = Type::object([
        ("timeouts", Type::object([("create", Type::String)])),
        ("triggers", Type::map(Type::String)),
        ("offsets", Type::list(Type::object([("before", Type::Number)]))),
    ]);
    let error_at = |name: &str, value: Value| {
        let names = ["timeouts", "triggers", "offsets"];
        let object = names.map(|key| (key, if key == name { value.clone() } else { Value::Null }));
        error_message(&Value::from_iter(object), &ty)
    };
    let timeouts = Value::from_iter([("create", Value::from(30))]);
    assert_eq!(error_at("timeouts", timeouts), "timeouts.create: a string is required, found a number");
    let triggers = Value::from_iter([("a \"b\"", Value::List(vec![]))]);
    assert_eq!(error_at("triggers", triggers), r#"triggers["a \"b\""]: a string is required, found a list"#);
    let offset = |value| Value::from_iter([("before", value)]);
    let offsets = Value::from_iter([offset(Value::from(1)), offset(Value::from("1"))]);
    assert_eq!(error_at("offsets", offsets), "offsets[1].before: a number is required, found a string");
}

#[test]
fn object_must_have_exactly_its_attributes() {
    let ty = Type::object([("a", Type::Bool), ("b", Type::Bool)]);
    let object = |names: &[&str]| names.iter().map(|name| (*name, Value::Null)).collect::<Value>();
    assert_eq!(error_message(&object(&["a"]), &ty), "b: the attribute is missing");
    assert_eq!(error_message(&object(&["a", "b", "c"]), &ty), "c: there is no such attribute");
    assert_eq!(error_message(&object(&["a", "c"]), &ty), "b: the attribute is missing");
    assert!(msgpack::encode(&object(&["a", "b"]), &ty).is_ok());
}

#[test]
fn unknown_has_one_encoding() {
    let ty = Type::object([("a", Type::Bool)]);
    let object = Value::from_iter([("a", Value::Unknown)]);
    assert_eq!(msgpack::encode(&object, &ty).unwrap(), [0x81, 0xa1, b'a', 0xd4, 0, 0]);
}

#[test]
fn nesting_is_limited() {
    let (mut ty, mut value) = (Type::Bool, Value::from(true));
    for _ in 0..200 {
        (ty, value) = (Type::list(ty), Value::List(vec![value]));
    }
    assert!(error_message(&value, &ty).ends_with("the value is nested too deeply"));
}

/// Terraform normalizes text itself. A text that is normalized here would be a different value.
#[test]
fn text_is_not_normalized() {
    let decomposed = "e\u{301} \u{212b}";
    for ty in [Type::String, Type::map(Type::String)] {
        let value = match ty {
            Type::String => Value::from(decomposed),
            _ => Value::from_iter([(decomposed, Value::from(decomposed))]),
        };
        let bytes = msgpack::encode(&value, &ty).unwrap();
        assert_eq!(msgpack::decode(&bytes, &ty).unwrap(), value);
        let text = json::encode(&value).unwrap();
        assert_eq!(json::decode(text.as_bytes(), &ty).unwrap(), value);
    }
}

#[test]
fn empty_input_is_null() {
    let ty = Type::object([("a", Type::Bool)]);
    assert_eq!(msgpack::decode(&[], &ty), Ok(Value::Null));
    assert_eq!(json::decode(&[], &ty), Ok(Value::Null));
}

#[test]
fn known_object_can_have_unknown_parts() {
    let object = Value::from_iter([("a", Value::from("x")), ("b", Value::Unknown)]);
    assert!(!object.is_unknown());
    assert!(!object.is_wholly_known());
    assert_eq!(object.get("a").and_then(Value::as_str), Some("x"));
    assert_eq!(object.get("c"), None);
    assert!(Value::from_iter([Value::Null, Value::from(1)]).is_wholly_known());
    assert!(!Value::from_iter([Value::Null, Value::Unknown]).is_wholly_known());
}

/// An element can be one byte on the wire. This limits how much more memory it needs when decoded.
#[test]
fn values_are_small() {
    assert!(size_of::<Value>() <= 32, "{}", size_of::<Value>());
}
