//! Conversions between structs and values.

use std::collections::BTreeMap;

use crate::tf_provider::attribute_path::AttributePath;
use crate::tf_provider::value::{Attr, FromValue, Number, ToValue, Type, Value, ValueError, json, model, msgpack};
use crate::tf_provider::{Attribute, Block};

model! {
    /// A nested block.
    #[derive(Clone, Debug, PartialEq)]
    struct TimeoutsBlock {
        create: Attr<String>,
    }
}

model! {
    /// An element of a list.
    #[derive(Clone, Debug, PartialEq)]
    pub(super) struct PartitionOffset {
        /// The macro keeps documentation and attributes.
        #[allow(dead_code)]
        pub(super) partition: u32,
        before: Option<i64>,
    }
}

model! {
    #[derive(Clone, Debug, PartialEq)]
    struct Reset {
        name: Attr<String>,
        partition: Attr<i64>,
        triggers: Attr<BTreeMap<String, Attr<String>>>,
        timeouts: Option<TimeoutsBlock>,
        offsets: Vec<PartitionOffset>,
        r#type: bool,
        ratio: Option<Number>,
    }
}

fn offset(partition: Value, before: Value) -> Value {
    Value::from_iter([("partition", partition), ("before", before)])
}

/// A complete `Reset` as a value, with one attribute replaced.
fn reset(name: &'static str, value: Value) -> Value {
    let triggers = Value::from_iter([("a", Value::from("1")), ("b", Value::Unknown), ("c", Value::Null)]);
    let mut reset = BTreeMap::from([
        ("name", Value::from("billing")),
        ("partition", Value::Unknown),
        ("triggers", triggers),
        ("timeouts", Value::from_iter([("create", Value::Null)])),
        (
            "offsets",
            Value::from_iter([offset(Value::from(0), Value::from(1 << 40)), offset(Value::from(1), Value::Null)]),
        ),
        ("type", Value::from(true)),
        ("ratio", Value::Number("0.1".parse().unwrap())),
    ]);
    reset.insert(name, value);
    reset.into_iter().collect()
}

fn read(value: &Value) -> Result<Reset, ValueError> {
    Reset::from_value(value, &AttributePath::root())
}

fn error_message(name: &'static str, value: Value) -> String {
    read(&reset(name, value)).unwrap_err().to_string()
}

#[test]
fn value_type_has_an_attribute_for_each_field() {
    let expected = Type::object([
        ("name", Type::String),
        ("partition", Type::Number),
        ("triggers", Type::map(Type::String)),
        ("timeouts", Type::object([("create", Type::String)])),
        ("offsets", Type::list(Type::object([("partition", Type::Number), ("before", Type::Number)]))),
        ("type", Type::Bool),
        ("ratio", Type::Number),
    ]);
    assert_eq!(Reset::value_type(), expected);
}

#[test]
fn object_survives_a_round_trip() {
    let value = reset("name", Value::from("billing"));
    let model = read(&value).unwrap();
    let expected = Reset {
        name: Attr::Known("billing".to_owned()),
        partition: Attr::Unknown,
        triggers: Attr::Known(BTreeMap::from([
            ("a".to_owned(), Attr::Known("1".to_owned())),
            ("b".to_owned(), Attr::Unknown),
            ("c".to_owned(), Attr::Null),
        ])),
        timeouts: Some(TimeoutsBlock { create: Attr::Null }),
        offsets: vec![
            PartitionOffset { partition: 0, before: Some(1 << 40) },
            PartitionOffset { partition: 1, before: None },
        ],
        r#type: true,
        ratio: Some("0.1".parse().unwrap()),
    };
    assert_eq!(model, expected);
    assert_eq!(model.to_value(), value);
}

