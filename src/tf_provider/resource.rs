//! The trait of a managed resource, its requests and answers, and the form without types that calls go through.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::attribute_path::AttributePath;
use super::cancellation::Cancellation;
use super::diagnostics::Diagnostics;
use super::schema::Schema;
use super::value::{Model, ModelError, ToValue as _, Value};

/// A managed resource.
///
/// Planning by the schema (defaults, unknowns, replacement) is the framework's; see [`super::plan`].
pub trait Resource: Send + Sync + 'static {
    /// The block as a struct. A field that can be unknown while planning is an [`Attr`](super::value::Attr).
    type Model: Model;
    /// What the configured provider hands over.
    type Client: Send + Sync + 'static;

    /// As written in configuration, such as `random_password`.
    fn type_name(&self) -> &'static str;

    /// The block.
    fn schema(&self) -> Schema;

    /// Checks a configuration by itself. It runs unconfigured; unknown values must pass, as they come again, known,
    /// before the apply.
    fn validate(&self, config: Self::Model) -> Diagnostics {
        let _ = config;
        Diagnostics::new()
    }

    /// Completes what the schema planned for a create or an update. It must depend on nothing but the request:
    /// Terraform plans again during apply and refuses a plan that differs.
    fn plan(&self, request: PlanRequest<Self::Model, Self::Client>) -> PlanResponse<Self::Model> {
        PlanResponse { planned: request.planned, diagnostics: Diagnostics::new() }
    }

    /// Makes it so. Known planned values must come back unchanged, unknown ones known.
    fn create(
        &self,
        request: CreateRequest<Self::Model, Self::Client>,
    ) -> impl Future<Output = ApplyResponse<Self::Model>> + Send;

    /// Looks at what is there. Default: the state stays as it was.
    fn read(
        &self,
        request: ReadRequest<Self::Model, Self::Client>,
    ) -> impl Future<Output = ApplyResponse<Self::Model>> + Send {
        async move { ApplyResponse::state(request.state) }
    }

    /// Changes it in place. Default: takes the plan over into the state and does nothing else.
    fn update(
        &self,
        request: UpdateRequest<Self::Model, Self::Client>,
    ) -> impl Future<Output = ApplyResponse<Self::Model>> + Send {
        async move { ApplyResponse::state(request.planned) }
    }

    /// Removes it; what comes back are the reasons why it could not. Default: only the state forgets it.
    fn delete(&self, request: DeleteRequest<Self::Model, Self::Client>) -> impl Future<Output = Diagnostics> + Send {
        let _ = request;
        async { Diagnostics::new() }
    }

    /// Why it can't be imported, and what to write instead.
    fn import_refusal(&self) -> String {
        format!("{} does not support import. Write a resource block instead.", self.type_name())
    }

    /// Takes over the state of another resource type (`moved` block). Default: no source is known.
    fn move_from(&self, request: MoveRequest) -> Result<Self::Model, Diagnostics> {
        Err(request.unsupported(self.type_name()))
    }
}

/// Asks for the completion of a planned create or update.
#[derive(Clone, Debug)]
pub struct PlanRequest<M, C> {
    /// The state before; none for a create.
    pub prior: Option<M>,
    /// What the schema makes of prior state and configuration.
    pub planned: M,
    /// The block as written. Only what is null here may be completed.
    pub config: M,
    /// The configured client. None in the rare walks that plan without configuring.
    pub client: Option<Arc<C>>,
}

/// A completed plan.
#[derive(Clone, Debug)]
pub struct PlanResponse<M> {
    /// Differs from the request only in computed values that were unknown.
    pub planned: M,
    /// Errors keep Terraform from applying, warnings are shown with the plan.
    pub diagnostics: Diagnostics,
}

/// Asks for a create.
#[derive(Clone, Debug)]
pub struct CreateRequest<M, C> {
    /// Every value that the user set is known here.
    pub planned: M,
    /// The block as written, wholly known: it tells a default from the same value written out.
    pub config: M,
    /// The configured client.
    pub client: Arc<C>,
    /// Comes true when the user interrupts.
    pub cancellation: Cancellation,
}

