//! The routes of the emulated services, and the functions that serve them.

mod body;
mod errors;
mod group_lifecycle;
mod group_lists;
mod groups;
mod iam;
mod instances;
mod message_search;
mod messages;
mod messages_by_time;
mod metadata;
mod operation;
mod pagination;
mod published;
mod reset;
mod tasks;
mod topics;

pub use self::operation::Operation;

pub(crate) use self::reset::requested_partition;

use jiff::Timestamp;
use serde::Serialize;

use crate::encoding::{Query, decode};
use crate::message::{ApiError, Request, Response};
use crate::state::{State, TaskStatus};

/// Every route, grouped as in the README. A part in braces matches any one segment.
const ROUTES: [(&str, &str, Operation); 39] = [
    // IAM, STS and the metadata service.
    ("GET", "/v3/projects", Operation::ListProjects),
    ("GET", "/v3/auth/domains", Operation::ListDomains),
    ("POST", "/v3.0/OS-CREDENTIAL/securitytokens", Operation::CreateSecurityToken),
    ("POST", "/v3.0/OS-AUTH/id-token/tokens", Operation::CreateTokenWithIdToken),
    ("POST", "/v5/agencies/assume", Operation::AssumeAgency),
    ("PUT", "/meta-data/latest/api/token", Operation::CreateMetadataToken),
    ("GET", "/openstack/latest/securitykey", Operation::ShowSecurityKey),
    // Consumer groups.
    ("PUT", "/v2/kafka/{project}/instances/{instance}/groups/{group}/reset-message-offset", Operation::ResetOffsets),
    (
        "POST",
        "/v2/{project}/instances/{instance}/management/groups/{group}/reset-message-offset",
        Operation::ResetOffsets,
    ),
    ("PUT", "/v2/kafka/{project}/instances/{instance}/groups/{group}", Operation::UpdateGroup),
    ("GET", "/v2/{project}/instances/{instance}/groups", Operation::ListGroups),
    ("POST", "/v2/{project}/kafka/instances/{instance}/group", Operation::CreateGroup),
    ("DELETE", "/v2/kafka/{project}/instances/{instance}/groups/{group}", Operation::DeleteGroup),
    ("DELETE", "/v2/{project}/instances/{instance}/groups/{group}", Operation::DeleteGroup),
    ("POST", "/v2/{project}/instances/{instance}/groups/batch-delete", Operation::DeleteGroups),
    ("POST", "/v2/kafka/{project}/instances/{instance}/groups/{group}/delete-offset", Operation::DeleteOffsets),
    ("GET", "/v2/{project}/instances/{instance}/management/groups/{group}", Operation::ShowGroupWithOffsets),
    ("GET", "/v2/kafka/{project}/instances/{instance}/groups/{group}", Operation::ShowGroup),
    ("GET", "/v2/{project}/instances/{instance}/groups/{group}", Operation::ShowGroup),
    ("GET", "/v2/kafka/{project}/instances/{instance}/groups/{group}/members", Operation::ListMembers),
    ("GET", "/v2/kafka/{project}/instances/{instance}/groups/{group}/message-offset", Operation::ListOffsets),
    ("GET", "/v2/kafka/{project}/instances/{instance}/groups/{group}/topics", Operation::ListGroupTopics),
    // Instances and topics.
    ("GET", "/v2/{project}/instances", Operation::ListInstances),
    ("GET", "/v2/{project}/instances/{instance}", Operation::ShowInstance),
    ("GET", "/v2/available-zones", Operation::ListAvailableZones),
    ("GET", "/v2/{project}/instances/{instance}/topics", Operation::ListTopics),
    ("POST", "/v2/{project}/instances/{instance}/topics", Operation::CreateTopic),
    ("PUT", "/v2/{project}/instances/{instance}/topics", Operation::UpdateTopics),
    ("POST", "/v2/{project}/instances/{instance}/topics/delete", Operation::DeleteTopics),
    ("GET", "/v2/{project}/kafka/instances/{instance}/topics/{topic}/partitions", Operation::ListPartitions),
    // Messages.
    (
        "GET",
        "/v2/{project}/instances/{instance}/management/topics/{topic}/partitions/{partition}/beginning-message",
        Operation::ShowFirstMessage,
    ),
    (
        "GET",
        "/v2/{project}/instances/{instance}/management/topics/{topic}/partitions/{partition}/end-message",
        Operation::ShowLastMessage,
    ),
    (
        "GET",
        "/v2/{project}/instances/{instance}/management/topics/{topic}/partitions/{partition}/message",
        Operation::ShowMessage,
    ),
    ("GET", "/v2/{project}/instances/{instance}/management/topics/{topic}/messages", Operation::ShowMessages),
    ("GET", "/v2/{project}/instances/{instance}/messages", Operation::SearchMessages),
    ("POST", "/v2/{project}/instances/{instance}/messages/action", Operation::SendMessage),
    // Background tasks.
    ("GET", "/v2/{project}/instances/{instance}/tasks", Operation::ListTasks),
    ("GET", "/v2/{project}/instances/{instance}/tasks/{task}", Operation::ShowTask),
    ("DELETE", "/v2/{project}/instances/{instance}/tasks/{task}", Operation::DeleteTask),
];

