//! Operations against a raw server: exact bytes out, every kind of answer in.

use super::*;
use crate::huaweicloud::iam::ProjectId;

mod reset;

const PROJECT: &str = "0123456789abcdef0123456789abcdef";
const INSTANCE: &str = "11111111-2222-3333-4444-555555555555";

fn instance() -> InstanceAddress {
    InstanceAddress {
        project_id: ProjectId::parse(PROJECT).unwrap(),
        region: None,
        instance_id: InstanceId::parse(INSTANCE).unwrap(),
    }
}

fn group(name: &str) -> GroupAddress {
    GroupAddress { instance: instance(), group: GroupName::parse(name).unwrap() }
}
