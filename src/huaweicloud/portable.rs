//! Makes texts with the messages of an operating system equal on all systems, for snapshots.

use std::io;

use super::system::HOME;

/// The text with Linux's messages and names in place of those of Windows. On Unix, the text itself.
pub(crate) fn portable(text: &str) -> String {
    if cfg!(unix) {
        return text.to_owned();
    }
    let errors = [(2, "No such file or directory (os error 2)"), (10_061, "Connection refused (os error 111)")];
    errors.iter().fold(text.replace(HOME, "HOME"), |text, (code, linux)| {
        // Wine and each language of Windows have other messages.
        text.replace(&io::Error::from_raw_os_error(*code).to_string(), linux)
    })
}
