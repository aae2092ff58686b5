//! Tests of valid and invalid seeds.

use crate::demo;

use super::*;

/// The path and the text of the error.
fn error(text: &str) -> (String, String) {
    let error = Seed::from_json(text).and_then(|seed| seed.build().map(|_| ())).unwrap_err();
    (error.path().to_owned(), error.to_string())
}

/// A document whose only instance has `topics` and `groups`.
fn instance(topics: &str, groups: &str) -> String {
    format!(
        r#"{{"projects":[{{"id":"p","name":"r"}}],
            "instances":[{{"id":"i","project_id":"p","topics":[{topics}],"groups":[{groups}]}}]}}"#
    )
}

/// A document whose only instance has `tasks`.
fn tasks(tasks: &str) -> String {
    format!(
        r#"{{"projects":[{{"id":"p","name":"r"}}],
            "instances":[{{"id":"i","project_id":"p","tasks":[{tasks}]}}]}}"#
    )
}

#[test]
fn demo_seed_is_valid() {
    let state = Seed::demo().build().unwrap();
    let offsets = state.group_offsets(demo::INSTANCE_ID, demo::BILLING, demo::ORDERS).unwrap();
    assert_eq!(offsets, [140, 190, 4_000_000_500]);
}

#[test]
fn last_two_hours_of_the_recent_demo_begin_where_the_documented_time_does() {
    let end = Timestamp::from_second(1_800_000_000).unwrap();
    let state = Seed::demo_until(end).build().unwrap();
    let instance = &state.instances()[demo::INSTANCE_ID];
    let logs = [demo::ORDERS, demo::PAYMENTS].map(|topic| instance.topic(topic).unwrap()).concat();
    let offsets = |time: i64| logs.iter().map(|log| log.offset_at(time)).collect::<Vec<_>>();
    let now = end.as_millisecond();
    for time in [demo::FIRST_TIMESTAMP + 120_000, now - 2 * 3_600_000, now - 15 * 60_000] {
        assert_eq!(offsets(time), [120, 120, 4_000_000_120, 20], "{time}");
    }
    assert_eq!(offsets(now - 30_000), [269, 219, 4_000_000_969, 20], "one message per second");
    assert!(logs.iter().all(|log| log.timestamp(log.end() - 1) == Some(now)));
}

