//! Type descriptions. The golden tests compare them with those of go-cty.

use crate::tf_provider::value::Type;

#[test]
fn descriptions_are_compact_and_sorted() {
    let ty = Type::object([
        ("b", Type::list(Type::Bool)),
        ("a", Type::map(Type::list(Type::Number))),
        ("ä \"", Type::String),
    ]);
    let text = r#"["object",{"a":["map",["list","number"]],"b":["list","bool"],"ä \"":"string"}]"#;
    assert_eq!(ty.to_json().to_string(), text);
}

/// serde_json writes its internal name as an object key, and not as a number.
#[test]
fn attributes_can_have_any_name() {
    let ty = Type::object([("$serde_json::private::Number", Type::String), ("", Type::Bool)]);
    assert_eq!(ty.to_json().to_string(), r#"["object",{"":"bool","$serde_json::private::Number":"string"}]"#);
}
