//! Background tasks of an instance (`ListBackgroundTasks`, `ShowBackgroundTask`).
//!
//! `GET /v2/{project_id}/instances/{instance_id}/tasks` and `…/tasks/{task_id}`, both with a list in `tasks`. Source:
//! the pages on background tasks of the API reference.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::pages::PageBudget;
use super::wire::{Field, LABEL_LIMIT, LenientInt, LenientText, rows};
use super::{InstanceAddress, TaskId, TaskStatus};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::http::Response;
use crate::huaweicloud::name::Name;
use crate::huaweicloud::redact::Redactor;
use crate::huaweicloud::text::MESSAGE_LIMIT;
use crate::printable::one_line;

/// The name of the task that resets every topic of a group. It is not documented; the official provider waits for a
/// task of this name.
pub const RESET_TASK_NAME: &str = "kafkaResetConsumerOffset";

/// The highest number of tasks in one response.
const PAGE_SIZE: &str = "100";

/// A background task. Its texts are sanitized for output.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// The kind of task, such as [`RESET_TASK_NAME`]. Not redacted, because it is compared.
    pub name: String,
    /// The status.
    pub status: TaskStatus,
    /// Details of the service (`params`, usually JSON), at most 4,000 characters.
    pub text: Option<String>,
}

/// A part of the list of tasks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct TaskPage {
    /// At most 100 tasks. Their order is not documented.
    pub(super) tasks: Vec<Task>,
    /// The total number of tasks, if the service reports it.
    pub(super) count: Option<u64>,
}

impl Client {
    /// Passes the list of tasks to `stop`, page by page, until it returns true. A page without a new task counts as the
    /// last one.
    ///
    /// # Errors
    /// Every error of a request, and [`Decode`](ErrorKind::Decode) for an endless list.
    pub async fn each_task_page(
        &self,
        instance: &InstanceAddress,
        mut stop: impl FnMut(Vec<Task>) -> bool,
    ) -> Result<(), Error> {
        let (mut seen, mut budget) = (BTreeSet::new(), PageBudget::new());
        loop {
            let start = u32::try_from(seen.len()).unwrap_or(u32::MAX).saturating_add(1);
            let (page, response) = self.task_page(instance, start).await?;
            let unseen: Vec<Task> = page.tasks.into_iter().filter(|task| seen.insert(task.id.clone())).collect();
            let complete = page.count.is_some_and(|count| u64::try_from(seen.len()).is_ok_and(|seen| seen >= count));
            if unseen.is_empty() || stop(unseen) || complete {
                return Ok(());
            }
            budget.count_page(seen.len()).map_err(|what| response.unexpected(&what))?;
        }
    }

    /// Up to 100 tasks of an instance, starting with number `start`. The first task has number 1. Tasks without a valid
    /// id are omitted.
    ///
    /// # Errors
    /// Every error of a request.
    pub(super) async fn task_page(
        &self,
        instance: &InstanceAddress,
        start: u32,
    ) -> Result<(TaskPage, Response), Error> {
        let query = [("start", &*start.to_string()), ("limit", PAGE_SIZE)];
        let response = self.read(instance, &["tasks"], &query).await?;
        let TaskRows { tasks, task_count } = response.json()?;
        let page = TaskPage {
            tasks: tasks.into_iter().filter_map(|it| it.task(&response.redactor)).collect(),
            count: task_count.lenient().and_then(|LenientInt(count)| u64::try_from(count).ok()),
        };
        Ok((page, response))
    }

    /// One task. `None`: the task or its instance does not exist.
    ///
    /// # Errors
    /// Every error of a request except [`ErrorKind::NotFound`].
    pub async fn show_task(&self, instance: &InstanceAddress, id: &TaskId) -> Result<Option<Task>, Error> {
        let response = match self.read(instance, &["tasks", id.raw()], &[]).await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let TaskRows { tasks, .. } = response.json()?;
        Ok(tasks.into_iter().filter_map(|it| it.task(&response.redactor)).find(|task| task.id == *id))
    }
}

#[derive(Deserialize)]
struct TaskRows {
    #[serde(default, deserialize_with = "rows")]
    tasks: Vec<TaskRow>,
    #[serde(default)]
    task_count: Field<LenientInt>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TaskRow {
    id: LenientText,
    name: LenientText,
    status: LenientText,
    params: LenientText,
}

impl TaskRow {
    fn task(self, redactor: &Redactor) -> Option<Task> {
        let id = self.id.into_raw();
        Some(Task {
            // Bounded, because a list of long texts could fill the memory.
            id: TaskId::from_name(Name::from_response(&id, redactor)).ok().filter(|_| id.len() <= LABEL_LIMIT)?,
            name: one_line(&self.name.into_raw(), LABEL_LIMIT),
            status: TaskStatus::read(&self.status.into_raw(), redactor),
            text: Some(self.params.show(redactor, MESSAGE_LIMIT)).filter(|text| !text.is_empty()),
        })
    }
}