#[test]
fn error_of_a_wrong_type_or_field_contains_path_and_line() {
    let (path, text) = error("{\n \"projects\": [\n  {\"id\": \"p\", \"nmae\": \"r\"}]}");
    assert_eq!(path, "projects[0].nmae");
    assert!(text.contains("unknown field `nmae`") && text.contains("line 3"), "{text}");
    let (path, text) = error(&instance(r#"{"name":"t","partitions":[{"log_end":"5"}]}"#, ""));
    assert_eq!(path, "instances[0].topics[0].partitions[0].log_end");
    assert!(text.contains("line 2"), "{text}");
    assert_eq!(error("{").0, "$");
    assert_eq!(error("{} {}").0, "$");
}

#[test]
fn error_of_an_inconsistent_seed_contains_the_path() {
    let topic = r#"{"name":"t","partitions":[{"log_end":5},{"log_end":5}]}"#;
    let member = |id: &str, assignment: &str| {
        format!(r#"{{"member_id":"{id}","client_id":"c","host":"/h","assignment":{assignment}}}"#)
    };
    let group = |fields: &str| instance(topic, &format!(r#"{{"name":"g",{fields}}}"#));
    let twice = [member("m", r#"{"t":[0]}"#), member("n", r#"{"t":[0]}"#)].join(",");
    let same = [member("m", "{}"), member("m", "{}")].join(",");
    let table = [
        (r#"{"projects":[{"id":"p","name":"a"},{"id":"p","name":"b"}]}"#.to_owned(), "projects[1].id"),
        (r#"{"credentials":[{"access_key":"","secret_key":""}]}"#.to_owned(), "credentials[0].access_key"),
        (
            r#"{"credentials":[{"access_key":"A","secret_key":"S","permissions":["dms:instance:got"]}]}"#.to_owned(),
            "credentials[0].permissions[0]",
        ),
        (r#"{"instances":[{"id":"i","project_id":"p"}]}"#.to_owned(), "instances[0].project_id"),
        (instance(r#"{"name":"t","partitions":[]}"#, ""), "instances[0].topics[0].partitions"),
        (
            instance(r#"{"name":"t","partitions":[{"log_start":6,"log_end":5}]}"#, ""),
            "instances[0].topics[0].partitions[0]",
        ),
        (
            instance(r#"{"name":"t","partitions":[{"log_end":5,"gaps":[{"from_offset":3,"to_offset":6}]}]}"#, ""),
            "instances[0].topics[0].partitions[0]",
        ),
        (instance(&[topic, topic].join(","), ""), "instances[0].topics[1].name"),
        (group(r#""offsets":{"x":[1]}"#), "instances[0].groups[0].offsets.x"),
        (group(r#""offsets":{"t":[1,2,3]}"#), "instances[0].groups[0].offsets.t"),
        (group(r#""offsets":{"t":[null,-1]}"#), "instances[0].groups[0].offsets.t[1]"),
        (group(r#""state":"Stable""#), "instances[0].groups[0].state"),
        (group(&format!(r#""state":"Empty","members":[{}]"#, member("m", "{}"))), "instances[0].groups[0].state"),
        (
            group(&format!(r#""members":[{}]"#, member("m", r#"{"t":[0,2]}"#))),
            "instances[0].groups[0].members[0].assignment.t[1]",
        ),
        (group(&format!(r#""members":[{twice}]"#)), "instances[0].groups[0].members[1].assignment.t[0]"),
        (group(&format!(r#""members":[{same}]"#)), "instances[0].groups[0].members[1].member_id"),
        (tasks(r#"{"id":"1","name":"n","status":"DONE"}"#), "instances[0].tasks[0].status"),
        (tasks(r#"{"id":"1","name":"n","status":"FAILED","created_at":"today"}"#), "instances[0].tasks[0].created_at"),
        (
            tasks(r#"{"id":"1","name":"n","status":"FAILED"},{"id":"1","name":"m","status":"FAILED"}"#),
            "instances[0].tasks[1].id",
        ),
    ];
    for (document, expected) in table {
        let (path, text) = error(&document);
        assert_eq!(path, expected, "{text}");
    }
}

#[test]
fn merge_replaces_what_the_seed_names_and_keeps_the_rest() {
    let state = Seed::demo().build().unwrap();
    let seed = format!(
        r#"{{"instances":[{{"id":"{}","project_id":"{}","groups":[{{"name":"a/b","offsets":{{"payments":[3]}}}},
            {{"name":"billing","offsets":{{"payments":[4]}}}}]}}]}}"#,
        demo::INSTANCE_ID,
        demo::PROJECT_ID
    );
    let merged = Seed::from_json(&seed).unwrap().merge_into(&state).unwrap();
    let offsets = |group, topic| merged.group_offsets(demo::INSTANCE_ID, group, topic).unwrap();
    assert_eq!(offsets("a/b", demo::PAYMENTS), [3]);
    assert_eq!(offsets(demo::BILLING, demo::PAYMENTS), [4]);
    assert_eq!(offsets(demo::BILLING, demo::ORDERS), [-1, -1, -1], "the whole group was replaced");
    assert_eq!(offsets(demo::SHIPPING, demo::ORDERS)[0], 290);
    assert_eq!(merged.instances()[demo::INSTANCE_ID].name, demo::INSTANCE_NAME);
}

#[test]
fn merge_replaces_tasks_by_id_and_keeps_other_settings() {
    let first = r#"{"id":"1","name":"n","status":"EXECUTING"},{"id":"2","name":"n","status":"FAILED"}"#;
    let settings = r#""tasks_order":"oldest_first","all_topics_reset":{"delay_ms":5},"tasks""#;
    let first = tasks(first).replace(r#""tasks""#, settings);
    let state = Seed::from_json(&first).unwrap().build().unwrap();
    let second = tasks(r#"{"id":"3","name":"n","status":"FAILED"},{"id":"1","name":"n","status":"SUCCESS"}"#);
    let merged = Seed::from_json(&second).unwrap().merge_into(&state).unwrap();
    let instance = &merged.instances()["i"];
    let seen: Vec<_> = instance.listed_tasks().map(|task| (task.id.as_str(), task.status)).collect();
    assert_eq!(seen, [("1", TaskStatus::Success), ("2", TaskStatus::Failed), ("3", TaskStatus::Failed)]);
    assert_eq!(instance.all_topics_reset.delay_ms, 5);
}

#[test]
fn example_of_the_readme_is_valid() {
    let readme = include_str!("../../README.md");
    let document = readme.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let state = Seed::from_json(document).unwrap().build().unwrap();
    let id = "00000000-0000-4000-8000-000000000001";
    assert_eq!(state.group_offsets(id, "billing", "orders").unwrap(), [140, -1]);
}
