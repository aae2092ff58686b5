//! Probes of the README's section on the gateway and signatures.

use super::super::api::Request;
use super::{Probe, UNKNOWN_PROJECT, both, not_probed, outcome};

pub(super) const PROBES: &[(&str, Probe)] = &[
    ("unknown project", |side, _| {
        let path = side.of_instance("").replace(&side.project, UNKNOWN_PROJECT);
        outcome(side, &Request::get(path).header("x-project-id", UNKNOWN_PROJECT))
    }),
    ("`X-Project-Id` differs from the project in the path", |side, _| {
        outcome(side, &Request::get(side.of_group("")).header("x-project-id", UNKNOWN_PROJECT))
    }),
    ("unknown or unimplemented route and wrong signature", |side, _| {
        let unknown = Request::get(side.of_instance("/no-such-route")).wrong_signature();
        // The emulator does not implement this route.
        let unimplemented = Request::get(side.of_instance("/management/cluster")).wrong_signature();
        both(side, "unknown", &unknown, "unimplemented", &unimplemented)
    }),
    ("security token with a permanent key pair", |side, _| {
        if side.has_token() {
            return not_probed("the key pair is temporary");
        }
        outcome(side, &Request::get(side.of_group("")).header("x-security-token", "not-a-token"))
    }),
    ("`+` in a path or query", |side, _| {
        let path = side.of_instance("/management/groups/no+such+group");
        let query = Request::get(side.of_group("/message-offset")).query("topic=no+such+topic");
        both(side, "path", &Request::get(path), "query", &query)
    }),
    ("unknown or repeated query parameters", |side, _| {
        let path = side.of_group("/message-offset");
        let unknown = Request::get(&path).query(format!("topic={}&unknown=1", side.topic));
        let repeated = Request::get(&path).query(format!("limit=1&limit=2&topic={}", side.topic));
        both(side, "unknown", &unknown, "repeated", &repeated)
    }),
];
