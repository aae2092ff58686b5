//! The trait of a managed resource, its requests and responses, and its type-erased form.

use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use super::attribute_path::AttributePath;
use super::cancellation::Cancellation;
use super::diagnostics::Diagnostics;
use super::schema::Schema;
use super::titles;
use super::value::{Model, ToValue as _, Value};

/// A managed resource that represents an event: only its creation does anything. A read keeps the stored state, an
/// update stores the planned state, and a delete removes the state.
///
/// The framework plans from the schema: defaults, unknown values and replacement. See [`super::plan`].
pub trait Resource: Send + Sync + 'static {
    /// The struct of the block. A field that can be unknown during plan is an [`Attr`](super::value::Attr).
    type Model: Model;
    /// The client that the configured provider creates.
    type Client: Send + Sync + 'static;

    /// The type in the configuration, such as `random_password`.
    fn type_name(&self) -> &'static str;

    /// The schema of the block.
    fn schema(&self) -> Schema;

    /// Validates a configuration. The provider may not be configured yet. Unknown values are valid: Terraform validates
    /// again before the apply, when they are known.
    fn validate(&self, config: Self::Model) -> Diagnostics {
        let _ = config;
        Diagnostics::new()
    }

    /// Completes the plan of a create or update that the framework computed from the schema.
    ///
    /// The planned values must depend only on the request: Terraform plans again during apply, and rejects a plan that
    /// differs. A preview that is read from the network can therefore only add diagnostics.
    fn plan(
        &self,
        request: PlanRequest<Self::Model, Self::Client>,
    ) -> impl Future<Output = PlanResponse<Self::Model>> + Send {
        ready(PlanResponse { planned: request.planned, diagnostics: Diagnostics::new() })
    }

    /// Creates the resource. In the returned state, known planned values must be unchanged, and no value can be
    /// unknown.
    fn create(
        &self,
        request: CreateRequest<Self::Model, Self::Client>,
    ) -> impl Future<Output = ApplyResponse<Self::Model>> + Send;

    /// The error of an import: why import is not supported, and what to do instead.
    fn import_refusal(&self) -> String {
        format!("{} does not support import. Write a resource block instead.", self.type_name())
    }

    /// Converts the state of another resource type, for a `moved` block. Default: not supported.
    ///
    /// # Errors
    ///
    /// If the state cannot be converted.
    fn move_from(&self, request: MoveRequest) -> Result<Self::Model, Diagnostics> {
        Err(request.unsupported(self.type_name()))
    }
}

/// The request to complete the plan of a create or update.
#[derive(Clone, Debug)]
pub struct PlanRequest<M, C> {
    /// The prior state. `None` for a create.
    pub prior: Option<M>,
    /// The plan that the framework computed from the schema.
    pub planned: M,
    /// Whether a changed argument requires a replacement. Terraform then asks for a second plan without prior state, and
    /// drops the warnings of that one.
    pub replaces: bool,
    /// The configuration. Only values that are null here can be completed.
    pub config: M,
    /// The configured client. `None` in the rare walks that plan without a configured provider.
    pub client: Option<Arc<C>>,
    /// Cancelled when the user interrupts Terraform. It ends the reads of a preview, and should not make the plan
    /// fail. The framework aborts a plan that does not return within half a second of its cancellation.
    pub cancellation: Cancellation,
}

/// A completed plan.
#[derive(Clone, Debug)]
pub struct PlanResponse<M> {
    /// The plan of the request, in which only unknown computed values can be changed.
    pub planned: M,
    /// An error prevents the apply. Terraform shows warnings with the plan.
    pub diagnostics: Diagnostics,
}

/// The request to create a resource.
#[derive(Clone, Debug)]
pub struct CreateRequest<M, C> {
    /// The planned state, in which all values that the user set are known.
    pub planned: M,
    /// The configuration, in which all values are known. It distinguishes a default from an equal value that the user
    /// set.
    pub config: M,
    /// The configured client.
    pub client: Arc<C>,
    /// Cancelled when the user interrupts Terraform.
    pub cancellation: Cancellation,
}

