//! Mistakes in the block and the variables, and where they are told.

use std::sync::Arc;

use super::*;
use crate::huaweicloud::{Environment, SystemClock};

mod numbers;
mod sign_in;

/// `path: detail` of each diagnostic, with these environment variables only.
fn problems(block: &ProviderConfig, variables: &[(&str, &str)]) -> Vec<String> {
    let environment: Environment = variables.iter().copied().collect();
    let outcome = client(block, &Host::new(Arc::new(SystemClock), environment));
    let diagnostics = outcome.err().unwrap_or_default();
    diagnostics.iter().map(|it| format!("{}: {}", it.path, it.detail)).collect()
}

fn known<T: From<&'static str>>(text: &'static str) -> Attr<T> {
    Attr::Known(text.into())
}

/// The argument they stand for is not in the block, so its name alone leads nowhere.
#[test]
fn malformed_variable_was_told_without_its_name_or_twice() {
    for (variable, value, argument) in [
        ("HW_REGION_NAME", "CN North", "region"),
        ("HW_PROJECT_ID", "a/b", "project_id"),
        ("HUAWEICLOUD_SDK_PROJECT_ID", "a/b", "project_id"),
        ("HW_CLOUD", "https://x", "cloud"),
        ("HW_AUTH_URL", "http://iam.example", "auth_url"),
        ("HW_INSECURE", "yes", "insecure"),
    ] {
        let problems = problems(&ProviderConfig::default(), &[(variable, value)]);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with(&format!("{argument}: ")), "{problems:?}");
        assert!(problems[0].contains(variable), "{problems:?}");
    }
}

#[test]
fn variable_that_is_not_used_was_blamed() {
    let block = ProviderConfig { region: known("CN North"), ..ProviderConfig::default() };
    let problems = problems(&block, &[("HW_REGION_NAME", "cn-north-4")]);
    assert!(problems.len() == 1 && !problems[0].contains("HW_REGION_NAME"), "{problems:?}");
}

#[test]
fn malformed_key_was_told_without_its_line() {
    let block = |access_key, secret_key, security_token| ProviderConfig {
        access_key: known(access_key),
        secret_key: Attr::Known(Secret::new(secret_key)),
        security_token: Attr::Known(Secret::new(security_token)),
        ..ProviderConfig::default()
    };
    for (block, argument) in [
        (block("a b", "secret", "token"), "access_key"),
        (block("a", "sécret", "token"), "secret_key"),
        (block("a", "secret", "to\nken"), "security_token"),
    ] {
        let problems = problems(&block, &[]);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with(&format!("{argument}: ")), "{problems:?}");
        assert!(!problems[0].contains("secret\"") && !problems[0].contains("ken\""), "{problems:?}");
    }
}

#[test]
fn file_without_certificates_was_told_without_its_line() {
    let directory = tempfile::tempdir().unwrap();
    for content in ["", "text", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let path = directory.path().join("ca.pem");
        std::fs::write(&path, content).unwrap();
        let path = path.to_string_lossy().into_owned();
        let block = ProviderConfig { cacert_file: Attr::Known(path.clone()), ..ProviderConfig::default() };
        let problems = problems(&block, &[]);
        assert_eq!(problems.len(), 1, "{content:?}: {problems:?}");
        assert!(problems[0].starts_with(&format!("cacert_file: {path}")), "{content:?}: {problems:?}");
    }
}
