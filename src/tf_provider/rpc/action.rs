//! Validates, plans and invokes actions.

use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_stream::wrappers::UnboundedReceiverStream;

use crate::tf_provider::action::{InvokeRequest, PlanActionRequest, Progress};
use crate::tf_provider::cancellation::Cancellation;
use crate::tf_provider::diagnostics::Diagnostics;
use crate::tf_provider::pb::tfplugin5 as pb;
use crate::tf_provider::provider::Provider;
use crate::tf_provider::resource::BoxFuture;
use crate::tf_provider::value::Value;

use super::{FromDiagnostics, Registered, ServerState, crashed, wire};
use pb::invoke_action::Event;
use pb::invoke_action::event::{Completed, Progress as ProgressEvent, Type as EventType};

pub(super) async fn validate<P: Provider>(
    shared: Arc<ServerState<P>>,
    request: pb::validate_action_config::Request,
) -> Result<pb::validate_action_config::Response, Diagnostics> {
    let registered = shared.action(&request.type_name)?;
    let config = config(registered, request.config)?;
    Ok(FromDiagnostics::from_diagnostics(registered.handler.validate(config)))
}

pub(super) async fn plan<P: Provider>(
    shared: Arc<ServerState<P>>,
    request: pb::plan_action::Request,
) -> Result<pb::plan_action::Response, Diagnostics> {
    let registered = shared.action(&request.action_type)?;
    let request = PlanActionRequest {
        config: config(registered, request.config)?,
        client: shared.client(),
        cancellation: shared.stop.read_cancellation(),
    };
    Ok(FromDiagnostics::from_diagnostics(registered.handler.plan(request).await))
}

/// The events of a running action.
pub(super) type Events = UnboundedReceiverStream<Result<Event, tonic::Status>>;

/// Starts the action in a separate task, which continues if the client stops reading the events. The last event is
/// always Completed, because Terraform treats the end of the stream as success.
pub(super) fn invoke<P: Provider>(shared: Arc<ServerState<P>>, request: pb::invoke_action::Request) -> Events {
    let (sender, receiver) = unbounded_channel();
    let cancellation = shared.stop.cancellation();
    tokio::spawn(async move {
        let (progress, lines) = Progress::channel();
        let work = tokio::spawn(run(shared, request, progress, cancellation.clone()));
        forward(lines, &sender, &cancellation).await;
        let diagnostics = work.await.unwrap_or_else(crashed);
        let _ = sender.send(Ok(event(EventType::Completed(Completed::from_diagnostics(diagnostics)))));
    });
    UnboundedReceiverStream::new(receiver)
}

fn run<P: Provider>(
    shared: Arc<ServerState<P>>,
    request: pb::invoke_action::Request,
    progress: Progress,
    cancellation: Cancellation,
) -> BoxFuture<'static, Diagnostics> {
    Box::pin(async move {
        let prepared = (|| {
            let registered = shared.action(&request.action_type)?;
            let config = config(registered, request.config)?;
            Ok((registered, config, shared.configured_client()?))
        })();
        let (registered, config, client) = match prepared {
            Ok(prepared) => prepared,
            Err(diagnostics) => return diagnostics,
        };
        registered.handler.invoke(InvokeRequest { config, client, cancellation, progress }).await
    })
}

/// Forwards progress lines until the action drops its sender. Discards them after Stop: Terraform (1.15.5) treats a
/// line after Stop as a failure, leaves its loop over the events, and crashes at the next event.
async fn forward(
    mut lines: UnboundedReceiver<String>,
    events: &UnboundedSender<Result<Event, tonic::Status>>,
    cancellation: &Cancellation,
) {
    while let Some(message) = lines.recv().await {
        if cancellation.is_cancelled() {
            continue;
        }
        let _ = events.send(Ok(event(EventType::Progress(ProgressEvent { message }))));
    }
}

fn event(kind: EventType) -> Event {
    Event { r#type: Some(kind) }
}

/// Decodes a `config` block. If the block is absent, Terraform sends null to plan and invoke, and an object of nulls to
/// validate.
fn config<T: ?Sized>(registered: &Registered<T>, config: Option<pb::DynamicValue>) -> Result<Value, Diagnostics> {
    Ok(match wire::decode(config, &registered.value_type)? {
        Value::Null => registered.schema.block.empty_value(),
        config => config,
    })
}