/// The request to convert the state of another resource type, for a `moved` block.
#[derive(Clone, Debug)]
pub struct MoveRequest {
    /// The source address of the other provider, such as `registry.example/namespace/type`. Some versions of OpenTofu
    /// send only the type.
    pub source_provider_address: String,
    /// The other resource type.
    pub source_type_name: String,
    /// The version of its schema.
    pub source_schema_version: i64,
    /// The stored state in JSON.
    pub source_state: Vec<u8>,
}

impl MoveRequest {
    /// The error for a state that the resource type `target` cannot take over.
    pub fn unsupported(&self, target: &str) -> Diagnostics {
        Diagnostics::from_error(
            AttributePath::root(),
            titles::MOVE_NOT_SUPPORTED,
            format!(
                "{target} cannot take over the state of {} from provider {}.",
                self.source_type_name, self.source_provider_address
            ),
        )
    }
}

/// The result of a create. A partial result has both a state and errors. Terraform marks a created resource with errors
/// as tainted.
#[derive(Clone, Debug)]
pub struct ApplyResponse<M> {
    /// The new state. `None`: nothing was created.
    pub state: Option<M>,
    /// Errors and warnings for the user.
    pub diagnostics: Diagnostics,
}

impl<M> ApplyResponse<M> {
    /// Success without diagnostics.
    pub fn state(state: M) -> Self {
        Self { state: Some(state), diagnostics: Diagnostics::new() }
    }

    /// Failure without a new state.
    pub fn failed(diagnostics: Diagnostics) -> Self {
        Self { state: None, diagnostics }
    }
}

pub(super) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// [`Resource`] with values instead of structs, so that one table can hold resources of different types.
pub(super) trait ErasedResource<C>: Send + Sync {
    fn type_name(&self) -> &'static str;
    fn schema(&self) -> Schema;
    fn validate(&self, config: Value) -> Diagnostics;
    fn plan(&self, request: PlanRequest<Value, C>) -> BoxFuture<'_, PlanResponse<Value>>;
    fn create(&self, request: CreateRequest<Value, C>) -> BoxFuture<'_, ApplyResponse<Value>>;
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

    fn plan(&self, request: PlanRequest<Value, R::Client>) -> BoxFuture<'_, PlanResponse<Value>> {
        Box::pin(async move {
            let PlanRequest { prior, planned, replaces, config, client, cancellation } = request;
            let models =
                (|| Ok((prior.as_ref().map(to_model).transpose()?, to_model(&planned)?, to_model(&config)?)))();
            match models {
                Ok((prior, planned, config)) => {
                    let request = PlanRequest { prior, planned, replaces, config, client, cancellation };
                    let PlanResponse { planned, diagnostics } = Resource::plan(self, request).await;
                    PlanResponse { planned: planned.to_value(), diagnostics }
                }
                Err(diagnostics) => PlanResponse { planned, diagnostics },
            }
        })
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

    fn import_refusal(&self) -> String {
        Resource::import_refusal(self)
    }

    fn move_from(&self, request: MoveRequest) -> Result<Value, Diagnostics> {
        Resource::move_from(self, request).map(|model| model.to_value())
    }
}

/// Converts a value that conforms to the schema to the struct.
///
/// # Errors
///
/// If a number is out of the range of its field, or if the struct does not match the schema, which is a bug in the
/// provider.
pub(super) fn to_model<M: Model>(value: &Value) -> Result<M, Diagnostics> {
    M::from_value(value, &AttributePath::root())
        .map_err(|error| Diagnostics::from_error(error.path().clone(), titles::INVALID_VALUE, format!("{error}.")))
}

fn to_values<M: Model>(applied: ApplyResponse<M>) -> ApplyResponse<Value> {
    ApplyResponse { state: applied.state.map(|state| state.to_value()), diagnostics: applied.diagnostics }
}
