//! The unsigned routes under `/_emulator/`: seed, look into, hold, script. They are not journalled.

use crate::document;
use crate::fault::Fault;
use crate::limit::RateLimit;
use crate::message::{Answer, Refusal, Request};
use crate::script::ResetScript;
use crate::seed::{Seed, SeedError};
use crate::service::Service;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

const PREFIX: &str = "/_emulator/";
const KNOWN: &str = "GET health, PUT seed (replace), POST seed (merge), POST reset, GET journal, \
                     DELETE journal, GET state, POST hold, POST release, POST resets (script), \
                     GET faults, POST faults (add), DELETE faults, \
                     GET limits, PUT limits (replace), DELETE limits";

/// Whether the path is one of the control routes', known or not.
pub(crate) fn owns(path: &str) -> bool {
    path.starts_with(PREFIX)
}

/// Answers a control request.
pub(crate) fn answer(service: &Service, request: &Request) -> Result<Answer, Refusal> {
    let name = request.path.strip_prefix(PREFIX).unwrap_or_default();
    match (request.method.as_str(), name) {
        ("GET", "health") => Ok(Answer::ok(json!({"status": "ok"}))),
        ("PUT", "seed") => {
            service.replace(&seed(request)?)?;
            Ok(Answer::no_content())
        }
        ("POST", "seed") => {
            service.merge(&seed(request)?)?;
            Ok(Answer::no_content())
        }
        ("POST", "reset") => {
            service.reset();
            Ok(Answer::no_content())
        }
        ("GET", "journal") => shown(&service.journal.snapshot()),
        ("DELETE", "journal") => {
            service.journal.clear();
            Ok(Answer::no_content())
        }
        ("GET", "state") => shown(&*service.state()),
        ("POST", "hold") => {
            service.hold.close();
            Ok(Answer::no_content())
        }
        ("POST", "release") => {
            service.hold.open();
            Ok(Answer::no_content())
        }
        ("POST", "resets") => {
            service.scripts.add(list::<ResetScript>(request, "scripted resets")?);
            Ok(Answer::no_content())
        }
        ("GET", "faults") => shown(&service.faults.left()),
        ("POST", "faults") => {
            service.faults.add(list::<Fault>(request, "faults")?);
            Ok(Answer::no_content())
        }
        ("DELETE", "faults") => {
            service.faults.clear();
            Ok(Answer::no_content())
        }
        ("GET", "limits") => shown(&service.limits.in_force()),
        ("PUT", "limits") => {
            service.limits.set(list::<RateLimit>(request, "limits")?);
            Ok(Answer::no_content())
        }
        ("DELETE", "limits") => {
            service.limits.set([]);
            Ok(Answer::no_content())
        }
        (method, _) => {
            let path = &request.path;
            let message = format!("There is no {method} {path}. Under {PREFIX} there are: {KNOWN}.");
            Err(Refusal::new(404, "EMULATOR.0404", message))
        }
    }
}

fn seed(request: &Request) -> Result<Seed, Refusal> {
    Ok(Seed::from_json(text(request)?)?)
}

fn list<T: DeserializeOwned>(request: &Request, what: &str) -> Result<Vec<T>, Refusal> {
    document::read(text(request)?).map_err(|error| invalid(format!("{what}, {error}")))
}

fn text(request: &Request) -> Result<&str, Refusal> {
    std::str::from_utf8(&request.body).map_err(|error| invalid(format!("the body is not UTF-8: {error}")))
}

fn shown(value: &impl Serialize) -> Result<Answer, Refusal> {
    let json = serde_json::to_value(value);
    json.map(Answer::ok).map_err(|error| Refusal::new(500, "EMULATOR.0500", error.to_string()))
}

fn invalid(message: String) -> Refusal {
    Refusal::new(400, "EMULATOR.0400", message)
}

impl From<SeedError> for Refusal {
    fn from(error: SeedError) -> Self {
        invalid(error.to_string())
    }
}
