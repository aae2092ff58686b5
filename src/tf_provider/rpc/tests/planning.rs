//! Tests of plans whose preview reads from the network.

use std::sync::Arc;

use tokio::task::JoinHandle;
use tonic::Request;

use crate::tf_provider::ProviderServer;
use crate::tf_provider::pb::tfplugin5 as pb;
use crate::tf_provider::pb::tfplugin5::provider_server::Provider as _;
use crate::tf_provider::value::Value;

use super::{Sample, command, configured, creates, soon, summaries, text, thing, value, wire};

type Server = ProviderServer<Sample>;

async fn plan_resource(server: Server, name: &'static str) -> pb::plan_resource_change::Response {
    let proposed = wire(&thing(text(name), Value::Null));
    let request = pb::plan_resource_change::Request {
        type_name: "sample_thing".to_owned(),
        config: proposed.clone(),
        proposed_new_state: proposed,
        ..pb::plan_resource_change::Request::default()
    };
    server.plan_resource_change(Request::new(request)).await.unwrap().into_inner()
}

async fn plan_action(server: Server, name: &'static str) -> pb::plan_action::Response {
    let action_type = "sample_thing".to_owned();
    let request = pb::plan_action::Request { action_type, config: command(name), client_capabilities: None };
    server.plan_action(Request::new(request)).await.unwrap().into_inner()
}

type Plans = (JoinHandle<pb::plan_resource_change::Response>, JoinHandle<pb::plan_action::Response>);

/// Starts the plans of a resource and of an action with this name.
fn start_plans(server: &Server, name: &'static str) -> Plans {
    (tokio::spawn(plan_resource(server.clone(), name)), tokio::spawn(plan_action(server.clone(), name)))
}

/// Starts two plans, and returns when both previews wait.
async fn start_waiting_plans(server: &Server) -> Plans {
    let plans = start_plans(server, "waits");
    let both_wait = async {
        while creates(server) < 2 {
            tokio::task::yield_now().await;
        }
    };
    soon(both_wait).await;
    plans
}

async fn assert_planned_without_preview((resource, action): Plans) {
    let response = soon(resource).await.unwrap();
    assert_eq!(summaries(&response.diagnostics), ["Not previewed"]);
    assert_eq!(response.diagnostics[0].severity(), pb::diagnostic::Severity::Warning);
    assert_eq!(value(response.planned_state), thing(text("waits"), Value::Unknown));
    assert_eq!(summaries(&soon(action).await.unwrap().diagnostics), ["Not previewed"]);
}

#[tokio::test]
async fn stop_ends_current_and_later_previews_but_the_plans_succeed() {
    let server = configured().await;
    let plans = start_waiting_plans(&server).await;
    let _ = pb::provider_server::Provider::stop(&server, Request::new(pb::stop::Request {})).await.unwrap();
    assert_planned_without_preview(plans).await;
    assert_planned_without_preview(start_plans(&server, "waits")).await;
}

/// Terraform sends no Stop while it plans, so an interrupt arrives as a signal, which ends reads only.
#[tokio::test]
async fn stop_of_reads_ends_current_and_later_previews_but_the_plans_succeed() {
    let server = configured().await;
    let plans = start_waiting_plans(&server).await;
    server.stop_reads();
    assert_planned_without_preview(plans).await;
    assert_planned_without_preview(start_plans(&server, "waits")).await;
}

/// At the end of a connection, the HTTP server drops its calls, and the provider is stopped.
#[tokio::test]
async fn end_of_the_connection_ends_previews() {
    let server = configured().await;
    let client = server.0.client().unwrap();
    let (resource, action) = start_waiting_plans(&server).await;
    resource.abort();
    action.abort();
    assert!(resource.await.unwrap_err().is_cancelled() && action.await.unwrap_err().is_cancelled());
    // The test, the server, and the two previews, which continue without their callers.
    assert_eq!(Arc::strong_count(&client), 4);
    ProviderServer::stop(&server);
    let both_end = async {
        while Arc::strong_count(&client) > 2 {
            tokio::task::yield_now().await;
        }
    };
    soon(both_end).await;
}

#[tokio::test]
async fn preview_that_ignores_its_cancellation_is_aborted() {
    let server = configured().await;
    let (resource, action) = start_plans(&server, "hangs");
    server.stop_reads();
    assert_eq!(summaries(&soon(resource).await.unwrap().diagnostics), ["Operation interrupted"]);
    assert_eq!(summaries(&soon(action).await.unwrap().diagnostics), ["Operation interrupted"]);
}

#[tokio::test]
async fn panic_in_a_preview_becomes_a_diagnostic() {
    let server = configured().await;
    let (resource, action) = start_plans(&server, "panics");
    assert_eq!(summaries(&resource.await.unwrap().diagnostics), ["The provider crashed"]);
    assert_eq!(summaries(&action.await.unwrap().diagnostics), ["The provider crashed"]);
}
