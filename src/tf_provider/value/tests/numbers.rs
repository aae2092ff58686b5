//! Exact numbers. The golden tests compare how they are read and printed with Terraform.

use std::collections::HashSet;

use crate::tf_provider::value::{Number, ParseNumberError};

fn number(text: &str) -> Number {
    text.parse().unwrap()
}

#[test]
fn equality_and_hash_are_numeric() {
    let same = [
        ["1.0", "1", "10e-1"],
        ["1e3", "1000", "1000.000"],
        ["-0", "0", "0e999999999999999999999999"],
        ["0.10", ".1", "1E-1"],
        ["9223372036854775808", "9223372036854775808.0", "0.9223372036854775808e19"],
        ["-9223372036854775808", "-922337203685477580.8e1", "-9223372036854775808.00"],
        ["+5", "5.", "005"],
    ];
    for texts in same {
        let distinct: HashSet<Number> = texts.iter().map(|text| number(text)).collect();
        assert_eq!(distinct.len(), 1, "{texts:?}");
    }
    assert_ne!(number("0.1"), number("0.10000000000000000000000000000000000000001"));
    assert_ne!(number("1"), number("-1"));
    // Both are the same f64.
    assert_ne!(number("9007199254740992"), number("9007199254740993"));
}

#[test]
fn machine_integers_are_exact_or_absent() {
    assert_eq!(number("9223372036854775807").to_i64(), Some(i64::MAX));
    assert_eq!(number("-9223372036854775808").to_i64(), Some(i64::MIN));
    assert_eq!(number("9223372036854775808").to_i64(), None);
    assert_eq!(number("-9223372036854775809").to_i64(), None);
    assert_eq!(number("2.5").to_i64(), None);
    assert_eq!(number("1e18").to_i64(), Some(1_000_000_000_000_000_000));
    assert_eq!(number("-1").to_i64(), Some(-1));
    assert_eq!(number("1e500000000").to_i64(), None);
}

#[test]
fn machine_integers_become_the_same_numbers_as_their_digits() {
    assert_eq!(Number::from(-5_i64), number("-5"));
    assert_eq!(Number::from(5_u32), number("5"));
    assert_eq!(Number::from(i64::MIN), number("-9223372036854775808"));
    assert_eq!(Number::from(7_u64), number("7"));
    for integer in [u64::MAX, 1 << 63, 10_000_000_000_000_000_000] {
        assert_eq!(Number::from(integer), number(&integer.to_string()));
    }
}

#[test]
fn floats_become_their_shortest_decimal() {
    let float = |float| Number::from_f64(float).unwrap();
    assert_eq!(float(0.1), number("0.1"));
    assert_eq!(float(-0.25), number("-0.25"));
    assert_eq!(float(-0.0), number("0"));
    assert_eq!(float(5e-324), number("5e-324"));
    assert_eq!(float(9_007_199_254_740_994.0), number("9007199254740994"));
    // The exact value of the float nearest to 10^23, according to Go's big.Float.
    assert_eq!(float(1e23), number("99999999999999991611392"));
    assert_eq!(float(f64::MAX).to_string().len(), 309);
    for other in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(Number::from_f64(other), None);
    }
}

#[test]
fn numbers_display_as_plain_digits_up_to_a_limit() {
    let canonical = [
        ("-0", "0"),
        ("007.50", "7.5"),
        ("1e3", "1000"),
        ("-1.5e20", "-150000000000000000000"),
        ("1.5e-3", "0.0015"),
        ("-12345.678e-2", "-123.45678"),
        ("1e1001", "1e1001"),
        ("-1.25e-2000", "-1.25e-2000"),
        ("125e1998", "1.25e2000"),
    ];
    for (text, shown) in canonical {
        assert_eq!(number(text).to_string(), shown);
        assert_eq!(number(shown), number(text));
    }
    assert_eq!(number("1e1000").to_string().len(), 1001);
    assert_eq!(number("1e-1000").to_string().len(), 1002);
    assert_eq!(format!("{:?}", number("2.5")), "2.5");
}

#[test]
fn malformed_number_is_rejected() {
    let malformed = [
        "", " ", ".", "-", "+", "e5", ".e5", "1e", "1e+", "1e5.0", "1 ", " 1", "1,5", "--1", "+-1", "0x10", "1_000",
        "1p4", "1.2.3", "Inf", "NaN", "١", "1e٢",
    ];
    for text in malformed {
        assert_eq!(text.parse::<Number>(), Err(ParseNumberError::Malformed), "{text:?}");
    }
    for text in ["1e600000001", "-1e600000001", "1e-600000001", "1e9223372036854775807", "10.5e-9223372036854775808"] {
        assert_eq!(text.parse::<Number>(), Err(ParseNumberError::OutOfRange), "{text:?}");
    }
    assert!("1e600000000".parse::<Number>().is_ok());
    assert!("1e-600000000".parse::<Number>().is_ok());
}
