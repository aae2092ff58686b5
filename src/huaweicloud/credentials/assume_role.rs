//! Roles: an agency of an account lends its rights to whoever it trusts, as temporary keys.
//!
//! | the agency's account is known by | request | source |
//! |---|---|---|
//! | name | `POST <iam>/v3.0/OS-CREDENTIAL/securitytokens` | IAM API reference, CreateTemporaryAccessKeyByAgency |
//! | id | `POST <sts>/v5/agencies/assume` | IAM 5 API reference, AssumeAgency |

use std::time::Duration;

use jiff::SignedDuration;
use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::{Credentials, Secret, wire};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::client::request::Request;
use crate::huaweicloud::endpoint::Service;
use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::iam::{DOMAIN_HEADER, DomainId};

/// How long keys of the form with a name live when nothing is said: 12 hours, as the official provider asks for. The
/// service would give 15 minutes.
const USUAL_LIFE: u64 = 12 * 60 * 60;

/// How long keys of the form with an id live when nothing is said (AssumeAgency's documentation).
const STS_LIFE: SignedDuration = SignedDuration::from_hours(1);

/// The account whose agency it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AgencyAccount {
    /// By its name.
    Name(String),
    /// By its id.
    Id(DomainId),
}

impl AgencyAccount {
    /// The lives that keys can be given, in seconds, both ends included (the API references of both forms).
    #[must_use]
    pub fn lives(&self) -> (u64, u64) {
        match self {
            Self::Name(_) => (900, 86_400),
            Self::Id(_) => (900, 43_200),
        }
    }
}

/// A role to take on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AssumeRole {
    agency: String,
    account: AgencyAccount,
    duration: Option<u64>,
}

impl AssumeRole {
    /// `agency` of `account`. Keys live for `duration`, in whole seconds, else as long as is usual: 12 hours in an
    /// account known by name, one hour in one known by id.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: a name is blank or has control characters; the duration is not within
    /// [`AgencyAccount::lives`].
    pub fn new(agency: &str, account: AgencyAccount, duration: Option<Duration>) -> Result<Self, Error> {
        let wrong = |what: String| Err(Error::new(ErrorKind::Config, what));
        let unusable = |name: &str| name.trim().is_empty() || name.contains(char::is_control);
        if unusable(agency) {
            return wrong("the agency's name is empty or has control characters".to_owned());
        }
        if matches!(&account, AgencyAccount::Name(name) if unusable(name)) {
            return wrong("the name of the agency's account is empty or has control characters".to_owned());
        }
        let duration = duration.map(|duration| duration.as_secs());
        let (least, most) = account.lives();
        match duration {
            Some(seconds) if !(least..=most).contains(&seconds) => {
                wrong(format!("a duration of {seconds} seconds is not possible: {least} to {most} are"))
            }
            duration => Ok(Self { agency: agency.trim().to_owned(), account, duration }),
        }
    }

    /// The agency's name.
    #[must_use]
    pub fn agency(&self) -> &str {
        &self.agency
    }

    /// The account whose agency it is.
    #[must_use]
    pub fn account(&self) -> &AgencyAccount {
        &self.account
    }

    /// The keys of the role. `credentials` are those of the account `from`, if that is known.
    pub(super) async fn assume(
        &self,
        client: &Client,
        credentials: &Credentials,
        from: Option<&DomainId>,
    ) -> Result<Credentials, Error> {
        let request = match &self.account {
            AgencyAccount::Name(name) => {
                let endpoint = client.endpoint(Service::Iam, None)?;
                let path = ["v3.0", "OS-CREDENTIAL", "securitytokens"];
                Request::new(Method::POST, &endpoint, &path, &[])?.json(&self.by_name(name))?
            }
            AgencyAccount::Id(id) => {
                let endpoint = client.endpoint(Service::Sts, None)?;
                Request::new(Method::POST, &endpoint, &["v5", "agencies", "assume"], &[])?.json(&self.by_id(id))?
            }
        };
        let request = match from {
            Some(id) => request.header(DOMAIN_HEADER, id.exact()),
            None => request,
        };
        let response = client.attempt_as(credentials, &request).await?;
        match &self.account {
            AgencyAccount::Name(_) => wire::credential(&response),
            AgencyAccount::Id(_) => {
                let Assumed { credentials: keys } = response.confidential_json()?;
                let end = match &keys.expiration {
                    Some(text) => wire::moment(&response, text)?,
                    None => {
                        let life = self.duration.and_then(|life| i64::try_from(life).ok());
                        let life = life.map_or(STS_LIFE, SignedDuration::from_secs);
                        client.time().saturating_add(life).unwrap_or(jiff::Timestamp::MAX)
                    }
                };
                let keys = wire::keys(&response, keys.access_key_id, keys.secret_access_key, keys.security_token)?;
                Ok(keys.until(end))
            }
        }
    }

    fn by_name<'a>(&'a self, domain_name: &'a str) -> impl Serialize {
        let duration_seconds = self.duration.unwrap_or(USUAL_LIFE);
        let assume_role = ByName { agency_name: &self.agency, domain_name, duration_seconds };
        Auth { auth: Identified { identity: Identity { methods: ["assume_role"], assume_role } } }
    }

    fn by_id(&self, id: &DomainId) -> impl Serialize {
        ById {
            agency_urn: format!("iam::{id}:agency:{}", self.agency),
            agency_session_name: self.agency.clone(),
            duration_seconds: self.duration,
        }
    }
}

#[derive(Serialize)]
struct Auth<T> {
    auth: T,
}

#[derive(Serialize)]
struct Identified<T> {
    identity: T,
}

#[derive(Serialize)]
struct Identity<'a> {
    methods: [&'static str; 1],
    assume_role: ByName<'a>,
}

#[derive(Serialize)]
struct ByName<'a> {
    agency_name: &'a str,
    domain_name: &'a str,
    duration_seconds: u64,
}

#[derive(Serialize)]
struct ById {
    agency_urn: String,
    agency_session_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_seconds: Option<u64>,
}

#[derive(Deserialize)]
struct Assumed {
    credentials: AssumedKeys,
}

#[derive(Deserialize)]
struct AssumedKeys {
    access_key_id: String,
    secret_access_key: Secret,
    security_token: Secret,
    /// Not in every answer.
    #[serde(default)]
    expiration: Option<String>,
}
