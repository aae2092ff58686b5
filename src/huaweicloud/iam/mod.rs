//! Project ids: given, or looked up by name from IAM, once per name. Accounts are in `domain.rs`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::client::Client;
use super::client::request::Request;
use super::endpoint::Service;
use super::error::{Error, ErrorKind, Redactor, quoted};
use super::name::{Name, string_newtype};
use super::region::Region;

mod domain;
#[cfg(test)]
mod tests;

pub(super) use domain::DOMAIN_HEADER;
pub use domain::DomainId;

/// Most characters of a project's name that an error quotes.
const NAME_LIMIT: usize = 200;

/// Most projects that an error lists.
const LISTED: usize = 20;

string_newtype! {
    /// The id of a project: letters, digits, `-` and `_` (usually 32 hexadecimal digits).
    ProjectId, |text| check_id("project id", text)
}

/// Ids go into headers and paths as they are.
fn check_id(what: &str, text: &str) -> Result<(), String> {
    let sound =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if sound {
        return Ok(());
    }
    Err(format!("{what} {} is empty or holds characters other than letters, digits, \"-\" and \"_\"", quoted(text)))
}

/// What is known of projects: what the caller said and what IAM answered.
#[derive(Debug)]
pub(super) struct Projects {
    given_id: Option<ProjectId>,
    given_name: Option<String>,
    /// By project name. Callers that ask for the same name at once share one request.
    found: Mutex<HashMap<String, Arc<OnceCell<ProjectId>>>>,
}

impl Projects {
    pub(super) fn new(given_id: Option<ProjectId>, given_name: Option<String>) -> Self {
        Self { given_id, given_name: given_name.filter(|name| !name.trim().is_empty()), found: Mutex::default() }
    }

    fn cell(&self, name: &str) -> Arc<OnceCell<ProjectId>> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(found.entry(name.to_owned()).or_default())
    }
}

impl Client {
    /// The project of `region` (default: the client's own).
    ///
    /// In the client's own region it is the given id, else the project with the given name, else
    /// the one named like the region. Given id and name hold for that region only: elsewhere it is
    /// always the project named like the region. IAM is asked once per name; errors are not kept.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: nothing to look up, no such project, or several of that name (with
    /// their ids); and every error of a request.
    pub async fn project_id(&self, region: Option<&Region>) -> Result<ProjectId, Error> {
        let projects = self.projects();
        let foreign = region.filter(|region| Some(*region) != self.region());
        let name = match foreign {
            Some(region) => region.exact(),
            None => {
                if let Some(id) = &projects.given_id {
                    return Ok(id.clone());
                }
                let region = self.region().map(Region::exact);
                projects.given_name.as_deref().or(region).ok_or_else(|| {
                    Error::new(
                        ErrorKind::Config,
                        "no region is set: set `region`, or `project_id` if `endpoints` has every address",
                    )
                })?
            }
        };
        let cell = projects.cell(name);
        let id = cell.get_or_try_init(|| self.look_up_project(name, region)).await?;
        Ok(id.clone())
    }

    /// `GET /v3/projects?name=<name>` (IAM, KeystoneListProjects).
    async fn look_up_project(&self, name: &str, region: Option<&Region>) -> Result<ProjectId, Error> {
        let endpoint = self.endpoint(Service::Iam, region)?;
        let request = Request::new(Method::GET, &endpoint, &["v3", "projects"], &[("name", name)])?;
        let response = self.send(&request).await?;
        let list: ProjectList = response.json()?;
        choose(name, entries(&list.projects), &response.redactor)
    }
}

/// The part of the answer that matters here.
#[derive(Deserialize)]
struct ProjectList {
    projects: Value,
}

/// A project or an account in a list of IAM.
struct Entry {
    /// Empty if it cannot be read.
    id: String,
    name: String,
}

/// The entries of a list. Entries without a readable name are skipped: no lookup can match them.
fn entries(list: &Value) -> Vec<Entry> {
    let read = |entry: &Value| {
        let id = entry.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(Entry { id, name: entry.get("name")?.as_str()?.to_owned() })
    };
    list.as_array().into_iter().flatten().filter_map(read).collect()
}

/// The one project of exactly this name.
fn choose(name: &str, projects: Vec<Entry>, redactor: &Redactor) -> Result<ProjectId, Error> {
    let wrong = |message| Err(Error::new(ErrorKind::Config, message));
    let (mut exact, others): (Vec<Entry>, Vec<Entry>) = projects.into_iter().partition(|project| project.name == name);
    match (exact.pop(), exact.is_empty()) {
        (Some(only), true) => ProjectId::checked(Name::answered(&only.id, redactor)),
        (None, _) => {
            // A region's sub-projects are named `<region>_<suffix>`.
            let instead = if others.is_empty() { String::new() } else { format!(", but {}", list(&others, redactor)) };
            wrong(format!(
                "IAM knows no project named {name:?} that these credentials may see{instead}; set `project_id`, or correct `project_name` or `region`"
            ))
        }
        (Some(last), false) => {
            exact.push(last);
            let list = list(&exact, redactor);
            wrong(format!("IAM knows several projects named {name:?}: {list}; set `project_id` to one of them"))
        }
    }
}

fn list(entries: &[Entry], redactor: &Redactor) -> String {
    let show = |text: &str| redactor.show(text, NAME_LIMIT);
    let show = |entry: &Entry| format!("{} ({})", show(&entry.id), show(&entry.name));
    entries.iter().take(LISTED).map(show).collect::<Vec<_>>().join(", ")
}
