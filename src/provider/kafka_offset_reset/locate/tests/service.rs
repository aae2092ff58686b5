//! Searches in an emulator: the requests that reach the service, with and without hints.

use dms_emulator::state::{Gap, Log, TimeRange};
use dms_emulator::{Effect, Emulator, Fault, FaultResponse, Operation, demo};

use crate::huaweicloud::{
    Chain, Client, EndpointSettings, Environment, InstanceAddress, InstanceId, ProjectId, Region, Source,
    StaticCredentials, System, SystemClock, TopicName,
};

use super::*;

const PARTITIONS: i64 = 100;
const MESSAGES: i64 = 1_000_000_000;
/// About 33 days.
const SPAN: i64 = 3 * MESSAGES - 100;

/// An emulator whose topic `payments` has these logs, and a client for it.
fn start(logs: Vec<Log>) -> (Emulator, Client) {
    let emulator = Emulator::start_in_thread().unwrap();
    emulator.with_state(|state| *state.topic_mut(demo::INSTANCE_ID, demo::PAYMENTS).unwrap() = logs);
    let secret_key = Some(demo::SECRET_KEY.into());
    let credentials = StaticCredentials::new(Some(demo::ACCESS_KEY), secret_key, None).unwrap();
    let custom = ["dms", "iam"].map(|service| (service.to_owned(), emulator.url()));
    let client = Client::builder()
        .region(Region::parse(demo::REGION).unwrap())
        .credentials(Chain::new(vec![Source::Static(credentials)]))
        .endpoints(EndpointSettings { custom: custom.into(), ..EndpointSettings::default() })
        .system(System::new(std::sync::Arc::new(SystemClock), Environment::default()));
    (emulator, client.build().unwrap())
}

/// Locates a time with a hint in one partition of `payments`.
async fn search(
    client: &Client,
    shared: &SharedReads,
    partition: i64,
    time: i64,
    (start, end): (i64, i64),
) -> Result<Location, Undetermined> {
    let instance = InstanceAddress {
        project_id: ProjectId::parse(demo::PROJECT_ID).unwrap(),
        region: None,
        instance_id: InstanceId::parse(demo::INSTANCE_ID).unwrap(),
    };
    let topic = TopicName::parse(demo::PAYMENTS).unwrap();
    let partition = partition.try_into().unwrap();
    let messages = StoredMessages { client, instance: &instance, topic: &topic, partition, shared };
    locate(millis(time), LogRange { start: at(start), end: at(end) }, Guess::Hint, 64, &messages).await
}

/// Even logs, and logs with a rate that changes once.
fn large_logs() -> Vec<Log> {
    let range = |from_offset, first_timestamp, step_ms| TimeRange { from_offset, first_timestamp, step_ms };
    let log = |partition: i64| {
        let change = MESSAGES / 100 * partition;
        let ranges = match partition % 2 {
            0 => vec![range(0, partition, 3)],
            _ => vec![range(0, 0, 2), range(change, 2 * change, 4)],
        };
        Log::new(0, MESSAGES, ranges).unwrap()
    };
    (0..PARTITIONS).map(log).collect()
}

/// Locates a time in each partition, and returns the most requests that one took.
async fn most_requests(emulator: &Emulator, client: &Client) -> usize {
    let (shared, mut random) = (SharedReads::default(), fastrand::Rng::with_seed(5));
    let mut most = 0;
    for partition in 0..PARTITIONS {
        emulator.clear_journal();
        let time = random.i64(200..SPAN / 2);
        let Place::Message { previous: Some(previous), message } =
            search(client, &shared, partition, time, (0, MESSAGES)).await.unwrap().place
        else {
            panic!("{partition} {time}")
        };
        let (before, after) = (previous.timestamp.get(), message.timestamp.get());
        assert!(before < time && time <= after, "{partition} {time}: {before} {after}");
        assert_eq!(previous.offset.get() + 1, message.offset.get());
        most = most.max(emulator.journal().entries().len());
    }
    most
}

#[tokio::test]
async fn hundred_partitions_of_a_billion_messages_take_three_requests_each() {
    let (emulator, client) = start(large_logs());
    let most = most_requests(&emulator, &client).await;
    assert_eq!(most, 3);
}

#[tokio::test]
async fn hundred_partitions_without_hints_take_at_most_twelve_requests_each() {
    let (emulator, client) = start(large_logs());
    let missing = FaultResponse::new(404, "APIGW.0101", "The API does not exist.");
    emulator.add_fault(Fault::new(Effect::Status(missing)).on(Operation::ShowMessages));
    let most = most_requests(&emulator, &client).await;
    assert!(most <= 12, "{most}");
    let asked = emulator.journal().count("GET", "/messages");
    assert_eq!(asked, 0, "a service that refused a hint is not asked again");
}

#[tokio::test]
async fn gaps_and_emptied_logs_are_located_with_hints_and_without() {
    let range = TimeRange { from_offset: 0, first_timestamp: 0, step_ms: 10 };
    let gaps = vec![Gap::transaction_end(4, 45), Gap::compacted(6, 9), Gap::transaction_end(19, 500)];
    let gapped = Log::new(0, 20, vec![range]).unwrap().with_gaps(gaps).unwrap();
    let mut emptied = gapped.clone();
    emptied.delete_before(19);
    let (emulator, client) = start(vec![gapped, emptied]);
    for has_hints in [true, false] {
        if !has_hints {
            let missing = FaultResponse::new(404, "APIGW.0101", "The API does not exist.");
            emulator.add_fault(Fault::new(Effect::Status(missing)).on(Operation::ShowMessages));
        }
        let shared = SharedReads::default();
        for (time, expected) in [(0, 0), (1, 1), (31, 5), (50, 5), (51, 9), (180, 18), (181, 20)] {
            let location = search(&client, &shared, 0, time, (0, 20)).await.unwrap();
            assert_eq!(location.offset(LogRange { start: at(0), end: at(20) }), at(expected), "{time}: {location:?}");
        }
        let emptied = search(&client, &shared, 1, 5, (19, 20)).await;
        assert!(matches!(emptied, Err(Undetermined::NoMessages)), "{emptied:?}");
    }
}
