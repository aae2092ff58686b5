//! Stored states as JSON, including those that other versions of a schema wrote.

use crate::tf_provider::value::{Type, Value, json};

fn state() -> Type {
    Type::object([
        ("id", Type::String),
        ("partition", Type::Number),
        ("topics", Type::list(Type::String)),
        ("timeouts", Type::object([("create", Type::String), ("read", Type::String)])),
    ])
}

fn error_message(text: &str, ty: &Type) -> String {
    json::decode(text.as_bytes(), ty).unwrap_err().to_string()
}

#[test]
fn undeclared_member_is_ignored_and_missing_one_is_null() {
    let text = r#"{"id": "x", "gone": {"deep": [1, {"id": 2}]}, "timeouts": {"create": "5m", "update": 3}}"#;
    let decoded = json::decode(text.as_bytes(), &state()).unwrap();
    let timeouts = Value::from_iter([("create", Value::from("5m")), ("read", Value::Null)]);
    let expected = Value::from_iter([
        ("id", Value::from("x")),
        ("partition", Value::Null),
        ("topics", Value::Null),
        ("timeouts", timeouts),
    ]);
    assert_eq!(decoded, expected);
}

#[test]
fn layout_and_order_do_not_matter() {
    let pretty = "\n{\n  \"topics\": [\n    \"a\",\n    \"b\"\n  ],\t\r\n  \"id\" : \"x\"\n}\n";
    let compact = r#"{"id":"x","topics":["a","b"]}"#;
    let decode = |text: &str| json::decode(text.as_bytes(), &state()).unwrap();
    assert_eq!(decode(pretty), decode(compact));
}

#[test]
fn numbers_keep_every_digit() {
    for text in ["9007199254740993", "18446744073709551616", "0.1000000000000000000000000000001"] {
        let decoded = json::decode(text.as_bytes(), &Type::Number).unwrap();
        assert_eq!(decoded, Value::Number(text.parse().unwrap()));
        assert_eq!(json::encode(&decoded).unwrap(), text);
    }
    // A number that was re-encoded as a float.
    let rounded = json::decode(b"9.007199254740992e+15", &Type::Number).unwrap();
    assert_eq!(rounded, Value::from(9_007_199_254_740_992));
}

#[test]
fn escapes_are_decoded() {
    let decoded = json::decode(br#""\u00e9\ud83e\udd80\n\"\/""#, &Type::String).unwrap();
    assert_eq!(decoded, Value::from("é🦀\n\"/"));
}

#[test]
fn error_has_the_path_and_the_kinds() {
    let cases = [
        (r#"{"timeouts":{"create":30}}"#, "timeouts.create: a string is required, found a number"),
        (r#"{"id":{"a":"x"}}"#, "id: a string is required, found an object"),
        (r#"{"topics":"x"}"#, "topics: a list is required, found a string"),
        (r#"{"topics":["x",false]}"#, "topics[1]: a string is required, found a bool"),
        (r#"{"partition":"1"}"#, "partition: a number is required, found a string"),
        (r#"{"timeouts":[]}"#, "timeouts: an object is required, found a list"),
        (r#"[]"#, "an object is required, found a list"),
        (r#"{"id":"x","id":"y"}"#, "id: the attribute appears twice"),
    ];
    for (text, message) in cases {
        assert_eq!(error_message(text, &state()), message);
    }
    let map = Type::map(Type::Bool);
    assert_eq!(error_message(r#"{"a":true,"a":true}"#, &map), "[\"a\"]: the key appears twice");
    assert_eq!(error_message(r#"{"a":1}"#, &map), "[\"a\"]: a bool is required, found a number");
}

#[test]
fn error_about_invalid_json_does_not_contain_the_text() {
    let cases = [
        (r#"{"id":"hunter2""#, "invalid JSON at line 1, column 15"),
        ("{\n\"id\": hunter2}", "invalid JSON at line 2, column 7"),
        (r#"{"id":"hunter2"}}"#, "invalid JSON at line 1, column 17"),
        (" ", "invalid JSON at line 1, column 1"),
        ("01", "invalid JSON at line 1, column 2"),
        (r#"{"partition":1.}"#, "invalid JSON at line 1, column 16"),
    ];
    for (text, message) in cases {
        assert_eq!(error_message(text, &state()), message, "{text}");
    }
}
