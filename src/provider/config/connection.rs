//! How to reach the services: addresses, certificates, time limits, repetitions.

use std::collections::BTreeMap;
use std::time::Duration;

use super::reader::{Reader, Setting, told};
use super::{ProviderConfig, variable};
use crate::huaweicloud::{CaCertificates, EndpointSettings, Endpoints, REQUEST_RATES};
use crate::printable;
use crate::provider::duration::parse_duration;
use crate::tf_provider::value::{Attr, Number};

impl Reader<'_> {
    /// Each of the three arguments is tried alone, so that the error points at the one that is wrong.
    pub(super) fn endpoints(&mut self, block: &ProviderConfig) -> Option<EndpointSettings> {
        let insecure = match (&block.insecure, self.system) {
            // The environment may allow addresses that the block alone does not.
            (Attr::Null, None) => true,
            (argument, _) => self.flag("insecure", argument, variable::INSECURE)?,
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

    pub(super) fn request_timeout(&mut self, argument: &Attr<String>) -> Option<Option<Duration>> {
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

    pub(super) fn max_retries(&mut self, argument: &Attr<u32>) -> Option<Option<u32>> {
        self.whole_number("max_retries", argument, variable::MAX_RETRIES)
    }

    pub(super) fn max_requests_per_second(&mut self, argument: &Attr<Number>) -> Option<Option<f64>> {
        match argument {
            Attr::Unknown => None,
            Attr::Null => Some(None),
            // A pace needs no digit that a float does not have.
            Attr::Known(number) => match number.to_string().parse() {
                Ok(rate) if REQUEST_RATES.contains(&rate) => Some(Some(rate)),
                _ => {
                    let (least, most) = (REQUEST_RATES.start(), REQUEST_RATES.end());
                    self.invalid("max_requests_per_second", format!("It must be between {least} and {most}."))
                }
            },
        }
    }

    pub(super) async fn certificates(&mut self, path: Option<&str>) -> Option<Option<CaCertificates>> {
        let (Some(path), Some(system)) = (path, self.system) else { return Some(None) };
        let (name, shown) = ("cacert_file", printable::path(path));
        match system.read(path).await.map(|pem| CaCertificates::parse(&pem)) {
            Ok(Ok(certificates)) => Some(Some(certificates)),
            Ok(Err(error)) => self.broken(name, format!("{shown}: {}", told(&error))),
            Err(error) => self.broken(name, format!("{shown} cannot be read: {error}.")),
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
