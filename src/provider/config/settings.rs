//! All settings of a provider block, and the client made from them.

use std::time::Duration;

use crate::huaweicloud::{
    AssumeRole, AssumeRoleWithOidc, CaCertificates, Chain, Client, Defaults, DomainId, EcsMetadata, EndpointSettings,
    HcloudProfile, ProjectId, Region, StaticCredentials, System,
};
use crate::printable;
use crate::provider::argument_reader::{ArgumentReader, ReadResult, Unavailable};
use crate::tf_provider::Diagnostics;

use super::credentials::profile;
use super::reader::{ConfigReader, sentence};
use super::{ProviderConfig, variable};

/// The settings from the block and the environment. No file has been read yet.
#[derive(Clone, Debug)]
pub(in crate::provider) struct Settings {
    pub(super) region: ReadResult<Option<Region>>,
    project_id: ReadResult<Option<ProjectId>>,
    project_name: ReadResult<Option<String>>,
    domain_id: ReadResult<Option<DomainId>>,
    domain_name: ReadResult<Option<String>>,
    pub(super) endpoints: ReadResult<EndpointSettings>,
    request_timeout: ReadResult<Option<Duration>>,
    max_retries: ReadResult<Option<u32>>,
    max_requests_per_second: ReadResult<Option<f64>>,
    cacert_file: ReadResult<Option<String>>,
    pub(super) static_credentials: ReadResult<StaticCredentials>,
    pub(super) profile: ReadResult<HcloudProfile>,
    metadata: ReadResult<Option<EcsMetadata>>,
    oidc: ReadResult<Option<AssumeRoleWithOidc>>,
    roles: ReadResult<Vec<AssumeRole>>,
    /// Mistakes in environment variables. They are reported when a request needs the client.
    sources: ArgumentReader,
}

impl Settings {
    /// Reads every setting, whether or not others are invalid, and returns the mistakes in the block.
    pub(super) fn read(block: &ProviderConfig, system: Option<&System>) -> (Self, Diagnostics) {
        let mut reader = ConfigReader::new(system);
        let oidc = reader.oidc(block);
        let settings = Self {
            region: reader.parsed("region", &block.region, variable::REGION, Region::parse),
            project_id: reader.parsed("project_id", &block.project_id, variable::PROJECT_ID, ProjectId::parse),
            project_name: reader.text(&block.project_name, variable::PROJECT_NAME).map(|it| it.map(|it| it.text)),
            domain_id: reader.parsed("domain_id", &block.domain_id, variable::DOMAIN_ID, DomainId::parse),
            domain_name: reader.text(&block.domain_name, variable::DOMAIN_NAME).map(|it| it.map(|it| it.text)),
            endpoints: reader.endpoints(block),
            request_timeout: reader.request_timeout(&block.request_timeout),
            max_retries: reader.scalar(
                &block.max_retries,
                variable::MAX_RETRIES,
                |text| text.parse().ok(),
                "a whole number",
            ),
            max_requests_per_second: reader.max_requests_per_second(&block.max_requests_per_second),
            cacert_file: reader.text(&block.cacert_file, &[]).map(|it| it.map(|it| it.text)),
            static_credentials: reader.static_credentials(block),
            profile: profile(block),
            metadata: reader.metadata(block),
            roles: reader.roles(block, !matches!(oidc, Ok(None))),
            oidc,
            sources: reader.sources,
        };
        (settings, reader.arguments.into_diagnostics())
    }

    /// Makes the client. Reads files. `None`: a value that it needs is not known yet.
    ///
    /// # Errors
    /// Mistakes in environment variables and in files.
    pub(in crate::provider) async fn client(&self, system: &System) -> Result<Option<Client>, Diagnostics> {
        let mut sources = self.sources.clone();
        match self.clone().build_client(system, &mut sources).await {
            Ok(client) => Ok(Some(client)),
            Err(_) if sources.has_errors() => Err(sources.into_diagnostics()),
            Err(_) => Ok(None),
        }
    }

    async fn build_client(self, system: &System, sources: &mut ArgumentReader) -> ReadResult<Client> {
        let (static_credentials, profile, metadata) = (self.static_credentials?, self.profile?, self.metadata?);
        let (oidc, mut roles) = (self.oidc?, self.roles?);
        let (own_region, project_id, project_name) = (self.region?, self.project_id?, self.project_name?);
        let (domain_id, domain_name, cacert_file) = (self.domain_id?, self.domain_name?, self.cacert_file?);
        let (max_retries, max_requests_per_second) = (self.max_retries?, self.max_requests_per_second?);
        let (endpoints, request_timeout) = (self.endpoints?, self.request_timeout?);

        let chain = Chain::complete(static_credentials, profile.clone(), metadata);
        let certificates = match cacert_file {
            Some(path) => certificates(&path, system, sources).await.map(Some),
            None => Ok(None),
        };
        let used_chain = Some(&chain).filter(|_| oidc.is_none());
        let defaults = defaults(&profile, used_chain, system, sources).await?;
        // A role of a profile is meant for the credentials of that profile.
        if oidc.is_none() && roles.is_empty() {
            roles.extend(defaults.assume_role);
        }
        let region = own_region.or_else(|| defaults.region.clone());
        // A project belongs to one region, so the profile's project is of no use in another region.
        let default_project = defaults
            .project_id
            .filter(|_| project_name.is_none() && (defaults.region.is_none() || defaults.region == region));
        let default_domain = defaults.domain_id.filter(|_| domain_name.is_none());

        Client::builder()
            .system(system.clone())
            .endpoints(endpoints)
            .ca_certificates(certificates?)
            .request_timeout(request_timeout)
            .max_retries(max_retries)
            .max_requests_per_second(max_requests_per_second)
            .credentials(chain)
            .assume_role_with_oidc(oidc)
            .assume_roles(roles)
            .region(region)
            .project_id(project_id.or(default_project))
            .project_name(project_name)
            .domain_id(domain_id.or(default_domain))
            .domain_name(domain_name)
            .build()
            .map_err(|error| sources.invalid_source("provider configuration", sentence(&error)))
    }
}

async fn certificates(path: &str, system: &System, sources: &mut ArgumentReader) -> ReadResult<CaCertificates> {
    let shown = printable::path(path);
    let detail = match system.read(path).await.map(|pem| CaCertificates::parse(&pem)) {
        Ok(Ok(certificates)) => return Ok(certificates),
        Ok(Err(error)) => format!("{shown}: {}", sentence(&error)),
        Err(error) => format!("{shown} cannot be read: {error}."),
    };
    Err(sources.invalid_source("cacert_file", detail))
}

/// The settings other than credentials that come from files. A named profile is checked separately, so that the error
/// names it.
/// `chain`: the sources of credentials, if they are used.
async fn defaults(
    profile: &HcloudProfile,
    chain: Option<&Chain>,
    system: &System,
    sources: &mut ArgumentReader,
) -> Result<Defaults, Unavailable> {
    let result = match (profile.named_defaults(system).await, chain) {
        (Ok(_), Some(chain)) => chain.check(system).await.map_err(|error| ("credentials", error)),
        (Ok(defaults), None) => Ok(defaults),
        (Err(error), _) if profile.name.is_some() => Err(("profile", error)),
        (Err(error), _) if profile.file.is_some() => Err(("shared_config_file", error)),
        (Err(error), _) => Err(("credentials", error)),
    };
    result.map_err(|(name, error)| sources.invalid_source(name, sentence(&error)))
}
