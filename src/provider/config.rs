//! The provider block: its arguments, the environment variables that stand in for them, and the client made of both.
//!
//! Per value: block before environment before default. What can be wrong is told when the provider is configured;
//! nothing is asked of the network here.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::huaweicloud::{
    Chain, Client, EndpointSettings, Endpoints, Error, FixedKeys, Host, ProjectId, Region, Secret,
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
        let region = region.map(|text| self.parsed("region", text.as_deref().map(Region::parse)));
        let project_id = self.text(&block.project_id, variable::PROJECT_ID);
        let project_id = project_id.map(|text| self.parsed("project_id", text.as_deref().map(ProjectId::parse)));
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
            builder = builder.project_name(name);
        }
        if let Some(timeout) = request_timeout? {
            builder = builder.request_timeout(timeout);
        }
        if let Some(pem) = certificates? {
            builder = builder.ca_certificates(pem);
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
    fn text(&self, argument: &Attr<String>, variables: &[&str]) -> Option<Option<String>> {
        match argument {
            Attr::Unknown => None,
            Attr::Known(text) => Some(Some(text.clone())),
            Attr::Null => Some(self.variable(variables)),
        }
    }

    fn variable(&self, names: &[&str]) -> Option<String> {
        let environment = self.host?.environment();
        names.iter().find_map(|name| environment.get(name)).map(str::to_owned)
    }

    fn parsed<T>(&mut self, name: &str, outcome: Option<Result<T, Error>>) -> Option<T> {
        match outcome? {
            Ok(value) => Some(value),
            Err(error) => self.invalid(name, told(&error)),
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
        let cloud = self.text(&block.cloud, variable::CLOUD);
        let auth_url = self.text(&block.auth_url, variable::AUTH_URL);
        let custom = custom_endpoints(&block.endpoints);
        for (name, settings) in [
            ("cloud", EndpointSettings { cloud: cloud.clone().flatten(), ..bare.clone() }),
            ("auth_url", EndpointSettings { auth_url: auth_url.clone().flatten(), ..bare.clone() }),
            ("endpoints", EndpointSettings { custom: custom.clone().unwrap_or_default(), ..bare.clone() }),
        ] {
            self.parsed(name, Some(Endpoints::parse(&settings)));
        }
        Some(EndpointSettings { cloud: cloud?, auth_url: auth_url?, custom: custom?, ..bare })
    }

    fn insecure_by_environment(&mut self) -> Option<bool> {
        match self.variable(variable::INSECURE).as_deref() {
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
    fn certificates(&mut self, argument: &Attr<String>) -> Option<Option<Vec<u8>>> {
        match argument {
            Attr::Unknown => None,
            Attr::Null => Some(None),
            Attr::Known(_) if self.host.is_none() => Some(None),
            Attr::Known(path) => match std::fs::read(path) {
                Ok(pem) => Some(Some(pem)),
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
            (access_key, secret_key) => Some(FixedKeys {
                access_key: access_key.known().cloned(),
                secret_key: secret_key.known().cloned(),
                security_token: block.security_token.known().cloned(),
            }),
        }
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
