//! Terraform's calls: each is converted from the wire, made, and converted back.
//!
//! Each call runs in a separate task, so that a client that cancels a call does not interrupt it halfway, and a panic
//! in it becomes a diagnostic. Failures are always diagnostics, because a gRPC error status would lose the state that a
//! half-done create has to save.

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
use super::value::Type;

/// The largest message in either direction, 2 GiB less one byte, as Terraform's own end has it. gRPC's customary
/// 4 MiB would refuse large states.
pub(super) const MAX_MESSAGE_BYTES: usize = i32::MAX as usize;

/// How long a cancelled read-only call may take to return its own error.
const CANCELLED_READ_TIME: Duration = Duration::from_millis(500);

/// Answers Terraform's calls for one provider. Cheap to clone; the clones are one.
pub struct ProviderServer<P: Provider>(Arc<Shared<P>>);

impl<P: Provider> Clone for ProviderServer<P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// Something the provider offers, beside the schema that its values are encoded by.
struct Offer<T: ?Sized> {
    schema: Schema,
    value_type: Type,
    handler: Box<T>,
}

type Table<T> = BTreeMap<&'static str, Offer<T>>;

struct Shared<P: Provider> {
    provider: P,
    schema: Schema,
    value_type: Type,
    resources: Table<dyn ErasedResource<P::Client>>,
    data_sources: Table<dyn ErasedDataSource<P::Client>>,
    actions: Table<dyn ErasedAction<P::Client>>,
    /// Made by the latest Configure.
    client: RwLock<Option<Arc<P::Client>>>,
    stop: StopSignal,
}

impl<P: Provider> ProviderServer<P> {
    /// Serves `provider`, not yet configured.
    pub fn new(provider: P) -> Self {
        let Registry { resources, data_sources, actions } = provider.register();
        let schema = provider.schema();
        Self(Arc::new(Shared {
            value_type: schema.value_type(),
            schema,
            resources: resources.into_iter().map(|it| (it.type_name(), Offer::new(it.schema(), it))).collect(),
            data_sources: data_sources.into_iter().map(|it| (it.type_name(), Offer::new(it.schema(), it))).collect(),
            actions: actions.into_iter().map(|it| (it.type_name(), Offer::new(it.schema(), it))).collect(),
            client: RwLock::default(),
            stop: StopSignal::default(),
            provider,
        }))
    }

    /// Cancels every current and later call, as Terraform's Stop does.
    pub fn stop(&self) {
        self.0.stop.stop();
    }

    /// Cancels every current and later read-only call.
    pub fn stop_reads(&self) {
        self.0.stop.stop_reads();
    }

    /// Whether [`ProviderServer::stop`] was called.
    pub fn is_stopped(&self) -> bool {
        self.0.stop.is_stopped()
    }

    /// Runs one call that may change something, to its end.
    async fn change<Q, A, F>(
        &self,
        request: tonic::Request<Q>,
        handler: impl FnOnce(Arc<Shared<P>>, Q) -> F,
    ) -> Answer<A>
    where
        A: FromDiagnostics + Send + 'static,
        F: Future<Output = Result<A, Diagnostics>> + Send + 'static,
    {
        answer(tokio::spawn(handler(Arc::clone(&self.0), request.into_inner())).await)
    }

    /// Runs one read-only call. If it does not answer soon after it was cancelled, it is aborted.
    async fn read<Q, A, F>(&self, request: tonic::Request<Q>, handler: impl FnOnce(Arc<Shared<P>>, Q) -> F) -> Answer<A>
    where
        A: FromDiagnostics + Send + 'static,
        F: Future<Output = Result<A, Diagnostics>> + Send + 'static,
    {
        let cancellation = self.0.stop.read_cancellation();
        let mut task = tokio::spawn(handler(Arc::clone(&self.0), request.into_inner()));
        let overdue = async {
            cancellation.cancelled().await;
            tokio::time::sleep(CANCELLED_READ_TIME).await;
        };
        tokio::select! {
            biased;
            outcome = &mut task => answer(outcome),
            () = overdue => {
                task.abort();
                answer(Ok(Err(interrupted())))
            }
        }
    }
}

type Answer<A> = Result<tonic::Response<A>, tonic::Status>;

/// The answer of a call that ran in a task.
fn answer<A: FromDiagnostics>(outcome: Result<Result<A, Diagnostics>, JoinError>) -> Answer<A> {
    let outcome = outcome.unwrap_or_else(|failure| Err(crashed(failure)));
    Ok(tonic::Response::new(outcome.unwrap_or_else(A::from_diagnostics)))
}

fn interrupted() -> Diagnostics {
    Diagnostics::from_error(
        AttributePath::root(),
        "Operation interrupted",
        "The operation was interrupted before it finished. Nothing was changed. Run the command again when you are \
         ready.",
    )
}

impl<T: ?Sized> Offer<T> {
    fn new(schema: Schema, handler: Box<T>) -> Self {
        Self { value_type: schema.value_type(), schema, handler }
    }
}

impl<P: Provider> Shared<P> {
    fn resource(&self, type_name: &str) -> Result<&Offer<dyn ErasedResource<P::Client>>, Diagnostics> {
        find(&self.resources, "resource", type_name)
    }

    fn data_source(&self, type_name: &str) -> Result<&Offer<dyn ErasedDataSource<P::Client>>, Diagnostics> {
        find(&self.data_sources, "data source", type_name)
    }

    fn action(&self, type_name: &str) -> Result<&Offer<dyn ErasedAction<P::Client>>, Diagnostics> {
        find(&self.actions, "action", type_name)
    }

    fn client(&self) -> Option<Arc<P::Client>> {
        self.client.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn configured_client(&self) -> Result<Arc<P::Client>, Diagnostics> {
        self.client().ok_or_else(|| {
            Diagnostics::from_error(
                AttributePath::root(),
                "Provider not configured",
                "Terraform asked for work before it configured the provider. Nothing was done.",
            )
        })
    }
}

fn find<'a, T: ?Sized>(table: &'a Table<T>, kind: &str, type_name: &str) -> Result<&'a Offer<T>, Diagnostics> {
    table.get(type_name).ok_or_else(|| {
        Diagnostics::from_error(
            AttributePath::root(),
            format!("Unknown {kind} type"),
            format!("This provider has no {kind} of type {type_name}."),
        )
    })
}

/// An answer that holds nothing but diagnostics.
trait FromDiagnostics {
    fn from_diagnostics(diagnostics: Diagnostics) -> Self;
}

fn crashed(failure: JoinError) -> Diagnostics {
    let reason = match failure.try_into_panic() {
        Ok(payload) => panic_message(payload.as_ref()),
        Err(_) => "the call was aborted".to_owned(),
    };
    Diagnostics::from_error(
        AttributePath::root(),
        "The provider crashed",
        format!(
            "A fault in the provider ended this operation: {reason}. What it had already done stays done; check \
             before you run it again. Please report this with the log that TF_LOG=debug writes."
        ),
    )
}

/// The message of a panic.
pub(super) fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "unknown panic".to_owned())
}
