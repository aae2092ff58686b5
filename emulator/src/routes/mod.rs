//! Which requests the emulated services know, and who answers them.

mod groups;
mod iam;
mod instances;
mod messages;
mod metadata;
mod operation;
mod page;
mod refusals;
mod reset;
mod tasks;

pub use self::operation::Operation;

pub(crate) use self::reset::partition_asked;

use crate::encoding::decode;
use crate::message::{Answer, Refusal, Request};
use crate::state::{State, TaskStatus};
use jiff::Timestamp;

/// Every route; the parts in braces take any one segment.
const ROUTES: [(&str, &str, Operation); 22] = [
    ("GET", "/v3/projects", Operation::ListProjects),
    ("PUT", "/v2/kafka/{project}/instances/{instance}/groups/{group}/reset-message-offset", Operation::ResetOffsets),
    ("PUT", "/v2/kafka/{project}/instances/{instance}/groups/{group}", Operation::UpdateGroup),
    ("GET", "/v2/{project}/instances/{instance}/management/groups/{group}", Operation::ShowGroupWithOffsets),
    ("GET", "/v2/kafka/{project}/instances/{instance}/groups/{group}", Operation::ShowGroup),
    ("GET", "/v2/kafka/{project}/instances/{instance}/groups/{group}/members", Operation::ListMembers),
    ("GET", "/v2/kafka/{project}/instances/{instance}/groups/{group}/message-offset", Operation::ListOffsets),
    ("GET", "/v2/{project}/instances/{instance}", Operation::ShowInstance),
    ("GET", "/v2/{project}/instances/{instance}/topics", Operation::ListTopics),
    ("GET", "/v2/{project}/kafka/instances/{instance}/topics/{topic}/partitions", Operation::ListPartitions),
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
    ("GET", "/v2/{project}/instances/{instance}/tasks", Operation::ListTasks),
    ("GET", "/v2/{project}/instances/{instance}/tasks/{task}", Operation::ShowTask),
    ("DELETE", "/v2/{project}/instances/{instance}/tasks/{task}", Operation::DeleteTask),
    ("GET", "/v3/auth/domains", Operation::ListDomains),
    ("POST", "/v3.0/OS-CREDENTIAL/securitytokens", Operation::CreateSecurityToken),
    ("POST", "/v3.0/OS-AUTH/id-token/tokens", Operation::CreateTokenWithIdToken),
    ("POST", "/v5/agencies/assume", Operation::AssumeAgency),
    ("PUT", "/meta-data/latest/api/token", Operation::CreateMetadataToken),
    ("GET", "/openstack/latest/securitykey", Operation::ShowSecurityKey),
];

/// A request whose route was found.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) endpoint: Operation,
    names: Names,
}

/// The variable segments of a path, decoded. Empty where the route has no such segment.
#[derive(Debug, Default)]
struct Names {
    project: String,
    instance: String,
    group: String,
    topic: String,
    partition: String,
    task: String,
}

impl Call {
    /// Finds the route. The raw path is cut at `/` first; only then is each variable segment
    /// decoded, once. Fixed segments are compared as sent.
    pub(crate) fn find(request: &Request) -> Result<Self, Refusal> {
        let sent: Vec<&str> = request.path.split('/').collect();
        for (method, pattern, endpoint) in ROUTES {
            if method != request.method {
                continue;
            }
            let pattern: Vec<&str> = pattern.split('/').collect();
            if let Some(names) = capture(&pattern, &sent) {
                return Ok(Self { endpoint, names: names? });
            }
        }
        Err(unknown(request))
    }

    /// Notes in the state that this call, which is let in, names its group.
    pub(crate) fn note(&self, state: &mut State, now: Timestamp) {
        state.note_request(&self.names.instance, &self.names.group, now);
    }
}

