//! Everything that was read, into a client.

use std::time::Duration;

use super::reader::{Reader, told};
use super::{ProviderConfig, variable};
use crate::huaweicloud::{
    AssumeRole, AssumeRoleWithOidc, Chain, Client, DomainId, EcsMetadata, EndpointSettings, HcloudProfile, ProjectId,
    Region, StaticCredentials,
};

/// The settings from the block and the environment, without any file.
pub(super) struct Settings {
    region: Option<Region>,
    project_id: Option<ProjectId>,
    project_name: Option<String>,
    domain_id: Option<DomainId>,
    domain_name: Option<String>,
    endpoints: EndpointSettings,
    request_timeout: Option<Duration>,
    max_retries: Option<u32>,
    max_requests_per_second: Option<f64>,
    cacert_file: Option<String>,
    keys: StaticCredentials,
    profile: HcloudProfile,
    metadata: Option<EcsMetadata>,
    oidc: Option<AssumeRoleWithOidc>,
    roles: Vec<AssumeRole>,
}

impl Reader<'_> {
    /// `None`: something is wrong or not known yet. Reads every setting before it gives up, so that all mistakes are
    /// reported at once.
    pub(super) fn settings(&mut self, block: &ProviderConfig) -> Option<Settings> {
        let region = self.text(&block.region, variable::REGION);
        let region = region.map(|setting| self.parsed("region", &setting?, Region::parse));
        let project_id = self.text(&block.project_id, variable::PROJECT_ID);
        let project_id = project_id.map(|setting| self.parsed("project_id", &setting?, ProjectId::parse));
        let project_name = self.text(&block.project_name, variable::PROJECT_NAME);
        let domain_id = self.text(&block.domain_id, variable::DOMAIN_ID);
        let domain_id = domain_id.map(|setting| self.parsed("domain_id", &setting?, DomainId::parse));
        let domain_name = self.text(&block.domain_name, variable::DOMAIN_NAME);
        let endpoints = self.endpoints(block);
        let request_timeout = self.request_timeout(&block.request_timeout);
        let max_retries = self.max_retries(&block.max_retries);
        let max_requests_per_second = self.max_requests_per_second(&block.max_requests_per_second);
        let cacert_file = self.text(&block.cacert_file, &[]);
        let keys = self.keys(block);
        let profile = self.profile(block);
        let metadata = self.metadata(block);
        let oidc = self.oidc(block);
        let roles = self.roles(block, !matches!(oidc, Some(None)));
        Some(Settings {
            region: region?,
            project_id: project_id?,
            project_name: project_name?.map(|name| name.text),
            domain_id: domain_id?,
            domain_name: domain_name?.map(|name| name.text),
            endpoints: endpoints?,
            request_timeout: request_timeout?,
            max_retries: max_retries?,
            max_requests_per_second: max_requests_per_second?,
            cacert_file: cacert_file?.map(|path| path.text),
            keys: keys?,
            profile: profile?,
            metadata: metadata?,
            oidc: oidc?,
            roles: roles?,
        })
    }

    /// Reads the files too. `None`: something is wrong or not known yet.
    pub(super) async fn client(&mut self, block: &ProviderConfig) -> Option<Client> {
        let system = self.system?;
        let settings = self.settings(block).filter(|_| !self.has_errors())?;
        let Settings { oidc, mut roles, .. } = settings;
        let chain = Chain::complete(settings.keys, settings.profile.clone(), settings.metadata);
        let certificates = self.certificates(settings.cacert_file.as_deref()).await;
        let defaults = self.defaults(&settings.profile, Some(&chain).filter(|_| oidc.is_none())).await?;
        // A role belongs to the keys that it is written beside.
        if oidc.is_none() && roles.is_empty() {
            roles.extend(defaults.assume_role);
        }
        let region_of_project = defaults.region.clone();
        let region = settings.region.or(defaults.region);
        // Projects lie in one region each, so one of another region is of no use.
        let default_project = defaults.project_id.filter(|_| {
            settings.project_name.is_none() && (region_of_project.is_none() || region_of_project == region)
        });
        let default_domain = defaults.domain_id.filter(|_| settings.domain_name.is_none());

        let mut builder = Client::builder()
            .system(system.clone())
            .endpoints(settings.endpoints)
            .credentials(chain)
            .assume_roles(roles);
        if let Some(oidc) = oidc {
            builder = builder.assume_role_with_oidc(oidc);
        }
        if let Some(region) = region {
            builder = builder.region(region);
        }
        if let Some(id) = settings.project_id.or(default_project) {
            builder = builder.project_id(id);
        }
        if let Some(name) = settings.project_name {
            builder = builder.project_name(name);
        }
        if let Some(id) = settings.domain_id.or(default_domain) {
            builder = builder.domain_id(id);
        }
        if let Some(name) = settings.domain_name {
            builder = builder.domain_name(name);
        }
        if let Some(timeout) = settings.request_timeout {
            builder = builder.request_timeout(timeout);
        }
        if let Some(count) = settings.max_retries {
            builder = builder.max_retries(count);
        }
        if let Some(rate) = settings.max_requests_per_second {
            builder = builder.max_requests_per_second(rate);
        }
        if let Some(certificates) = certificates? {
            builder = builder.ca_certificates(certificates);
        }
        match builder.build() {
            Ok(client) => Some(client),
            Err(error) => self.broken("provider configuration", told(&error)),
        }
    }

    fn has_errors(&self) -> bool {
        self.diagnostics.has_errors() || self.broken_sources.has_errors()
    }
}
