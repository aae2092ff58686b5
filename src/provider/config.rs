//! The provider block: its arguments, the environment variables that stand in for them, and the client made of both.
//!
//! Per value: block before environment before default. What can be wrong is told when the provider is configured;
//! nothing is asked of the network here.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::huaweicloud::{
    CaCertificates, Chain, Client, EndpointSettings, Endpoints, Error, FixedKeys, Host, Part, ProjectId, Region, Secret,
};
use crate::model;
use crate::provider::duration::parse_duration;
use crate::tf_provider::attribute_path::AttributePath;
use crate::tf_provider::value::{Attr, FromValue, ModelError, ToValue, Type, Value};
use crate::tf_provider::{Attribute, Block, Diagnostics, Schema};

/// The environment variables read for each argument, in order; [`crate::huaweicloud::Chain`] knows those for keys.
mod variable {
    pub(super) const REGION: &[&str] = &["HW_REGION_NAME"];
    pub(super) const PROJECT_ID: &[&str] = &["HW_PROJECT_ID", "HUAWEICLOUD_SDK_PROJECT_ID"];
    pub(super) const PROJECT_NAME: &[&str] = &["HW_PROJECT_NAME"];
    pub(super) const CLOUD: &[&str] = &["HW_CLOUD"];
    pub(super) const AUTH_URL: &[&str] = &["HW_AUTH_URL"];
    pub(super) const INSECURE: &[&str] = &["HW_INSECURE"];
}

model! {
    /// The provider block as a struct.
    #[derive(Clone, Debug, Default)]
    pub struct ProviderConfig {
        pub region: Attr<String>,
        pub access_key: Attr<String>,
        pub secret_key: Attr<Secret>,
        pub security_token: Attr<Secret>,
        pub project_id: Attr<String>,
        pub project_name: Attr<String>,
        pub cloud: Attr<String>,
        pub auth_url: Attr<String>,
        pub endpoints: Attr<BTreeMap<String, Attr<String>>>,
        pub insecure: Attr<bool>,
        pub cacert_file: Attr<String>,
        pub request_timeout: Attr<String>,
    }
}

impl FromValue for Secret {
    fn from_value(value: &Value, path: &AttributePath) -> Result<Self, ModelError> {
        String::from_value(value, path).map(Secret::from)
    }
}

/// A provider block is read and never written, so a secret has no way back.
impl ToValue for Secret {
    fn to_value(&self) -> Value {
        Value::Null
    }
}

/// The block, its documentation beside each part.
pub(super) fn schema() -> Schema {
    let text = |name: &str, description: &str| Attribute::optional(name, Type::String, description);
    Schema::new(
        Block::new("Resets the offsets of Kafka consumer groups on Huawei Cloud (DMS for Kafka).")
            .attribute(text("region", "Region, such as `cn-north-4`. Environment: `HW_REGION_NAME`."))
            .attribute(text(
                "access_key",
                "Access key (AK). Environment: `HW_ACCESS_KEY`, then `HUAWEICLOUD_SDK_AK`, then `CLOUD_SDK_AK`.",
            ))
            .attribute(
                text(
                    "secret_key",
                    "Secret key (SK). Environment: `HW_SECRET_KEY`, then `HUAWEICLOUD_SDK_SK`, then `CLOUD_SDK_SK`. \
                     Both keys come from the same source.",
                )
                .sensitive(),
            )
            .attribute(
                text(
                    "security_token",
                    "Token that temporary keys come with. Environment: `HW_SECURITY_TOKEN`, then \
                     `HUAWEICLOUD_SDK_SECURITY_TOKEN`.",
                )
                .sensitive(),
            )
            .attribute(text(
                "project_id",
                "Id of the project in the provider's region; with it IAM is not asked. Environment: `HW_PROJECT_ID`, \
                 then `HUAWEICLOUD_SDK_PROJECT_ID`.",
            ))
            .attribute(text(
                "project_name",
                "Name of the project to look up. Default: the region's name, which is its main project. \
                 Environment: `HW_PROJECT_NAME`.",
            ))
            .attribute(text(
                "cloud",
                "Domain of the public endpoints. Default: `myhuaweicloud.com`, or `myhuaweicloud.eu` for regions that \
                 begin with `eu-west-1`. Environment: `HW_CLOUD`.",
            ))
            .attribute(text(
                "auth_url",
                "Address of IAM, such as `https://iam.example/v3`. Environment: `HW_AUTH_URL`.",
            ))
            .attribute(Attribute::optional(
                "endpoints",
                Type::Map(Box::new(Type::String)),
                "Addresses by service, in place of the public ones: `dms`, `iam`, `sts`. Plain `http://` is for this \
                 computer only, unless `insecure` is set.",
            ))
            .attribute(Attribute::optional(
                "insecure",
                Type::Bool,
                "Do not check certificates, and allow plain `http://` to any host. Environment: `HW_INSECURE`.",
            ))
            .attribute(text("cacert_file", "File with the certificates to trust (PEM), in place of the system's."))
            .attribute(text("request_timeout", "Longest time of one request, such as `30s`, which is the default.")),
    )
}

