//! Validating, planning and invoking actions.

use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_stream::wrappers::UnboundedReceiverStream;

use super::super::action::{InvokeRequest, Progress};
use super::super::cancellation::Cancellation;
use super::super::diagnostics::Diagnostics;
use super::super::pb::tfplugin5 as pb;
use super::super::provider::Provider;
use super::super::resource::BoxFuture;
use super::super::value::Value;
use super::{FromDiagnostics, Offer, Shared, crashed, wire};
use pb::invoke_action::Event;
use pb::invoke_action::event::{Completed, Progress as ProgressEvent, Type as EventType};

pub(super) async fn validate<P: Provider>(
    shared: Arc<Shared<P>>,
    request: pb::validate_action_config::Request,
) -> Result<pb::validate_action_config::Response, Diagnostics> {
    let offer = shared.action(&request.type_name)?;
    let config = config(offer, request.config)?;
    Ok(FromDiagnostics::from_diagnostics(offer.handler.validate(config)))
}

pub(super) async fn plan<P: Provider>(
    shared: Arc<Shared<P>>,
    request: pb::plan_action::Request,
) -> Result<pb::plan_action::Response, Diagnostics> {
    let offer = shared.action(&request.action_type)?;
    let config = config(offer, request.config)?;
    Ok(FromDiagnostics::from_diagnostics(offer.handler.plan(config, shared.client())))
}

/// The events of a running action.
pub(super) type Events = UnboundedReceiverStream<Result<Event, tonic::Status>>;

/// Starts the action in a task of its own, which goes on when nobody reads the events any more. The last event is
/// always Completed: Terraform takes a stream that just ends for success.
pub(super) fn invoke<P: Provider>(shared: Arc<Shared<P>>, request: pb::invoke_action::Request) -> Events {
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
    shared: Arc<Shared<P>>,
    request: pb::invoke_action::Request,
    progress: Progress,
    cancellation: Cancellation,
) -> BoxFuture<'static, Diagnostics> {
    Box::pin(async move {
        let prepared = (|| {
            let offer = shared.action(&request.action_type)?;
            let config = config(offer, request.config)?;
            Ok((offer, config, shared.configured_client()?))
        })();
        let (offer, config, client) = match prepared {
            Ok(prepared) => prepared,
            Err(diagnostics) => return diagnostics,
        };
        offer.handler.invoke(InvokeRequest { config, client, cancellation, progress }).await
    })
}

/// Passes lines on until the action has dropped its end. After Stop it swallows them: Terraform (1.15.5, seen) takes a
/// line that comes then for a failure, leaves its loop over the events, and crashes at the next one.
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

/// An absent `config` block comes as null when planning and invoking, as an object of nulls when validating.
fn config<T: ?Sized>(offer: &Offer<T>, config: Option<pb::DynamicValue>) -> Result<Value, Diagnostics> {
    Ok(match wire::decode(config, &offer.value_type)? {
        Value::Null => offer.schema.block.empty_value(),
        config => config,
    })
}
