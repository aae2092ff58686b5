//! The settings of the connection: endpoints, timeouts, retries and the request rate.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::huaweicloud::{EndpointSettings, Endpoints, REQUEST_RATES};
use crate::provider::argument_reader::{ReadResult, value_of};
use crate::provider::duration::parse_duration;
use crate::tf_provider::value::{Attr, Number};

use super::reader::{ConfigReader, sentence};
use super::{ProviderConfig, variable};

impl ConfigReader<'_> {
    /// Checks each of the three arguments alone, so that the error points at the invalid one.
    ///
    /// # Errors
    /// One of them is invalid or not known yet.
    pub(super) fn endpoints(&mut self, block: &ProviderConfig) -> ReadResult<EndpointSettings> {
        let insecure = match (&block.insecure, self.system) {
            // The environment may allow addresses that the block alone does not.
            (Attr::Null, None) => true,
            (argument, _) => self.flag(argument, variable::INSECURE)?,
        };
        let base = EndpointSettings { insecure, ..EndpointSettings::default() };
        let cloud = self.parsed("cloud", &block.cloud, variable::CLOUD, |text| {
            let cloud = Some(text.to_owned());
            Endpoints::parse(&EndpointSettings { cloud, ..base.clone() }).map(|_| text.to_owned())
        });
        let auth_url = self.parsed("auth_url", &block.auth_url, variable::AUTH_URL, |text| {
            let auth_url = Some(text.to_owned());
            Endpoints::parse(&EndpointSettings { auth_url, ..base.clone() }).map(|_| text.to_owned())
        });
        let custom = custom_endpoints(&block.endpoints).and_then(|custom| {
            let settings = EndpointSettings { custom, ..base.clone() };
            match Endpoints::parse(&settings) {
                Ok(_) => Ok(settings.custom),
                Err(error) => Err(self.arguments.invalid("endpoints", sentence(&error))),
            }
        });
        Ok(EndpointSettings { cloud: cloud?, auth_url: auth_url?, custom: custom?, ..base })
    }

    /// The timeout of one request.
    ///
    /// # Errors
    /// It is invalid or not known yet.
    pub(super) fn request_timeout(&mut self, argument: &Attr<String>) -> ReadResult<Option<Duration>> {
        match self.arguments.optional("request_timeout", argument, parse_duration)? {
            Some(Duration::ZERO) => {
                Err(self.arguments.invalid("request_timeout", "The timeout must be longer than zero."))
            }
            timeout => Ok(timeout),
        }
    }

    /// The request rate.
    ///
    /// # Errors
    /// It is invalid or not known yet.
    pub(super) fn max_requests_per_second(&mut self, argument: &Attr<Number>) -> ReadResult<Option<f64>> {
        let Some(number) = value_of(argument)? else { return Ok(None) };
        // A float is precise enough for a rate.
        match number.to_string().parse() {
            Ok(rate) if REQUEST_RATES.contains(&rate) => Ok(Some(rate)),
            _ => {
                let (min, max) = (REQUEST_RATES.start(), REQUEST_RATES.end());
                let detail = format!("The rate must be between {min} and {max}.");
                Err(self.arguments.invalid("max_requests_per_second", detail))
            }
        }
    }
}

/// The addresses by service. A null address is the same as none.
fn custom_endpoints(endpoints: &Attr<BTreeMap<String, Attr<String>>>) -> ReadResult<BTreeMap<String, String>> {
    let entries = value_of(endpoints)?.into_iter().flatten();
    let known = entries.map(|(service, address)| Ok(value_of(address)?.map(|it| (service.clone(), it.clone()))));
    known.filter_map(Result::transpose).collect()
}
