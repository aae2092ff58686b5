//! The trait of a provider as a whole.

use super::action::ErasedAction;
use super::data_source::ErasedDataSource;
use super::diagnostics::Diagnostics;
use super::resource::ErasedResource;
use super::schema::Schema;
use super::value::Model;
use super::{Action, DataSource, Resource};

/// A provider: its own configuration and what it offers.
pub trait Provider: Send + Sync + 'static {
    /// The provider block as a struct. Any field can be unknown while planning.
    type Config: Model;
    /// What a configured provider hands to its resources, data sources and actions.
    type Client: Send + Sync + 'static;

    /// The provider's type, the last part of its source address, such as `random`.
    fn type_name(&self) -> &'static str;

    /// The provider block.
    fn schema(&self) -> Schema;

    /// Checks the block by itself, unconfigured; unknown values must pass.
    fn validate(&self, config: Self::Config) -> Diagnostics {
        let _ = config;
        Diagnostics::new()
    }

    /// Makes the client. It is not asynchronous on purpose: Terraform configures providers in walks that then use
    /// none of their resources, so signing in waits for the first request.
    fn configure(&self, request: ConfigureRequest<Self::Config>) -> Result<Self::Client, Diagnostics>;

    /// What the provider offers.
    fn register(&self) -> Registry<Self::Client>;
}

/// What Terraform configures a provider with.
#[derive(Clone, Debug)]
pub struct ConfigureRequest<C> {
    /// The provider block.
    pub config: C,
    /// The version of the Terraform at the other end, such as `1.11.4`.
    pub terraform_version: String,
}

/// The resources, data sources and actions of a provider whose client is `C`.
pub struct Registry<C> {
    pub(super) resources: Vec<Box<dyn ErasedResource<C>>>,
    pub(super) data_sources: Vec<Box<dyn ErasedDataSource<C>>>,
    pub(super) actions: Vec<Box<dyn ErasedAction<C>>>,
}

impl<C: Send + Sync + 'static> Default for Registry<C> {
    fn default() -> Self {
        Self { resources: Vec::new(), data_sources: Vec::new(), actions: Vec::new() }
    }
}

impl<C: Send + Sync + 'static> Registry<C> {
    /// Adds a resource.
    pub fn resource(mut self, resource: impl Resource<Client = C>) -> Self {
        self.resources.push(Box::new(resource));
        self
    }

    /// Adds a data source.
    pub fn data_source(mut self, data_source: impl DataSource<Client = C>) -> Self {
        self.data_sources.push(Box::new(data_source));
        self
    }

    /// Adds an action.
    pub fn action(mut self, action: impl Action<Client = C>) -> Self {
        self.actions.push(Box::new(action));
        self
    }
}
