//! Searches everything that the Terraforms of the tests print, log and store for secrets.

use std::fs;
use std::path::Path;

use dms_emulator::demo;

/// Texts that may appear nowhere: secret keys, and parts of a signature header.
const SECRETS: [&str; 4] = [demo::SECRET_KEY, "the-wrong-secret-key", "Signature=", "SDK-HMAC-SHA256 Access"];

/// Fails if `text`, which came from `place`, holds a secret. The secret is not repeated.
pub(super) fn search(place: &str, text: &str) {
    for (number, secret) in SECRETS.iter().enumerate() {
        assert!(!text.contains(secret), "secret number {number} is in {place}");
    }
}

/// The same for every file of a working directory: states, backups, logs. Configuration is the user's own, and what
/// Terraform installs is the provider.
pub(super) fn search_directory(directory: &Path) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let is_configuration = path.extension().is_some_and(|extension| extension == "tf");
        if path.is_file() && !is_configuration {
            let bytes = fs::read(&path).unwrap();
            search(&path.display().to_string(), &String::from_utf8_lossy(&bytes));
        }
    }
}
