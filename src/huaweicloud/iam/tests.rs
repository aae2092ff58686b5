//! Which project is used, and how often IAM is asked.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use tokio::task::JoinSet;

use super::*;
use crate::huaweicloud::endpoint::EndpointSettings;
use crate::huaweicloud::error::Delivery;
use crate::huaweicloud::system::{Environment, System, SystemClock};
use crate::huaweicloud::test_server::{Reply, TestServer, answer};

fn region(name: &str) -> Region {
    Region::parse(name).unwrap()
}

/// A list as IAM answers it (API reference, KeystoneListProjects), shortened.
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
    answer("200 OK", "X-IAM-Trace-Id: trace-1\r\n", &body)
}

/// IAM with one project for whatever name is asked.
fn one_each() -> TestServer {
    TestServer::start(|captured| {
        let name = captured.line().split(['=', ' ']).nth(2).unwrap().to_owned();
        projects(&[(&format!("id-of-{name}"), &name)])
    })
}

fn lines(server: &TestServer) -> Vec<String> {
    server.requests().iter().map(|it| it.line().to_owned()).collect()
}

#[tokio::test]
async fn a_given_id_needs_no_request() {
    let server = one_each();
    let given = ProjectId::parse("p1").unwrap();
    let client = server.client().project_id(given.clone()).build().unwrap();
    let own = region("cn-north-4");
    assert_eq!(client.project_id(None).await.unwrap(), given);
    assert_eq!(client.project_id(Some(&own)).await.unwrap(), given);
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn the_region_names_the_project_and_is_asked_for_once() {
    let server = one_each();
    let client = server.client().build().unwrap();
    for _ in 0..2 {
        let id = client.project_id(None).await.unwrap();
        assert_eq!(id.as_str(), "id-of-cn-north-4");
    }
    assert_eq!(lines(&server), ["GET /v3/projects?name=cn-north-4 HTTP/1.1"]);
}

#[tokio::test]
async fn a_project_name_replaces_the_region() {
    let server = one_each();
    let client = server.client().project_name("cn-north-4_team a").build().unwrap();
    let error = client.project_id(None).await.unwrap_err();
    // The server above does not decode, so it knows no project of the name that was meant.
    assert!(error.to_string().contains("\"cn-north-4_team a\""), "{error}");
    assert_eq!(lines(&server), ["GET /v3/projects?name=cn-north-4_team%20a HTTP/1.1"]);
}

#[tokio::test]
async fn a_sub_project_is_found_by_its_name() {
    let server = TestServer::start(|_| projects(&[("id-main", "cn-north-4"), ("id-team", "cn-north-4_team")]));
    let client = server.client().project_name("cn-north-4_team").build().unwrap();
    for _ in 0..2 {
        assert_eq!(client.project_id(None).await.unwrap().as_str(), "id-team");
    }
    assert_eq!(lines(&server), ["GET /v3/projects?name=cn-north-4_team HTTP/1.1"]);
    // The name is one of the client's own region.
    assert_eq!(client.project_id(Some(&region("cn-north-4"))).await.unwrap().as_str(), "id-team");
}

/// Users of a team may see their sub-project only.
#[tokio::test]
async fn sub_projects_are_listed_when_the_main_project_is_not_visible() {
    let error = answer_to(|| projects(&[("id-1", "cn-north-4_team"), ("id-2", "cn-north-4_qa")])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let text = error.to_string();
    assert!(text.contains("but id-1 (cn-north-4_team), id-2 (cn-north-4_qa); set `project_id`, or"), "{text}");
}

#[tokio::test]
async fn another_region_is_looked_up_by_its_name_and_cached_by_it() {
    let server = one_each();
    let given = ProjectId::parse("p1").unwrap();
    let client = server.client().project_id(given).project_name("n").build().unwrap();
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
async fn auth_url_with_a_version_is_asked_at_that_version_once() {
    let server = one_each();
    let client = server
        .client()
        .endpoints(EndpointSettings { auth_url: Some(format!("{}/v3", server.url())), ..EndpointSettings::default() })
        .build()
        .unwrap();
    client.project_id(None).await.unwrap();
    assert_eq!(lines(&server), ["GET /v3/projects?name=cn-north-4 HTTP/1.1"]);
}

/// The answer is held back until all ten have asked.
#[tokio::test]
async fn ten_callers_at_once_share_one_request() {
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
async fn an_error_is_not_kept() {
    let calls = AtomicUsize::new(0);
    let server = TestServer::start(move |_| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => answer("503 Busy", "", ""),
        _ => projects(&[("id-1", "cn-north-4")]),
    });
    let client = server.client().build().unwrap();
    let error = client.project_id(None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(client.project_id(None).await.unwrap().as_str(), "id-1");
}

async fn answer_to(reply: fn() -> Reply) -> Result<ProjectId, Error> {
    let server = TestServer::start(move |_| reply());
    server.client().build().unwrap().project_id(None).await
}

#[tokio::test]
async fn no_project_of_the_name_says_what_to_set() {
    for reply in [(|| projects(&[])) as fn() -> Reply, || projects(&[("id-2", "cn-north-4_sub")])] {
        let error = answer_to(reply).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        let text = error.to_string();
        assert!(text.contains("\"cn-north-4\"") && text.contains("`project_id`"), "{text}");
    }
}

#[tokio::test]
async fn several_projects_of_the_name_are_listed() {
    let error =
        answer_to(|| projects(&[("id-1", "cn-north-4"), ("id-2", "cn-north-4"), ("id-3", "x")])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let text = error.to_string();
    assert!(text.contains("id-1 (cn-north-4), id-2 (cn-north-4);"), "{text}");
    assert!(!text.contains("id-3"), "{text}");
}

#[tokio::test]
async fn of_projects_with_similar_names_the_exact_one_is_taken() {
    let id = answer_to(|| projects(&[("id-1", "cn-north-4_a"), ("id-2", "cn-north-4")])).await;
    assert_eq!(id.unwrap().as_str(), "id-2");
}

#[tokio::test]
async fn a_refusal_of_iam_is_passed_on() {
    let error = answer_to(|| {
        answer(
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
async fn without_region_and_name_there_is_nothing_to_look_up() {
    let system = System::new(Arc::new(SystemClock), Environment::default());
    let client = Client::builder().system(system).build().unwrap();
    let error = client.project_id(None).await.unwrap_err();
    assert!(error.to_string().contains("set `region`, or `project_id`"), "{error}");
}

#[test]
fn ids_that_no_header_can_hold_cannot_be_made() {
    for text in ["", " ", "a b", "a\n", "a/b", "é"] {
        assert_eq!(ProjectId::parse(text).unwrap_err().kind(), ErrorKind::Config, "{text:?}");
    }
}

#[test]
fn whole_file_as_project_id_is_not_quoted_whole() {
    let text = "not an id\n".repeat(1_000);
    for error in [ProjectId::parse(&text).unwrap_err(), DomainId::parse(&text).unwrap_err()] {
        let told = error.to_string();
        assert!(told.contains("\"not an id\\n") && told.contains("\"… is empty or"), "{told}");
        assert!(told.len() < 300, "{told}");
    }
}

/// None of these entries may hide the wanted project.
#[tokio::test]
async fn malformed_entries_beside_the_project_are_ignored() {
    let reply = || {
        let odd = r#"null,7,{},{"id":null,"name":"x"},{"id":"id-2"},{"id":3,"name":null,"enabled":"?"}"#;
        let project = r#"{"id":"id-1","name":"cn-north-4","links":7,"is_domain":"no"}"#;
        answer("200 OK", "", &format!(r#"{{"projects":[{odd},{project}],"links":null}}"#))
    };
    assert_eq!(answer_to(reply).await.unwrap().as_str(), "id-1");
}

#[tokio::test]
async fn project_without_a_readable_id_is_an_error() {
    for id in ["null", "7", "\"\"", "{}"] {
        let server = TestServer::start(move |_| {
            answer("200 OK", "", &format!(r#"{{"projects":[{{"id":{id},"name":"cn-north-4"}}]}}"#))
        });
        let error = server.client().build().unwrap().project_id(None).await.unwrap_err();
        assert!(error.to_string().contains("project id \"\" is empty"), "{error}");
    }
}

#[tokio::test]
async fn login_page_or_error_in_a_successful_answer_is_not_an_empty_list() {
    for (reply, expected) in [
        (
            (|| answer("200 OK", "", "<html>Sign in</html>")) as fn() -> Reply,
            "web page instead of JSON: <html>Sign in<",
        ),
        (|| answer("200 OK", "", "{}"), "does not have the expected form: {}"),
        (
            || answer("200 OK", "", r#"{"error":{"code":"IAM.1","message":"no"},"projects":[]}"#),
            "answered 200 IAM.1: no",
        ),
    ] {
        let error = answer_to(reply).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn project_that_is_named_like_a_secret_is_found_and_one_that_is_listed_is_redacted() {
    let iam = TestServer::start(|_| projects(&[("12345678", "team-eu"), ("12345679", "x-team-eu")]));
    let address = iam.url().replace("http://", "http://12345678:team-eu@");
    let settings = EndpointSettings {
        custom: [("iam".to_owned(), "http://iam.example".to_owned())].into(),
        insecure: true,
        ..EndpointSettings::default()
    };
    let named = |name| {
        let builder = crate::huaweicloud::test_server::builder("", &[("HTTP_PROXY", &address)]);
        builder.endpoints(settings.clone()).project_name(name).build().unwrap()
    };
    assert_eq!(named("team-eu").project_id(None).await.unwrap().exact(), "12345678");
    let error = named("other").project_id(None).await.unwrap_err().to_string();
    assert!(error.contains("12345678 ([redacted]), 12345679 (x-[redacted])"), "{error}");
}
