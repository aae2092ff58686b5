//! Lists of projects and accounts in responses of IAM.

use serde_json::Value;

use crate::huaweicloud::redact::Redactor;

/// Most characters of a name or an id in a message.
const TEXT_LIMIT: usize = 200;

/// Most entries in a message.
const ENTRY_LIMIT: usize = 20;

/// A project or an account.
pub(super) struct ListItem {
    /// Empty if it cannot be read.
    pub(super) id: String,
    pub(super) name: String,
}

/// The entries of a list. Entries without a readable name are skipped, because no lookup can match them.
pub(super) fn entries(list: &Value) -> Vec<ListItem> {
    let read = |entry: &Value| {
        let id = entry.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(ListItem { id, name: entry.get("name")?.as_str()?.to_owned() })
    };
    list.as_array().into_iter().flatten().filter_map(read).collect()
}

/// Describes entries in a message: `id (name), …`.
pub(super) fn describe(entries: &[ListItem], redactor: &Redactor) -> String {
    let show = |text: &str| redactor.show(text, TEXT_LIMIT);
    let show = |entry: &ListItem| format!("{} ({})", show(&entry.id), show(&entry.name));
    entries.iter().take(ENTRY_LIMIT).map(show).collect::<Vec<_>>().join(", ")
}
