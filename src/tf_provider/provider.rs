//! The trait of a provider, and the registry of its resources, data sources and actions.

use super::action::ErasedAction;
use super::data_source::ErasedDataSource;
use super::diagnostics::Diagnostics;
use super::resource::ErasedResource;
use super::schema::Schema;
use super::value::Model;
use super::{Action, DataSource, Resource};

/// A provider: its configuration, and its resources, data sources and actions.
pub trait Provider: Send + Sync + 'static {
    /// The struct of the provider block. Each field can be unknown during plan.
    type Config: Model;
    /// The client that resources, data sources and actions use.
    type Client: Send + Sync + 'static;

    /// The type of the provider, which is the last part of its source address, such as `random`.
    fn type_name(&self) -> &'static str;

    /// The schema of the provider block.
    fn schema(&self) -> Schema;

    /// Validates the provider block. Unknown values are valid.
    fn validate(&self, config: Self::Config) -> Diagnostics {
        let _ = config;
        Diagnostics::new()
    }

    /// Creates the client.
    ///
    /// This is not asynchronous, because it should not send requests. Terraform also configures providers in walks that
    /// use none of their resources, so the client should sign in at its first request.
    ///
    /// # Errors
    ///
    /// If the configuration is not valid.
    fn configure(&self, request: ConfigureRequest<Self::Config>) -> Result<Self::Client, Diagnostics>;

    /// The resources, data sources and actions of the provider.
    fn register(&self) -> Registry<Self::Client>;
}

/// The request to configure a provider.
#[derive(Clone, Debug)]
pub struct ConfigureRequest<C> {
    /// The provider block.
    pub config: C,
    /// The version of Terraform, such as `1.11.4`.
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
