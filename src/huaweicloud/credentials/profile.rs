//! Source: a profile in the JSON file of hcloud (KooCLI), the command line tool of the cloud.
//!
//! Mode `SSO` has its credentials in `ssoAuth.stsToken`. Every other mode has them, if any, in the profile itself.
//! The format is taken from the official provider, which reads the same file.

use serde::Deserialize;

use super::assume_role::{AgencyAccount, AssumeRole};
use super::defaults::Defaults;
use super::key_parts::{KeyNames, KeyParts, Lookup, broken};
use crate::huaweicloud::error::Error;
use crate::huaweicloud::ids::{DomainId, ProjectId};
use crate::huaweicloud::region::Region;
use crate::huaweicloud::secret::Secret;
use crate::huaweicloud::system::{System, is_missing};
use crate::printable::{one_line, path};

const DEFAULT_FILE: &str = "~/.hcloud/config.json";

/// The maximum number of characters of a profile name that an error shows.
const NAME_LIMIT: usize = 100;

const NAMES: KeyNames =
    KeyNames { access_key: "accessKeyId", secret_key: "secretAccessKey", security_token: Some("securityToken") };

const SSO_NAMES: KeyNames = KeyNames {
    access_key: "ssoAuth.stsToken.accessKeyId",
    secret_key: "ssoAuth.stsToken.secretAccessKey",
    security_token: Some("ssoAuth.stsToken.securityToken"),
};

/// The profile to use and its file. The defaults are the values of `HW_PROFILE` and `HW_SHARED_CONFIG_FILE`, otherwise
/// the current profile of `~/.hcloud/config.json`. That file may be missing if nothing names a profile or a file.
#[derive(Clone, Debug, Default)]
pub struct HcloudProfile {
    /// The name of the profile.
    pub name: Option<String>,
    /// The path of the file. `~/` at the start is the home directory.
    pub file: Option<String>,
}

/// The result of reading the file.
enum Loaded {
    /// The profile and its description.
    Profile(Box<Profile>, String),
    /// Why there is no profile. Nothing names one.
    Absent(String),
}

impl HcloudProfile {
    /// Whether an argument or a variable names the profile or the file.
    pub(super) fn is_named(&self, system: &System) -> bool {
        self.name(system).is_some() || self.file(system).is_some()
    }

    pub(super) fn describe(&self, system: &System) -> String {
        let file = path(self.file(system).unwrap_or(DEFAULT_FILE));
        match self.name(system) {
            Some(name) => format!("the hcloud profile {:?} in {file}", one_line(name, NAME_LIMIT)),
            None => format!("the current hcloud profile in {file}"),
        }
    }

    /// Looks for credentials.
    ///
    /// # Errors
    /// [`Credentials`](crate::huaweicloud::error::ErrorKind::Credentials): the source is broken.
    pub(super) async fn lookup(&self, system: &System) -> Result<Lookup, Error> {
        match self.load(system).await? {
            Loaded::Absent(why) => Ok(Lookup::Absent(why)),
            Loaded::Profile(profile, source) => match profile.credentials(&source)? {
                // A user who names a profile does not expect the credentials of the next source.
                Lookup::Absent(why) if self.is_named(system) && !profile.has_mode("ecsAgency") => {
                    Err(broken(&source, &why))
                }
                found => Ok(found),
            },
        }
    }

    /// The settings of the profile, if an argument or a variable names it.
    ///
    /// # Errors
    /// [`Credentials`](crate::huaweicloud::error::ErrorKind::Credentials): the profile is missing or cannot be read.
    pub async fn named_defaults(&self, system: &System) -> Result<Defaults, Error> {
        if self.is_named(system) { self.defaults(system).await } else { Ok(Defaults::default()) }
    }

    /// The settings of the profile besides its credentials.
    ///
    /// # Errors
    /// As for [`lookup`](Self::lookup).
    pub(super) async fn defaults(&self, system: &System) -> Result<Defaults, Error> {
        match self.load(system).await? {
            Loaded::Absent(_) => Ok(Defaults::default()),
            Loaded::Profile(profile, source) => profile.defaults(&source),
        }
    }

    fn name<'a>(&'a self, system: &'a System) -> Option<&'a str> {
        filled(self.name.as_deref()).or_else(|| system.environment().get("HW_PROFILE"))
    }

    fn file<'a>(&'a self, system: &'a System) -> Option<&'a str> {
        filled(self.file.as_deref()).or_else(|| system.environment().get("HW_SHARED_CONFIG_FILE"))
    }

