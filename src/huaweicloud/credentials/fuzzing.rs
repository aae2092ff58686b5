//! Fuzzed: the two files that keys are read from.

use std::io;
use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::chain::{Defaults, Lookup};
use super::{HcloudProfile, sdk_file};
use crate::huaweicloud::error::Error;
use crate::huaweicloud::system::{Environment, Files, System, SystemClock};

/// The same content under every path.
#[derive(Debug)]
struct OneFile(Vec<u8>);

impl Files for OneFile {
    fn read(&self, _path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
        Ok(Zeroizing::new(self.0.clone()))
    }
}

/// A profile file of hcloud.
pub fn profile(bytes: &[u8]) {
    let host = system(bytes);
    let named = HcloudProfile { name: Some("default".to_owned()), file: None };
    run(async {
        for profile in [HcloudProfile::default(), named] {
            check(profile.lookup(&host).await, profile.defaults(&host).await);
        }
    });
}

/// The credentials file of the SDKs.
pub fn sdk_file(bytes: &[u8]) {
    let host = system(bytes);
    run(async { check(sdk_file::lookup(&host).await, sdk_file::defaults(&host).await) });
}

fn run(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    assert!(runtime.is_ok(), "{runtime:?}");
    if let Ok(runtime) = runtime {
        runtime.block_on(work);
    }
}

fn system(bytes: &[u8]) -> System {
    let environment: Environment = [("HOME", "/home/somebody")].into_iter().collect();
    System::new(Arc::new(SystemClock), environment).with_files(Arc::new(OneFile(bytes.to_vec())))
}

/// Keys can be put into a header and are not shown; what is wrong is told in one bounded line.
fn check(lookup: Result<Lookup, Error>, defaults: Result<Defaults, Error>) {
    let mut told = Vec::new();
    match lookup {
        Ok(Lookup::Found(keys)) => {
            assert!(keys.access_key().is_ascii() && !keys.access_key().is_empty(), "{keys:?}");
            let secret = keys.secret_key().expose();
            let shown = format!("{keys:?}");
            // A short one may stand in the names of the fields, and an access key may hold anything.
            if secret.len() >= 16 && !keys.access_key().contains(secret) {
                assert!(!shown.contains(secret), "the secret is shown: {shown}");
            }
        }
        Ok(Lookup::Absent(why)) => told.push(why),
        Err(error) => told.push(error.to_string()),
    }
    told.extend(defaults.err().map(|error| error.to_string()));
    for line in told {
        assert!(!line.contains(char::is_control), "more than a line: {line:?}");
        assert!(line.chars().count() < 2_000, "{} characters", line.chars().count());
    }
}
