//! Fuzz entry points: the two files that contain credentials.

use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use zeroize::Zeroizing;

use super::key_parts::Lookup;
use super::{Defaults, HcloudProfile, sdk_file};
use crate::huaweicloud::error::Error;
use crate::huaweicloud::system::{Environment, Files, HOME, System, SystemClock};

/// The same content under every path.
#[derive(Debug)]
struct OneFile(Vec<u8>);

impl Files for OneFile {
    fn read(&self, _path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
        Ok(Zeroizing::new(self.0.clone()))
    }
}

/// The profile file of hcloud.
pub fn profile(bytes: &[u8]) {
    let system = system(bytes);
    let named = HcloudProfile { name: Some("default".to_owned()), file: None };
    run(async {
        for profile in [HcloudProfile::default(), named] {
            check(profile.lookup(&system).await, profile.defaults(&system).await);
        }
    });
}

/// The credentials file of the SDKs.
pub fn sdk_file(bytes: &[u8]) {
    let system = system(bytes);
    run(async { check(sdk_file::lookup(&system).await, sdk_file::defaults(&system).await) });
}

fn run(work: impl Future<Output = ()>) {
    thread_local! {
        // Shared by all inputs, because each runtime starts its own threads to read files.
        static RUNTIME: io::Result<Runtime> = Builder::new_current_thread().enable_time().build();
    }
    RUNTIME.with(|runtime| {
        assert!(runtime.is_ok(), "{runtime:?}");
        if let Ok(runtime) = runtime {
            runtime.block_on(work);
        }
    });
}

fn system(bytes: &[u8]) -> System {
    let environment: Environment = [(HOME, "/home/user")].into_iter().collect();
    System::new(Arc::new(SystemClock), environment).with_files(Arc::new(OneFile(bytes.to_vec())))
}

/// Asserts that credentials can be sent in headers and are not shown, and that messages have one line and bounded
/// length.
fn check(lookup: Result<Lookup, Error>, defaults: Result<Defaults, Error>) {
    let mut messages = Vec::new();
    match lookup {
        Ok(Lookup::Found(credentials)) => {
            assert!(credentials.access_key().is_ascii() && !credentials.access_key().is_empty(), "{credentials:?}");
            let secret = credentials.secret_key().expose();
            let shown = format!("{credentials:?}");
            // A short secret can be part of a field name, and an access key can be any text.
            if secret.len() >= 16 && !credentials.access_key().contains(secret) {
                assert!(!shown.contains(secret), "the secret is shown: {shown}");
            }
        }
        Ok(Lookup::Absent(why)) => messages.push(why),
        Err(error) => messages.push(error.to_string()),
    }
    messages.extend(defaults.err().map(|error| error.to_string()));
    for line in messages {
        assert!(!line.contains(char::is_control), "more than one line: {line:?}");
        assert!(line.chars().count() < 2_000, "{} characters", line.chars().count());
    }
}
