//! Tests of calls to data sources and actions.

use tokio_stream::StreamExt;
use tonic::Request;

use crate::tf_provider::ProviderServer;
use crate::tf_provider::pb::tfplugin5 as pb;
use crate::tf_provider::pb::tfplugin5::provider_server::Provider as _;
use crate::tf_provider::value::Value;

use super::{command, configured, soon, summaries, text, thing, value, wire};

#[tokio::test]
async fn data_source_returns_state_and_warnings() {
    let server = configured().await;
    let request = pb::read_data_source::Request {
        type_name: "sample_thing".to_owned(),
        config: wire(&thing(text("a"), Value::Null)),
        ..pb::read_data_source::Request::default()
    };
    let response = server.read_data_source(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(value(response.state), thing(text("a"), text("7")));
    assert_eq!(response.diagnostics[0].severity(), pb::diagnostic::Severity::Warning);
}

#[tokio::test]
async fn data_source_and_action_validate_their_configuration() {
    let server = configured().await;
    let type_name = || "sample_thing".to_owned();
    let config = wire(&thing(text("odd"), Value::Null));
    let request = pb::validate_data_source_config::Request { type_name: type_name(), config };
    let response = server.validate_data_source_config(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(summaries(&response.diagnostics), ["Odd name"]);
    let request = pb::validate_action_config::Request { type_name: type_name(), config: command("odd") };
    let response = server.validate_action_config(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(summaries(&response.diagnostics), ["Odd name"]);
    let request =
        pb::plan_action::Request { action_type: type_name(), config: command("odd"), client_capabilities: None };
    let response = server.plan_action(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(summaries(&response.diagnostics), ["Odd name"]);
}

/// Invokes the action and returns a line for each event: a progress line, or the summaries of the final event.
async fn invoke(name: &str) -> Vec<String> {
    let server = configured().await;
    let action_type = "sample_thing".to_owned();
    let request = pb::invoke_action::Request { action_type, config: command(name), client_capabilities: None };
    let mut running = server.invoke_action(Request::new(request)).await.unwrap().into_inner();
    let mut events = vec![running.next().await.unwrap()];
    if name == "waits" {
        ProviderServer::stop(&server);
    }
    while let Some(event) = soon(running.next()).await {
        events.push(event);
    }
    let show = |event: Result<pb::invoke_action::Event, _>| match event.unwrap().r#type.unwrap() {
        pb::invoke_action::event::Type::Progress(progress) => progress.message,
        pb::invoke_action::event::Type::Completed(completed) => {
            format!("completed {:?}", summaries(&completed.diagnostics))
        }
    };
    events.into_iter().map(show).collect()
}

#[tokio::test]
async fn action_shows_progress_and_always_completes() {
    assert_eq!(invoke("works").await, ["halfway", "completed []"]);
    assert_eq!(invoke("fails").await, ["halfway", r#"completed ["Failed"]"#]);
    assert_eq!(invoke("panics").await, ["halfway", r#"completed ["The provider crashed"]"#]);
}

/// Terraform 1.15.5 panics with "range function continued iteration" if it receives a progress line after its Stop. It
/// leaves the loop over the events, but the next event still arrives.
#[tokio::test]
async fn progress_after_a_stop_is_discarded() {
    assert_eq!(invoke("waits").await, ["halfway", r#"completed ["Stopped"]"#]);
}

#[tokio::test]
async fn action_without_a_config_block_is_planned_as_all_null() {
    let server = configured().await;
    let request = pb::plan_action::Request { action_type: "sample_thing".to_owned(), ..Default::default() };
    let response = server.plan_action(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(response.diagnostics, vec![]);
}
