//! The order of sources, the end of the search, and its errors. The order of variables is documented for users.

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
use crate::huaweicloud::secret::Secret;
use crate::huaweicloud::signing::{Credentials, MalformedPart, Part};
use crate::huaweicloud::system::{Environment, System, SystemClock};

async fn resolve(given: StaticCredentials, variables: &[(&str, &str)]) -> Result<Credentials, Error> {
    let environment: Environment = variables.iter().copied().collect();
    let system = System::new(Arc::new(SystemClock), environment);
    let client = Client::builder().system(system).build()?;
    Chain::standard(given).resolve(client.sender()).await
}

fn given(access_key: &str, secret_key: &str, token: &str) -> StaticCredentials {
    StaticCredentials::new(Some(access_key), Some(secret_key.into()), Some(token.into())).unwrap()
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
async fn first_source_with_credentials_wins() {
    let all = [&HW[..], &SDK[..], &SAMPLES[..]].concat();
    let found = resolve(given("ak", "sk", ""), &all).await.unwrap();
    assert_eq!(parts(&found), ("ak", "sk", None));
    let found = resolve(StaticCredentials::default(), &all).await.unwrap();
    assert_eq!(parts(&found), ("hw-ak", "hw-sk", Some("hw-token")));
    let found = resolve(StaticCredentials::default(), &all[3..]).await.unwrap();
    assert_eq!(parts(&found), ("sdk-ak", "sdk-sk", Some("sdk-token")));
    let found = resolve(StaticCredentials::default(), &all[6..]).await.unwrap();
    assert_eq!(parts(&found), ("sample-ak", "sample-sk", None));
}

#[tokio::test]
async fn blank_parts_count_as_unset() {
    let blank = [("HW_ACCESS_KEY", " "), ("HW_SECRET_KEY", ""), ("HW_SECURITY_TOKEN", "\n")];
    let variables = [&blank[..], &SAMPLES[..]].concat();
    let found = resolve(given(" ", "", "\t"), &variables).await.unwrap();
    assert_eq!(parts(&found), ("sample-ak", "sample-sk", None));
}

#[tokio::test]
async fn white_space_around_parts_is_removed() {
    let found = resolve(given(" ak\n", " sk\n", " token\n"), &[]).await.unwrap();
    assert_eq!(parts(&found), ("ak", "sk", Some("token")));
}

/// Each broken source is followed by a complete one, which must not be used.
#[tokio::test]
async fn broken_source_ends_the_search_and_the_error_names_the_missing_part() {
    let mut errors = Vec::new();
    for (given, variables) in [
        (given("ak", "", ""), &[][..]),
        (given("", "sk", ""), &[]),
        (given("", "", "token"), &[]),
        (StaticCredentials::default(), &HW[..1]),
        (StaticCredentials::default(), &HW[1..2]),
        (StaticCredentials::default(), &HW[2..]),
        (StaticCredentials::default(), &SDK[..1]),
        (StaticCredentials::default(), &[HW[0], SDK[1]]),
        (StaticCredentials::default(), &[HW[0], ("HW_SECRET_KEY", "a b")]),
    ] {
        let error = resolve(given, &[variables, &SAMPLES[..]].concat()).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::Credentials, Delivery::NotSent));
        errors.push(error.to_string());
    }
    insta::assert_snapshot!(errors.join("\n"), @r"
    credentials from the configuration: access_key is set, but secret_key is not; set both or neither
    credentials from the configuration: secret_key is set, but access_key is not; set both or neither
    credentials from the configuration: security_token is set, but access_key and secret_key are not; a security token is valid only with its keys
    credentials from the environment (HW_*): HW_ACCESS_KEY is set, but HW_SECRET_KEY is not; set both or neither
    credentials from the environment (HW_*): HW_SECRET_KEY is set, but HW_ACCESS_KEY is not; set both or neither
    credentials from the environment (HW_*): HW_SECURITY_TOKEN is set, but HW_ACCESS_KEY and HW_SECRET_KEY are not; a security token is valid only with its keys
    credentials from the environment (HUAWEICLOUD_SDK_*): HUAWEICLOUD_SDK_AK is set, but HUAWEICLOUD_SDK_SK is not; set both or neither
    credentials from the environment (HW_*): HW_ACCESS_KEY is set, but HW_SECRET_KEY is not; set both or neither
    credentials from the environment (HW_*): HW_SECRET_KEY: the secret key is empty or contains white space or characters outside ASCII
    ");
}

#[test]
fn parts_that_cannot_be_sent_are_malformed() {
    for (access_key, secret_key, token, part) in [
        ("a k", "sk", "", Part::AccessKey),
        ("ak", "s\u{fffd}", "", Part::SecretKey),
        ("ak", "sk", "a\nb", Part::SecurityToken),
    ] {
        let result = StaticCredentials::new(Some(access_key), Some(secret_key.into()), Some(token.into()));
        assert_eq!(result.unwrap_err(), MalformedPart(part));
    }
}

#[tokio::test]
async fn error_without_credentials_lists_every_source() {
    let error = resolve(StaticCredentials::default(), &[]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credentials);
    insta::assert_snapshot!(error, @"no credentials found; tried the configuration: access_key and secret_key are not set; the environment (HW_*): HW_ACCESS_KEY and HW_SECRET_KEY are not set; the environment (HUAWEICLOUD_SDK_*): HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK are not set; the environment (CLOUD_SDK_*): CLOUD_SDK_AK and CLOUD_SDK_SK are not set; the current hcloud profile in ~/.hcloud/config.json: the file does not exist; the SDK credentials file ~/.huaweicloud/credentials: the file does not exist");
}

#[tokio::test]
async fn debug_and_errors_show_no_secrets() {
    let given = given("ak", "hunter2", "hunter3");
    let found = resolve(given.clone(), &[]).await.unwrap();
    let incomplete = StaticCredentials::new(None, Some("hunter2".into()), Some("hunter3".into())).unwrap();
    let broken = resolve(incomplete.clone(), &[]).await.unwrap_err();
    let malformed = [("HW_ACCESS_KEY", "ak"), ("HW_SECRET_KEY", "hunter2\u{e9}")];
    let malformed = resolve(StaticCredentials::default(), &malformed).await.unwrap_err();
    let text = format!("{given:?} {incomplete:?} {found:?} {broken:?} {broken} {malformed:?} {}", malformed.report());
    assert!(text.contains("\"ak\"") && !text.contains("hunter"), "{text}");
    insta::assert_snapshot!(malformed.report(), @"credentials from the environment (HW_*): HW_SECRET_KEY: the secret key is empty or contains white space or characters outside ASCII");
}

#[tokio::test]
async fn check_reports_a_broken_source_and_ignores_missing_credentials() {
    let check = async |given: StaticCredentials, variables: &[(&str, &str)]| {
        let system = System::new(Arc::new(SystemClock), variables.iter().copied().collect());
        Chain::standard(given).check(&system).await.map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(check(StaticCredentials::default(), &[]).await, Ok(()));
    let broken = check(StaticCredentials::default(), &[("HW_ACCESS_KEY", "alone")]).await.unwrap_err();
    insta::assert_snapshot!(broken, @"credentials from the environment (HW_*): HW_ACCESS_KEY is set, but HW_SECRET_KEY is not; set both or neither");
    // Sources after the first one with credentials are not read.
    assert_eq!(check(given("ak", "sk", ""), &[("HW_ACCESS_KEY", "alone")]).await, Ok(()));
}
