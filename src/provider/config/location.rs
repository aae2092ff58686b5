//! The destination of requests as far as a plan can know it: from the block and the environment, without any file.

use super::reader::Reader;
use super::{ProviderConfig, variable};
use crate::huaweicloud::{Chain, Endpoints, Error, Region, Service};

/// The region and the endpoints of a provider block.
#[derive(Debug)]
pub(in crate::provider) struct Location {
    /// Outer `None`: a file may name it, its source is broken, or it is not known yet.
    region: Option<Option<Region>>,
    /// `None`: their source is broken, or they are not known yet.
    endpoints: Option<Endpoints>,
}

impl Location {
    /// The default region, if it is certain.
    pub(in crate::provider) fn region(&self) -> Option<&Region> {
        self.region.as_ref()?.as_ref()
    }

    /// Checks that the service has an address in `region` (default: the provider's own), as far as that is certain.
    ///
    /// # Errors
    /// As for [`Endpoints::resolve`].
    pub(in crate::provider) fn check(&self, region: Option<&Region>) -> Result<(), Error> {
        let (Some(own), Some(endpoints)) = (&self.region, &self.endpoints) else { return Ok(()) };
        endpoints.resolve(Service::Dms, region, own.as_ref()).map(drop)
    }
}

impl Reader<'_> {
    pub(super) fn location(&mut self, block: &ProviderConfig) -> Location {
        let region = self.text(&block.region, variable::REGION);
        let region = match region {
            None => None,
            Some(Some(setting)) => self.parsed("region", &setting, Region::parse).map(Some),
            Some(None) => (!self.may_depend_on_files(block)).then_some(None),
        };
        let endpoints = self.endpoints(block).and_then(|settings| Endpoints::parse(&settings).ok());
        Location { region, endpoints }
    }

    fn may_depend_on_files(&mut self, block: &ProviderConfig) -> bool {
        match (self.keys(block), self.profile(block), self.system) {
            (Some(keys), Some(profile), Some(system)) => Chain::complete(keys, profile, None).depends_on_files(system),
            _ => true,
        }
    }
}
