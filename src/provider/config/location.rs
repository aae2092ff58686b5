//! The destination of requests as far as a plan can know it: from the block and the environment, without any file.

use crate::huaweicloud::{Chain, Endpoints, Error, Region, Service, System};
use crate::provider::argument_reader::{ReadResult, Unavailable};

use super::settings::Settings;

/// The region and the endpoints of a provider block.
#[derive(Debug)]
pub(in crate::provider) struct Location {
    region: ReadResult<Option<Region>>,
    /// `None`: they are not known yet, or their source is broken.
    endpoints: Option<Endpoints>,
}

impl Location {
    /// The default region, if it is certain.
    pub(in crate::provider) fn region(&self) -> Option<&Region> {
        self.region.as_ref().ok()?.as_ref()
    }

    /// Checks that the service has an address in `region` (default: the provider's own), as far as that is certain.
    ///
    /// # Errors
    /// As for [`Endpoints::resolve`].
    pub(in crate::provider) fn check(&self, region: Option<&Region>) -> Result<(), Error> {
        let (Ok(own), Some(endpoints)) = (&self.region, &self.endpoints) else { return Ok(()) };
        endpoints.resolve(Service::Dms, region, own.as_ref()).map(drop)
    }
}

impl Settings {
    /// The region and the endpoints. Reads no file, because files can change between a plan and its apply.
    pub(in crate::provider) fn location(&self, system: &System) -> Location {
        let region = match &self.region {
            Ok(None) if self.may_depend_on_files(system) => Err(Unavailable::Unknown),
            region => region.clone(),
        };
        let endpoints = self.endpoints.as_ref().ok().and_then(|endpoints| Endpoints::parse(endpoints).ok());
        Location { region, endpoints }
    }

    fn may_depend_on_files(&self, system: &System) -> bool {
        match (&self.static_credentials, &self.profile) {
            (Ok(keys), Ok(profile)) => Chain::complete(keys.clone(), profile.clone(), None).depends_on_files(system),
            _ => true,
        }
    }
}