/// Checks the block by itself, as far as its values are known.
pub(super) fn check(config: &ProviderConfig) -> Diagnostics {
    let mut reader = Reader { host: None, diagnostics: Diagnostics::new() };
    reader.read(config);
    reader.diagnostics
}

/// Makes the client; none while a value it needs is still unknown.
pub(super) fn client(config: &ProviderConfig, host: &Host) -> Result<Option<Client>, Diagnostics> {
    let mut reader = Reader { host: Some(host), diagnostics: Diagnostics::new() };
    let client = reader.read(config);
    if reader.diagnostics.has_errors() { Err(reader.diagnostics) } else { Ok(client) }
}

/// Reads arguments one by one and gathers what is wrong with them.
struct Reader<'a> {
    /// None: the block alone is looked at.
    host: Option<&'a Host>,
    diagnostics: Diagnostics,
}

impl Reader<'_> {
    /// None when something is wrong, not known yet, or not to be made.
    fn read(&mut self, block: &ProviderConfig) -> Option<Client> {
        let region = self.text(&block.region, variable::REGION);
        let region = region.map(|setting| self.parsed("region", &setting?, Region::parse));
        let project_id = self.text(&block.project_id, variable::PROJECT_ID);
        let project_id = project_id.map(|setting| self.parsed("project_id", &setting?, ProjectId::parse));
        let project_name = self.text(&block.project_name, variable::PROJECT_NAME);
        let endpoints = self.endpoints(block);
        let request_timeout = self.request_timeout(&block.request_timeout);
        let certificates = self.certificates(&block.cacert_file);
        let keys = self.keys(block);

        let host = self.host?;
        let chain = Chain::standard(keys?);
        if let Err(error) = chain.check(host) {
            self.diagnostics.error(AttributePath::root(), "Invalid credentials", told(&error));
        }
        let mut builder = Client::builder().host(host.clone()).endpoints(endpoints?).credentials(chain);
        if let Some(region) = region? {
            builder = builder.region(region);
        }
        if let Some(id) = project_id? {
            builder = builder.project_id(id);
        }
        if let Some(name) = project_name? {
            builder = builder.project_name(name.text);
        }
        if let Some(timeout) = request_timeout? {
            builder = builder.request_timeout(timeout);
        }
        if let Some(certificates) = certificates? {
            builder = builder.ca_certificates(certificates);
        }
        match builder.build() {
            Ok(client) => Some(client),
            Err(error) => {
                self.diagnostics.error(AttributePath::root(), "Invalid provider configuration", told(&error));
                None
            }
        }
    }

    /// The argument, else the first variable that is set. Outer none: not known yet.
    fn text(&self, argument: &Attr<String>, variables: &[&'static str]) -> Option<Option<Setting>> {
        match argument {
            Attr::Unknown => None,
            Attr::Known(text) => Some(Some(Setting { text: text.clone(), variable: None })),
            Attr::Null => Some(self.variable(variables)),
        }
    }

    fn variable(&self, names: &[&'static str]) -> Option<Setting> {
        let environment = self.host?.environment();
        names.iter().find_map(|name| {
            let text = environment.get(name)?.to_owned();
            Some(Setting { text, variable: Some(name) })
        })
    }

    fn parsed<T>(&mut self, name: &str, setting: &Setting, parse: impl Fn(&str) -> Result<T, Error>) -> Option<T> {
        match parse(&setting.text) {
            Ok(value) => Some(value),
            Err(error) => self.invalid(name, setting.told(&error)),
        }
    }

    fn invalid<T>(&mut self, name: &str, detail: impl Into<String>) -> Option<T> {
        self.diagnostics.error(AttributePath::attribute(name), format!("Invalid {name}"), detail);
        None
    }

    /// Each of the three arguments is tried alone, so that the error points at the one that is wrong.
    fn endpoints(&mut self, block: &ProviderConfig) -> Option<EndpointSettings> {
        let insecure = match block.insecure {
            Attr::Unknown => return None,
            Attr::Known(insecure) => insecure,
            Attr::Null => self.insecure_by_environment()?,
        };
        let bare = EndpointSettings { insecure, ..EndpointSettings::default() };
        let cloud = self.text(&block.cloud, variable::CLOUD).map(|setting| {
            self.endpoint_part("cloud", setting, |cloud| EndpointSettings { cloud: Some(cloud), ..bare.clone() })
        });
        let auth_url = self.text(&block.auth_url, variable::AUTH_URL).map(|setting| {
            self.endpoint_part("auth_url", setting, |url| EndpointSettings { auth_url: Some(url), ..bare.clone() })
        });
        let custom = custom_endpoints(&block.endpoints).map(|custom| {
            match Endpoints::parse(&EndpointSettings { custom: custom.clone(), ..bare.clone() }) {
                Ok(_) => Some(custom),
                Err(error) => self.invalid("endpoints", told(&error)),
            }
        });
        Some(EndpointSettings { cloud: cloud??, auth_url: auth_url??, custom: custom??, ..bare })
    }

    /// `Some(None)`: not set. None: wrong, which was told.
    fn endpoint_part(
        &mut self,
        name: &str,
        setting: Option<Setting>,
        alone: impl Fn(String) -> EndpointSettings,
    ) -> Option<Option<String>> {
        let Some(setting) = setting else {
            return Some(None);
        };
        self.parsed(name, &setting, |text| Endpoints::parse(&alone(text.to_owned())).map(|_| Some(text.to_owned())))
    }

    fn insecure_by_environment(&mut self) -> Option<bool> {
        match self.variable(variable::INSECURE).as_ref().map(|setting| setting.text.as_str()) {
            None | Some("false" | "0") => Some(false),
            Some("true" | "1") => Some(true),
            Some(other) => self.invalid("insecure", format!("HW_INSECURE is {other:?}; write true or false.")),
        }
    }

    fn request_timeout(&mut self, argument: &Attr<String>) -> Option<Option<Duration>> {
        match argument {
            Attr::Unknown => None,
            Attr::Null => Some(None),
            Attr::Known(text) => match parse_duration(text) {
                Ok(Duration::ZERO) => self.invalid("request_timeout", "It must be longer than zero."),
                Ok(timeout) => Some(Some(timeout)),
                Err(error) => self.invalid("request_timeout", format!("{error}.")),
            },
        }
    }

    /// Read only to make a client: validation must not depend on files.
    fn certificates(&mut self, argument: &Attr<String>) -> Option<Option<CaCertificates>> {
        match argument {
            Attr::Unknown => None,
            Attr::Null => Some(None),
            Attr::Known(_) if self.host.is_none() => Some(None),
            Attr::Known(path) => match std::fs::read(path) {
                Ok(pem) => match CaCertificates::parse(&pem) {
                    Ok(certificates) => Some(Some(certificates)),
                    Err(error) => self.invalid("cacert_file", format!("{path}: {}", told(&error))),
                },
                Err(error) => self.invalid("cacert_file", format!("{path} can't be read: {error}.")),
            },
        }
    }

    fn keys(&mut self, block: &ProviderConfig) -> Option<FixedKeys> {
        let secret_goes_with_key = "access_key and secret_key belong together: write both, or neither to take both \
                                    from the environment.";
        match (&block.access_key, &block.secret_key) {
            (Attr::Known(_), Attr::Null) => self.invalid("access_key", secret_goes_with_key),
            (Attr::Null, Attr::Known(_)) => self.invalid("secret_key", secret_goes_with_key),
            (Attr::Null, Attr::Null) if matches!(block.security_token, Attr::Known(_)) => {
                self.invalid("security_token", "A security token belongs to temporary keys: write those too.")
            }
            (Attr::Unknown, _) | (_, Attr::Unknown) => None,
            _ if matches!(block.security_token, Attr::Unknown) => None,
            (access_key, secret_key) => {
                let keys = FixedKeys {
                    access_key: access_key.known().cloned(),
                    secret_key: secret_key.known().cloned(),
                    security_token: block.security_token.known().cloned(),
                };
                match keys.malformed() {
                    None => Some(keys),
                    Some(malformed) => self.invalid(argument_of(malformed.0), format!("{malformed}.")),
                }
            }
        }
    }
}

/// A value and where it was found.
struct Setting {
    text: String,
    /// None: in the block.
    variable: Option<&'static str>,
}

impl Setting {
    fn told(&self, error: &Error) -> String {
        match self.variable {
            Some(variable) => format!("The environment variable {variable} is set: {}", told(error)),
            None => told(error),
        }
    }
}

fn argument_of(part: Part) -> &'static str {
    match part {
        Part::AccessKey => "access_key",
        Part::SecretKey => "secret_key",
        Part::SecurityToken => "security_token",
    }
}

/// None while one of them is unknown. A null element is as good as left out.
fn custom_endpoints(endpoints: &Attr<BTreeMap<String, Attr<String>>>) -> Option<BTreeMap<String, String>> {
    let Attr::Known(endpoints) = endpoints else {
        return matches!(endpoints, Attr::Null).then(BTreeMap::new);
    };
    let mut custom = BTreeMap::new();
    for (service, address) in endpoints {
        match address {
            Attr::Unknown => return None,
            Attr::Null => {}
            Attr::Known(address) => {
                custom.insert(service.clone(), address.clone());
            }
        }
    }
    Some(custom)
}

fn told(error: &Error) -> String {
    format!("{}.", error.report())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::huaweicloud::{Environment, SystemClock};

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
}
