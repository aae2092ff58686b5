//! The demo data: the state of an emulator without a seed.
//!
//! | | |
//! |---|---|
//! | topic `orders` | partition 0: offsets 0 to 300; 1: 100 to 250; 2: 4 000 000 000 to 4 000 001 000 |
//! | topic `payments` | one partition, offsets 0 to 50 |
//! | group `billing` | no members; committed offsets: `orders` 140, 190, 4 000 000 500; `payments` 25 |
//! | group `shipping` | one member, assigned all of `orders`; committed offsets: `orders` 290, 240, 4 000 000 990 |
//!
//! Each partition has one message per second. Offset 0 was written at [`FIRST_TIMESTAMP`]; in partition 2 of `orders`,
//! offset 4 000 000 000 was. The program gives the newer messages recent timestamps: see [`Seed::demo_until`].

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::seed::{
    CredentialSeed, DEFAULT_TIMESTAMP, GroupSeed, InstanceSeed, PartitionSeed, ProjectSeed, Secret, Seed, TopicSeed,
};
use crate::state::{Member, TimeRange};

/// The region, which is also the name of its project.
pub const REGION: &str = "cn-north-4";
/// The id of the project of the region.
pub const PROJECT_ID: &str = "0d0e0f00000000000000000000000001";
/// The access key of the only key pair.
pub const ACCESS_KEY: &str = "EMULATORACCESSKEY001";
/// The secret key of the only key pair. Not a secret: only the emulator accepts it.
pub const SECRET_KEY: &str = "not-a-secret-for-the-emulator-only-00001";
/// The id of the instance.
pub const INSTANCE_ID: &str = "00000000-0000-4000-8000-00000000d305";
/// The display name of the instance.
pub const INSTANCE_NAME: &str = "kafka-demo";
/// A topic with three partitions.
pub const ORDERS: &str = "orders";
/// A topic with one partition.
pub const PAYMENTS: &str = "payments";
/// A group without members: its offsets can be reset.
pub const BILLING: &str = "billing";
/// A group with a member: a reset is refused.
pub const SHIPPING: &str = "shipping";
/// The time of the first message: 2024-01-01T00:00:00Z in Unix milliseconds.
pub const FIRST_TIMESTAMP: i64 = DEFAULT_TIMESTAMP;
/// The first offset of partition 2 of `orders`, which needs more than 32 bits.
pub const LARGE_LOG_START: i64 = 4_000_000_000;

/// The time between two messages, in milliseconds.
const STEP: i64 = 1_000;
/// How many messages of each partition keep their timestamps in [`Seed::demo_until`]: fewer than the group has read.
const OLD_ORDERS: i64 = 120;
const OLD_PAYMENTS: i64 = 20;

impl Seed {
    /// The seed with the [`demo`](crate::demo) data.
    pub fn demo() -> Self {
        Self {
            projects: vec![ProjectSeed { id: PROJECT_ID.to_owned(), name: REGION.to_owned() }],
            credentials: vec![CredentialSeed {
                access_key: ACCESS_KEY.to_owned(),
                secret_key: Secret::new(SECRET_KEY),
                security_token: None,
                permissions: None,
                expires_at: None,
            }],
            instances: vec![InstanceSeed {
                id: INSTANCE_ID.to_owned(),
                project_id: PROJECT_ID.to_owned(),
                name: Some(INSTANCE_NAME.to_owned()),
                status: None,
                topics: vec![orders(), payments()],
                groups: vec![billing(), shipping()],
                tasks: Vec::new(),
                tasks_order: None,
                all_topics_reset: None,
                choices: None,
            }],
            ..Self::default()
        }
    }

    /// The [`demo`](crate::demo) data, with newer messages that end at `end`. They start at offset 120 of `orders`
    /// (4 000 000 120 in partition 2) and at offset 20 of `payments`. A reset to any time between the older and the
    /// newer messages leads to these offsets, such as 2024-01-01T00:02:00Z or two hours before `end`.
    pub fn demo_until(end: Timestamp) -> Self {
        let mut seed = Self::demo();
        for topic in seed.instances.iter_mut().flat_map(|instance| &mut instance.topics) {
            let old = if topic.name == ORDERS { OLD_ORDERS } else { OLD_PAYMENTS };
            for PartitionSeed { log_end, timestamps, .. } in &mut topic.partitions {
                let from_offset = old + timestamps.first().map_or(0, |range| range.from_offset);
                let first_timestamp = end.as_millisecond() - (*log_end - 1 - from_offset) * STEP;
                timestamps.push(TimeRange { from_offset, first_timestamp, step_ms: STEP });
            }
        }
        seed
    }
}

fn orders() -> TopicSeed {
    let partitions = vec![
        partition(0, 300, 0),
        partition(100, 250, 0),
        partition(LARGE_LOG_START, LARGE_LOG_START + 1_000, LARGE_LOG_START),
    ];
    TopicSeed { name: ORDERS.to_owned(), partitions }
}

fn payments() -> TopicSeed {
    TopicSeed { name: PAYMENTS.to_owned(), partitions: vec![partition(0, 50, 0)] }
}

fn partition(log_start: i64, log_end: i64, from_offset: i64) -> PartitionSeed {
    let range = TimeRange { from_offset, first_timestamp: FIRST_TIMESTAMP, step_ms: STEP };
    PartitionSeed { log_start, log_end, timestamps: vec![range], gaps: Vec::new() }
}

fn billing() -> GroupSeed {
    let offsets = BTreeMap::from([
        (ORDERS.to_owned(), vec![Some(140), Some(190), Some(LARGE_LOG_START + 500)]),
        (PAYMENTS.to_owned(), vec![Some(25)]),
    ]);
    group(BILLING, Vec::new(), offsets)
}

fn shipping() -> GroupSeed {
    let member = Member {
        member_id: "shipping-1-00000000-0000-4000-8000-000000000001".to_owned(),
        client_id: "shipping-1".to_owned(),
        host: "/192.0.2.10".to_owned(),
        assignment: BTreeMap::from([(ORDERS.to_owned(), vec![0, 1, 2])]),
        leaves_after_ms: None,
    };
    let orders = vec![Some(290), Some(240), Some(LARGE_LOG_START + 990)];
    group(SHIPPING, vec![member], BTreeMap::from([(ORDERS.to_owned(), orders)]))
}

fn group(name: &str, members: Vec<Member>, offsets: BTreeMap<String, Vec<Option<i64>>>) -> GroupSeed {
    GroupSeed {
        name: name.to_owned(),
        state: None,
        coordinator_id: 1,
        assignment_strategy: None,
        description: String::new(),
        created_at: FIRST_TIMESTAMP,
        members,
        offsets,
    }
}
