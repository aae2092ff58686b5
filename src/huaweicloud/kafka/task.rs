//! Background tasks of an instance (`ListBackgroundTasks`, `ShowBackgroundTask`).
//!
//! `GET /v2/{project_id}/instances/{instance_id}/tasks` and `…/tasks/{task_id}`, both with a list
//! in `tasks`. Source: the pages on background tasks of the API reference.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::pages::PageBudget;
use super::wire::{Field, LABEL_LIMIT, LenientInt, Text, rows};
use super::{InstanceAddress, TaskId, TaskStatus};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::client::response::Response;
use crate::huaweicloud::error::{Error, ErrorKind, MESSAGE_LIMIT, Redactor, safe};
use crate::huaweicloud::name::Name;

/// The name of the task that resets every topic of a group. Not published; seen in the sources of
/// the official provider, which waits for a task of this name.
pub const RESET_TASK_NAME: &str = "kafkaResetConsumerOffset";

/// Most tasks that one answer may hold.
const PAGE: &str = "100";

/// A background task. Its texts are made fit to be shown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// What it does, such as [`RESET_TASK_NAME`]. For comparisons: it is not redacted.
    pub name: String,
    /// How far it is.
    pub status: TaskStatus,
    /// What the service says of it (`params`, usually JSON), at most 4,000 characters.
    pub text: Option<String>,
    /// When it was made, as the service writes it (`2020-05-15T03:19:51.046Z`).
    pub created_at: Option<String>,
}

/// A part of the list of tasks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct TaskPage {
    /// At most 100 tasks. The order is not published.
    pub(super) tasks: Vec<Task>,
    /// How many tasks there are in all, if the service says so.
    pub(super) count: Option<u64>,
}

impl Client {
    /// Passes the list of tasks to `enough`, page by page, until it returns true. A page without a new task counts as
    /// the last one.
    ///
    /// # Errors
    /// Every error of a request, and [`Decode`](ErrorKind::Decode) for a list that does not end.
    pub async fn each_task_page(
        &self,
        instance: &InstanceAddress,
        mut enough: impl FnMut(Vec<Task>) -> bool,
    ) -> Result<(), Error> {
        let (mut seen, mut budget) = (BTreeSet::new(), PageBudget::new());
        loop {
            let start = u32::try_from(seen.len()).unwrap_or(u32::MAX).saturating_add(1);
            let (page, response) = self.task_page(instance, start).await?;
            let unseen: Vec<Task> = page.tasks.into_iter().filter(|task| seen.insert(task.id.clone())).collect();
            let complete = page.count.is_some_and(|count| u64::try_from(seen.len()).is_ok_and(|seen| seen >= count));
            if unseen.is_empty() || enough(unseen) || complete {
                return Ok(());
            }
            budget.count_page(seen.len()).map_err(|what| response.unexpected(&what))?;
        }
    }

    /// Up to 100 tasks of an instance, from number `start` on. The first is number 1. Tasks without an id are left out.
    pub(super) async fn task_page(
        &self,
        instance: &InstanceAddress,
        start: u32,
    ) -> Result<(TaskPage, Response), Error> {
        let query = [("start", &*start.to_string()), ("limit", PAGE)];
        let response = self.read(instance, &["tasks"], &query).await?;
        let Page { tasks, task_count } = response.json()?;
        let page = TaskPage {
            tasks: tasks.into_iter().filter_map(|it| it.task(&response.redactor)).collect(),
            count: task_count.lenient().and_then(|LenientInt(count)| u64::try_from(count).ok()),
        };
        Ok((page, response))
    }

    /// One task. `None`: the service does not know it, or not its instance.
    ///
    /// # Errors
    /// Every error of a request but [`ErrorKind::NotFound`].
    pub async fn show_task(&self, instance: &InstanceAddress, id: &TaskId) -> Result<Option<Task>, Error> {
        let response = match self.read(instance, &["tasks", id.exact()], &[]).await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let Page { tasks, .. } = response.json()?;
        Ok(tasks.into_iter().filter_map(|it| it.task(&response.redactor)).find(|task| task.id == *id))
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(default, deserialize_with = "rows")]
    tasks: Vec<Described>,
    #[serde(default)]
    task_count: Field<LenientInt>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Described {
    id: Text,
    name: Text,
    status: Text,
    params: Text,
    created_at: Text,
}

impl Described {
    fn task(self, redactor: &Redactor) -> Option<Task> {
        let id = self.id.into_exact();
        Some(Task {
            // Bounded, because a list of long texts would fill the memory.
            id: TaskId::checked(Name::answered(&id, redactor)).ok().filter(|_| id.len() <= LABEL_LIMIT)?,
            name: safe(&self.name.into_exact(), LABEL_LIMIT),
            status: TaskStatus::read(&self.status.into_exact(), redactor),
            text: self.params.shown(redactor, MESSAGE_LIMIT),
            created_at: self.created_at.shown(redactor, LABEL_LIMIT),
        })
    }
}
