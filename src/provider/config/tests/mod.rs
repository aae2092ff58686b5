//! Mistakes in the block and in environment variables, and when they are reported.

use std::sync::Arc;

use crate::huaweicloud::portable::portable;
use crate::huaweicloud::{Client, SystemClock};

use super::*;

mod numbers;
mod sign_in;

/// The client, with only these environment variables.
async fn client(block: &ProviderConfig, variables: &[(&str, &str)]) -> Result<Option<Client>, Diagnostics> {
    let system = system(variables);
    read(block, &system)?.client(&system).await
}

fn system(variables: &[(&str, &str)]) -> System {
    System::new(Arc::new(SystemClock), variables.iter().copied().collect())
}

/// `summary (path): detail` of each diagnostic.
fn lines(diagnostics: &Diagnostics) -> Vec<String> {
    diagnostics.iter().map(|it| portable(&format!("{} ({}): {}", it.summary, it.path, it.detail))).collect()
}

/// The problems reported when a request needs the client.
async fn problems(block: &ProviderConfig, variables: &[(&str, &str)]) -> Vec<String> {
    lines(&client(block, variables).await.err().unwrap_or_default())
}

/// The problems reported when the provider is configured.
fn problems_of_the_block(block: &ProviderConfig, variables: &[(&str, &str)]) -> Vec<String> {
    lines(&read(block, &system(variables)).err().unwrap_or_default())
}

fn known<T: From<&'static str>>(text: &'static str) -> Attr<T> {
    Attr::Known(text.into())
}

/// A broken variable is an error only of the requests that need it.
#[tokio::test]
async fn malformed_variable_is_reported_by_name_when_a_request_needs_it() {
    let mut all = Vec::new();
    for (variable, value) in [
        ("HW_REGION_NAME", "CN North"),
        ("HW_PROJECT_ID", "a/b"),
        ("HUAWEICLOUD_SDK_PROJECT_ID", "a/b"),
        ("HW_DOMAIN_ID", "a b"),
        ("HW_CLOUD", "https://x"),
        ("HW_AUTH_URL", "http://iam.example"),
        ("HW_INSECURE", "yes"),
        ("HW_USE_ECS_METADATA", "maybe"),
        ("HW_MAX_RETRIES", "-1"),
        ("HW_MAX_RETRIES", "many"),
        ("HW_MAX_RETRIES", "1.5"),
        ("HW_ACCESS_KEY", "alone"),
        ("HW_PROFILE", "missing"),
        ("HW_SHARED_CONFIG_FILE", "/missing"),
        ("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "/missing"),
        ("HW_ASSUME_ROLE_AGENCY_NAME", "alone"),
        ("HW_ASSUME_ROLE_DOMAIN_ID", "d"),
        ("HW_ASSUME_ROLE_IDP_ID", "alone"),
    ] {
        let (block, variables) = (ProviderConfig::default(), [(variable, value)]);
        assert_eq!(problems_of_the_block(&block, &variables), [""; 0]);
        let problems = problems(&block, &variables).await;
        assert!(!problems.is_empty(), "{variable}");
        all.extend(problems);
    }
    insta::assert_snapshot!(all.join("\n"));
}

/// The official provider reads them with Go's `strconv.ParseBool`.
#[tokio::test]
async fn boolean_variables_are_read_as_in_go() {
    let block = ProviderConfig { auth_url: known("http://iam.example"), ..ProviderConfig::default() };
    for (texts, allowed) in
        [(["1", "t", "T", "true", "TRUE", "True"], true), (["0", "f", "F", "false", "FALSE", "False"], false)]
    {
        for text in texts {
            let problems = problems(&block, &[("HW_INSECURE", text), ("HW_USE_ECS_METADATA", text)]).await;
            let refused = "Invalid auth_url (auth_url): auth_url: plain http is allowed only for this computer (localhost, \
                           127.0.0.0/8, ::1); use https, or set `insecure`.";
            assert_eq!(problems.join("\n"), if allowed { "" } else { refused }, "{text}");
        }
    }
    for text in ["yes", "on", "tRUE", "2", "true,"] {
        let problems = problems(&ProviderConfig::default(), &[("HW_INSECURE", text)]).await;
        assert_eq!(problems, [format!("Invalid HW_INSECURE (): HW_INSECURE is {text:?}. Set it to true or false.")]);
    }
}

/// Validation does not see the environment, where a variable may allow plain http.
#[test]
fn plain_http_is_an_error_at_its_attribute_unless_the_environment_allows_it() {
    let block = ProviderConfig { auth_url: known("http://iam.example"), ..ProviderConfig::default() };
    assert_eq!(lines(&check(&block)), [""; 0]);
    assert_eq!(problems_of_the_block(&block, &[("HW_INSECURE", "true")]), [""; 0]);
    assert_eq!(problems_of_the_block(&block, &[("HW_INSECURE", "maybe")]), [""; 0]);
    insta::assert_snapshot!(problems_of_the_block(&block, &[]).join("\n"), @"Invalid auth_url (auth_url): auth_url: plain http is allowed only for this computer (localhost, 127.0.0.0/8, ::1); use https, or set `insecure`.");
}

#[tokio::test]
async fn unused_variable_is_not_checked() {
    let block = ProviderConfig { region: known("CN North"), ..ProviderConfig::default() };
    let problems = problems_of_the_block(&block, &[("HW_REGION_NAME", "cn-north-4")]);
    insta::assert_snapshot!(problems.join("\n"), @r#"Invalid region (region): region "CN North" is not a valid region name: use lower-case letters, digits and hyphens, such as "cn-north-4"."#);
}

#[test]
fn malformed_key_is_reported_at_its_argument_without_its_value() {
    let block = |access_key, secret_key, security_token| ProviderConfig {
        access_key: known(access_key),
        secret_key: Attr::Known(Secret::new(secret_key)),
        security_token: Attr::Known(Secret::new(security_token)),
        ..ProviderConfig::default()
    };
    let blocks = [block("a b", "secret", "token"), block("a", "sécret", "token"), block("a", "secret", "to\nken")];
    let problems: Vec<String> = blocks.iter().flat_map(|block| problems_of_the_block(block, &[])).collect();
    insta::assert_snapshot!(problems.join("\n"));
}

#[tokio::test]
async fn unusable_certificate_file_is_reported_when_a_request_needs_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ca.pem").to_string_lossy().into_owned();
    let block = ProviderConfig { cacert_file: Attr::Known(path.clone()), ..ProviderConfig::default() };
    let mut all = problems(&block, &[]).await;
    for content in ["", "text", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        std::fs::write(&path, content).unwrap();
        assert_eq!(problems_of_the_block(&block, &[]), [""; 0]);
        all.extend(problems(&block, &[]).await);
    }
    insta::assert_snapshot!(all.join("\n").replace(&path, "[path]"), @r"
    Invalid cacert_file (): [path] cannot be read: No such file or directory (os error 2).
    Invalid cacert_file (): [path]: the CA certificates contain no certificate in PEM form.
    Invalid cacert_file (): [path]: the CA certificates contain no certificate in PEM form.
    Invalid cacert_file (): [path]: the CA certificates cannot be read: builder error: invalid peer certificate: BadEncoding.
    ");
}
