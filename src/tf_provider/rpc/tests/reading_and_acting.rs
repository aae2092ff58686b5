//! Calls to data sources and actions.

use tokio_stream::StreamExt;
use tonic::Request;

use super::super::ProviderServer;
use super::{configured, soon, summaries, text, thing, value, wire, wire_as};
use crate::tf_provider::pb::tfplugin5 as pb;
use crate::tf_provider::pb::tfplugin5::provider_server::Provider as _;
use crate::tf_provider::value::{Type, Value};

#[tokio::test]
async fn data_source_answers_state_and_warnings_together() {
    let server = configured().await;
    let request = pb::read_data_source::Request {
        type_name: "sample_thing".to_owned(),
        config: wire(&thing(text("a"), Value::Null)),
        ..pb::read_data_source::Request::default()
    };
    let answer = server.read_data_source(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(value(answer.state), thing(text("a"), text("7")));
    assert_eq!(answer.diagnostics[0].severity(), pb::diagnostic::Severity::Warning);
}

#[tokio::test]
async fn data_sources_and_actions_check_their_configuration() {
    let server = configured().await;
    let type_name = || "sample_thing".to_owned();
    let config = wire(&thing(text("odd"), Value::Null));
    let request = pb::validate_data_source_config::Request { type_name: type_name(), config };
    let answer = server.validate_data_source_config(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(summaries(&answer.diagnostics), ["Odd name"]);
    let request = pb::validate_action_config::Request { type_name: type_name(), config: command("odd") };
    let answer = server.validate_action_config(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(summaries(&answer.diagnostics), ["Odd name"]);
    let request =
        pb::plan_action::Request { action_type: type_name(), config: command("odd"), client_capabilities: None };
    let answer = server.plan_action(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(summaries(&answer.diagnostics), ["Odd name"]);
}

fn command(name: &str) -> Option<pb::DynamicValue> {
    let config = Value::Map([("name".to_owned(), text(name))].into());
    wire_as(&config, &Type::Object([("name".to_owned(), Type::String)].into()))
}

/// Runs the action and gives back what each event holds: a progress line, or the summaries at its end.
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
    assert_eq!(invoke("works").await, ["half way", "completed []"]);
    assert_eq!(invoke("fails").await, ["half way", r#"completed ["Failed"]"#]);
    assert_eq!(invoke("panics").await, ["half way", r#"completed ["The provider crashed"]"#]);
}

/// Terraform 1.15.5 ended with "panic: range function continued iteration": a line that came after its Stop made it leave
/// the loop over the events, and the next event found nobody.
#[tokio::test]
async fn progress_after_a_stop_crashed_terraform() {
    assert_eq!(invoke("waits").await, ["half way", r#"completed ["Stopped"]"#]);
}

#[tokio::test]
async fn action_without_a_config_block_is_planned_as_all_null() {
    let server = configured().await;
    let request = pb::plan_action::Request { action_type: "sample_thing".to_owned(), ..Default::default() };
    let answer = server.plan_action(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics, vec![]);
}
