//! The addresses of services: public hosts by region, or custom addresses.
//!
//! Public hosts are `https://<service>.<region>.<cloud>`, where `<cloud>` is `myhuaweicloud.eu` for
//! regions that start with `eu-west-1` and `myhuaweicloud.com` for all others, unless it is set.

use std::collections::BTreeMap;
use std::fmt;

use super::error::{Error, ErrorKind};
use super::region::Region;

mod address;
#[cfg(test)]
mod tests;

pub use address::Endpoint;

/// A service of the cloud.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Service {
    /// Distributed Message Service: Kafka.
    Dms,
    /// Identity and Access Management: projects and accounts.
    Iam,
    /// Security Token Service: temporary credentials.
    Sts,
}

impl Service {
    /// Every service.
    pub const ALL: [Self; 3] = [Self::Dms, Self::Iam, Self::Sts];

    /// The name in host names and in the map of custom endpoints.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dms => "dms",
            Self::Iam => "iam",
            Self::Sts => "sts",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Settings of addresses, not yet validated. Default: public hosts only.
#[derive(Clone, Debug, Default)]
pub struct EndpointSettings {
    /// Domain of the public hosts, such as `myhuaweicloud.com`.
    pub cloud: Option<String>,
    /// Address of IAM, with or without `/v3` at the end. Overrides `iam` in `custom`.
    pub auth_url: Option<String>,
    /// Addresses by service name (`dms`, `iam`, `sts`). The default scheme is `https`. The path of an address is a
    /// prefix of the path of every request.
    pub custom: BTreeMap<String, String>,
    /// Allow `http://` for hosts other than this computer.
    pub insecure: bool,
}

/// Validated [`EndpointSettings`].
#[derive(Clone, Debug)]
pub struct Endpoints {
    cloud: Option<String>,
    custom: BTreeMap<Service, Endpoint>,
}

impl Endpoints {
    /// Validates the settings.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: an unknown service, an address that is not valid, or a `cloud` that is not a domain.
    pub fn parse(settings: &EndpointSettings) -> Result<Self, Error> {
        let mut custom = BTreeMap::new();
        for (name, address) in &settings.custom {
            let service = Service::ALL.into_iter().find(|service| service.name() == name).ok_or_else(|| {
                Error::new(
                    ErrorKind::Config,
                    format!(
                        "endpoints: unknown service {name:?}; known are {}",
                        Service::ALL.map(Service::name).join(", ")
                    ),
                )
            })?;
            let setting = format!("endpoints: {name}");
            let mut endpoint = Endpoint::parse(&setting, address, settings.insecure)?;
            if service == Service::Iam {
                endpoint = endpoint.without_suffix("/v3");
            }
            custom.insert(service, endpoint);
        }
        if let Some(address) = &settings.auth_url {
            let endpoint = Endpoint::parse("auth_url", address, settings.insecure)?;
            custom.insert(Service::Iam, endpoint.without_suffix("/v3"));
        }
        Ok(Self { cloud: settings.cloud.as_deref().map(parse_cloud).transpose()?, custom })
    }

    /// The address of `service`. `wanted` is the region of the request's object, if it is given. `home` is the caller's
    /// default region.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: a custom DMS endpoint, which serves a single region, with another region than `home`; or
    /// a public host without a region.
    pub fn resolve(&self, service: Service, wanted: Option<&Region>, home: Option<&Region>) -> Result<Endpoint, Error> {
        if let Some(custom) = self.custom.get(&service) {
            // IAM and STS serve every region of an account, DMS only its own.
            return match wanted {
                Some(region) if service == Service::Dms && Some(region) != home => Err(Error::new(
                    ErrorKind::Config,
                    format!(
                        "region {region} cannot be reached: the custom endpoint {custom} for {service} serves {} only",
                        home.map_or_else(
                            || "the default region, which is not set,".to_owned(),
                            |home| format!("the default region {home}")
                        )
                    ),
                )),
                _ => Ok(custom.clone()),
            };
        }
        let region = match service {
            Service::Dms => wanted.or(home),
            Service::Iam | Service::Sts => home.or(wanted),
        };
        let region = region.ok_or_else(|| {
            Error::new(
                ErrorKind::Config,
                format!("no region is set, so the address of {service} is unknown; set `region`"),
            )
        })?;
        Endpoint::parse(service.name(), &self.public_address(service, region), false)
    }

    fn public_address(&self, service: Service, region: &Region) -> String {
        let cloud = self.cloud.as_deref().unwrap_or_else(|| default_cloud(region));
        format!("https://{service}.{region}.{cloud}")
    }
}

fn default_cloud(region: &Region) -> &'static str {
    if region.as_str().starts_with("eu-west-1") { "myhuaweicloud.eu" } else { "myhuaweicloud.com" }
}

/// Validates a domain: non-empty lower-case labels, joined with dots.
fn parse_cloud(text: &str) -> Result<String, Error> {
    let text = text.trim();
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    if text.split('.').all(label) {
        Ok(text.to_owned())
    } else {
        Err(Error::new(ErrorKind::Config, format!("cloud: {text:?} is not a domain such as \"myhuaweicloud.com\"")))
    }
}
