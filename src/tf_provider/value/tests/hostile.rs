//! Malformed and malicious bytes are errors. They cause neither a panic nor a large allocation.

use crate::tf_provider::value::{MAX_DEPTH, Type, Value, json, msgpack};

use super::vectors::Vector;

/// Deep enough to exhaust any stack.
const NESTING: usize = 100_000;
/// Each level of JSON is parsed again, so a smaller number keeps the test fast.
const JSON_NESTING: usize = 2_000;

fn error_message(bytes: &[u8], ty: &Type) -> String {
    msgpack::decode(bytes, ty).unwrap_err().to_string()
}

#[test]
fn truncated_msgpack_is_rejected() {
    for vector in Vector::valid() {
        let (bytes, ty) = (vector.bytes(), vector.ty());
        for end in 1..bytes.len() {
            assert!(msgpack::decode(&bytes[..end], &ty).is_err(), "{} truncated at {end}", vector.name);
        }
    }
}

#[test]
fn truncated_json_is_rejected_or_a_shorter_number() {
    for vector in Vector::valid() {
        let Some(json) = &vector.json else { continue };
        for end in 1..json.len() {
            let decoded = json::decode(&json.as_bytes()[..end], &vector.ty());
            assert!(decoded.is_err() || vector.ty() == Type::Number, "{} truncated at {end}", vector.name);
        }
    }
}

#[test]
fn data_after_the_value_is_rejected() {
    for vector in Vector::valid() {
        let mut bytes = vector.bytes();
        bytes.push(0xc0);
        assert!(msgpack::decode(&bytes, &vector.ty()).is_err(), "{}", vector.name);
    }
    assert_eq!(error_message(&[0xc0, 0xc0], &Type::String), "there is more data after the value");
    assert!(json::decode(b"null null", &Type::String).is_err());
}

/// If the changed bytes still decode, the value survives a round trip.
#[test]
fn flipped_bits_never_panic() {
    for vector in Vector::all() {
        let (bytes, ty) = (vector.bytes(), vector.ty());
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok(value) = msgpack::decode(&bytes, &ty) {
                let again = msgpack::encode(&value, &ty).unwrap();
                assert_eq!(msgpack::decode(&again, &ty), Ok(value), "{} bit {bit}", vector.name);
            }
        }
    }
}

#[test]
fn forged_length_is_rejected_before_allocation() {
    let list = Type::list(Type::String);
    let map = Type::map(Type::String);
    let object = Type::object([("a", Type::String)]);
    let truncated = "the data ends in the middle of a value";
    let mut padded = vec![0xdd, 0x7f, 0xff, 0xff, 0xff];
    padded.extend_from_slice(&[0xc0; 1000]);
    let cases: [(&[u8], &Type); 9] = [
        (&[0xdd, 0xff, 0xff, 0xff, 0xff], &list),
        (&padded, &list),
        (&[0xdc, 0xff, 0xff], &Type::list(Type::Bool)),
        (&[0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1, b'a', 0xc0], &map),
        (&[0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1, b'a', 0xc0], &object),
        (&[0xdb, 0xff, 0xff, 0xff, 0xff, b'a'], &Type::String),
        (&[0xc6, 0xff, 0xff, 0xff, 0xff, b'a'], &Type::Number),
        (&[0xc9, 0xff, 0xff, 0xff, 0xff, 0x0c, 0x81], &Type::String),
        (&[0xd8, 0x0c, 0x81, 0x01, 0xc2], &Type::String),
    ];
    for (bytes, ty) in cases {
        assert_eq!(error_message(bytes, ty), truncated, "{bytes:02x?}");
    }
}

/// A list type that is nested deeper than any value can be.
fn deep_type() -> Type {
    (0..MAX_DEPTH).fold(Type::Bool, |ty, _| Type::list(ty))
}

#[test]
fn nesting_of_msgpack_is_limited() {
    let message = error_message(&[0x91; NESTING], &deep_type());
    assert!(message.ends_with("the value is nested too deeply"), "{message}");
}

#[test]
fn nesting_of_json_is_limited() {
    let text = format!("{}{}", "[".repeat(JSON_NESTING), "]".repeat(JSON_NESTING));
    let error = json::decode(text.as_bytes(), &deep_type()).unwrap_err();
    assert!(error.to_string().ends_with(": the value is nested too deeply"), "{error}");
}

#[test]
fn nesting_of_an_undeclared_member_is_not_limited() {
    let text = format!(r#"{{"gone":{}{},"a":true}}"#, "[".repeat(NESTING), "]".repeat(NESTING));
    let ty = Type::object([("a", Type::Bool)]);
    let expected = Value::from_iter([("a", Value::Bool(true))]);
    assert_eq!(json::decode(text.as_bytes(), &ty), Ok(expected));
}

#[test]
fn number_that_is_not_finite_is_rejected() {
    let mut cases = vec![];
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        cases.push([&[0xcb][..], &float.to_be_bytes()].concat());
    }
    for float in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        cases.push([&[0xca][..], &float.to_be_bytes()].concat());
    }
    for bytes in cases {
        assert_eq!(error_message(&bytes, &Type::Number), "the number is not finite");
    }
    for text in ["Inf", "+Inf", "-Inf", "inf", "NaN"] {
        let length = u8::try_from(text.len()).unwrap();
        let bytes = [&[0xa0 | length][..], text.as_bytes()].concat();
        assert_eq!(error_message(&bytes, &Type::Number), "not a decimal number");
    }
}

#[test]
fn text_that_is_not_utf_8_is_rejected() {
    let invalid = "the text is not valid UTF-8";
    assert_eq!(error_message(&[0xa2, 0xff, 0xfe], &Type::String), invalid);
    // A lone surrogate, and a truncated character.
    assert_eq!(error_message(&[0xa3, 0xed, 0xa0, 0x80], &Type::String), invalid);
    assert_eq!(error_message(&[0xa1, 0xc3], &Type::Number), invalid);
    assert_eq!(error_message(&[0x81, 0xa1, 0xff, 0xc0], &Type::map(Type::Bool)), invalid);
    assert!(json::decode(b"\"\xff\"", &Type::String).is_err());
    assert!(json::decode(br#""\ud800""#, &Type::String).is_err());
}

#[test]
fn duplicate_key_is_rejected() {
    let twice = b"\x82\xa1a\x01\xa1a\x02";
    assert_eq!(error_message(twice, &Type::map(Type::Number)), "[\"a\"]: the key appears twice");
    let object = Type::object([("a", Type::Number), ("b", Type::Number)]);
    assert_eq!(error_message(twice, &object), "a: the attribute appears twice");
}

/// The text is a few bytes long. The digits of the number would fill the memory.
#[test]
fn number_with_a_huge_exponent_needs_little_memory() {
    for text in ["1e500000000", "-1e500000000", "1e-500000000"] {
        let bytes = [&[0xa0 | u8::try_from(text.len()).unwrap()][..], text.as_bytes()].concat();
        let value = msgpack::decode(&bytes, &Type::Number).unwrap();
        assert_eq!(msgpack::encode(&value, &Type::Number).unwrap(), bytes);
        assert_eq!(json::encode(&value).unwrap(), text);
    }
    for text in ["1e5000000000", "1e-5000000000", "1e99999999999999999999"] {
        let bytes = [&[0xa0 | u8::try_from(text.len()).unwrap()][..], text.as_bytes()].concat();
        assert_eq!(error_message(&bytes, &Type::Number), "the number's exponent is out of range");
        assert!(json::decode(text.as_bytes(), &Type::Number).is_err());
    }
}
