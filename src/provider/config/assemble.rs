//! Everything that was read, into a client.

use super::reader::{Reader, told};
use super::{ProviderConfig, variable};
use crate::huaweicloud::{Chain, Client, DomainId, ProjectId, Region};
use crate::tf_provider::attribute_path::AttributePath;

impl Reader<'_> {
    /// None when something is wrong, not known yet, or not to be made. Everything is looked at before anything is given
    /// up, so that all mistakes are told at once.
    pub(super) fn read(&mut self, block: &ProviderConfig) -> Option<Client> {
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
        let certificates = self.certificates(&block.cacert_file);
        let keys = self.keys(block);
        let profile = self.profile(block);
        let metadata = self.metadata(block);
        let oidc = self.oidc(block);
        let roles = self.roles(block, !matches!(oidc, Some(None)));

        let host = self.host?;
        let (profile, oidc) = (profile?, oidc?);
        let chain = Chain::complete(keys?, profile.clone(), metadata?);
        let defaults = self.defaults(block, &profile, Some(&chain).filter(|_| oidc.is_none()))?;
        let mut roles = roles?;
        // A role belongs to the keys that it is written beside.
        if oidc.is_none() && roles.is_empty() {
            roles.extend(defaults.assume_role);
        }
        let region = region?;
        let region_of_project = defaults.region.clone();
        let region = region.or(defaults.region);
        let (project_id, project_name) = (project_id?, project_name?);
        // Projects lie in one region each, so one of another region is of no use.
        let default_project = defaults
            .project_id
            .filter(|_| project_name.is_none() && (region_of_project.is_none() || region_of_project == region));
        let (domain_id, domain_name) = (domain_id?, domain_name?);
        let default_domain = defaults.domain_id.filter(|_| domain_name.is_none());

        let mut builder =
            Client::builder().host(host.clone()).endpoints(endpoints?).credentials(chain).assume_roles(roles);
        if let Some(oidc) = oidc {
            builder = builder.assume_role_with_oidc(oidc);
        }
        if let Some(region) = region {
            builder = builder.region(region);
        }
        if let Some(id) = project_id.or(default_project) {
            builder = builder.project_id(id);
        }
        if let Some(name) = project_name {
            builder = builder.project_name(name.text);
        }
        if let Some(id) = domain_id.or(default_domain) {
            builder = builder.domain_id(id);
        }
        if let Some(name) = domain_name {
            builder = builder.domain_name(name.text);
        }
        if let Some(timeout) = request_timeout? {
            builder = builder.request_timeout(timeout);
        }
        if let Some(count) = max_retries? {
            builder = builder.max_retries(count);
        }
        if let Some(rate) = max_requests_per_second? {
            builder = builder.max_requests_per_second(rate);
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
}