    async fn load(&self, system: &System) -> Result<Loaded, Error> {
        let source = self.describe(system);
        let content = match system.read_text(self.file(system).unwrap_or(DEFAULT_FILE)).await {
            Ok(content) => content,
            Err(error) if !self.is_named(system) && is_missing(&error) => {
                return Ok(Loaded::Absent("the file does not exist".to_owned()));
            }
            Err(error) => return Err(broken(&source, "the file cannot be read").with_source(error)),
        };
        let file: File = serde_json::from_str(content.trim_start_matches('\u{feff}')).map_err(|error| {
            // The message of the library may quote a value.
            let (line, column) = (error.line(), error.column());
            let what = format!(
                "line {line} column {column} is not valid in an unencrypted file of hcloud (to decrypt the file: \
                 `hcloud configure set --cli-auth-encrypt=false`)"
            );
            broken(&source, &what)
        })?;
        let mut profiles = file.profiles.unwrap_or_default();
        let Some(wanted) = self.name(system).or_else(|| filled(file.current.as_deref())) else {
            return match self.is_named(system) {
                true => Err(broken(&source, "the file has no current profile; set the name of the profile")),
                false => Ok(Loaded::Absent("the file has no current profile".to_owned())),
            };
        };
        match profiles.iter().position(|profile| profile.name.as_deref().map(str::trim) == Some(wanted)) {
            Some(position) => Ok(Loaded::Profile(Box::new(profiles.swap_remove(position)), source)),
            None => {
                let known: Vec<&str> = profiles.iter().filter_map(|profile| profile.name.as_deref()).collect();
                let known =
                    if known.is_empty() { "none".to_owned() } else { one_line(&known.join(", "), 10 * NAME_LIMIT) };
                let wanted = one_line(wanted, NAME_LIMIT);
                Err(broken(&source, &format!("the file has no profile {wanted:?}; it has {known}")))
            }
        }
    }
}

/// The parts of the file that matter here.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    current: Option<String>,
    #[serde(default)]
    profiles: Option<Vec<Profile>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Profile {
    name: Option<String>,
    mode: Option<String>,
    access_key_id: Option<String>,
    secret_access_key: Option<Secret>,
    security_token: Option<Secret>,
    region: Option<String>,
    project_id: Option<String>,
    domain_id: Option<String>,
    agency_name: Option<String>,
    agency_domain_name: Option<String>,
    sso_auth: Option<SsoAuth>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SsoAuth {
    sts_token: Option<StsToken>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct StsToken {
    access_key_id: Option<String>,
    secret_access_key: Option<Secret>,
    security_token: Option<Secret>,
}

impl Profile {
    fn has_mode(&self, mode: &str) -> bool {
        self.mode.as_deref().is_some_and(|own| own.trim().eq_ignore_ascii_case(mode))
    }

    fn credentials(&self, source: &str) -> Result<Lookup, Error> {
        if !self.has_mode("SSO") {
            return KeyParts::new(
                self.access_key_id.as_deref(),
                self.secret_access_key.clone(),
                self.security_token.clone(),
            )
            .lookup(source, &NAMES);
        }
        let token = self.sso_auth.as_ref().and_then(|auth| auth.sts_token.as_ref());
        let token = token.ok_or_else(|| {
            broken(source, "the profile has mode SSO, but no ssoAuth.stsToken; sign in with hcloud first")
        })?;
        KeyParts::new(token.access_key_id.as_deref(), token.secret_access_key.clone(), token.security_token.clone())
            .lookup(source, &SSO_NAMES)
    }

    fn defaults(&self, source: &str) -> Result<Defaults, Error> {
        fn parsed<T>(
            source: &str,
            name: &str,
            text: Option<&str>,
            parse: impl Fn(&str) -> Result<T, Error>,
        ) -> Result<Option<T>, Error> {
            let value = filled(text).map(parse).transpose();
            value.map_err(|error| broken(source, &format!("{name}: {error}")))
        }
        let agency = filled(self.agency_name.as_deref()).zip(filled(self.agency_domain_name.as_deref()));
        let role = agency.map(|(agency, account)| {
            AssumeRole::new(agency, AgencyAccount::Name(account.to_owned()), None)
                .map_err(|error| broken(source, &format!("agencyName and agencyDomainName: {error}")))
        });
        Ok(Defaults {
            region: parsed(source, "region", self.region.as_deref(), Region::parse)?,
            project_id: parsed(source, "projectId", self.project_id.as_deref(), ProjectId::parse)?,
            domain_id: parsed(source, "domainId", self.domain_id.as_deref(), DomainId::parse)?,
            assume_role: role.transpose()?,
        })
    }
}

/// The trimmed text. Blank counts as absent.
fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
