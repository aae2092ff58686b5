//! Background tasks of an instance (`ListBackgroundTasks`, `ShowBackgroundTask`).
//!
//! `GET /v2/{project_id}/instances/{instance_id}/tasks` and `…/tasks/{task_id}`, both with a list
//! in `tasks`. Source: the pages on background tasks of the API reference.

use serde::Deserialize;

use super::wire::{SHORT, Text, Whole, list};
use super::{InstanceAddress, TaskId, TaskStatus};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::error::{Error, ErrorKind, MESSAGE_LIMIT};

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
    /// What it does, such as [`RESET_TASK_NAME`].
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
pub struct TaskPage {
    /// At most 100 tasks. The order is not published.
    pub tasks: Vec<Task>,
    /// How many tasks there are in all, if the service says so.
    pub count: Option<u64>,
}

impl Client {
    /// Up to 100 tasks of an instance, from number `start` on. The first is number 1. A task
    /// without an id is left out.
    ///
    /// # Errors
    /// Every error of a request.
    pub async fn list_tasks(&self, instance: &InstanceAddress, start: u32) -> Result<TaskPage, Error> {
        let query = [("start", &*start.to_string()), ("limit", PAGE)];
        let Page { tasks, task_count } = self.read(instance, &["tasks"], &query).await?.json()?;
        Ok(TaskPage {
            tasks: tasks.into_iter().filter_map(Described::task).collect(),
            count: task_count.and_then(|Whole(count)| u64::try_from(count).ok()),
        })
    }

    /// One task. `None`: the service does not know it, or not its instance.
    ///
    /// # Errors
    /// Every error of a request but [`ErrorKind::NotFound`].
    pub async fn show_task(&self, instance: &InstanceAddress, id: &TaskId) -> Result<Option<Task>, Error> {
        let response = match self.read(instance, &["tasks", id.as_str()], &[]).await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let Page { tasks, .. } = response.json()?;
        Ok(tasks.into_iter().filter_map(Described::task).find(|task| task.id == *id))
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(default, deserialize_with = "list")]
    tasks: Vec<Described>,
    task_count: Option<Whole>,
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
    fn task(self) -> Option<Task> {
        Some(Task {
            id: TaskId::parse(&self.id.into_exact()).ok()?,
            name: self.name.show(SHORT),
            status: TaskStatus::read(&self.status.into_exact()),
            text: self.params.shown(MESSAGE_LIMIT),
            created_at: self.created_at.shown(SHORT),
        })
    }
}
