//! Source: the credentials file of the official SDKs, in INI form.
//!
//! Section `[basic]` has `ak`, `sk`, `security_token` and `project_id`. Other sections and names are ignored.

use zeroize::Zeroizing;

use super::defaults::Defaults;
use super::key_parts::{KeyNames, KeyParts, Lookup, broken};
use crate::huaweicloud::error::Error;
use crate::huaweicloud::ids::ProjectId;
use crate::huaweicloud::secret::Secret;
use crate::huaweicloud::system::{System, is_missing};
use crate::printable::path;

const VARIABLE: &str = "HUAWEICLOUD_SDK_CREDENTIALS_FILE";
const DEFAULT: &str = "~/.huaweicloud/credentials";
const SECTION: &str = "basic";

const NAMES: KeyNames = KeyNames { access_key: "ak", secret_key: "sk", security_token: Some("security_token") };

pub(super) fn describe(system: &System) -> String {
    match system.environment().get(VARIABLE) {
        Some(file) => format!("the SDK credentials file {} ({VARIABLE})", path(file)),
        None => format!("the SDK credentials file {DEFAULT}"),
    }
}

/// Looks for credentials.
///
/// # Errors
/// [`Credentials`](crate::huaweicloud::error::ErrorKind::Credentials): the source is broken.
pub(super) async fn lookup(system: &System) -> Result<Lookup, Error> {
    let source = describe(system);
    match read(system, &source).await? {
        None => Ok(Lookup::Absent("the file does not exist".to_owned())),
        Some(content) => {
            let section = Section::parse(&source, &content)?;
            let secret = |name| section.get(name).map(Secret::from);
            KeyParts::new(section.get("ak"), secret("sk"), secret("security_token")).lookup(&source, &NAMES)
        }
    }
}

/// The settings of the file besides its credentials.
///
/// # Errors
/// As for [`lookup`].
pub(super) async fn defaults(system: &System) -> Result<Defaults, Error> {
    let source = describe(system);
    let Some(content) = read(system, &source).await? else {
        return Ok(Defaults::default());
    };
    let project_id = Section::parse(&source, &content)?.get("project_id").map(ProjectId::parse).transpose();
    let project_id = project_id.map_err(|error| broken(&source, &format!("project_id: {error}")))?;
    Ok(Defaults { project_id, ..Defaults::default() })
}

/// `None`: the variable is not set, and the default file does not exist.
async fn read(system: &System, source: &str) -> Result<Option<Zeroizing<String>>, Error> {
    let named = system.environment().get(VARIABLE);
    match system.read_text(named.unwrap_or(DEFAULT)).await {
        Ok(content) => Ok(Some(content)),
        Err(error) if named.is_none() && is_missing(&error) => Ok(None),
        Err(error) => Err(broken(source, "the file cannot be read").with_source(error)),
    }
}

/// The names and values in section `[basic]`.
struct Section<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Section<'a> {
    /// Lines are blank, a comment (`#`, `;`), `[section]`, or `name = value`. Lines of other sections are not checked.
    fn parse(source: &str, content: &'a str) -> Result<Self, Error> {
        let mut found = Vec::new();
        let mut inside = false;
        for (number, line) in content.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                inside = section.trim() == SECTION;
            } else if inside {
                // The error does not quote the line, because it may be a misplaced secret.
                let what = || broken(source, &format!("line {} is not of the form `name = value`", number + 1));
                let (name, value) = line.split_once(['=', ':']).ok_or_else(what)?;
                found.push((name.trim(), value.trim()));
            }
        }
        Ok(Self(found))
    }

    /// The last value with this name. Blank counts as absent.
    fn get(&self, name: &str) -> Option<&'a str> {
        let found = self.0.iter().rev().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| *value).filter(|value| !value.is_empty())
    }
}
