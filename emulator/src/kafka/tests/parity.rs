//! Compares the cluster in memory with a real one that has the same logs and groups.

use serde_json::{Value, json};

use crate::message::{Body, Request, Response};
use crate::routes::{Call, dispatch};
use crate::seed::Seed;
use crate::state::{Instance, State};

use super::*;

/// 2024-01-01T00:00:00Z.
const FIRST: i64 = 1_704_067_200_000;
const MINUTE: i64 = 60_000;

/// The same content as [`fill`] writes. The transactions end now, far from all times that the test uses.
fn in_memory() -> State {
    let range = |offset: i64, minute: i64, step_ms: i64| {
        let time = FIRST + minute * MINUTE;
        format!(r#"{{"from_offset":{offset},"first_timestamp":{time},"step_ms":{step_ms}}}"#)
    };
    let steady = format!("[{}]", range(0, 0, MINUTE));
    let uneven = [range(0, 0, MINUTE), range(2, 1, 0), range(3, -1, 0), range(4, 5, 0)].join(",");
    let now = jiff::Timestamp::now().as_millisecond();
    let marker =
        |offset: i64| format!(r#"{{"from_offset":{offset},"to_offset":{},"transaction_ended_at":{now}}}"#, offset + 1);
    let seed = format!(
        r#"{{"projects":[{{"id":"p","name":"r"}}],"instances":[{{"id":"i","project_id":"p","topics":[
            {{"name":"t","partitions":[{{"log_end":5,"timestamps":{steady},"gaps":[{},{}]}}]}},
            {{"name":"uneven","partitions":[{{"log_end":5,"timestamps":[{uneven}]}}]}},
            {{"name":"truncated","partitions":[{{"log_start":4,"log_end":6,"timestamps":{steady}}}]}},
            {{"name":"emptied","partitions":[{{"log_start":2,"log_end":2,"timestamps":{steady}}}]}},
            {{"name":"empty","partitions":[{{"log_end":0}}]}},
            {{"name":"compacted","partitions":[{{"log_end":6,"timestamps":{steady},
                "gaps":[{{"from_offset":0,"to_offset":1}},{{"from_offset":2,"to_offset":4}}]}}]}}
        ],"groups":[{{"name":"g","offsets":{{"t":[3],"truncated":[0],"empty":[7]}}}}]}}]}}"#,
        marker(1),
        marker(4),
    );
    Seed::from_json(&seed).unwrap().build().unwrap()
}

fn fill(cluster: &TestCluster) {
    let minute = |minute: i64| FIRST + minute * MINUTE;
    cluster.produce_in_transaction(&[minute(0)]);
    cluster.produce_in_transaction(&[minute(2), minute(3)]);
    for topic in ["uneven", "truncated", "emptied", "empty"] {
        cluster.create_topic(topic, &[]);
    }
    cluster.produce("uneven", &[0, 1, 1, -1, 5].map(|time| ("", minute(time))));
    cluster.produce("truncated", &[0, 1, 2, 3, 4, 5].map(|time| ("", minute(time))));
    cluster.delete_records("truncated", 4);
    cluster.produce("emptied", &[0, 1].map(|time| ("", minute(time))));
    cluster.delete_records("emptied", 2);
    // The times put each message into a separate segment. All segments except the last are compacted.
    let settings = [("cleanup.policy", "compact"), ("segment.ms", "1000"), ("min.cleanable.dirty.ratio", "0.01")];
    cluster.create_topic("compacted", &settings);
    let messages = [("again", 0), ("once", 1), ("again", 2), ("again", 3), ("again", 4), ("last", 5)];
    cluster.produce("compacted", &messages.map(|(key, time)| (key, minute(time))));
    wait_until("nothing is compacted", || {
        let next = cluster.kafka.message_from("compacted", 0, 2).unwrap();
        next.is_some_and(|message| message.offset == 4)
    });
    let to = |topic: &str, offset| OffsetCommit { topic: topic.to_owned(), partition: 0, offset };
    cluster.kafka.commit("g", &[to("t", 3), to("truncated", 0), to("empty", 7)]).unwrap();
}