/// Asks for a look at what is there.
#[derive(Clone, Debug)]
pub struct ReadRequest<M, C> {
    /// As stored.
    pub state: M,
    /// The configured client, where the walk configures one.
    pub client: Option<Arc<C>>,
    /// Comes true when the user interrupts.
    pub cancellation: Cancellation,
}

/// Asks for an update in place.
#[derive(Clone, Debug)]
pub struct UpdateRequest<M, C> {
    /// The state before.
    pub prior: M,
    /// The state asked for.
    pub planned: M,
    /// The configured client, where the walk configures one.
    pub client: Option<Arc<C>>,
    /// Comes true when the user interrupts.
    pub cancellation: Cancellation,
}

/// Asks for a removal.
#[derive(Clone, Debug)]
pub struct DeleteRequest<M, C> {
    /// The state before.
    pub prior: M,
    /// The configured client, where the walk configures one.
    pub client: Option<Arc<C>>,
    /// Comes true when the user interrupts.
    pub cancellation: Cancellation,
}

/// The state of another resource type that a `moved` block brings.
#[derive(Clone, Debug)]
pub struct MoveRequest {
    /// Address of the provider it belonged to: full (`registry.example/namespace/type`) from Terraform, in some
    /// versions of OpenTofu only the type.
    pub source_provider_address: String,
    /// Its resource type.
    pub source_type_name: String,
    /// Version of its schema.
    pub source_schema_version: i64,
    /// The stored state, JSON.
    pub source_state: Vec<u8>,
}

impl MoveRequest {
    /// The refusal of a source that `target` can't take over.
    pub fn unsupported(&self, target: &str) -> Diagnostics {
        Diagnostics::from_error(
            AttributePath::root(),
            "Move from another resource type not supported",
            format!(
                "{target} can't take over the state of {} from provider {}.",
                self.source_type_name, self.source_provider_address
            ),
        )
    }
}

/// The outcome of a create, read or update. State and errors may both be present: something was done, then
/// something failed. A created object that comes with errors is saved as tainted.
#[derive(Clone, Debug)]
pub struct ApplyResponse<M> {
    /// What to store. From a create: none, nothing was made; from a read: none, it is gone; from an update: none,
    /// the state stays as it was.
    pub state: Option<M>,
    /// What the user is told.
    pub diagnostics: Diagnostics,
}

impl<M> ApplyResponse<M> {
    /// Done, nothing to tell.
    pub fn state(state: M) -> Self {
        Self { state: Some(state), diagnostics: Diagnostics::new() }
    }

    /// Failed, nothing to store.
    pub fn failed(diagnostics: Diagnostics) -> Self {
        Self { state: None, diagnostics }
    }
}

pub(super) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// [`Resource`] with values in place of structs, so that resources of different types stand in one table.
pub(super) trait ErasedResource<C>: Send + Sync {
    fn type_name(&self) -> &'static str;
    fn schema(&self) -> Schema;
    fn validate(&self, config: Value) -> Diagnostics;
    fn plan(&self, request: PlanRequest<Value, C>) -> PlanResponse<Value>;
    fn create(&self, request: CreateRequest<Value, C>) -> BoxFuture<'_, ApplyResponse<Value>>;
    fn read(&self, request: ReadRequest<Value, C>) -> BoxFuture<'_, ApplyResponse<Value>>;
    fn update(&self, request: UpdateRequest<Value, C>) -> BoxFuture<'_, ApplyResponse<Value>>;
    fn delete(&self, request: DeleteRequest<Value, C>) -> BoxFuture<'_, Diagnostics>;
    fn import_refusal(&self) -> String;
    fn move_from(&self, request: MoveRequest) -> Result<Value, Diagnostics>;
}

