//! Background tasks: the documented response and its variations.

use super::super::task::TaskPage;
use super::*;
use crate::huaweicloud::error::ErrorKind;

async fn list(body: &str) -> Result<TaskPage, Error> {
    exchange(body, async |client| client.task_page(&instance(), 101).await).await.1.map(|(page, _)| page)
}

async fn show(id: &str, body: &str) -> Result<Option<Task>, Error> {
    let id = TaskId::parse(id).unwrap();
    exchange(body, async |client| client.show_task(&instance(), &id).await).await.1
}

/// Form and notation of the sample on the page "Listing Background Tasks".
const DOCUMENTED: &str = r#"{"task_count":"4","tasks":[
    {"id":"8abf","name":"kafkaResetConsumerOffset","user_name":"u","user_id":"3df5","status":"EXECUTING",
     "params":"{\"group\":\"g\"}","created_at":"2020-05-15T03:19:51.046Z","updated_at":"2020-05-15T03:19:51.065Z"},
    {"id":"8ac0","name":"modifyAutoTopic","user_name":"u","user_id":"3df5","status":"SUCCESS",
     "params":"","created_at":"2020-05-14T03:19:51.046Z","updated_at":"2020-05-14T03:19:51.065Z"}]}"#;

fn task(id: &str, name: &str, status: TaskStatus, text: Option<&str>) -> Task {
    Task { id: TaskId::parse(id).unwrap(), name: name.to_owned(), status, text: text.map(str::to_owned) }
}

#[tokio::test]
async fn documented_response_is_read() {
    let reset = task("8abf", RESET_TASK_NAME, TaskStatus::Executing, Some(r#"{"group":"g"}"#));
    let other = task("8ac0", "modifyAutoTopic", TaskStatus::Success, None);
    let expected = TaskPage { tasks: vec![reset.clone(), other.clone()], count: Some(4) };
    assert_eq!(list(DOCUMENTED).await.unwrap(), expected);
    assert_eq!(show("8abf", DOCUMENTED).await.unwrap(), Some(reset));
    assert_eq!(show("8ac0", DOCUMENTED).await.unwrap(), Some(other));
    assert_eq!(show("8ac1", DOCUMENTED).await.unwrap(), None);
}

#[tokio::test]
async fn request_contains_the_start_of_the_page() {
    let (line, _) = exchange(DOCUMENTED, async |client| client.task_page(&instance(), 101).await).await;
    assert_eq!(line, format!("GET /v2/{PROJECT}/instances/{INSTANCE}/tasks?limit=100&start=101 HTTP/1.1"));
}

#[tokio::test]
async fn count_may_be_a_number_or_missing() {
    for (body, count) in [
        (r#"{"task_count":250}"#, Some(250)),
        (r#"{"task_count":"0","tasks":null}"#, Some(0)),
        (r#"{"task_count":-1}"#, None),
        (r#"{"task_count":null,"tasks":[]}"#, None),
        ("{}", None),
    ] {
        assert_eq!(list(body).await.unwrap(), TaskPage { tasks: vec![], count }, "{body}");
        assert_eq!(show("8abf", body).await.unwrap(), None, "{body}");
    }
}

#[tokio::test]
async fn tasks_without_a_valid_id_are_omitted() {
    let body = r#"{"tasks":[{"name":"a"},{"id":null},{"id":""},{"id":".."},{"id":"8abf"}]}"#;
    let kept = task("8abf", "", TaskStatus::Other(String::new()), None);
    assert_eq!(list(body).await.unwrap().tasks, std::slice::from_ref(&kept));
    assert_eq!(show("8abf", body).await.unwrap(), Some(kept));
}

#[tokio::test]
async fn texts_of_tasks_are_sanitized() {
    let long = "p".repeat(5_000);
    let body = format!(
        r#"{{"tasks":[{{"id":"1","name":"a\u001b[2Jb","status":"odd\none","params":"{long}","created_at":"\t"}},
        {{"id":2,"name":null,"status":"FAILED","params":{{"reason":"a\nb"}},"created_at":1589512791046}}]}}"#
    );
    let long = format!("{}…", "p".repeat(4_000));
    let expected = [
        task("1", "a\\u{1b}[2Jb", TaskStatus::Other("odd one".to_owned()), Some(&long)),
        task("2", "", TaskStatus::Failed, Some(r#"{"reason":"a\nb"}"#)),
    ];
    assert_eq!(list(&body).await.unwrap().tasks, expected);
}

#[tokio::test]
async fn malformed_entries_and_counts_never_make_a_list_unreadable() {
    for body in [
        r#"{"tasks":[7,null,"8abf",{"id":"8abf","status":null,"params":[1],"updated_at":{}}],"task_count":"many"}"#,
        r#"{"tasks":[{"id":"8abf","name":["a"]}],"task_count":{}}"#,
    ] {
        let page = list(body).await.unwrap();
        assert_eq!((page.tasks.len(), page.tasks[0].id.as_str(), page.count), (1, "8abf", None), "{body}");
        assert!(show("8abf", body).await.unwrap().is_some(), "{body}");
    }
    let long = format!(r#"{{"tasks":[{{"id":"{}"}}]}}"#, "x".repeat(201));
    assert_eq!(list(&long).await.unwrap().tasks, []);
}

#[tokio::test]
async fn endless_list_is_an_error() {
    let server = TestServer::start(|request| {
        let (_, start) = request.line().trim_end_matches(" HTTP/1.1").rsplit_once("&start=").unwrap();
        success(&format!(r#"{{"tasks":[{{"id":"task-{start}","name":"x"}}]}}"#))
    });
    let client = server.client().build().unwrap();
    let mut tasks = 0;
    let count = |page: Vec<Task>| {
        tasks += page.len();
        false
    };
    let error = client.each_task_page(&instance(), count).await.unwrap_err();
    assert_eq!((error.kind(), tasks), (ErrorKind::Decode, 1_000));
    insta::with_settings!({ filters => [(r"\d+\.\d s", "[duration]")] }, {
        insta::assert_snapshot!(mask_ports(&error.report()), @"GET 127.0.0.1:[port]/v2/0123456789abcdef0123456789abcdef/instances/11111111-2222-3333-4444-555555555555/tasks: status 200: the list does not end within 1000 pages: the service sent 1000 entries in 1000 pages in [duration], and offers more (request id req-1)");
    });
}
