//! Projects, which are looked up by name.

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use super::list::{ListItem, describe, entries};
use crate::huaweicloud::endpoint::Endpoint;
use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::http::{Request, Response};
use crate::huaweicloud::ids::ProjectId;
use crate::huaweicloud::name::Name;

/// Requests the projects named `name`: `GET /v3/projects?name=<name>` (IAM, KeystoneListProjects).
///
/// # Errors
/// [`ErrorKind::Config`]: as for [`Request::new`].
pub(in crate::huaweicloud) fn list_projects(endpoint: &Endpoint, name: &str) -> Result<Request, Error> {
    Request::new(Method::GET, endpoint, &["v3", "projects"], &[("name", name)])
}

#[derive(Deserialize)]
struct ProjectList {
    projects: Value,
}

/// The only project with exactly this name, from the response to [`list_projects`].
///
/// # Errors
/// [`ErrorKind::Config`]: there is no such project, or several. [`ErrorKind::Decode`]: the response cannot be read.
pub(in crate::huaweicloud) fn choose_project(response: &Response, name: &str) -> Result<ProjectId, Error> {
    let list: ProjectList = response.json()?;
    let redactor = &response.redactor;
    let (exact, others): (Vec<ListItem>, Vec<ListItem>) =
        entries(&list.projects).into_iter().partition(|project| project.name == name);
    let message = match &*exact {
        [only] => return ProjectId::from_name(Name::from_response(&only.id, redactor)),
        [] => {
            // The sub-projects of a region are named `<region>_<suffix>`.
            let listed =
                if others.is_empty() { String::new() } else { format!(" (it lists {})", describe(&others, redactor)) };
            format!(
                "IAM lists no project named {name:?} for these credentials{listed}; set `project_id`, or correct \
                 `project_name` or `region`"
            )
        }
        several => format!(
            "IAM lists several projects named {name:?}: {}; set `project_id` to one of them",
            describe(several, redactor)
        ),
    };
    Err(Error::new(ErrorKind::Config, message))
}
