//! Which source wins, which one stops the search, and what the error says. The order of variables
//! is the one the project documents for its users.

use std::sync::Arc;

mod files;
mod log_capture;
mod metadata;
mod renewal;
mod roles;
mod tokens;
mod world;

use super::*;
use crate::huaweicloud::client::Client;
use crate::huaweicloud::error::{Delivery, Error, ErrorKind};
use crate::huaweicloud::system::{Environment, System, SystemClock};

async fn resolve(fixed: FixedKeys, variables: &[(&str, &str)]) -> Result<Credentials, Error> {
    let environment: Environment = variables.iter().copied().collect();
    let system = System::new(Arc::new(SystemClock), environment);
    let client = Client::builder().system(system).build()?;
    Chain::standard(fixed).resolve(&client).await
}

fn fixed(access_key: &str, secret_key: &str, token: &str) -> FixedKeys {
    FixedKeys {
        access_key: Some(access_key.to_owned()),
        secret_key: Some(secret_key.into()),
        security_token: Some(token.into()),
    }
}

fn parts(credentials: &Credentials) -> (&str, &str, Option<&str>) {
    (credentials.access_key(), credentials.secret_key().expose(), credentials.security_token().map(Secret::expose))
}

const HW: [(&str, &str); 3] =
    [("HW_ACCESS_KEY", "hw-ak"), ("HW_SECRET_KEY", "hw-sk"), ("HW_SECURITY_TOKEN", "hw-token")];
const SDK: [(&str, &str); 3] = [
    ("HUAWEICLOUD_SDK_AK", "sdk-ak"),
    ("HUAWEICLOUD_SDK_SK", "sdk-sk"),
    ("HUAWEICLOUD_SDK_SECURITY_TOKEN", "sdk-token"),
];
const SAMPLES: [(&str, &str); 2] = [("CLOUD_SDK_AK", "sample-ak"), ("CLOUD_SDK_SK", "sample-sk")];

#[tokio::test]
async fn the_first_source_with_keys_wins() {
    let all = [&HW[..], &SDK[..], &SAMPLES[..]].concat();
    let found = resolve(fixed("ak", "sk", ""), &all).await.unwrap();
    assert_eq!(parts(&found), ("ak", "sk", None));
    let found = resolve(FixedKeys::default(), &all).await.unwrap();
    assert_eq!(parts(&found), ("hw-ak", "hw-sk", Some("hw-token")));
    let found = resolve(FixedKeys::default(), &all[3..]).await.unwrap();
    assert_eq!(parts(&found), ("sdk-ak", "sdk-sk", Some("sdk-token")));
    let found = resolve(FixedKeys::default(), &all[6..]).await.unwrap();
    assert_eq!(parts(&found), ("sample-ak", "sample-sk", None));
}

#[tokio::test]
async fn blank_counts_as_unset() {
    let blank = [("HW_ACCESS_KEY", " "), ("HW_SECRET_KEY", ""), ("HW_SECURITY_TOKEN", "\n")];
    let variables = [&blank[..], &SAMPLES[..]].concat();
    let found = resolve(fixed(" ", "", "\t"), &variables).await.unwrap();
    assert_eq!(parts(&found), ("sample-ak", "sample-sk", None));
}

#[tokio::test]
async fn white_space_around_keys_is_dropped() {
    let found = resolve(fixed(" ak\n", " sk\n", " token\n"), &[]).await.unwrap();
    assert_eq!(parts(&found), ("ak", "sk", Some("token")));
}

/// Every broken source, in front of one that is sound: the sound one must not be used.
#[tokio::test]
async fn a_broken_source_stops_the_search_and_names_what_is_missing() {
    for (keys, variables, expected) in [
        (fixed("ak", "", ""), &[][..], "access_key is set, but secret_key is not"),
        (fixed("", "sk", ""), &[], "secret_key is set, but access_key is not"),
        (fixed("", "", "token"), &[], "security_token is set, but access_key and secret_key are not"),
        (fixed("a k", "sk", ""), &[], "access_key: the access key is empty or holds white space"),
        (fixed("ak", "s\u{fffd}", ""), &[], "secret_key: the secret key"),
        (fixed("ak", "sk", "a\nb"), &[], "security_token: the security token"),
        (FixedKeys::default(), &HW[..1], "HW_ACCESS_KEY is set, but HW_SECRET_KEY is not"),
        (FixedKeys::default(), &HW[1..2], "HW_SECRET_KEY is set, but HW_ACCESS_KEY is not"),
        (FixedKeys::default(), &HW[2..], "HW_SECURITY_TOKEN is set, but HW_ACCESS_KEY and HW_SECRET_KEY are not"),
        (FixedKeys::default(), &SDK[..1], "HUAWEICLOUD_SDK_AK is set, but HUAWEICLOUD_SDK_SK is not"),
        (FixedKeys::default(), &SDK[2..], "HUAWEICLOUD_SDK_SECURITY_TOKEN is set"),
    ] {
        let variables = [variables, &SAMPLES[..]].concat();
        let error = resolve(keys, &variables).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credentials);
        assert_eq!(error.delivery(), Delivery::NotSent);
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_pair_is_never_taken_from_two_sources() {
    let halves = [HW[0], SDK[1]];
    let error = resolve(FixedKeys::default(), &halves).await.unwrap_err();
    assert!(error.to_string().contains("HW_SECRET_KEY is not"), "{error}");
}

#[tokio::test]
async fn without_any_keys_every_source_is_listed() {
    let error = resolve(FixedKeys::default(), &[]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credentials);
    let text = error.to_string();
    for part in [
        "access_key and secret_key are not set",
        "HW_ACCESS_KEY and HW_SECRET_KEY are not set",
        "HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK are not set",
        "CLOUD_SDK_AK and CLOUD_SDK_SK are not set",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[tokio::test]
async fn neither_debug_nor_errors_show_secrets() {
    let keys = fixed("ak", "hunter2", "hunter3");
    let found = resolve(keys.clone(), &[]).await.unwrap();
    let broken = resolve(fixed("", "hunter2", "hunter3"), &[]).await.unwrap_err();
    let malformed = resolve(fixed("ak", "hunter2 ", "hunter3\u{e9}"), &[]).await.unwrap_err();
    let text = format!("{keys:?} {found:?} {broken:?} {broken} {malformed:?} {}", malformed.report());
    assert!(text.contains("[redacted]"), "{text}");
    assert!(!text.contains("hunter"), "{text}");
}

#[tokio::test]
async fn broken_source_is_reported_without_waiting_and_missing_keys_are_not_an_error() {
    let check = async |fixed: FixedKeys, variables: &[(&str, &str)]| {
        let system = System::new(Arc::new(SystemClock), variables.iter().copied().collect());
        Chain::standard(fixed).check(&system).await.map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(check(FixedKeys::default(), &[]).await, Ok(()));
    let broken = check(FixedKeys::default(), &[("HW_ACCESS_KEY", "alone")]).await.unwrap_err();
    assert!(broken.contains("HW_SECRET_KEY"), "{broken}");
    // A source behind one that has keys is never asked.
    assert_eq!(check(fixed("ak", "sk", ""), &[("HW_ACCESS_KEY", "alone")]).await, Ok(()));
}
