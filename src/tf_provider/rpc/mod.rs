//! Terraform's calls. Each decodes the request, calls the provider, and encodes the response.
//!
//! Each call runs in a separate task. A client that cancels a call therefore does not interrupt it, and a panic becomes
//! a diagnostic. Errors are always diagnostics, because a gRPC error status would lose the state of a partial create.

mod action;
mod data_source;
mod provider;
mod resource;
mod schema;
mod service;
#[cfg(test)]
mod tests;
mod wire;

use std::any::Any;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::task::JoinError;

use super::action::ErasedAction;
use super::attribute_path::AttributePath;
use super::cancellation::StopSignal;
use super::data_source::ErasedDataSource;
use super::diagnostics::Diagnostics;
use super::provider::{Provider, Registry};
use super::resource::ErasedResource;
use super::schema::Schema;
use super::titles;
use super::value::Type;

/// The maximum size of a message in both directions, 2 GiB less one byte. Terraform has the same limit. gRPC's default
/// of 4 MiB would reject large states.
pub(super) const MAX_MESSAGE_BYTES: usize = i32::MAX as usize;

/// How long a cancelled read-only call can take to return its own error.
const CANCELLED_READ_TIME: Duration = Duration::from_millis(500);

/// Handles Terraform's calls to one provider. Clones share their state.
pub struct ProviderServer<P: Provider>(Arc<ServerState<P>>);

impl<P: Provider> Clone for ProviderServer<P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// A resource, data source or action with its schema. Its values are encoded as `value_type`.
struct Registered<T: ?Sized> {
    schema: Schema,
    value_type: Type,
    handler: Box<T>,
}

type Table<T> = BTreeMap<&'static str, Registered<T>>;

struct ServerState<P: Provider> {
    provider: P,
    schema: Schema,
    value_type: Type,
    resources: Table<dyn ErasedResource<P::Client>>,
    data_sources: Table<dyn ErasedDataSource<P::Client>>,
    actions: Table<dyn ErasedAction<P::Client>>,
    /// The result of the latest Configure.
    client: RwLock<Option<Arc<P::Client>>>,
    stop: StopSignal,
}

impl<P: Provider> ProviderServer<P> {
    /// A server for `provider`, which is not configured yet.
    pub fn new(provider: P) -> Self {
        let Registry { resources, data_sources, actions } = provider.register();
        let schema = provider.schema();
        Self(Arc::new(ServerState {
            value_type: schema.value_type(),
            schema,
            resources: resources.into_iter().map(|it| (it.type_name(), Registered::new(it.schema(), it))).collect(),
            data_sources: data_sources
                .into_iter()
                .map(|it| (it.type_name(), Registered::new(it.schema(), it)))
                .collect(),
            actions: actions.into_iter().map(|it| (it.type_name(), Registered::new(it.schema(), it))).collect(),
            client: RwLock::default(),
            stop: StopSignal::default(),
            provider,
        }))
    }

    /// Cancels all current and future calls, as Terraform's Stop does.
    pub fn stop(&self) {
        self.0.stop.stop();
    }

    /// Cancels all current and future read-only calls.
    pub fn stop_reads(&self) {
        self.0.stop.stop_reads();
    }

    /// Whether [`ProviderServer::stop`] was called.
    pub fn is_stopped(&self) -> bool {
        self.0.stop.is_stopped()
    }

    /// Runs a call that can change something until it ends.
    async fn change<Q, M, F>(
        &self,
        request: tonic::Request<Q>,
        handler: impl FnOnce(Arc<ServerState<P>>, Q) -> F,
    ) -> RpcResult<M>
    where
        M: FromDiagnostics + Send + 'static,
        F: Future<Output = Result<M, Diagnostics>> + Send + 'static,
    {
        response(tokio::spawn(handler(Arc::clone(&self.0), request.into_inner())).await)
    }