/// Whether a request has a route.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteKind {
    /// The emulator implements the call.
    Implemented,
    /// The service has or may have the call, but the emulator does not implement it: 501 `EMULATOR.0501`.
    NotImplemented,
    /// The service does not have the call: 404 `APIGW.0101`.
    Unknown,
}

/// A request that matched a route.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) operation: Operation,
    params: PathParams,
}

/// The decoded variable segments of a path. Empty if the route has no such segment.
#[derive(Debug, Default)]
struct PathParams {
    project: String,
    instance: String,
    group: String,
    topic: String,
    partition: String,
    task: String,
}

impl Call {
    /// Finds the route of a request. The path is split at `/` as it was sent, then each variable segment is decoded
    /// once. Fixed segments are compared as sent.
    ///
    /// # Errors
    ///
    /// The emulator does not implement the call, the service does not have it, or a variable segment is not encoded
    /// correctly.
    pub(crate) fn find(request: &Request) -> Result<Self, ApiError> {
        let sent: Vec<&str> = request.path.split('/').collect();
        for (method, pattern, operation) in ROUTES {
            if method != request.method {
                continue;
            }
            let pattern: Vec<&str> = pattern.split('/').collect();
            if let Some(params) = match_path(&pattern, &sent) {
                return Ok(Self { operation, params: params? });
            }
        }
        Err(no_route(request))
    }

    /// The kind of the route that [`Call::find`] found.
    pub(crate) fn route_kind(found: &Result<Self, ApiError>) -> RouteKind {
        match found.as_ref().map_err(|error| error.status) {
            Err(501) => RouteKind::NotImplemented,
            Err(404) => RouteKind::Unknown,
            // Other errors concern the encoding of a segment, so the route itself is known.
            Ok(_) | Err(_) => RouteKind::Implemented,
        }
    }

    /// Records in the state that an authorized call names its group.
    pub(crate) fn record(&self, state: &mut State, now: Timestamp) {
        state.record_request(&self.params.instance, &self.params.group, now);
    }
}

/// `None` if the path does not match, an error if it matches but is not encoded correctly.
fn match_path(pattern: &[&str], sent: &[&str]) -> Option<Result<PathParams, ApiError>> {
    let variable = |part: &str| part.starts_with('{');
    let fits = |(part, sent): (&&str, &&str)| part == sent || variable(part) && !sent.is_empty();
    if pattern.len() != sent.len() || !pattern.iter().zip(sent).all(fits) {
        return None;
    }
    let mut params = PathParams::default();
    for (part, sent) in pattern.iter().zip(sent).filter(|(part, _)| variable(part)) {
        let param = match *part {
            "{project}" => &mut params.project,
            "{instance}" => &mut params.instance,
            "{group}" => &mut params.group,
            "{partition}" => &mut params.partition,
            "{task}" => &mut params.task,
            _ => &mut params.topic,
        };
        match decode(sent) {
            Ok(value) => *param = value,
            Err(error) => return Some(Err(error.into())),
        }
    }
    Some(Ok(params))
}

/// The error for a request without a route. A published call that is not implemented must not respond with 404, because a
/// client that deletes something would take the object for missing, and report success.
fn no_route(request: &Request) -> ApiError {
    let Request { method, path, .. } = request;
    if published::is_published(method, path) {
        let message =
            format!("The service may have this call, but the emulator does not implement it: {method} {path}");
        return ApiError::new(501, "EMULATOR.0501", message);
    }
    ApiError::new(404, "APIGW.0101", format!("The request is: {method} {path}"))
}