impl<R: Resource> ErasedResource<R::Client> for R {
    fn type_name(&self) -> &'static str {
        Resource::type_name(self)
    }

    fn schema(&self) -> Schema {
        Resource::schema(self)
    }

    fn validate(&self, config: Value) -> Diagnostics {
        match to_model(&config) {
            Ok(config) => Resource::validate(self, config),
            Err(diagnostics) => diagnostics,
        }
    }

    fn plan(&self, request: PlanRequest<Value, R::Client>) -> PlanResponse<Value> {
        let typed = (|| {
            let prior = request.prior.as_ref().map(to_model).transpose()?;
            let (planned, config) = (to_model(&request.planned)?, to_model(&request.config)?);
            Ok(PlanRequest { prior, planned, config, client: request.client.clone() })
        })();
        match typed {
            Ok(typed) => {
                let PlanResponse { planned, diagnostics } = Resource::plan(self, typed);
                PlanResponse { planned: planned.to_value(), diagnostics }
            }
            Err(diagnostics) => PlanResponse { planned: request.planned, diagnostics },
        }
    }

    fn create(&self, request: CreateRequest<Value, R::Client>) -> BoxFuture<'_, ApplyResponse<Value>> {
        Box::pin(async move {
            match to_model(&request.planned).and_then(|planned| Ok((planned, to_model(&request.config)?))) {
                Ok((planned, config)) => {
                    let CreateRequest { client, cancellation, .. } = request;
                    to_values(Resource::create(self, CreateRequest { planned, config, client, cancellation }).await)
                }
                Err(diagnostics) => ApplyResponse::failed(diagnostics),
            }
        })
    }

    fn read(&self, request: ReadRequest<Value, R::Client>) -> BoxFuture<'_, ApplyResponse<Value>> {
        Box::pin(async move {
            match to_model(&request.state) {
                Ok(state) => {
                    let ReadRequest { client, cancellation, .. } = request;
                    to_values(Resource::read(self, ReadRequest { state, client, cancellation }).await)
                }
                Err(diagnostics) => ApplyResponse::failed(diagnostics),
            }
        })
    }

    fn update(&self, request: UpdateRequest<Value, R::Client>) -> BoxFuture<'_, ApplyResponse<Value>> {
        Box::pin(async move {
            match to_model(&request.prior).and_then(|prior| Ok((prior, to_model(&request.planned)?))) {
                Ok((prior, planned)) => {
                    let UpdateRequest { client, cancellation, .. } = request;
                    to_values(Resource::update(self, UpdateRequest { prior, planned, client, cancellation }).await)
                }
                Err(diagnostics) => ApplyResponse::failed(diagnostics),
            }
        })
    }

    fn delete(&self, request: DeleteRequest<Value, R::Client>) -> BoxFuture<'_, Diagnostics> {
        Box::pin(async move {
            match to_model(&request.prior) {
                Ok(prior) => {
                    let DeleteRequest { client, cancellation, .. } = request;
                    Resource::delete(self, DeleteRequest { prior, client, cancellation }).await
                }
                Err(diagnostics) => diagnostics,
            }
        })
    }

    fn import_refusal(&self) -> String {
        Resource::import_refusal(self)
    }

    fn move_from(&self, request: MoveRequest) -> Result<Value, Diagnostics> {
        Resource::move_from(self, request).map(|model| model.to_value())
    }
}

/// A value that the schema admits but the struct does not is a fault of the provider, unless it is a number out of
/// its field's range: the user reads both, with the path.
pub(super) fn to_model<M: Model>(value: &Value) -> Result<M, Diagnostics> {
    M::from_value(value, &AttributePath::root()).map_err(|error| invalid_value(&error))
}

pub(super) fn invalid_value(error: &ModelError) -> Diagnostics {
    Diagnostics::from_error(error.path().clone(), "Invalid value", format!("{error}."))
}

fn to_values<M: Model>(applied: ApplyResponse<M>) -> ApplyResponse<Value> {
    ApplyResponse { state: applied.state.map(|state| state.to_value()), diagnostics: applied.diagnostics }
}