    /// Runs a read-only call. Aborts it if it does not end soon after it is cancelled.
    async fn read<Q, M, F>(
        &self,
        request: tonic::Request<Q>,
        handler: impl FnOnce(Arc<ServerState<P>>, Q) -> F,
    ) -> RpcResult<M>
    where
        M: FromDiagnostics + Send + 'static,
        F: Future<Output = Result<M, Diagnostics>> + Send + 'static,
    {
        let cancellation = self.0.stop.read_cancellation();
        let mut task = tokio::spawn(handler(Arc::clone(&self.0), request.into_inner()));
        let overdue = async {
            cancellation.cancelled().await;
            tokio::time::sleep(CANCELLED_READ_TIME).await;
        };
        tokio::select! {
            biased;
            outcome = &mut task => response(outcome),
            () = overdue => {
                task.abort();
                response(Ok(Err(interrupted())))
            }
        }
    }
}

type RpcResult<M> = Result<tonic::Response<M>, tonic::Status>;

/// The response of a call that ran in a task.
fn response<M: FromDiagnostics>(outcome: Result<Result<M, Diagnostics>, JoinError>) -> RpcResult<M> {
    let outcome = outcome.unwrap_or_else(|failure| Err(crashed(failure)));
    Ok(tonic::Response::new(outcome.unwrap_or_else(M::from_diagnostics)))
}

fn interrupted() -> Diagnostics {
    Diagnostics::from_error(
        AttributePath::root(),
        titles::INTERRUPTED,
        "The operation was interrupted before it finished. Nothing was changed. Run the command again when you are \
         ready.",
    )
}

impl<T: ?Sized> Registered<T> {
    fn new(schema: Schema, handler: Box<T>) -> Self {
        Self { value_type: schema.value_type(), schema, handler }
    }
}

impl<P: Provider> ServerState<P> {
    fn resource(&self, type_name: &str) -> Result<&Registered<dyn ErasedResource<P::Client>>, Diagnostics> {
        find(&self.resources, "resource", type_name)
    }

    fn data_source(&self, type_name: &str) -> Result<&Registered<dyn ErasedDataSource<P::Client>>, Diagnostics> {
        find(&self.data_sources, "data source", type_name)
    }

    fn action(&self, type_name: &str) -> Result<&Registered<dyn ErasedAction<P::Client>>, Diagnostics> {
        find(&self.actions, "action", type_name)
    }

    fn client(&self) -> Option<Arc<P::Client>> {
        self.client.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn configured_client(&self) -> Result<Arc<P::Client>, Diagnostics> {
        self.client().ok_or_else(|| {
            Diagnostics::from_error(
                AttributePath::root(),
                titles::NOT_CONFIGURED,
                "Terraform called the provider before it configured it. Nothing was done.",
            )
        })
    }
}

/// Looks up a type.
///
/// # Errors
///
/// If the provider has no such type.
fn find<'a, T: ?Sized>(table: &'a Table<T>, kind: &str, type_name: &str) -> Result<&'a Registered<T>, Diagnostics> {
    table.get(type_name).ok_or_else(|| {
        Diagnostics::from_error(
            AttributePath::root(),
            titles::UNKNOWN_TYPE.replace("<kind>", kind),
            format!("This provider has no {kind} of type {type_name}."),
        )
    })
}

/// Responses that can report an error.
trait FromDiagnostics {
    /// A response with these diagnostics and no other content.
    fn from_diagnostics(diagnostics: Diagnostics) -> Self;
}

fn crashed(failure: JoinError) -> Diagnostics {
    let reason = match failure.try_into_panic() {
        Ok(payload) => panic_message(payload.as_ref()),
        Err(_) => "the call was aborted".to_owned(),
    };
    Diagnostics::from_error(
        AttributePath::root(),
        titles::CRASHED,
        format!(
            "A bug in the provider ended this operation: {reason}. Parts of it may be done already: check before you \
             run it again. Please report this with the log that TF_LOG=debug writes."
        ),
    )
}

/// The message of a panic.
pub(super) fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "unknown panic".to_owned())
}