/// `None`: the path is another one. An error: it is this one, but badly encoded.
fn capture(pattern: &[&str], sent: &[&str]) -> Option<Result<Names, Refusal>> {
    let variable = |part: &str| part.starts_with('{');
    let fits = |(part, sent): (&&str, &&str)| part == sent || variable(part) && !sent.is_empty();
    if pattern.len() != sent.len() || !pattern.iter().zip(sent).all(fits) {
        return None;
    }
    let mut names = Names::default();
    for (part, sent) in pattern.iter().zip(sent).filter(|(part, _)| variable(part)) {
        let place = match *part {
            "{project}" => &mut names.project,
            "{instance}" => &mut names.instance,
            "{group}" => &mut names.group,
            "{partition}" => &mut names.partition,
            "{task}" => &mut names.task,
            _ => &mut names.topic,
        };
        match decode(sent) {
            Ok(name) => *place = name,
            Err(refusal) => return Some(Err(refusal)),
        }
    }
    Some(Ok(names))
}

fn unknown(request: &Request) -> Refusal {
    let known: Vec<String> = ROUTES.iter().map(|(method, pattern, _)| format!("{method} {pattern}")).collect();
    let message = format!(
        "The API does not exist or has not been published: {} {}. The emulator knows: {}",
        request.method,
        request.path,
        known.join(", ")
    );
    Refusal::new(404, "APIGW.0101", message)
}

/// Whether a request must be signed. Those that need not be carry a token, or nothing.
pub(crate) fn needs_signature(call: &Call, request: &Request) -> bool {
    match call.endpoint {
        Operation::CreateTokenWithIdToken | Operation::CreateMetadataToken | Operation::ShowSecurityKey => false,
        Operation::CreateSecurityToken => !iam::brings_token(request),
        _ => true,
    }
}

/// Answers a call from the state of the state at `now`, and changes it if the call says so.
pub(crate) fn answer(state: &mut State, call: &Call, request: &Request, now: Timestamp) -> Result<Answer, Refusal> {
    let names = &call.names;
    check_project_header(request, names)?;
    match call.endpoint {
        Operation::ListProjects => iam::list_projects(state, request),
        Operation::ResetOffsets => reset::reset_offsets(state, names, request, now),
        // Nothing of a group can be changed here. The route exists so that a client which cuts
        // its path short lands where it would land in the real service, and the journal shows it.
        Operation::UpdateGroup => Ok(Answer::no_content()),
        Operation::ShowGroupWithOffsets => groups::show_with_offsets(state, names, request),
        Operation::ShowGroup => groups::show(state, names, request),
        Operation::ListMembers => groups::list_members(state, names, request),
        Operation::ListOffsets => groups::list_offsets(state, names, request),
        Operation::ShowInstance => instances::show(state, names, request),
        Operation::ListTopics => instances::list_topics(state, names, request),
        Operation::ListPartitions => instances::list_partitions(state, names, request),
        Operation::ShowFirstMessage => messages::show_first(state, names, request),
        Operation::ShowLastMessage => messages::show_last(state, names, request),
        Operation::ShowMessage => messages::show(state, names, request),
        Operation::ListTasks => tasks::list(state, names, request),
        Operation::ShowTask => tasks::show(state, names, request),
        Operation::DeleteTask => tasks::delete(state, names, request),
        Operation::ListDomains => iam::list_domains(state, request),
        Operation::CreateSecurityToken => iam::create_security_token(state, request, now),
        Operation::CreateTokenWithIdToken => iam::create_token_with_id_token(state, request, now),
        Operation::AssumeAgency => iam::assume_agency(state, request, now),
        Operation::CreateMetadataToken => metadata::create_token(state, request, now),
        Operation::ShowSecurityKey => metadata::show_security_key(state, request, now),
    }
}

/// Puts somebody else's task of the same name into the instance that a reset is for. An instance
/// that is not there gets none.
pub(crate) fn add_foreign_task(state: &mut State, call: &Call, status: TaskStatus, now: Timestamp) {
    let Names { project, instance, .. } = &call.names;
    let _ = state.add_unrelated_task(project, instance, status, now);
}

/// A client that names two different projects is wrong about one of them.
fn check_project_header(request: &Request, names: &Names) -> Result<(), Refusal> {
    let sent = request.headers.iter().filter(|(name, _)| name == "x-project-id");
    for (_, sent) in sent {
        if !names.project.is_empty() && *sent != names.project {
            let message = format!("X-Project-Id is {sent:?}, but the path names project {:?}.", names.project);
            return Err(Refusal::new(403, "APIGW.0302", message));
        }
    }
    Ok(())
}
