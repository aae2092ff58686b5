//! The trait of an action (Terraform 1.14 and later), its request, and the form without types that calls go through.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::cancellation::Cancellation;
use super::diagnostics::Diagnostics;
use super::resource::{BoxFuture, to_model};
use super::schema::Schema;
use super::value::{Model, Value};
use crate::printable::printable;

/// An action: something done on demand that leaves no state.
pub trait Action: Send + Sync + 'static {
    /// The `config` block as a struct.
    type Model: Model;
    /// What the configured provider hands over.
    type Client: Send + Sync + 'static;

    /// As written in configuration.
    fn type_name(&self) -> &'static str;

    /// The `config` block. It holds arguments only: an action has nowhere to put a computed value.
    fn schema(&self) -> Schema;

    /// Checks a configuration by itself, unconfigured; unknown values must pass.
    fn validate(&self, config: Self::Model) -> Diagnostics {
        let _ = config;
        Diagnostics::new()
    }

    /// Looks ahead without side effects. Values can be unknown when a resource triggers the action.
    fn plan(&self, config: Self::Model, client: Option<Arc<Self::Client>>) -> Diagnostics {
        let _ = (config, client);
        Diagnostics::new()
    }

    /// Does it. Errors in what comes back mean that it failed. Terraform drops attribute paths of these, so summary
    /// and detail must be understood without.
    fn invoke(&self, request: InvokeRequest<Self::Model, Self::Client>) -> impl Future<Output = Diagnostics> + Send;
}

/// Asks an action to run.
#[derive(Clone, Debug)]
pub struct InvokeRequest<M, C> {
    /// Every value is known.
    pub config: M,
    /// The configured client.
    pub client: Arc<C>,
    /// Comes true when the user interrupts.
    pub cancellation: Cancellation,
    /// Where to tell the user what goes on.
    pub progress: Progress,
}

/// Shows lines to the user while an action runs.
#[derive(Clone, Debug)]
pub struct Progress(mpsc::UnboundedSender<String>);

impl Progress {
    pub(super) fn channel() -> (Self, mpsc::UnboundedReceiver<String>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    /// Shows one short line without secrets. Terraform prints it unchanged, so unprintable characters are escaped.
    pub fn report(&self, line: impl Into<String>) {
        // Nobody listens any more when Terraform went away; the work goes on to its end all the same.
        let line = printable(&line.into()).replace('\n', " ");
        let _ = self.0.send(line);
    }
}

/// [`Action`] with values in place of structs.
pub(super) trait ErasedAction<C>: Send + Sync {
    fn type_name(&self) -> &'static str;
    fn schema(&self) -> Schema;
    fn validate(&self, config: Value) -> Diagnostics;
    fn plan(&self, config: Value, client: Option<Arc<C>>) -> Diagnostics;
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

    fn plan(&self, config: Value, client: Option<Arc<A::Client>>) -> Diagnostics {
        match to_model(&config) {
            Ok(config) => Action::plan(self, config, client),
            Err(diagnostics) => diagnostics,
        }
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
