//! Type descriptions. That ours are those of go-cty is shown by the golden tests.

use crate::tf_provider::value::Type;

fn refused(text: &str) -> String {
    Type::from_json(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn descriptions_are_compact_and_sorted() {
    let ty = Type::object([
        ("b", Type::set(Type::Tuple(vec![Type::Bool, Type::Dynamic]))),
        ("a", Type::map(Type::list(Type::Number))),
        ("ä \"", Type::String),
    ]);
    let text = r#"["object",{"a":["map",["list","number"]],"b":["set",["tuple",["bool","dynamic"]]],"ä \"":"string"}]"#;
    assert_eq!(String::from_utf8(ty.to_json()).unwrap(), text);
    assert_eq!(Type::from_json(text.as_bytes()), Ok(ty));
}

#[test]
fn optional_attributes_make_no_difference() {
    let text = r#" [ "object" , { "a" : "string", "b": "bool" }, ["b"] ] "#;
    let expected = Type::object([("a", Type::String), ("b", Type::Bool)]);
    assert_eq!(Type::from_json(text.as_bytes()), Ok(expected));
    assert_eq!(refused(r#"["object",{"a":"string"},["b"]]"#), "an optional attribute is not described");
    assert_eq!(refused(r#"["object",{"a":"string"},"a"]"#), "optional attributes must be a JSON array");
}

/// Names that serde_json uses inside must not be taken for numbers.
#[test]
fn attributes_may_have_any_name() {
    let ty = Type::object([("$serde_json::private::Number", Type::String), ("", Type::Bool)]);
    assert_eq!(Type::from_json(&ty.to_json()), Ok(ty));
}

#[test]
fn what_is_no_type_is_refused() {
    let cases = [
        ("", "invalid JSON at line 1, column 0"),
        ("null", "a type is a name or a list, found null"),
        ("1", "a type is a name or a list, found a number"),
        (r#"{"a":"string"}"#, "a type is a name or a list, found an object"),
        (r#""any""#, "\"any\" is no primitive type"),
        ("[]", "a type cannot be an empty list"),
        (r#"[1,"string"]"#, "a type must begin with its kind"),
        (r#"["array","string"]"#, "\"array\" is no kind of type"),
        (r#"["string"]"#, "\"string\" is no kind of type"),
        (r#"["list"]"#, "\"list\" is followed by 0 parts, which it cannot have"),
        (r#"["list","string","bool"]"#, "\"list\" is followed by 2 parts, which it cannot have"),
        (r#"["object",[]]"#, "an object's attributes must be a JSON object"),
        (r#"["object",{"a":"bool","a":"bool"}]"#, "attribute \"a\" is described twice"),
        (r#"["tuple","string"]"#, "a tuple's elements must be a JSON array"),
        (r#""string" "#, ""),
        (r#""string"x"#, "invalid JSON at line 1, column 9"),
    ];
    for (text, message) in cases {
        match Type::from_json(text.as_bytes()) {
            Ok(ty) => assert_eq!((ty, message), (Type::String, "")),
            Err(error) => assert_eq!(error.to_string(), message, "{text}"),
        }
    }
}
