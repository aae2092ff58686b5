//! The project of a region, and the number of requests to IAM.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use tokio::task::JoinSet;

use super::*;
use crate::huaweicloud::endpoint::EndpointSettings;
use crate::huaweicloud::system::{Environment, System, SystemClock};
use crate::huaweicloud::test_server::http_response;

fn region(name: &str) -> Region {
    Region::parse(name).unwrap()
}

/// A response of IAM (API reference, KeystoneListProjects), shortened.
fn projects(list: &[(&str, &str)]) -> Reply {
    let list: Vec<String> = list
        .iter()
        .map(|(id, name)| {
            format!(
                r#"{{"id":"{id}","name":"{name}","domain_id":"d","is_domain":false,"enabled":true,"description":""}}"#
            )
        })
        .collect();
    let body = format!(r#"{{"projects":[{}],"links":{{"next":null,"previous":null,"self":"x"}}}}"#, list.join(","));
    http_response("200 OK", "X-IAM-Trace-Id: trace-1\r\n", &body)
}

/// IAM with exactly one project for each requested name.
fn one_project_each() -> TestServer {
    TestServer::start(|captured| {
        let name = captured.line().split(['=', ' ']).nth(2).unwrap().to_owned();
        projects(&[(&format!("id-of-{name}"), &name)])
    })
}

fn lines(server: &TestServer) -> Vec<String> {
    server.requests().iter().map(|it| it.line().to_owned()).collect()
}

#[tokio::test]
async fn given_id_needs_no_request() {
    let server = one_project_each();
    let given = ProjectId::parse("p1").unwrap();
    let client = server.client().project_id(given.clone()).build().unwrap();
    let own = region("cn-north-4");
    assert_eq!(client.project_id(None).await.unwrap(), given);
    assert_eq!(client.project_id(Some(&own)).await.unwrap(), given);
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn project_named_like_the_region_is_looked_up_once() {
    let server = one_project_each();
    let client = server.client().build().unwrap();
    for _ in 0..2 {
        let id = client.project_id(None).await.unwrap();
        assert_eq!(id.as_str(), "id-of-cn-north-4");
    }
    assert_eq!(lines(&server), ["GET /v3/projects?name=cn-north-4 HTTP/1.1"]);
}

#[tokio::test]
async fn project_name_replaces_the_region() {
    let server = one_project_each();
    let client = server.client().project_name("cn-north-4_team a".to_owned()).build().unwrap();
    let error = client.project_id(None).await.unwrap_err();
    // The server does not decode the name, so it returns no project of that name.
    insta::assert_snapshot!(error, @r#"IAM lists no project named "cn-north-4_team a" for these credentials (it lists id-of-cn-north-4_team%20a (cn-north-4_team%20a)); set `project_id`, or correct `project_name` or `region`"#);
    assert_eq!(lines(&server), ["GET /v3/projects?name=cn-north-4_team%20a HTTP/1.1"]);
}

#[tokio::test]
async fn sub_project_is_found_by_its_name() {
    let server = TestServer::start(|_| projects(&[("id-main", "cn-north-4"), ("id-team", "cn-north-4_team")]));
    let client = server.client().project_name("cn-north-4_team".to_owned()).build().unwrap();
    for _ in 0..2 {
        assert_eq!(client.project_id(None).await.unwrap().as_str(), "id-team");
    }
    assert_eq!(lines(&server), ["GET /v3/projects?name=cn-north-4_team HTTP/1.1"]);
    // The name applies to the client's own region.
    assert_eq!(client.project_id(Some(&region("cn-north-4"))).await.unwrap().as_str(), "id-team");
}

/// IAM lists to the users of a team only their sub-project.
#[tokio::test]
async fn sub_projects_are_listed_when_the_main_project_is_not_visible() {
    let error = project(|| projects(&[("id-1", "cn-north-4_team"), ("id-2", "cn-north-4_qa")])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    insta::assert_snapshot!(error, @r#"IAM lists no project named "cn-north-4" for these credentials (it lists id-1 (cn-north-4_team), id-2 (cn-north-4_qa)); set `project_id`, or correct `project_name` or `region`"#);
}

#[tokio::test]
async fn project_of_another_region_is_looked_up_once_by_the_name_of_the_region() {
    let server = one_project_each();
    let given = ProjectId::parse("p1").unwrap();
    let client = server.client().project_id(given).project_name("n".to_owned()).build().unwrap();
    for name in ["cn-north-9", "cn-south-1", "cn-north-9"] {
        let id = client.project_id(Some(&region(name))).await.unwrap();
        assert_eq!(id.as_str(), format!("id-of-{name}"));
    }
    assert_eq!(
        lines(&server),
        ["GET /v3/projects?name=cn-north-9 HTTP/1.1", "GET /v3/projects?name=cn-south-1 HTTP/1.1"]
    );
}

#[tokio::test]
async fn version_of_auth_url_is_not_repeated_in_the_path() {
    let server = one_project_each();
    let client = server
        .client()
        .endpoints(EndpointSettings { auth_url: Some(format!("{}/v3", server.url())), ..EndpointSettings::default() })
        .build()
        .unwrap();
    client.project_id(None).await.unwrap();
    assert_eq!(lines(&server), ["GET /v3/projects?name=cn-north-4 HTTP/1.1"]);
}

/// The response is held back until all ten callers wait.
#[tokio::test]
async fn concurrent_lookups_share_one_request() {
    let (open, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let server = TestServer::start(move |_| {
        gate.lock().unwrap().recv().unwrap();
        projects(&[("id-1", "cn-north-4")])
    });
    let client = server.client().build().unwrap();
    let started = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..10 {
        let (client, started) = (client.clone(), Arc::clone(&started));
        callers.spawn(async move {
            started.fetch_add(1, Ordering::SeqCst);
            client.project_id(None).await.unwrap()
        });
    }
    while started.load(Ordering::SeqCst) < 10 {
        tokio::task::yield_now().await;
    }
    for _ in 0..10 {
        open.send(()).unwrap();
    }
    let ids = callers.join_all().await;
    assert_eq!(ids.len(), 10);
    assert!(ids.iter().all(|id| id.as_str() == "id-1"));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn errors_are_not_kept() {
    let calls = AtomicUsize::new(0);
    let server = TestServer::start(move |_| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => http_response("503 Busy", "", ""),
        _ => projects(&[("id-1", "cn-north-4")]),
    });
    let client = server.client().build().unwrap();
    let error = client.project_id(None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(client.project_id(None).await.unwrap().as_str(), "id-1");
}

/// The project of the default region, from one response of IAM.
async fn project(reply: fn() -> Reply) -> Result<ProjectId, Error> {
    let server = TestServer::start(move |_| reply());
    server.client().build().unwrap().project_id(None).await
}

#[tokio::test]
async fn missing_project_is_an_error_with_the_setting_to_correct() {
    let mut errors = Vec::new();
    for reply in [(|| projects(&[])) as fn() -> Reply, || projects(&[("id-2", "cn-north-4_sub")])] {
        let error = project(reply).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        errors.push(error.report());
    }
    insta::assert_snapshot!(errors.join("\n"), @r#"
    IAM lists no project named "cn-north-4" for these credentials; set `project_id`, or correct `project_name` or `region`
    IAM lists no project named "cn-north-4" for these credentials (it lists id-2 (cn-north-4_sub)); set `project_id`, or correct `project_name` or `region`
    "#);
}

#[tokio::test]
async fn ambiguous_project_name_is_an_error_with_the_ids() {
    let error =
        project(|| projects(&[("id-1", "cn-north-4"), ("id-2", "cn-north-4"), ("id-3", "x")])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let text = error.to_string();
    insta::assert_snapshot!(text, @r#"IAM lists several projects named "cn-north-4": id-1 (cn-north-4), id-2 (cn-north-4); set `project_id` to one of them"#);
}

#[tokio::test]
async fn project_with_exactly_the_name_is_chosen() {
    let id = project(|| projects(&[("id-1", "cn-north-4_a"), ("id-2", "cn-north-4")])).await;
    assert_eq!(id.unwrap().as_str(), "id-2");
}

#[tokio::test]
async fn error_of_iam_is_returned() {
    let error = project(|| {
        http_response(
            "403 Forbidden",
            "X-IAM-Trace-Id: trace-2\r\n",
            r#"{"error":{"code":403,"message":"You are not authorized","title":"Forbidden"}}"#,
        )
    })
    .await
    .unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Forbidden, Delivery::Responded));
    assert_eq!(error.response().unwrap().request_id.as_deref(), Some("trace-2"));
}

#[tokio::test]
async fn lookup_needs_a_region_or_a_name() {
    let system = System::new(Arc::new(SystemClock), Environment::default());
    let client = Client::builder().system(system).build().unwrap();
    let error = client.project_id(None).await.unwrap_err();
    insta::assert_snapshot!(error, @"no region is set: set `region`, or `project_id` if `endpoints` has every address");
}

/// None of these entries may hide the requested project.
#[tokio::test]
async fn malformed_entries_are_ignored() {
    let reply = || {
        let odd = r#"null,7,{},{"id":null,"name":"x"},{"id":"id-2"},{"id":3,"name":null,"enabled":"?"}"#;
        let project = r#"{"id":"id-1","name":"cn-north-4","links":7,"is_domain":"no"}"#;
        http_response("200 OK", "", &format!(r#"{{"projects":[{odd},{project}],"links":null}}"#))
    };
    assert_eq!(project(reply).await.unwrap().as_str(), "id-1");
}

#[tokio::test]
async fn project_without_a_readable_id_is_an_error() {
    for id in ["null", "7", "\"\"", "{}"] {
        let server = TestServer::start(move |_| {
            http_response("200 OK", "", &format!(r#"{{"projects":[{{"id":{id},"name":"cn-north-4"}}]}}"#))
        });
        let error = server.client().build().unwrap().project_id(None).await.unwrap_err();
        let expected = r#"project id "" is empty or contains characters other than letters, digits, "-" and "_""#;
        assert_eq!(error.report(), expected);
    }
}

#[tokio::test]
async fn login_page_or_error_in_a_successful_response_is_an_error() {
    let mut errors = Vec::new();
    for reply in [
        (|| http_response("200 OK", "", "<html>Sign in</html>")) as fn() -> Reply,
        || http_response("200 OK", "", "{}"),
        || http_response("200 OK", "", r#"{"error":{"code":"IAM.1","message":"no"},"projects":[]}"#),
    ] {
        errors.push(mask_ports(&project(reply).await.unwrap_err().report()));
    }
    insta::assert_snapshot!(errors.join("\n"), @r"
    GET 127.0.0.1:[port]/v3/projects: status 200: the response is a web page instead of JSON: <html>Sign in</html>
    GET 127.0.0.1:[port]/v3/projects: status 200: the response does not have the expected form: {}
    GET 127.0.0.1:[port]/v3/projects: the service responded with 200 IAM.1: no
    ");
}

#[tokio::test]
async fn project_named_like_a_secret_is_found_and_listed_ones_are_redacted() {
    let iam = TestServer::start(|_| projects(&[("12345678", "team-eu"), ("12345679", "x-team-eu")]));
    let address = iam.url().replace("http://", "http://12345678:team-eu@");
    let settings = EndpointSettings {
        custom: [("iam".to_owned(), "http://iam.example".to_owned())].into(),
        insecure: true,
        ..EndpointSettings::default()
    };
    let named = |name: &str| {
        let builder = crate::huaweicloud::test_server::builder("", &[("HTTP_PROXY", &address)]);
        builder.endpoints(settings.clone()).project_name(name.to_owned()).build().unwrap()
    };
    assert_eq!(named("team-eu").project_id(None).await.unwrap().raw(), "12345678");
    let error = named("other").project_id(None).await.unwrap_err().to_string();
    insta::assert_snapshot!(error, @r#"IAM lists no project named "other" for these credentials (it lists 12345678 ([redacted]), 12345679 (x-[redacted])); set `project_id`, or correct `project_name` or `region`"#);
}
