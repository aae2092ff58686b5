//! Projects: given, or looked up by name at IAM, once per name.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::Client;
use crate::huaweicloud::endpoint::Service;
use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::iam::{choose_project, list_projects};
use crate::huaweicloud::ids::ProjectId;
use crate::huaweicloud::region::Region;

/// The projects that the caller gave or IAM returned.
#[derive(Debug)]
pub(super) struct Projects {
    given_id: Option<ProjectId>,
    given_name: Option<String>,
    /// By project name. Concurrent lookups of the same name share one request.
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
    /// The project of `region` (default: the client's own region).
    ///
    /// In the client's own region, this is the given id, otherwise the project with the given name, otherwise the
    /// project named like the region. The given id and name apply to that region only. In other regions, it is always
    /// the project named like the region. The result of a lookup is kept, errors are not.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: there is no name to look up, no such project, or several. Every error of a request.
    pub async fn project_id(&self, region: Option<&Region>) -> Result<ProjectId, Error> {
        let projects = &self.shared.projects;
        let other_region = region.filter(|region| Some(*region) != self.region());
        let name = match other_region {
            Some(region) => region.raw(),
            None => {
                if let Some(id) = &projects.given_id {
                    return Ok(id.clone());
                }
                let region = self.region().map(Region::raw);
                projects.given_name.as_deref().or(region).ok_or_else(|| {
                    Error::new(
                        ErrorKind::Config,
                        "no region is set: set `region`, or `project_id` if `endpoints` has every address",
                    )
                })?
            }
        };
        let look_up = async || {
            let request = list_projects(&self.endpoint(Service::Iam, region)?, name)?;
            choose_project(&self.send(&request).await?, name)
        };
        projects.cell(name).get_or_try_init(look_up).await.cloned()
    }
}
