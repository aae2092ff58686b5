//! Bytes that nobody honest sends: an error each time, never a panic or a huge allocation.

use super::vectors::Row;
use crate::tf_provider::value::{Type, Value, json, msgpack};

/// Deep enough to exhaust any stack.
const NESTING: usize = 100_000;
/// For text that is read once per level, up to the limit.
const TEXT_NESTING: usize = 2_000;

fn refused(bytes: &[u8], ty: &Type) -> String {
    msgpack::decode(bytes, ty).unwrap_err().to_string()
}

#[test]
fn every_truncation_is_refused() {
    for row in Row::valid() {
        let (bytes, ty) = (row.bytes(), row.ty());
        for end in 1..bytes.len() {
            assert!(msgpack::decode(&bytes[..end], &ty).is_err(), "{} cut at {end}", row.name);
        }
    }
}

#[test]
fn every_json_truncation_is_refused_or_means_a_shorter_number() {
    for row in Row::valid() {
        let Some(json) = &row.json else { continue };
        for end in 1..json.len() {
            let decoded = json::decode(&json.as_bytes()[..end], &row.ty());
            assert!(decoded.is_err() || row.ty() == Type::Number, "{} cut at {end}", row.name);
        }
    }
}

#[test]
fn data_after_the_value_is_refused() {
    for row in Row::valid() {
        let mut bytes = row.bytes();
        bytes.push(0xc0);
        assert!(msgpack::decode(&bytes, &row.ty()).is_err(), "{}", row.name);
    }
    assert_eq!(refused(&[0xc0, 0xc0], &Type::String), "there is more data after the value");
    assert!(json::decode(b"null null", &Type::String).is_err());
}

/// Whatever still decodes is a value of the type: it can be written and read again.
#[test]
fn flipped_bits_never_panic() {
    for row in Row::all() {
        let (bytes, ty) = (row.bytes(), row.ty());
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok(value) = msgpack::decode(&bytes, &ty) {
                let again = msgpack::encode(&value, &ty).unwrap();
                assert_eq!(msgpack::decode(&again, &ty), Ok(value), "{} bit {bit}", row.name);
            }
        }
    }
}

#[test]
fn forged_lengths_are_refused_before_anything_is_reserved() {
    let list = Type::list(Type::String);
    let map = Type::map(Type::String);
    let object = Type::object([("a", Type::String)]);
    let truncated = "the data ends in the middle of a value";
    let mut padded = vec![0xdd, 0x7f, 0xff, 0xff, 0xff];
    padded.extend_from_slice(&[0xc0; 1000]);
    let cases: [(&[u8], &Type); 12] = [
        (&[0xdd, 0xff, 0xff, 0xff, 0xff], &list),
        (&padded, &list),
        (&[0xdc, 0xff, 0xff], &Type::set(Type::Bool)),
        (&[0xdd, 0xff, 0xff, 0xff, 0xff], &Type::Tuple(vec![Type::String])),
        (&[0xdd, 0xff, 0xff, 0xff, 0xff], &Type::Dynamic),
        (&[0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1, b'a', 0xc0], &map),
        (&[0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1, b'a', 0xc0], &object),
        (&[0xdb, 0xff, 0xff, 0xff, 0xff, b'a'], &Type::String),
        (&[0xc6, 0xff, 0xff, 0xff, 0xff, b'a'], &Type::Number),
        (&[0x92, 0xc6, 0xff, 0xff, 0xff, 0xff, b'"'], &Type::Dynamic),
        (&[0xc9, 0xff, 0xff, 0xff, 0xff, 0x0c, 0x81], &Type::String),
        (&[0xd8, 0x0c, 0x81, 0x01, 0xc2], &Type::String),
    ];
    for (bytes, ty) in cases {
        assert_eq!(refused(bytes, ty), truncated, "{bytes:02x?}");
    }
}

/// A value of dynamic type that holds a value of dynamic type, and so on.
#[test]
fn endless_nesting_is_refused() {
    let layers: [&[u8]; 3] = [
        b"\x92\xc4\x12[\"list\",\"dynamic\"]\x91",
        b"\x92\xc4\x15[\"tuple\",[\"dynamic\"]]\x91",
        b"\x92\xc4\x09\"dynamic\"",
    ];
    for layer in layers {
        let mut bytes = layer.repeat(NESTING);
        bytes.push(0xc0);
        let message = refused(&bytes, &Type::Dynamic);
        assert!(message.ends_with("the value is nested too deeply"), "{message}");
    }
}

