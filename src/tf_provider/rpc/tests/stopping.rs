//! Tests of the cancellation of calls.

use std::sync::Arc;

use tonic::Request;

use crate::tf_provider::ProviderServer;
use crate::tf_provider::pb::tfplugin5 as pb;
use crate::tf_provider::pb::tfplugin5::provider_server::Provider as _;
use crate::tf_provider::value::Value;

use super::{Sample, apply, configured, creates, soon, summaries, text, thing, value, wire};

type Server = ProviderServer<Sample>;

async fn create(server: Server, name: &'static str) -> pb::apply_resource_change::Response {
    apply(&server, Value::Null, thing(text(name), Value::Unknown)).await
}

async fn read(server: Server, name: &'static str) -> pb::read_data_source::Response {
    let request = pb::read_data_source::Request {
        type_name: "sample_thing".to_owned(),
        config: wire(&thing(text(name), Value::Null)),
        ..pb::read_data_source::Request::default()
    };
    server.read_data_source(Request::new(request)).await.unwrap().into_inner()
}

/// Returns when the spawned create waits.
async fn started(server: &Server) {
    while creates(server) == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn stop_cancels_current_and_later_creates() {
    let server = configured().await;
    let waiting = tokio::spawn(create(server.clone(), "waits"));
    started(&server).await;
    let _ = pb::provider_server::Provider::stop(&server, Request::new(pb::stop::Request {})).await.unwrap();
    let response = soon(waiting).await.unwrap();
    assert_eq!(summaries(&response.diagnostics), ["Stopped"]);
    let path = response.diagnostics[0].attribute.clone().unwrap();
    let selector = pb::attribute_path::step::Selector::AttributeName("name".to_owned());
    assert_eq!(path.steps[0].selector, Some(selector));
    assert_eq!(summaries(&soon(create(server.clone(), "waits")).await.diagnostics), ["Stopped"]);
    assert_eq!(summaries(&soon(read(server, "waits")).await.diagnostics), ["Not read"]);
}

/// After an interrupt, Terraform decides whether to stop calls that change something.
#[tokio::test]
async fn stop_of_reads_cancels_current_and_later_reads_but_no_create() {
    let server = configured().await;
    let creating = tokio::spawn(create(server.clone(), "waits"));
    let reading = tokio::spawn(read(server.clone(), "waits"));
    started(&server).await;
    server.stop_reads();
    assert_eq!(summaries(&soon(reading).await.unwrap().diagnostics), ["Not read"]);
    assert_eq!(summaries(&soon(read(server.clone(), "waits")).await.diagnostics), ["Not read"]);
    assert!(!creating.is_finished());
    server.stop();
    assert_eq!(summaries(&soon(creating).await.unwrap().diagnostics), ["Stopped"]);
}

#[tokio::test]
async fn read_that_ignores_its_cancellation_is_aborted() {
    let server = configured().await;
    let reading = tokio::spawn(read(server.clone(), "hangs"));
    server.stop_reads();
    let response = soon(reading).await.unwrap();
    assert_eq!(summaries(&response.diagnostics), ["Operation interrupted"]);
}

#[tokio::test]
async fn call_that_does_not_wait_succeeds_after_a_stop() {
    let server = configured().await;
    server.stop();
    let response = read(server, "a").await;
    assert_eq!(value(response.state), thing(text("a"), text("7")));
}

#[tokio::test]
async fn call_continues_when_its_caller_disconnects() {
    let server = configured().await;
    let call = tokio::spawn(create(server.clone(), "waits"));
    started(&server).await;
    let token = server.0.stop.cancellation();
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    assert!(!token.is_cancelled());
    // Only the running call and the server hold the client.
    let client = server.0.client().unwrap();
    assert_eq!(Arc::strong_count(&client), 3);
}
