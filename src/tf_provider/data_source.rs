//! The trait of a data source, its request, and the form without types that calls go through.

use std::future::Future;
use std::sync::Arc;

use super::cancellation::Cancellation;
use super::diagnostics::Diagnostics;
use super::resource::{BoxFuture, to_model};
use super::schema::Schema;
use super::value::{Model, ToValue as _, Value};

/// A data source.
pub trait DataSource: Send + Sync + 'static {
    /// The block as a struct: arguments and results.
    type Model: Model;
    /// What the configured provider hands over.
    type Client: Send + Sync + 'static;

    /// As written in configuration, such as `http`.
    fn type_name(&self) -> &'static str;

    /// The block.
    fn schema(&self) -> Schema;

    /// Checks a configuration by itself, unconfigured; unknown values must pass.
    fn validate(&self, config: Self::Model) -> Diagnostics {
        let _ = config;
        Diagnostics::new()
    }

    /// Reads. Every argument is known; the answer is the configuration with its results filled in.
    fn read(
        &self,
        request: DataSourceRequest<Self::Model, Self::Client>,
    ) -> impl Future<Output = Result<(Self::Model, Diagnostics), Diagnostics>> + Send;
}

/// Asks a data source to read.
#[derive(Clone, Debug)]
pub struct DataSourceRequest<M, C> {
    /// The configuration, results null.
    pub config: M,
    /// The configured client.
    pub client: Arc<C>,
    /// Comes true when the user interrupts.
    pub cancellation: Cancellation,
}

/// [`DataSource`] with values in place of structs.
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