/// Whether a request must be signed.
pub(crate) fn needs_signature(call: &Call, request: &Request) -> bool {
    match call.operation {
        Operation::CreateTokenWithIdToken | Operation::CreateMetadataToken | Operation::ShowSecurityKey => false,
        Operation::CreateSecurityToken => !iam::uses_token(request),
        _ => true,
    }
}

/// Serves a call from the state at `now`, and changes the state if the call does.
///
/// # Errors
///
/// The service refuses the call.
pub(crate) fn dispatch(
    state: &mut State,
    call: &Call,
    request: &Request,
    now: Timestamp,
) -> Result<Response, ApiError> {
    let params = &call.params;
    check_project_header(request, params)?;
    let query = match call.operation.query_parameters() {
        Some(known) => Query::parse(request.query.as_deref(), known)?,
        None => Query::default(),
    };
    match call.operation {
        Operation::ListProjects => iam::list_projects(state, request),
        Operation::ListDomains => iam::list_domains(state, request),
        Operation::CreateSecurityToken => iam::create_security_token(state, request, now),
        Operation::CreateTokenWithIdToken => iam::create_token_with_id_token(state, request, now),
        Operation::AssumeAgency => iam::assume_agency(state, request, now),
        Operation::CreateMetadataToken => metadata::create_token(state, request, now),
        Operation::ShowSecurityKey => metadata::show_security_key(state, request, now),
        Operation::ResetOffsets => reset::reset_offsets(state, params, request, now),
        Operation::UpdateGroup => groups::update(state, params, request),
        Operation::ListGroups => group_lists::list(state, params, &query),
        Operation::CreateGroup => group_lifecycle::create(state, params, request, now),
        Operation::DeleteGroup => group_lifecycle::delete(state, params, request),
        Operation::DeleteGroups => group_lifecycle::delete_all(state, params, request),
        Operation::DeleteOffsets => group_lifecycle::delete_offsets(state, params, request),
        Operation::ShowGroupWithOffsets => groups::show_with_offsets(state, params),
        Operation::ShowGroup => groups::show(state, params),
        Operation::ListMembers => groups::list_members(state, params, &query),
        Operation::ListOffsets => groups::list_offsets(state, params, &query),
        Operation::ListGroupTopics => group_lists::list_topics(state, params, &query),
        Operation::ListInstances => instances::list(state, params, &query),
        Operation::ShowInstance => instances::show(state, params),
        Operation::ListAvailableZones => Ok(instances::list_zones()),
        Operation::ListTopics => instances::list_topics(state, params, &query),
        Operation::CreateTopic => topics::create(state, params, request, now),
        Operation::UpdateTopics => topics::update(state, params, request, now),
        Operation::DeleteTopics => topics::delete(state, params, request),
        Operation::ListPartitions => instances::list_partitions(state, params, &query),
        Operation::ShowFirstMessage => messages::show_first(state, params),
        Operation::ShowLastMessage => messages::show_last(state, params),
        Operation::ShowMessage => messages::show(state, params, &query),
        Operation::ShowMessages => messages_by_time::list(state, params, &query, now),
        Operation::SearchMessages => message_search::search(state, params, &query),
        Operation::SendMessage => message_search::send(state, params, request, &query, now),
        Operation::ListTasks => tasks::list(state, params, &query),
        Operation::ShowTask => tasks::show(state, params),
        Operation::DeleteTask => tasks::delete(state, params),
    }
}

/// Adds a task that belongs to no reset to the instance of the call. Does nothing if the instance does not exist.
pub(crate) fn add_unrelated_task(state: &mut State, call: &Call, status: TaskStatus, now: Timestamp) {
    let PathParams { project, instance, .. } = &call.params;
    let _ = state.add_unrelated_task(project, instance, status, now);
}

/// Refuses a request whose header and path name different projects.
fn check_project_header(request: &Request, params: &PathParams) -> Result<(), ApiError> {
    let sent = request.headers.iter().filter(|(name, _)| name == "x-project-id");
    for (_, sent) in sent {
        if !params.project.is_empty() && *sent != params.project {
            let message = format!("X-Project-Id is {sent:?}, but the path names project {:?}.", params.project);
            return Err(ApiError::new(403, "APIGW.0302", message));
        }
    }
    Ok(())
}