/// A computed attribute is null in the configuration of a data source, and unknown in the plan of a create.
#[test]
fn map_of_maps_survives_a_round_trip_in_both_formats() {
    type Offsets = BTreeMap<String, BTreeMap<String, Attr<i64>>>;

    model! {
        #[derive(Clone, Debug, PartialEq)]
        struct Group { offsets: Attr<Offsets> }
    }

    let offsets_type = Type::map(Type::map(Type::Number));
    let schema = Block::new("").attribute(Attribute::computed("offsets", offsets_type.clone(), ""));
    let ty = schema.value_type();
    assert_eq!(Group::value_type(), ty);
    assert_eq!(offsets_type.to_json().to_string(), r#"["map",["map","number"]]"#);

    let offsets = |offset| {
        let partitions = BTreeMap::from([("0".to_owned(), offset), ("10".to_owned(), Attr::Null)]);
        Attr::Known(Offsets::from([("orders".to_owned(), partitions), ("empty".to_owned(), BTreeMap::new())]))
    };
    for offsets in [offsets(Attr::Known(1 << 40)), offsets(Attr::Unknown), Attr::Null, Attr::Unknown] {
        let group = Group { offsets };
        let value = group.to_value();
        assert_eq!(Group::from_value(&value, &AttributePath::root()).unwrap(), group);
        assert_eq!(msgpack::decode(&msgpack::encode(&value, &ty).unwrap(), &ty).unwrap(), value);
        if value.is_wholly_known() {
            assert_eq!(json::decode(json::encode(&value).unwrap().as_bytes(), &ty).unwrap(), value);
        }
    }
}

#[test]
fn absent_block_or_attribute_is_null() {
    let model = read(&reset("timeouts", Value::Null)).unwrap();
    assert_eq!(model.timeouts, None);
    assert_eq!(model.to_value().get("timeouts"), Some(&Value::Null));
    assert_eq!(read(&reset("triggers", Value::Null)).unwrap().triggers, Attr::Null);
    assert_eq!(read(&reset("triggers", Value::Unknown)).unwrap().triggers, Attr::Unknown);
}

#[test]
fn value_of_another_kind_is_rejected_with_its_path() {
    let cases = [
        ("name", Value::from(1), "name: a string is required, found a number"),
        ("type", Value::from("true"), "type: a bool is required, found a string"),
        ("ratio", Value::from("0.1"), "ratio: a number is required, found a string"),
        ("partition", Value::from(true), "partition: a number is required, found a bool"),
        ("timeouts", Value::List(vec![]), "timeouts: an object is required, found a list"),
        ("offsets", Value::Map([].into()), "offsets: a list is required, found a map"),
        ("triggers", Value::from("x"), "triggers: a map is required, found a string"),
    ];
    for (name, value, message) in cases {
        assert_eq!(error_message(name, value), message);
    }
    let timeouts = Value::from_iter([("create", Value::from(30))]);
    assert_eq!(error_message("timeouts", timeouts), "timeouts.create: a string is required, found a number");
    let triggers = Value::from_iter([("a", Value::from(1))]);
    assert_eq!(error_message("triggers", triggers), "triggers[\"a\"]: a string is required, found a number");
    let offsets = Value::from_iter([offset(Value::from(0), Value::Null), offset(Value::from(0), Value::from("x"))]);
    assert_eq!(error_message("offsets", offsets), "offsets[1].before: a number is required, found a string");
}

#[test]
fn null_and_unknown_are_rejected_if_a_value_is_required() {
    assert_eq!(error_message("type", Value::Null), "type: a bool is required, found null");
    let unknown = "found a value that is not known yet";
    assert_eq!(error_message("type", Value::Unknown), format!("type: a bool is required, {unknown}"));
    assert_eq!(error_message("ratio", Value::Unknown), format!("ratio: a number is required, {unknown}"));
    assert_eq!(error_message("timeouts", Value::Unknown), format!("timeouts: an object is required, {unknown}"));
    assert_eq!(error_message("offsets", Value::Null), "offsets: a list is required, found null");
    assert_eq!(read(&Value::Null).unwrap_err().to_string(), "an object is required, found null");
}

#[test]
fn model_and_schema_must_agree() {
    let Value::Map(mut attributes) = reset("name", Value::Null) else { unreachable!() };
    attributes.insert("extra".to_owned(), Value::Null);
    let error = read(&Value::Map(attributes.clone())).unwrap_err();
    assert_eq!(error.to_string(), "extra: the schema has this attribute, but its model does not");
    attributes.remove("extra");
    attributes.remove("ratio");
    let error = read(&Value::Map(attributes)).unwrap_err();
    assert_eq!(error.to_string(), "ratio: the model has this attribute, but its schema does not");
}

#[test]
fn error_path_starts_at_the_given_path() {
    let path = AttributePath::attribute("blocks").child_index(2);
    let error = PartitionOffset::from_value(&offset(Value::Null, Value::Null), &path).unwrap_err();
    assert_eq!(error.to_string(), "blocks[2].partition: a number is required, found null");
}

fn integer<T: FromValue + ToValue>(text: &str) -> Result<T, String> {
    let value = Value::Number(text.parse().unwrap());
    let integer = T::from_value(&value, &AttributePath::root()).map_err(|error| error.to_string())?;
    assert_eq!(integer.to_value(), value);
    Ok(integer)
}

#[test]
fn integer_must_be_whole_and_in_range() {
    assert_eq!(integer("1e3"), Ok(1000_u32));
    assert_eq!(integer("4294967295"), Ok(u32::MAX));
    assert_eq!(integer("-9223372036854775808"), Ok(i64::MIN));
    assert_eq!(integer("9223372036854775807"), Ok(i64::MAX));

    let range = "must be a whole number between -9223372036854775808 and 9223372036854775807";
    for text in ["9223372036854775808", "-9223372036854775809", "0.5", "1e30"] {
        assert_eq!(integer::<i64>(text), Err(range.to_owned()), "{text}");
    }
    let range = "must be a whole number between 0 and 4294967295";
    for text in ["4294967296", "-1", "0.5", "1e30"] {
        assert_eq!(integer::<u32>(text), Err(range.to_owned()), "{text}");
    }
}

#[test]
fn attribute_is_null_unknown_or_known() {
    let known = Attr::Known(5);
    assert_eq!((known.known(), known.is_set()), (Some(&5), true));
    assert_eq!(Attr::<i64>::default(), Attr::Null);
    assert!(!Attr::<i64>::Null.is_set());
    assert!(Attr::<i64>::Unknown.is_set());
    assert!(Attr::<i64>::Unknown.is_unknown());
    assert_eq!(Attr::<i64>::Unknown.known(), None);
    assert_eq!(Attr::Known(5).map(|number| number + 1), Attr::Known(6));
    assert_eq!(Attr::<i64>::Unknown.map(|number| number + 1), Attr::Unknown);
    assert_eq!(Attr::Known("x".to_owned()).as_ref().map(String::as_str), Attr::Known("x"));
    assert_eq!(Attr::from_option(Some(1)), Attr::Known(1));
    assert_eq!(Attr::<i64>::from_option(None), Attr::Null);
}

/// A secret is a separate type. It converts like text, and `Debug` does not show it.
#[test]
fn field_can_have_a_custom_type() {
    #[derive(Clone)]
    struct Password(String);

    impl std::fmt::Debug for Password {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Password")
        }
    }

    impl FromValue for Password {
        fn from_value(value: &Value, path: &AttributePath) -> Result<Self, ValueError> {
            String::from_value(value, path).map(Self)
        }
    }

    impl ToValue for Password {
        fn to_value(&self) -> Value {
            self.0.to_value()
        }

        fn value_type() -> Type {
            Type::String
        }
    }

    model! {
        #[derive(Clone, Debug)]
        struct Login { key: Attr<Password> }
    }

    let value = Value::from_iter([("key", Value::from("hunter2"))]);
    let login = Login::from_value(&value, &AttributePath::root()).unwrap();
    assert_eq!(format!("{login:?}"), "Login { key: Known(Password) }");
    assert_eq!(login.to_value(), value);
}
