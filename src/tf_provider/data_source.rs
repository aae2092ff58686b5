//! The trait of a data source, its request, and its type-erased form.

use std::future::Future;
use std::sync::Arc;

use super::cancellation::Cancellation;
use super::diagnostics::Diagnostics;
use super::resource::{BoxFuture, to_model};
use super::schema::Schema;
use super::value::{Model, ToValue as _, Value};

/// A data source.
pub trait DataSource: Send + Sync + 'static {
    /// The struct of the block, with arguments and results.
    type Model: Model;
    /// The client that the configured provider creates.
    type Client: Send + Sync + 'static;

    /// The type in the configuration, such as `http`.
    fn type_name(&self) -> &'static str;

    /// The schema of the block.
    fn schema(&self) -> Schema;

    /// Validates a configuration. The provider may not be configured yet. Unknown values are valid.
    fn validate(&self, config: Self::Model) -> Diagnostics {
        let _ = config;
        Diagnostics::new()
    }

    /// Reads the data source. All arguments are known. Returns the configuration with results, and warnings.
    ///
    /// # Errors
    ///
    /// If the data source cannot be read.
    fn read(
        &self,
        request: DataSourceRequest<Self::Model, Self::Client>,
    ) -> impl Future<Output = Result<(Self::Model, Diagnostics), Diagnostics>> + Send;
}

/// The request to read a data source.
#[derive(Clone, Debug)]
pub struct DataSourceRequest<M, C> {
    /// The configuration, in which the results are null.
    pub config: M,
    /// The configured client.
    pub client: Arc<C>,
    /// Cancelled when the user interrupts Terraform.
    pub cancellation: Cancellation,
}

/// [`DataSource`] with values instead of structs.
pub(super) trait ErasedDataSource<C>: Send + Sync {
    fn type_name(&self) -> &'static str;
    fn schema(&self) -> Schema;
    fn validate(&self, config: Value) -> Diagnostics;
    fn read(&self, request: DataSourceRequest<Value, C>) -> BoxFuture<'_, Result<(Value, Diagnostics), Diagnostics>>;
}

impl<D: DataSource> ErasedDataSource<D::Client> for D {
    fn type_name(&self) -> &'static str {
        DataSource::type_name(self)
    }

    fn schema(&self) -> Schema {
        DataSource::schema(self)
    }

    fn validate(&self, config: Value) -> Diagnostics {
        match to_model(&config) {
            Ok(config) => DataSource::validate(self, config),
            Err(diagnostics) => diagnostics,
        }
    }

    fn read(
        &self,
        request: DataSourceRequest<Value, D::Client>,
    ) -> BoxFuture<'_, Result<(Value, Diagnostics), Diagnostics>> {
        Box::pin(async move {
            let DataSourceRequest { config, client, cancellation } = request;
            let config = to_model(&config)?;
            let (model, diagnostics) =
                DataSource::read(self, DataSourceRequest { config, client, cancellation }).await?;
            Ok((model.to_value(), diagnostics))
        })
    }
}
