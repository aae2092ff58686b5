//! The unsigned control routes under `/_emulator/`, which do not appear in the journal.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::encoding::{Query, QueryError};
use crate::fault::Fault;
use crate::journal::JournalJson;
use crate::message::{ApiError, Body, Request, Response};
use crate::object::Object;
use crate::rate_limit::RateLimit;
use crate::seed::{Seed, SeedError};
use crate::service::Service;
use crate::strict_json;

const PREFIX: &str = "/_emulator/";
const ROUTE_LIST: &str = "GET health, PUT seed (replace), POST seed (merge), POST reset, GET journal?since=, \
                          DELETE journal, GET state, POST hold, POST release, \
                          GET faults, POST faults (add), DELETE faults, \
                          GET limits, PUT limits (replace), DELETE limits";

/// Whether the path is below the prefix of the control routes.
pub(crate) fn is_control_path(path: &str) -> bool {
    path.starts_with(PREFIX)
}

/// Handles a request to a control route.
///
/// # Errors
///
/// The route is unknown, its query has an unknown parameter, or its body is not a valid document.
pub(crate) fn handle(service: &Service, request: &Request) -> Result<Response, ApiError> {
    let name = request.path.strip_prefix(PREFIX).unwrap_or_default();
    let known: &[&str] = if (request.method.as_str(), name) == ("GET", "journal") { &["since"] } else { &[] };
    let query = Query::parse(request.query.as_deref(), known).map_err(|error| invalid_query(&error))?;
    match (request.method.as_str(), name) {
        ("GET", "health") => return Ok(Response::ok(json!({"status": "ok"}))),
        ("PUT", "seed") => service.replace(&seed(request)?)?,
        ("POST", "seed") => service.merge(&seed(request)?)?,
        ("POST", "reset") => service.reset(),
        ("GET", "journal") => {
            let journal = service.journal.snapshot(since(&query)?);
            return Ok(Response::new(200, Body::Journal(JournalJson::new(journal))));
        }
        ("DELETE", "journal") => service.journal.clear(),
        ("GET", "state") => return to_json(&*service.state()),
        ("POST", "hold") => service.gate.close(),
        ("POST", "release") => service.gate.open(),
        ("GET", "faults") => return to_json(&service.faults.active()),
        ("POST", "faults") => service.faults.add(list::<Fault>(request, "faults")?),
        ("DELETE", "faults") => service.faults.clear(),
        ("GET", "limits") => return to_json(&service.rate_limiter.active()),
        ("PUT", "limits") => service.rate_limiter.set(list::<RateLimit>(request, "limits")?),
        ("DELETE", "limits") => service.rate_limiter.set([]),
        (method, _) => {
            let path = &request.path;
            let message =
                format!("{method} {path} is not a control route. The routes below {PREFIX} are: {ROUTE_LIST}.");
            return Err(ApiError::new(404, "EMULATOR.0404", message));
        }
    }
    Ok(Response::no_content())
}

fn seed(request: &Request) -> Result<Seed, ApiError> {
    Ok(Seed::from_json(text(request)?)?)
}

fn list<T: DeserializeOwned>(request: &Request, what: &str) -> Result<Vec<T>, ApiError> {
    let parsed = strict_json::parse::<Vec<Object<T>>>(text(request)?);
    let objects = parsed.map_err(|error| invalid(format!("{what}, {error}")))?;
    Ok(objects.into_iter().map(|Object(value)| value).collect())
}

fn text(request: &Request) -> Result<&str, ApiError> {
    std::str::from_utf8(&request.body).map_err(|error| invalid(format!("The body is not UTF-8: {error}")))
}

/// The value of `since`: only entries with a higher sequence are returned. Default: 0.
fn since(query: &Query) -> Result<u64, ApiError> {
    let since = query.number("since", 0, i64::MAX).map_err(|error| invalid_query(&error))?;
    Ok(since.and_then(|since| u64::try_from(since).ok()).unwrap_or_default())
}

fn to_json(value: &impl Serialize) -> Result<Response, ApiError> {
    // Written directly as text, because a `Value` of a large state would take many times the memory and time.
    let text = serde_json::to_string(value);
    let text = text.map_err(|error| ApiError::new(500, "EMULATOR.0500", error.to_string()))?;
    Ok(Response::new(200, Body::Text { content_type: Some("application/json".to_owned()), text }))
}

fn invalid_query(error: &QueryError) -> ApiError {
    invalid(error.to_string())
}

fn invalid(message: String) -> ApiError {
    ApiError::new(400, "EMULATOR.0400", message)
}

impl From<SeedError> for ApiError {
    fn from(error: SeedError) -> Self {
        invalid(error.to_string())
    }
}
