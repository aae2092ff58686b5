//! The environment variables of the check.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow, ensure};
use terraform_provider_huaweicloud_kafka::huaweicloud::{
    Chain, Client, EndpointSettings, ProjectId, Region, Secret, StaticCredentials,
};

/// The name of the variable whose value answers the question before the first write.
pub(crate) const CONFIRM: &str = "HW_SCRATCH_CONFIRM";

/// The variables that must be set, and their meaning.
const REQUIRED: [(&str, &str); 6] = [
    ("HW_ACCESS_KEY", "access key"),
    ("HW_SECRET_KEY", "secret key"),
    ("HW_REGION_NAME", "region of the instance"),
    ("HW_SCRATCH_INSTANCE_ID", "id of a Kafka instance"),
    ("HW_SCRATCH_TOPIC", "topic with at least 10 messages in one partition, which no client writes to"),
    (
        "HW_SCRATCH_GROUP",
        "inactive consumer group with a committed offset in every partition of this topic, and no others",
    ),
];

/// Further variables that are passed on to Terraform.
const INHERITED: [&str; 11] = [
    "HW_SECURITY_TOKEN",
    "HW_PROJECT_ID",
    "HW_PROJECT_NAME",
    "HW_CLOUD",
    "HW_AUTH_URL",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "https_proxy",
    "http_proxy",
    "no_proxy",
];

/// The values of the variables.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) security_token: Option<String>,
    pub(crate) region: String,
    pub(crate) project_id: Option<String>,
    pub(crate) project_name: Option<String>,
    pub(crate) cloud: Option<String>,
    pub(crate) auth_url: Option<String>,
    /// From `HW_SCRATCH_ENDPOINTS`, the `endpoints` of the provider block: `dms=https://…,iam=https://…`.
    pub(crate) endpoints: BTreeMap<String, String>,
    pub(crate) instance_id: String,
    pub(crate) topic: String,
    pub(crate) group: String,
    /// `HW_SCRATCH_ONLINE_GROUP`: a group with members, for the case that needs one.
    pub(crate) online_group: Option<String>,
    pub(crate) confirm: Option<String>,
    pub(crate) inherited: Vec<(&'static str, String)>,
}

impl Settings {
    /// Reads the variables.
    ///
    /// # Errors
    /// A message that names the variables that are missing or malformed.
    pub(crate) fn from_environment() -> Result<Self> {
        let variable = |name: &str| {
            let value = std::env::var(name).unwrap_or_default().trim().to_owned();
            (!value.is_empty()).then_some(value)
        };
        let missing: Vec<_> = REQUIRED.iter().filter(|(name, _)| variable(name).is_none()).collect();
        let lines: String = missing.iter().map(|(name, meaning)| format!("  {name}: {meaning}\n")).collect();
        ensure!(
            missing.is_empty(),
            "This check runs against a real account. Set these variables, then run it again:\n{lines}\
             See docs/guides/check-against-your-account.md."
        );
        let required = |name| variable(name).unwrap_or_default();
        let endpoints = variable("HW_SCRATCH_ENDPOINTS");
        let endpoints = endpoints.iter().flat_map(|entries| entries.split(','));
        Ok(Self {
            access_key: required("HW_ACCESS_KEY"),
            secret_key: required("HW_SECRET_KEY"),
            security_token: variable("HW_SECURITY_TOKEN"),
            region: required("HW_REGION_NAME"),
            project_id: variable("HW_PROJECT_ID"),
            project_name: variable("HW_PROJECT_NAME"),
            cloud: variable("HW_CLOUD"),
            auth_url: variable("HW_AUTH_URL"),
            endpoints: endpoints.map(endpoint).collect::<Result<_>>()?,
            instance_id: required("HW_SCRATCH_INSTANCE_ID"),
            topic: required("HW_SCRATCH_TOPIC"),
            group: required("HW_SCRATCH_GROUP"),
            online_group: variable("HW_SCRATCH_ONLINE_GROUP"),
            confirm: variable(CONFIRM),
            inherited: INHERITED.into_iter().filter_map(|name| Some((name, variable(name)?))).collect(),
        })
    }

    /// The credentials, which must not be printed.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let Self { access_key, secret_key, security_token, .. } = self;
        [access_key, secret_key].into_iter().chain(security_token).cloned().collect()
    }

    /// The provider's client with these settings.
    pub(crate) fn client(&self) -> Result<Client> {
        let token = self.security_token.as_deref().map(Secret::new);
        let credentials = StaticCredentials::new(Some(&*self.access_key), Some(Secret::new(&*self.secret_key)), token);
        let credentials =
            credentials.map_err(|_| anyhow!("the access key, the secret key or the security token is malformed"))?;
        let endpoints = EndpointSettings {
            cloud: self.cloud.clone(),
            auth_url: self.auth_url.clone(),
            custom: self.endpoints.clone(),
            insecure: false,
        };
        let project_id = self.project_id.as_deref().map(ProjectId::parse).transpose()?;
        let client = Client::builder()
            .credentials(Chain::standard(credentials))
            .region(Region::parse(&self.region)?)
            .project_id(project_id)
            .project_name(self.project_name.clone())
            .endpoints(endpoints);
        Ok(client.build()?)
    }
}

/// Splits `service=address`. A dropped entry would send the requests to the public endpoint instead.
fn endpoint(entry: &str) -> Result<(String, String)> {
    let parts = entry.split_once('=').map(|(service, address)| (service.trim(), address.trim()));
    let parts = parts.filter(|(service, address)| !service.is_empty() && !address.is_empty());
    let (service, address) = parts.with_context(|| {
        format!("The entry {:?} of HW_SCRATCH_ENDPOINTS is not valid. Use dms=https://dms.example.", entry.trim())
    })?;
    Ok((service.to_owned(), address.to_owned()))
}
