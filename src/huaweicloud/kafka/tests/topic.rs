//! The partitions of a topic: pages, and the meaning of the last offset.

use super::*;
use crate::huaweicloud::error::ErrorKind;
use crate::huaweicloud::test_server::HANG_TIMEOUT;

fn page(numbers: impl Iterator<Item = i64>, total: &str) -> String {
    let partitions: Vec<String> = numbers
        .map(|number| format!(r#"{{"partition":{number},"start_offset":1,"last_offset":1{number},"message_count":3}}"#))
        .collect();
    format!(r#"{{"partitions":[{}]{total}}}"#, partitions.join(","))
}

/// The response of a service for each offset.
type PageFrom = fn(i64) -> String;

/// As [`list`], for a complete list: the numbers of the partitions, and whether the total confirms them.
async fn listed(page: PageFrom) -> (Vec<i64>, bool, Vec<String>) {
    let (listed, asked) = list(page).await;
    let TopicPartitions { partitions, counted, .. } = listed.unwrap();
    (partitions.iter().map(|partition| partition.partition.get()).collect(), counted, asked)
}

/// The result for a service that sends `page`, and the requested offsets.
async fn list(page: PageFrom) -> (Result<TopicPartitions, Error>, Vec<String>) {
    let server = TestServer::start(move |request| {
        let (_, offset) = request.line().trim_end_matches(" HTTP/1.1").rsplit_once("&offset=").unwrap();
        success(&page(offset.parse().unwrap()))
    });
    let client = server.client().build().unwrap();
    let (instance, topic) = (instance(), topic("t"));
    let listed = client.list_topic_partitions(&instance, &topic);
    let listed = tokio::time::timeout(HANG_TIMEOUT, listed).await.unwrap();
    let start = format!("GET /v2/{PROJECT}/kafka/instances/{INSTANCE}/topics/t/partitions?limit=50&offset=");
    let asked = server.requests().into_iter().map(|request| {
        assert_eq!(request.header("x-project-id"), Some(PROJECT));
        request.line().strip_prefix(&start).unwrap().strip_suffix(" HTTP/1.1").unwrap().to_owned()
    });
    (listed, asked.collect())
}

fn all(count: i64) -> Vec<i64> {
    (0..count).collect()
}

/// The only partition of a response, from its fields besides the number.
async fn described(fields: &str) -> Result<TopicPartition, Error> {
    let body = format!(r#"{{"total":1,"partitions":[{{"partition":0,{fields}}}]}}"#);
    let (_, result) =
        exchange(&body, async |client| client.list_topic_partitions(&instance(), &topic("t")).await).await;
    result.map(|mut listed| listed.partitions.remove(0))
}

/// Form of the sample on the page "Querying the Partition List of a Topic".
#[tokio::test]
async fn documented_response_is_read_and_sorted() {
    let body = r#"{"total":2,"partitions":[
        {"partition":1,"start_offset":40,"last_offset":985447,"message_count":985407,"last_update_time":1688011291469},
        {"partition":0,"start_offset":0,"last_offset":1216303,"message_count":1216303,"last_update_time":1688011291458}]}"#;
    let (_, result) = exchange(body, async |client| client.list_topic_partitions(&instance(), &topic("t")).await).await;
    let expected = [
        TopicPartition { partition: partition(0), log_start: offset(0), log_end: offset(1_216_303) },
        TopicPartition { partition: partition(1), log_start: offset(40), log_end: offset(985_447) },
    ];
    assert_eq!(result.unwrap(), TopicPartitions { partitions: expected.into(), unreadable: [].into(), counted: true });
}

#[tokio::test]
async fn all_pages_up_to_the_total_are_requested() {
    let (numbers, counted, asked) = listed(|from| page(from..(from + 50).min(120), r#","total":120"#)).await;
    assert_eq!((numbers, counted, asked.join(" ").as_str()), (all(120), true, "0 50 100"));
    // After a full page that reaches the total, the service would reject a request for a further page.
    let (numbers, counted, asked) = listed(|from| page(from..from + 50, r#","total":"100""#)).await;
    assert_eq!((numbers, counted, asked.join(" ").as_str()), (all(100), true, "0 50"));
    let (numbers, counted, asked) = listed(|_| r#"{"partitions":[],"total":0}"#.to_owned()).await;
    assert_eq!((numbers, counted, asked.join(" ").as_str()), (vec![], true, "0"));
}

#[tokio::test]
async fn short_pages_are_followed_by_others() {
    let (numbers, _, asked) = listed(|from| page(from..(from + 10).min(25), r#","total":25"#)).await;
    assert_eq!((numbers, asked.join(" ").as_str()), (all(25), "0 10 20"));
}

/// Otherwise, a short page would hide further partitions.
#[tokio::test]
async fn without_a_total_only_an_empty_page_is_the_last() {
    let (numbers, counted, asked) = listed(|from| page(from..(from + 50).min(70).max(from), "")).await;
    assert_eq!((numbers, counted, asked.join(" ").as_str()), (all(70), false, "0 50 70"));
    let (numbers, counted, asked) = listed(|from| page(from..(from + 10).min(25).max(from), r#","total":null"#)).await;
    assert_eq!((numbers, counted, asked.join(" ").as_str()), (all(25), false, "0 10 20 25"));
    let (numbers, counted, asked) = listed(|_| r#"{"partitions":null}"#.to_owned()).await;
    assert_eq!((numbers, counted, asked.join(" ").as_str()), (vec![], false, "0"));
}

/// Otherwise, a page with more partitions than the total would hide further partitions.
#[tokio::test]
async fn total_below_the_number_of_partitions_is_ignored() {
    for page in [
        |from: i64| page(from..(from + 50).min(120).max(from), r#","total":0"#),
        |from: i64| page(from..(from + 50).min(120).max(from), r#","total":49"#),
        |from: i64| page(from..(from + 50).min(120).max(from), r#","total":-1"#),
    ] {
        let (numbers, counted, asked) = listed(page).await;
        assert_eq!((numbers, counted, asked.join(" ").as_str()), (all(120), false, "0 50 100 120"));
    }
}

/// A reset of every partition would move the missing partitions unverified.
#[tokio::test]
async fn incomplete_list_is_an_error() {
    let cases: [(PageFrom, &str); 9] = [
        // A cache that sends the first page for every request.
        (|_| page(0..50, r#","total":120"#), "0 50"),
        (|_| page(0..50, ""), "0 50"),
        (|_| page(0..50, r#","total":0"#), "0 50"),
        (|from| page(from..(from + 50).min(60).max(from), r#","total":120"#), "0 50 60"),
        (|from| page(from - from / 50..from + 50, r#","total":120"#), "0 50"),
        (|_| page([0, 1, 1].into_iter(), r#","total":3"#), "0"),
        (|_| page([0, 1, 3].into_iter(), r#","total":3"#), "0"),
        (|_| page(1..3, r#","total":2"#), "0"),
        // The last page has no total.
        (|from| if from == 0 { page(0..50, r#","total":120"#) } else { page(0..0, "") }, "0 50"),
    ];
    let mut errors = Vec::new();
    for (page, expected) in cases {
        let (result, asked) = list(page).await;
        let error = result.unwrap_err();
        assert_eq!((error.kind(), asked.join(" ").as_str()), (ErrorKind::Decode, expected), "{error}");
        errors.push(mask_ports(&error.report()));
    }
    insta::assert_snapshot!(errors.join("\n"), @r"
    GET 127.0.0.1:[port]/v2/0123456789abcdef0123456789abcdef/kafka/instances/11111111-2222-3333-4444-555555555555/topics/t/partitions: status 200: the list of the topic's partitions is incomplete: the page after the first 50 partitions repeats partition 0; 50 partitions were read, and the service reports a total of 120 (request id req-1)
    GET 127.0.0.1:[port]/v2/0123456789abcdef0123456789abcdef/kafka/instances/11111111-2222-3333-4444-555555555555/topics/t/partitions: status 200: the list of the topic's partitions is incomplete: the page after the first 50 partitions repeats partition 0; 50 partitions were read, and the service reports no total (request id req-1)
    GET 127.0.0.1:[port]/v2/0123456789abcdef0123456789abcdef/kafka/instances/11111111-2222-3333-4444-555555555555/topics/t/partitions: status 200: the list of the topic's partitions is incomplete: the page after the first 50 partitions repeats partition 0; 50 partitions were read, and the service reports a total of 0 (request id req-1)
    GET 127.0.0.1:[port]/v2/0123456789abcdef0123456789abcdef/kafka/instances/11111111-2222-3333-4444-555555555555/topics/t/partitions: status 200: the list of the topic's partitions is incomplete: the next page is empty; 60 partitions were read, and the service reports a total of 120 (request id req-1)
    GET 127.0.0.1:[port]/v2/0123456789abcdef0123456789abcdef/kafka/instances/11111111-2222-3333-4444-555555555555/topics/t/partitions: status 200: the list of the topic's partitions is incomplete: the page after the first 50 partitions repeats partition 49; 50 partitions were read, and the service reports a total of 120 (request id req-1)
    GET 127.0.0.1:[port]/v2/0123456789abcdef0123456789abcdef/kafka/instances/11111111-2222-3333-4444-555555555555/topics/t/partitions: status 200: the list of the topic's partitions is incomplete: the page after the first 0 partitions repeats partition 1; 2 partitions were read, and the service reports a total of 3 (request id req-1)
    GET 127.0.0.1:[port]/v2/0123456789abcdef0123456789abcdef/kafka/instances/11111111-2222-3333-4444-555555555555/topics/t/partitions: status 200: the list of the topic's partitions is incomplete: partition 2 is missing; 3 partitions were read, and the service reports a total of 3 (request id req-1)
    GET 127.0.0.1:[port]/v2/0123456789abcdef0123456789abcdef/kafka/instances/11111111-2222-3333-4444-555555555555/topics/t/partitions: status 200: the list of the topic's partitions is incomplete: partition 0 is missing; 2 partitions were read, and the service reports a total of 2 (request id req-1)
    GET 127.0.0.1:[port]/v2/0123456789abcdef0123456789abcdef/kafka/instances/11111111-2222-3333-4444-555555555555/topics/t/partitions: status 200: the list of the topic's partitions is incomplete: the next page is empty; 50 partitions were read, and the service reports a total of 120 (request id req-1)
    ");
}

#[tokio::test]
async fn message_count_determines_the_meaning_of_the_last_offset() {
    for (fields, log_start, log_end) in [
        // The offset of the last message: 5, 6 and 7 are three messages.
        (r#""start_offset":5,"last_offset":7,"message_count":3"#, 5, 8),
        (r#""start_offset":0,"last_offset":0,"message_count":1"#, 0, 1),
        (r#""start_offset":"0","last_offset":"0","message_count":"1""#, 0, 1),
        (r#""start_offset":5,"last_offset":4,"message_count":0"#, 5, 5),
        (r#""start_offset":0,"last_offset":-1,"message_count":0"#, 0, 0),
        // The offset of the next message: 5 and 6 are two messages.
        (r#""start_offset":5,"last_offset":7,"message_count":2"#, 5, 7),
        (r#""start_offset":5,"last_offset":5,"message_count":0"#, 5, 5),
        // Unknown.
        (r#""start_offset":5,"last_offset":7,"message_count":1"#, 5, 7),
        (r#""start_offset":5,"last_offset":7"#, 5, 7),
        (r#""start_offset":5,"last_offset":7,"message_count":null"#, 5, 7),
        (r#""start_offset":0,"last_offset":9223372036854775807,"message_count":9223372036854775807"#, 0, i64::MAX),
    ] {
        let expected =
            TopicPartition { partition: partition(0), log_start: offset(log_start), log_end: offset(log_end) };
        assert_eq!(described(fields).await.unwrap(), expected, "{fields}");
    }
}

/// As for an offline partition.
#[tokio::test]
async fn partition_with_unreadable_offsets_is_kept_with_the_reason() {
    let mut reasons = Vec::new();
    for fields in [
        r#""start_offset":0,"last_offset":-1"#,
        r#""start_offset":-1,"last_offset":0"#,
        r#""start_offset":0"#,
        r#""start_offset":null,"last_offset":0"#,
        r#""start_offset":true,"last_offset":0"#,
    ] {
        let rows = format!(r#"{{"partition":0,"start_offset":5,"last_offset":7.0}},{{"partition":1,{fields}}}"#);
        let body = format!(r#"{{"total":2,"partitions":[{rows}]}}"#);
        let listed = exchange(&body, async |client| client.list_topic_partitions(&instance(), &topic("t")).await).await;
        let listed = listed.1.unwrap();
        let readable = TopicPartition { partition: partition(0), log_start: offset(5), log_end: offset(7) };
        assert_eq!((&*listed.partitions, listed.counted), (&[readable][..], false), "{fields}");
        assert_eq!(listed.numbers().collect::<Vec<_>>(), [partition(0), partition(1)]);
        reasons.push(listed.unreadable[&partition(1)].clone());
    }
    insta::assert_snapshot!(reasons.join("\n"), @r"
    last_offset: message offset -1 is not between 0 and 9223372036854775807
    start_offset: message offset -1 is not between 0 and 9223372036854775807
    last_offset is missing
    start_offset is missing
    start_offset: true is not a whole number of 64 bits
    ");
}

#[tokio::test]
async fn unneeded_fields_never_make_a_list_unreadable() {
    for page in [
        r#"{"total":"many","partitions":[{"partition":0,"start_offset":5,"last_offset":7,"message_count":""}]}"#,
        r#"{"total":{},"partitions":[{"partition":"0","start_offset":5,"last_offset":7,"message_count":[3]}]}"#,
        r#"{"total":1.5,"partitions":[{"partition":0.0,"start_offset":5,"last_offset":7,"last_update_time":"x"}]}"#,
    ] {
        let server = TestServer::start(move |request| match request.line().contains("offset=0 ") {
            true => success(page),
            false => success(r#"{"partitions":[]}"#),
        });
        let client = server.client().build().unwrap();
        let listed = client.list_topic_partitions(&instance(), &topic("t")).await.unwrap();
        let readable = TopicPartition { partition: partition(0), log_start: offset(5), log_end: offset(7) };
        assert_eq!((&*listed.partitions, listed.counted), (&[readable][..], false), "{page}");
    }
}

#[tokio::test]
async fn entry_without_a_partition_number_is_an_error() {
    let mut errors = Vec::new();
    for row in ["{}", "7", r#"{"partition":-1,"start_offset":0,"last_offset":1}"#, r#"{"partition":"x"}"#] {
        let body = format!(r#"{{"total":1,"partitions":[{row}]}}"#);
        let error = exchange(&body, async |client| client.list_topic_partitions(&instance(), &topic("t")).await).await;
        let error = error.1.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        errors.push(mask_ports(&error.report()));
    }
    insta::assert_snapshot!(errors.join("\n"), @r#"
    GET 127.0.0.1:[port]/v2/0123456789abcdef0123456789abcdef/kafka/instances/11111111-2222-3333-4444-555555555555/topics/t/partitions: status 200: an entry of the topic's partitions cannot be read: partition is missing (request id req-1)
    GET 127.0.0.1:[port]/v2/0123456789abcdef0123456789abcdef/kafka/instances/11111111-2222-3333-4444-555555555555/topics/t/partitions: status 200: an entry of the topic's partitions cannot be read: partition is missing (request id req-1)
    GET 127.0.0.1:[port]/v2/0123456789abcdef0123456789abcdef/kafka/instances/11111111-2222-3333-4444-555555555555/topics/t/partitions: status 200: an entry of the topic's partitions cannot be read: partition: partition -1 is not between 0 and 2147483647 (request id req-1)
    GET 127.0.0.1:[port]/v2/0123456789abcdef0123456789abcdef/kafka/instances/11111111-2222-3333-4444-555555555555/topics/t/partitions: status 200: an entry of the topic's partitions cannot be read: partition: "x" is not a whole number of 64 bits (request id req-1)
    "#);
}

/// Without a limit, the list would fill a gigabyte of memory in a few seconds.
#[tokio::test]
async fn endless_list_is_an_error() {
    let (result, asked) = list(|from| page(from..from + 50, "")).await;
    let many_pages = result.unwrap_err();
    assert_eq!((many_pages.kind(), asked.len()), (ErrorKind::Decode, 1_000));
    let (result, asked) = list(|from| page(from..from + 30_000, "")).await;
    let long_pages = result.unwrap_err();
    assert_eq!((long_pages.kind(), asked.len()), (ErrorKind::Decode, 4));
    insta::with_settings!({ filters => [(r"\d+\.\d s", "[duration]")] }, {
        insta::assert_snapshot!(mask_ports(&format!("{many_pages}\n{long_pages}")), @r"
        GET 127.0.0.1:[port]/v2/0123456789abcdef0123456789abcdef/kafka/instances/11111111-2222-3333-4444-555555555555/topics/t/partitions: status 200: the list does not end within 1000 pages: the service sent 50000 entries in 1000 pages in [duration], and offers more (request id req-1)
        GET 127.0.0.1:[port]/v2/0123456789abcdef0123456789abcdef/kafka/instances/11111111-2222-3333-4444-555555555555/topics/t/partitions: status 200: the list does not end within 100000 entries: the service sent 120000 entries in 4 pages in [duration], and offers more (request id req-1)
        ");
    });
}
