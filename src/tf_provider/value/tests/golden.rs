//! Compares both codecs with go-cty.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;

use crate::tf_provider::value::{json, msgpack};

use super::vectors::{Origin, Vector};

/// Reverts Go's escapes of HTML characters in JSON.
fn without_html_escapes(json: &str) -> String {
    json.replace("\\u003c", "<").replace("\\u003e", ">").replace("\\u0026", "&")
}

#[test]
fn msgpack_decodes_to_the_same_value_as_in_go_cty() {
    for vector in Vector::valid() {
        let decoded = msgpack::decode(&vector.bytes(), &vector.ty());
        assert_eq!(decoded.as_ref(), Ok(&vector.expected()), "{}", vector.name);
    }
}

#[test]
fn bytes_that_go_cty_rejects_are_rejected() {
    for vector in Vector::all().into_iter().filter(|vector| vector.origin == Origin::Refused) {
        assert!(msgpack::decode(&vector.bytes(), &vector.ty()).is_err(), "{}", vector.name);
    }
}

/// The bytes are those of go-cty or those in `reencoded.json`, of which go-cty confirmed that they mean the same.
#[test]
fn encodings_are_those_of_go_cty_or_confirmed_by_it() {
    let text = include_str!("../../../../tests/vectors/msgpack/reencoded.json");
    let confirmed: BTreeMap<String, String> = serde_json::from_str(text).unwrap();
    let mut ours = BTreeMap::new();
    for vector in Vector::valid() {
        let ty = vector.ty();
        let bytes = msgpack::encode(&vector.expected(), &ty).unwrap();
        assert_eq!(msgpack::decode(&bytes, &ty), Ok(vector.expected()), "{}", vector.name);
        if bytes != vector.bytes() {
            ours.insert(vector.name, HEXLOWER.encode(&bytes));
        }
    }
    let shown = serde_json::to_string_pretty(&ours).unwrap();
    assert!(ours == confirmed, "to be confirmed by go-cty:\n{shown}");
}

#[test]
fn encodings_differ_from_go_cty_only_for_fractions_and_refinements() {
    for vector in Vector::valid().into_iter().filter(|vector| vector.origin == Origin::Encoded) {
        let ours = msgpack::encode(&vector.expected(), &vector.ty()).unwrap();
        let theirs = vector.bytes();
        let fraction = theirs.contains(&0xcb);
        let refined = theirs.windows(2).any(|pair| pair[1] == 12) && vector.name.contains("refined");
        assert!(ours == theirs || fraction || refined, "{}", vector.name);
    }
}

#[test]
fn json_decodes_to_the_same_value_as_in_go_cty() {
    let mut compared = 0;
    for vector in Vector::valid() {
        let Some(json) = &vector.json else { continue };
        compared += 1;
        assert_eq!(json::decode(json.as_bytes(), &vector.ty()), Ok(vector.expected()), "{}", vector.name);
    }
    assert!(compared > 50, "only {compared} vectors have JSON");
}

#[test]
fn type_descriptions_are_those_of_go_cty() {
    for vector in Vector::all() {
        let theirs = without_html_escapes(vector.type_json());
        assert_eq!(vector.ty().to_json().to_string(), theirs, "{}", vector.name);
    }
}
