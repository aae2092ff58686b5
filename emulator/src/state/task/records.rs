//! The task records of an instance, with an index of those that can still change.

use std::collections::HashMap;
use std::ops::Deref;

use serde::Serialize;

use super::{Task, TaskStatus};

/// The tasks of an instance in the order of their creation, including those that are not listed yet.
///
/// Every request advances the tasks, so it must not visit those that can no longer change.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct Tasks {
    records: Vec<Task>,
    /// The positions of the tasks that are open, in ascending order.
    #[serde(skip)]
    open: Vec<usize>,
    /// The highest id that is a number.
    #[serde(skip)]
    highest_number: u64,
}

impl Task {
    /// Whether the task is running, is not listed yet, or still has a reset to carry out.
    fn is_open(&self) -> bool {
        !self.status.is_final() || self.appears_at.is_some() || self.pending.is_some()
    }
}

impl Tasks {
    /// Adds tasks, whose ids differ from each other. Each replaces an existing task with the same id.
    pub(crate) fn merge(&mut self, tasks: impl Iterator<Item = Task>) {
        let ids = self.records.iter().enumerate().map(|(index, task)| (task.id.clone(), index));
        let existing: HashMap<String, usize> = ids.collect();
        for task in tasks {
            match existing.get(&task.id).and_then(|index| self.records.get_mut(*index)) {
                Some(existing) => *existing = task,
                None => self.push(task),
            }
        }
        self.reindex();
    }

    /// Adds a task with an id that no other task has.
    pub(super) fn push(&mut self, task: Task) {
        // Ids from seeds can have any form. New ids are numbers, so they must differ from those that are numbers too.
        let number = u64::from_str_radix(&task.id, 16).ok().filter(|number| *number < u64::MAX / 2);
        self.highest_number = self.highest_number.max(number.unwrap_or_default());
        if task.is_open() {
            self.open.push(self.records.len());
        }
        self.records.push(task);
    }

    pub(super) fn remove(&mut self, id: &str) {
        self.records.retain(|task| task.id != id);
        self.reindex();
    }

    /// Sets the status of a task, if it exists. If the status is final, a pending reset of the task is not
    /// carried out.
    pub fn set_status(&mut self, id: &str, status: TaskStatus) {
        if let Some(task) = self.records.iter_mut().find(|task| task.id == id) {
            task.status = status;
        }
        self.reindex();
    }

    /// The open tasks, oldest first.
    pub(super) fn open(&self) -> impl Iterator<Item = &Task> {
        self.open.iter().filter_map(|index| self.records.get(*index))
    }

    /// Calls `change` with every open task.
    pub(super) fn for_each_open(&mut self, mut change: impl FnMut(&mut Task)) {
        let Self { records, open, .. } = self;
        open.retain(|index| {
            let Some(task) = records.get_mut(*index) else { return false };
            change(task);
            task.is_open()
        });
    }

    /// The highest id that is a number in hexadecimal; 0 if there is none.
    pub(super) fn highest_number(&self) -> u64 {
        self.highest_number
    }

    fn reindex(&mut self) {
        let open = self.records.iter().enumerate().filter(|(_, task)| task.is_open());
        self.open = open.map(|(index, _)| index).collect();
    }
}

impl Deref for Tasks {
    type Target = [Task];

    fn deref(&self) -> &[Task] {
        &self.records
    }
}
