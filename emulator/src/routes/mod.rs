//! Which requests the emulated services know, and who answers them.

mod groups;
mod iam;
mod instances;
mod messages;
mod page;
mod refusals;
mod reset;
mod tasks;

pub(crate) use self::reset::partition_asked;

use crate::encoding::decode;
use crate::message::{Answer, Refusal, Request};
use crate::world::{Permission, TaskStatus, World};
use jiff::Timestamp;

/// What a route does. Named after the operations of the API's documentation.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Endpoint {
    ListProjects,
    ResetOffsets,
    UpdateGroup,
    ShowGroupWithOffsets,
    ShowGroup,
    ListMembers,
    ListOffsets,
    ShowInstance,
    ListTopics,
    ListPartitions,
    ShowFirstMessage,
    ShowLastMessage,
    ShowMessage,
    ListTasks,
    ShowTask,
    DeleteTask,
}

impl Endpoint {
    /// What a key pair needs to call it.
    pub(crate) fn permission(self) -> Option<Permission> {
        match self {
            Self::ListProjects => None,
            Self::ResetOffsets | Self::UpdateGroup => Some(Permission::ModifyInstance),
            Self::ListTasks | Self::ShowTask | Self::DeleteTask => Some(Permission::GetBackgroundTask),
            Self::ShowGroupWithOffsets
            | Self::ShowGroup
            | Self::ListMembers
            | Self::ListOffsets
            | Self::ShowInstance
            | Self::ListTopics
            | Self::ListPartitions
            | Self::ShowFirstMessage
            | Self::ShowLastMessage
            | Self::ShowMessage => Some(Permission::GetInstance),
        }
    }
}

/// Every route; the parts in braces take any one segment.
const ROUTES: [(&str, &str, Endpoint); 16] = [
    ("GET", "/v3/projects", Endpoint::ListProjects),
    ("PUT", "/v2/kafka/{project}/instances/{instance}/groups/{group}/reset-message-offset", Endpoint::ResetOffsets),
    ("PUT", "/v2/kafka/{project}/instances/{instance}/groups/{group}", Endpoint::UpdateGroup),
    ("GET", "/v2/{project}/instances/{instance}/management/groups/{group}", Endpoint::ShowGroupWithOffsets),
    ("GET", "/v2/kafka/{project}/instances/{instance}/groups/{group}", Endpoint::ShowGroup),
    ("GET", "/v2/kafka/{project}/instances/{instance}/groups/{group}/members", Endpoint::ListMembers),
    ("GET", "/v2/kafka/{project}/instances/{instance}/groups/{group}/message-offset", Endpoint::ListOffsets),
    ("GET", "/v2/{project}/instances/{instance}", Endpoint::ShowInstance),
    ("GET", "/v2/{project}/instances/{instance}/topics", Endpoint::ListTopics),
    ("GET", "/v2/{project}/kafka/instances/{instance}/topics/{topic}/partitions", Endpoint::ListPartitions),
    (
        "GET",
        "/v2/{project}/instances/{instance}/management/topics/{topic}/partitions/{partition}/beginning-message",
        Endpoint::ShowFirstMessage,
    ),
    (
        "GET",
        "/v2/{project}/instances/{instance}/management/topics/{topic}/partitions/{partition}/end-message",
        Endpoint::ShowLastMessage,
    ),
    (
        "GET",
        "/v2/{project}/instances/{instance}/management/topics/{topic}/partitions/{partition}/message",
        Endpoint::ShowMessage,
    ),
    ("GET", "/v2/{project}/instances/{instance}/tasks", Endpoint::ListTasks),
    ("GET", "/v2/{project}/instances/{instance}/tasks/{task}", Endpoint::ShowTask),
    ("DELETE", "/v2/{project}/instances/{instance}/tasks/{task}", Endpoint::DeleteTask),
];

/// A request whose route was found.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) endpoint: Endpoint,
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

    /// Notes in the world that this call, which is let in, names its group.
    pub(crate) fn note(&self, world: &mut World, now: Timestamp) {
        world.note_request(&self.names.instance, &self.names.group, now);
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

/// Answers a call from the state of the world at `now`, and changes it if the call says so.
pub(crate) fn answer(world: &mut World, call: &Call, request: &Request, now: Timestamp) -> Result<Answer, Refusal> {
    let names = &call.names;
    check_project_header(request, names)?;
    match call.endpoint {
        Endpoint::ListProjects => iam::list_projects(world, request),
        Endpoint::ResetOffsets => reset::reset_offsets(world, names, request, now),
        // Nothing of a group can be changed here. The route exists so that a client which cuts
        // its path short lands where it would land in the real service, and the journal shows it.
        Endpoint::UpdateGroup => Ok(Answer::no_content()),
        Endpoint::ShowGroupWithOffsets => groups::show_with_offsets(world, names, request),
        Endpoint::ShowGroup => groups::show(world, names, request),
        Endpoint::ListMembers => groups::list_members(world, names, request),
        Endpoint::ListOffsets => groups::list_offsets(world, names, request),
        Endpoint::ShowInstance => instances::show(world, names, request),
        Endpoint::ListTopics => instances::list_topics(world, names, request),
        Endpoint::ListPartitions => instances::list_partitions(world, names, request),
        Endpoint::ShowFirstMessage => messages::show_first(world, names, request),
        Endpoint::ShowLastMessage => messages::show_last(world, names, request),
        Endpoint::ShowMessage => messages::show(world, names, request),
        Endpoint::ListTasks => tasks::list(world, names, request),
        Endpoint::ShowTask => tasks::show(world, names, request),
        Endpoint::DeleteTask => tasks::delete(world, names, request),
    }
}

/// Puts somebody else's task of the same name into the instance that a reset is for. An instance
/// that is not there gets none.
pub(crate) fn add_foreign_task(world: &mut World, call: &Call, status: TaskStatus, now: Timestamp) {
    let Names { project, instance, .. } = &call.names;
    let _ = world.add_foreign_reset_task(project, instance, status, now);
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