/// The response to a request below the path of the instance.
fn request(state: &mut State, method: &str, path: &str, query: &str, body: &str) -> Result<Value, String> {
    let request = Request {
        method: method.to_owned(),
        path: format!("/v2/p/instances/i/{path}"),
        query: Some(query.to_owned()),
        headers: Vec::new(),
        body: hyper::body::Bytes::copy_from_slice(body.as_bytes()),
        connection: 1,
    };
    let call = Call::find(&request).unwrap();
    match dispatch(state, &call, &request, jiff::Timestamp::now()) {
        Ok(Response { body: Body::Json(json), .. }) => Ok(json),
        Ok(_) => Ok(Value::Null),
        Err(error) => Err(error.code.into_owned()),
    }
}

#[test]
fn cluster_in_memory_behaves_like_a_real_one() {
    let cluster = TestCluster::new();
    fill(&cluster);
    let (mut state, mut real_state) = (in_memory(), in_memory());
    real_state.instances.get_mut("i").unwrap().real_cluster =
        Some(Arc::new(Kafka::connect(&cluster.bootstrap).unwrap()));
    for topic in cluster.kafka.topics().unwrap().keys() {
        for minute in -1..=6 {
            for query in ["limit=1", "limit=10&partition=0"] {
                let query = format!("{query}&start_time={}", FIRST + minute * MINUTE);
                let path = format!("management/topics/{topic}/messages");
                let lists = [&mut state, &mut real_state].map(|state| request(state, "GET", &path, &query, ""));
                assert_eq!(lists[0], lists[1], "{topic}, {query}");
            }
        }
    }
    let created = [&mut state, &mut real_state].map(|state| request(state, "POST", "topics", "", r#"{"id":"abc"}"#));
    assert_eq!(created, [Ok(json!({"name": "abc"})), Err("EMULATOR.0501".to_owned())]);
    request(&mut state, "POST", "topics/delete", "", r#"{"topics":["abc"]}"#).unwrap();
    let emulated: &Instance = &state.instances()["i"];
    let [emulated, real]: [&dyn Cluster; 2] = [emulated, &cluster.kafka];

    assert_eq!(emulated.topics(), real.topics());
    for topic in real.topics().unwrap().keys() {
        let logs = real.logs(topic).unwrap();
        assert_eq!(emulated.logs(topic).unwrap(), logs, "{topic}");
        for offset in -1..=logs[0].end + 1 {
            let messages = [emulated, real].map(|cluster| cluster.message_from(topic, 0, offset));
            assert_eq!(messages[0], messages[1], "{topic}, from {offset}");
        }
        assert_eq!(emulated.last_message(topic, 0), real.last_message(topic, 0), "{topic}");
        let around = (-2..=6).flat_map(|minute| [-1, 0, 1].map(|more| FIRST + minute * MINUTE + more));
        for time in [i64::MIN, -2, -1, 0, 4_000_000_000_000, i64::MAX].into_iter().chain(around) {
            let offsets = [emulated, real].map(|cluster| cluster.offset_at(topic, 0, time));
            assert_eq!(offsets[0], offsets[1], "{topic}, at {time}");
        }
    }

    let described = |cluster: &dyn Cluster, group: &str| {
        cluster.group(group).map(|group| (group.state, group.members, group.offsets, group.assignment_strategy))
    };
    assert_eq!(emulated.group_names(), real.group_names());
    for group in ["g", "h"] {
        assert_eq!(described(emulated, group), described(real, group), "{group}");
    }
    for (topic, partition) in [("u", 0), ("t", 1), ("t", -1)] {
        assert_eq!(emulated.logs(topic), real.logs(topic), "{topic}");
        let at = |cluster: &dyn Cluster| cluster.offset_at(topic, partition, 0);
        assert_eq!(at(emulated), at(real), "{topic} {partition}");
        let from = |cluster: &dyn Cluster| cluster.message_from(topic, partition, 0);
        assert_eq!(from(emulated), from(real), "{topic} {partition}");
    }
}
