//! The environment of these tests: variables, files in memory, a clock that tests set, and a scripted server.
//!
//! Every secret contains `hunter`, so that tests can find leaked secrets.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::log_capture;
use crate::huaweicloud::client::{Builder, Client};
use crate::huaweicloud::endpoint::EndpointSettings;
use crate::huaweicloud::error::Error;
use crate::huaweicloud::region::Region;
use crate::huaweicloud::secret::Secret;
use crate::huaweicloud::signing::Credentials;
use crate::huaweicloud::system::{Clock, Files, HOME, System};
use crate::huaweicloud::test_server::{Captured, Reply, TestServer, http_response, mask_ports};

/// The part of every secret that no text may contain.
pub(super) const MARK: &str = "hunter";

/// Files in memory, by `PathBuf`, because Windows treats `/` and `\` as equal. `None` is a file that cannot be read.
#[derive(Debug, Default)]
pub(super) struct MemoryFiles(Mutex<BTreeMap<PathBuf, Option<String>>>);

impl MemoryFiles {
    pub(super) fn write(&self, path: &str, content: Option<&str>) {
        self.0.lock().unwrap().insert(path.into(), content.map(str::to_owned));
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
        match self.0.lock().unwrap().get(path) {
            Some(Some(content)) => Ok(Zeroizing::new(content.clone().into_bytes())),
            Some(None) => Err(io::ErrorKind::PermissionDenied.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

#[derive(Debug)]
pub(super) struct MovableClock(Mutex<Timestamp>);

impl MovableClock {
    pub(super) fn set(&self, moment: &str) {
        *self.0.lock().unwrap() = moment.parse().unwrap();
    }

    pub(super) fn forward(&self, seconds: i64) {
        let mut moment = self.0.lock().unwrap();
        *moment = moment.checked_add(SignedDuration::from_secs(seconds)).unwrap();
    }
}

impl Clock for MovableClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

pub(super) struct World {
    variables: BTreeMap<String, String>,
    pub(super) files: Arc<MemoryFiles>,
    pub(super) clock: Arc<MovableClock>,
}

impl World {
    /// A world at noon, with these variables, the home directory `/home/me` and no files.
    pub(super) fn new(variables: &[(&str, &str)]) -> Self {
        log_capture::install();
        let home = [(HOME, "/home/me")];
        let all = home.iter().chain(variables);
        Self {
            variables: all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            files: Arc::default(),
            clock: Arc::new(MovableClock(Mutex::new("2024-01-15T12:00:00Z".parse().unwrap()))),
        }
    }

    pub(super) fn file(self, path: &str, content: &str) -> Self {
        self.files.write(path, Some(content));
        self
    }

    pub(super) fn unreadable(self, path: &str) -> Self {
        self.files.write(path, None);
        self
    }

    pub(super) fn system(&self) -> System {
        System::new(Arc::clone(&self.clock) as Arc<dyn Clock>, self.variables.clone().into_iter().collect())
            .with_files(Arc::clone(&self.files) as Arc<dyn Files>)
    }

    /// A client in this world without retries that reaches every service at `server`.
    pub(super) fn client(&self, server: &TestServer) -> Builder {
        let endpoints = EndpointSettings {
            custom: ["dms", "iam", "sts"].map(|service| (service.to_owned(), server.url())).into(),
            ..EndpointSettings::default()
        };
        let region = Region::parse("cn-north-4").unwrap();
        Client::builder().region(region).system(self.system()).endpoints(endpoints).max_retries(0)
    }
}

/// One reply of a script, computed from the request.
pub(super) type Line = Box<dyn FnOnce(&Captured) -> Reply + Send>;

/// A server that sends the first reply to the first request, and so on.
pub(super) fn script(replies: Vec<Line>) -> TestServer {
    let replies = Mutex::new(replies.into_iter());
    TestServer::start(move |captured| {
        let next = replies.lock().unwrap().next();
        next.map_or_else(|| http_response("500 Not In The Script", "", "{}"), |reply| reply(captured))
    })
}

/// A reply that does not depend on the request.
pub(super) fn say(status: &'static str, headers: &'static str, body: &str) -> Line {
    let body = body.to_owned();
    Box::new(move |_| http_response(status, headers, &body))
}

/// The credentials `<name>-ak`, `hunter-<name>-sk` and `hunter-<name>-token` in the form of IAM version 3.
pub(super) fn credential(name: &str, expires_at: &str) -> String {
    format!(
        r#"{{"credential":{{"access":"{name}-ak","secret":"hunter-{name}-sk","securitytoken":"hunter-{name}-token","expires_at":"{expires_at}"}}}}"#
    )
}

/// The same credentials in the form of STS.
pub(super) fn sts_credentials(name: &str, expiration: &str) -> String {
    let expiration = if expiration.is_empty() { String::new() } else { format!(r#","expiration":"{expiration}""#) };
    format!(
        r#"{{"credentials":{{"access_key_id":"{name}-ak","secret_access_key":"hunter-{name}-sk","security_token":"hunter-{name}-token"{expiration}}}}}"#
    )
}

/// `access key / secret key / token`.
pub(super) fn shown(credentials: &Credentials) -> String {
    let token = credentials.security_token().map_or("-", Secret::expose);
    format!("{} / {} / {token}", credentials.access_key(), credentials.secret_key().expose())
}

/// The report of an error, without the ports of test servers. Asserts that it contains no secret.
pub(super) fn report(error: &Error) -> String {
    let text = format!("{} {error:?}", error.report());
    assert!(!text.contains(MARK), "{text}");
    mask_ports(&error.report())
}

/// The access key that signed a request.
pub(super) fn signer(captured: &Captured) -> &str {
    let authorization = captured.header("authorization").unwrap();
    let (_, rest) = authorization.split_once("Access=").unwrap();
    rest.split(',').next().unwrap()
}
