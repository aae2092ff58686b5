//! The trait of an action (Terraform 1.14 and later), its requests, and its type-erased form.

use std::future::{Future, ready};
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::printable::printable;

use super::cancellation::Cancellation;
use super::diagnostics::Diagnostics;
use super::resource::{BoxFuture, to_model};
use super::schema::Schema;
use super::value::{Model, Value};

/// An action: an operation without state that runs on demand.
pub trait Action: Send + Sync + 'static {
    /// The struct of the `config` block.
    type Model: Model;
    /// The client that the configured provider creates.
    type Client: Send + Sync + 'static;

    /// The type in the configuration.
    fn type_name(&self) -> &'static str;

    /// The schema of the `config` block. It has arguments only, because an action cannot return values.
    fn schema(&self) -> Schema;

    /// Validates a configuration. The provider may not be configured yet. Unknown values are valid.
    fn validate(&self, config: Self::Model) -> Diagnostics {
        let _ = config;
        Diagnostics::new()
    }

    /// Previews the action without side effects. The preview can read from the network.
    fn plan(&self, request: PlanActionRequest<Self::Model, Self::Client>) -> impl Future<Output = Diagnostics> + Send {
        let _ = request;
        ready(Diagnostics::new())
    }

    /// Runs the action, which fails if the diagnostics have errors. Terraform drops their attribute paths, so summary
    /// and detail must be clear without them.
    fn invoke(&self, request: InvokeRequest<Self::Model, Self::Client>) -> impl Future<Output = Diagnostics> + Send;
}

/// The request to preview an action.
#[derive(Clone, Debug)]
pub struct PlanActionRequest<M, C> {
    /// The configuration. Values can be unknown if a resource triggers the action.
    pub config: M,
    /// The configured client. `None` in the rare cases in which Terraform plans without configuring the provider.
    pub client: Option<Arc<C>>,
    /// Cancelled when the user interrupts Terraform. It ends the reads of the preview, and should not make the plan
    /// fail. The framework aborts a plan that does not return within half a second of its cancellation.
    pub cancellation: Cancellation,
}

/// The request to run an action.
#[derive(Clone, Debug)]
pub struct InvokeRequest<M, C> {
    /// The configuration, in which all values are known.
    pub config: M,
    /// The configured client.
    pub client: Arc<C>,
    /// Cancelled when the user interrupts Terraform.
    pub cancellation: Cancellation,
    /// Reports progress to the user.
    pub progress: Progress,
}

/// Shows progress lines to the user while an action runs.
#[derive(Clone, Debug)]
pub struct Progress(mpsc::UnboundedSender<String>);

impl Progress {
    pub(super) fn channel() -> (Self, mpsc::UnboundedReceiver<String>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    /// Shows a short line, which must not contain secrets. Escapes unprintable characters, because Terraform prints the
    /// line unchanged.
    pub fn report(&self, line: impl Into<String>) {
        let line = printable(&line.into()).replace('\n', " ");
        // If Terraform has disconnected, the action continues without progress.
        let _ = self.0.send(line);
    }
}

/// [`Action`] with values instead of structs.
pub(super) trait ErasedAction<C>: Send + Sync {
    fn type_name(&self) -> &'static str;
    fn schema(&self) -> Schema;
    fn validate(&self, config: Value) -> Diagnostics;
    fn plan(&self, request: PlanActionRequest<Value, C>) -> BoxFuture<'_, Diagnostics>;
    fn invoke(&self, request: InvokeRequest<Value, C>) -> BoxFuture<'_, Diagnostics>;
}

impl<A: Action> ErasedAction<A::Client> for A {
    fn type_name(&self) -> &'static str {
        Action::type_name(self)
    }

    fn schema(&self) -> Schema {
        Action::schema(self)
    }

    fn validate(&self, config: Value) -> Diagnostics {
        match to_model(&config) {
            Ok(config) => Action::validate(self, config),
            Err(diagnostics) => diagnostics,
        }
    }

    fn plan(&self, request: PlanActionRequest<Value, A::Client>) -> BoxFuture<'_, Diagnostics> {
        Box::pin(async move {
            let PlanActionRequest { config, client, cancellation } = request;
            match to_model(&config) {
                Ok(config) => Action::plan(self, PlanActionRequest { config, client, cancellation }).await,
                Err(diagnostics) => diagnostics,
            }
        })
    }

    fn invoke(&self, request: InvokeRequest<Value, A::Client>) -> BoxFuture<'_, Diagnostics> {
        Box::pin(async move {
            let InvokeRequest { config, client, cancellation, progress } = request;
            match to_model(&config) {
                Ok(config) => Action::invoke(self, InvokeRequest { config, client, cancellation, progress }).await,
                Err(diagnostics) => diagnostics,
            }
        })
    }
}
