//! Probes of the README's section on IAM and STS.

use serde_json::{Value, json};
use terraform_provider_huaweicloud_kafka::huaweicloud::Service;

use super::super::api::{Request, shape};
use super::{Probe, UNKNOWN, UNKNOWN_PROJECT, both, outcome, seen};

pub(super) const PROBES: &[(&str, Probe)] = &[
    ("unknown agency for `/v3.0/OS-CREDENTIAL/securitytokens`", |side, _| outcome(side, &agency(900))),
    ("wrong subject token", |side, _| {
        let identity = json!({"methods": ["token"], "token": {"id": "not-a-token"}});
        outcome(side, &older_call(json!({"auth": {"identity": identity}})))
    }),
    ("wrong body or duration", |side, _| both(side, "body", &older_call(json!({})), "duration", &agency(1))),
    ("wrong body or duration for `/v5/agencies/assume`", |side, _| {
        both(side, "body", &newer_call(json!({})), "duration", &newer_agency(1))
    }),
    ("status of an unknown agency for `/v5/agencies/assume`", |side, _| outcome(side, &newer_agency(900))),
    ("format of the errors of `/v3.0/OS-CREDENTIAL/securitytokens`", |side, _| {
        seen(format!("`{}`", shape(&side.send(&older_call(json!({})))?.body)))
    }),
];

fn older_call(body: Value) -> Request {
    Request::new("POST", Service::Iam, "/v3.0/OS-CREDENTIAL/securitytokens").body(body)
}

/// A request to assume an agency that does not exist.
fn agency(seconds: u32) -> Request {
    let role = json!({"agency_name": UNKNOWN, "domain_name": UNKNOWN, "duration_seconds": seconds});
    older_call(json!({"auth": {"identity": {"methods": ["assume_role"], "assume_role": role}}}))
}

fn newer_call(body: Value) -> Request {
    Request::new("POST", Service::Sts, "/v5/agencies/assume").body(body)
}

fn newer_agency(seconds: u32) -> Request {
    let urn = format!("iam::{UNKNOWN_PROJECT}:agency:{UNKNOWN}");
    newer_call(json!({"agency_urn": urn, "agency_session_name": UNKNOWN, "duration_seconds": seconds}))
}