#[test]
fn endlessly_nested_types_are_refused() {
    for (open, close) in [("[\"list\",", "]"), ("[\"tuple\",[", "]]"), ("[\"object\",{\"a\":", "}]")] {
        let text = format!("{}\"bool\"{}", open.repeat(TEXT_NESTING), close.repeat(TEXT_NESTING));
        let error = Type::from_json(text.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "the type is nested too deeply");

        let length = u32::try_from(text.len()).unwrap().to_be_bytes();
        let bytes = [&[0x92, 0xc6][..], &length, text.as_bytes(), &[0xc0]].concat();
        assert!(refused(&bytes, &Type::Dynamic).ends_with("the type is nested too deeply"));
    }
}

#[test]
fn endless_nesting_in_json_is_refused() {
    let open = r#"{"type":["list","dynamic"],"value":["#.repeat(TEXT_NESTING);
    let text = format!("{open}{}", "]}".repeat(TEXT_NESTING));
    let error = json::decode(text.as_bytes(), &Type::Dynamic).unwrap_err();
    assert_eq!(error.message(), "the value is nested too deeply");
}

#[test]
fn nesting_of_what_a_state_does_not_declare_is_harmless() {
    let text = format!(r#"{{"gone":{}{},"a":true}}"#, "[".repeat(NESTING), "]".repeat(NESTING));
    let ty = Type::object([("a", Type::Bool)]);
    let expected = Value::from_iter([("a", Value::Bool(true))]);
    assert_eq!(json::decode(text.as_bytes(), &ty), Ok(expected));
}

#[test]
fn numbers_that_are_not_finite_are_refused() {
    let mut cases = vec![];
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        cases.push([&[0xcb][..], &float.to_be_bytes()].concat());
    }
    for float in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        cases.push([&[0xca][..], &float.to_be_bytes()].concat());
    }
    for bytes in cases {
        assert_eq!(refused(&bytes, &Type::Number), "the number is not finite");
    }
    for text in ["Inf", "+Inf", "-Inf", "inf", "NaN"] {
        let length = u8::try_from(text.len()).unwrap();
        let bytes = [&[0xa0 | length][..], text.as_bytes()].concat();
        assert_eq!(refused(&bytes, &Type::Number), "not a decimal number");
    }
}

#[test]
fn text_that_is_not_utf_8_is_refused() {
    let invalid = "the text is not valid UTF-8";
    assert_eq!(refused(&[0xa2, 0xff, 0xfe], &Type::String), invalid);
    // A lone surrogate, and a cut-off character.
    assert_eq!(refused(&[0xa3, 0xed, 0xa0, 0x80], &Type::String), invalid);
    assert_eq!(refused(&[0xa1, 0xc3], &Type::Number), invalid);
    assert_eq!(refused(&[0x81, 0xa1, 0xff, 0xc0], &Type::map(Type::Bool)), invalid);
    assert!(json::decode(b"\"\xff\"", &Type::String).is_err());
    assert!(json::decode(br#""\ud800""#, &Type::String).is_err());
}

#[test]
fn keys_that_appear_twice_are_refused() {
    let twice = b"\x82\xa1a\x01\xa1a\x02";
    assert_eq!(refused(twice, &Type::map(Type::Number)), "[\"a\"]: the key appears twice");
    let object = Type::object([("a", Type::Number), ("b", Type::Number)]);
    assert_eq!(refused(twice, &object), "a: the attribute appears twice");
}

/// The text is a few bytes, the number it stands for would fill the memory.
#[test]
fn huge_exponents_stay_small() {
    for text in ["1e500000000", "-1e500000000", "1e-500000000"] {
        let bytes = [&[0xa0 | u8::try_from(text.len()).unwrap()][..], text.as_bytes()].concat();
        let value = msgpack::decode(&bytes, &Type::Number).unwrap();
        assert_eq!(msgpack::encode(&value, &Type::Number).unwrap(), bytes);
        assert_eq!(json::encode(&value, &Type::Number).unwrap(), text.as_bytes());
    }
    for text in ["1e5000000000", "1e-5000000000", "1e99999999999999999999"] {
        let bytes = [&[0xa0 | u8::try_from(text.len()).unwrap()][..], text.as_bytes()].concat();
        assert_eq!(refused(&bytes, &Type::Number), "the number's exponent is out of range");
        assert!(json::decode(text.as_bytes(), &Type::Number).is_err());
    }
}
