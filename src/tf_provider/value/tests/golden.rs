//! Both codecs against what go-cty writes and reads.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;

use super::vectors::{Origin, Row};
use crate::tf_provider::value::{json, msgpack};

/// go-cty's JSON, with the characters that Go escapes for HTML's sake as they are.
fn without_html_escapes(json: &str) -> String {
    json.replace("\\u003c", "<").replace("\\u003e", ">").replace("\\u0026", "&")
}

#[test]
fn msgpack_means_what_go_cty_says_it_means() {
    for row in Row::valid() {
        let decoded = msgpack::decode(&row.bytes(), &row.ty());
        assert_eq!(decoded.as_ref(), Ok(&row.expected()), "{}", row.name);
    }
}

#[test]
fn what_go_cty_refuses_is_refused() {
    for row in Row::all().into_iter().filter(|row| row.origin == Origin::Refused) {
        assert!(msgpack::decode(&row.bytes(), &row.ty()).is_err(), "{}", row.name);
    }
}

/// Our bytes are go-cty's own, or those in `reencoded.json`, which go-cty confirmed to mean
/// the same.
#[test]
fn encodings_are_those_of_go_cty_or_confirmed_by_it() {
    let text = include_str!("../../../../tests/vectors/msgpack/reencoded.json");
    let confirmed: BTreeMap<String, String> = serde_json::from_str(text).unwrap();
    let mut ours = BTreeMap::new();
    for row in Row::valid() {
        let ty = row.ty();
        let bytes = msgpack::encode(&row.expected(), &ty).unwrap();
        assert_eq!(msgpack::decode(&bytes, &ty), Ok(row.expected()), "{}", row.name);
        if bytes != row.bytes() {
            ours.insert(row.name, HEXLOWER.encode(&bytes));
        }
    }
    let shown = serde_json::to_string_pretty(&ours).unwrap();
    assert!(ours == confirmed, "to be confirmed by go-cty:\n{shown}");
}

/// The kinds of values that we write differently on purpose.
#[test]
fn encodings_differ_from_go_cty_only_where_meant() {
    for row in Row::valid().into_iter().filter(|row| row.origin == Origin::Encoded) {
        let ours = msgpack::encode(&row.expected(), &row.ty()).unwrap();
        let theirs = row.bytes();
        let fraction = theirs.contains(&0xcb);
        let refined = theirs.windows(2).any(|pair| pair[1] == 12) && row.name.contains("refined");
        let set = row.type_json().contains("\"set\"");
        assert!(ours == theirs || fraction || refined || set, "{}", row.name);
    }
}

#[test]
fn json_means_what_go_cty_says_it_means() {
    let mut seen = 0;
    for row in Row::valid() {
        let Some(json) = &row.json else { continue };
        seen += 1;
        assert_eq!(json::decode(json.as_bytes(), &row.ty()), Ok(row.expected()), "{}", row.name);
    }
    assert!(seen > 50, "only {seen} vectors have JSON");
}

#[test]
fn json_is_written_like_go_cty_writes_it() {
    for row in Row::valid() {
        let (Some(theirs), false) = (&row.json, row.type_json().contains("[\"set\",[")) else {
            // Sets of objects have no agreed order.
            continue;
        };
        let ours = json::encode(&row.expected(), &row.ty()).unwrap();
        let theirs = without_html_escapes(theirs);
        assert_eq!(String::from_utf8(ours).unwrap(), theirs, "{}", row.name);
    }
}

#[test]
fn type_descriptions_are_those_of_go_cty() {
    for row in Row::all() {
        let theirs = without_html_escapes(row.type_json());
        assert_eq!(String::from_utf8(row.ty().to_json()).unwrap(), theirs, "{}", row.name);
    }
}
