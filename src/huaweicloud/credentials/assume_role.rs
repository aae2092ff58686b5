//! Roles: the agency of an account gives temporary credentials to the accounts that it trusts.
//!
//! | The account of the agency is given by | Request | Source |
//! |---|---|---|
//! | name | `POST <iam>/v3.0/OS-CREDENTIAL/securitytokens` | IAM API reference, CreateTemporaryAccessKeyByAgency |
//! | id | `POST <sts>/v5/agencies/assume` | IAM 5 API reference, AssumeAgency |

use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::temporary;
use crate::huaweicloud::endpoint::Service;
use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::http::{Request, Sender};
use crate::huaweicloud::iam::DOMAIN_HEADER;
use crate::huaweicloud::ids::DomainId;
use crate::huaweicloud::secret::Secret;
use crate::huaweicloud::signing::Credentials;

/// The default duration, in seconds, for an account given by name: 12 hours, as in the official provider. The default
/// of the service is 15 minutes.
const IAM_DURATION: u64 = 12 * 60 * 60;

/// The service's default duration for an account given by id (documentation of AssumeAgency).
const STS_DURATION: SignedDuration = SignedDuration::from_hours(1);

/// The account of an agency.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AgencyAccount {
    /// Given by name.
    Name(String),
    /// Given by id.
    Id(DomainId),
}

impl AgencyAccount {
    /// The durations for which credentials are available, in seconds (API references of both requests).
    #[must_use]
    pub fn durations(&self) -> RangeInclusive<u64> {
        match self {
            Self::Name(_) => 900..=86_400,
            Self::Id(_) => 900..=43_200,
        }
    }
}

/// A role to assume.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AssumeRole {
    agency: String,
    account: AgencyAccount,
    duration: Option<u64>,
}

impl AssumeRole {
    /// The role of `agency` in `account`. Its credentials are valid for `duration`, in whole seconds. The default is 12
    /// hours for an account given by name, and one hour for an account given by id.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: a name is blank or contains control characters, or the duration is not in
    /// [`AgencyAccount::durations`].
    pub fn new(agency: &str, account: AgencyAccount, duration: Option<Duration>) -> Result<Self, Error> {
        let invalid = |message: &str| Err(Error::new(ErrorKind::Config, message));
        let is_invalid = |name: &str| name.trim().is_empty() || name.contains(char::is_control);
        if is_invalid(agency) {
            return invalid("the agency's name is empty or contains control characters");
        }
        if matches!(&account, AgencyAccount::Name(name) if is_invalid(name)) {
            return invalid("the name of the agency's account is empty or contains control characters");
        }
        let duration = duration.map(|duration| duration.as_secs());
        let durations = account.durations();
        match duration {
            Some(seconds) if !durations.contains(&seconds) => {
                let (min, max) = durations.into_inner();
                invalid(&format!("the duration is {seconds} seconds, but it must be between {min} and {max} seconds"))
            }
            duration => Ok(Self { agency: agency.trim().to_owned(), account, duration }),
        }
    }

    /// The agency's name.
    #[must_use]
    pub fn agency(&self) -> &str {
        &self.agency
    }

    /// The account of the agency.
    #[must_use]
    pub fn account(&self) -> &AgencyAccount {
        &self.account
    }

    /// The credentials of the role. `credentials` belong to the account `from`, if that is known.
    ///
    /// # Errors
    /// Every error of a request.
    pub(super) async fn assume(
        &self,
        sender: &Sender,
        credentials: &Credentials,
        from: Option<&DomainId>,
    ) -> Result<Credentials, Error> {
        let request = match &self.account {
            AgencyAccount::Name(name) => {
                let endpoint = sender.endpoint(Service::Iam, None)?;
                let path = ["v3.0", "OS-CREDENTIAL", "securitytokens"];
                Request::new(Method::POST, &endpoint, &path, &[])?.json(&self.by_name(name))?
            }
            AgencyAccount::Id(id) => {
                let endpoint = sender.endpoint(Service::Sts, None)?;
                Request::new(Method::POST, &endpoint, &["v5", "agencies", "assume"], &[])?.json(&self.by_id(id))?
            }
        };
        let request = match from {
            Some(id) => request.header(DOMAIN_HEADER, id.raw()),
            None => request,
        };
        let response = sender.send(sender.sign(&request, credentials)?).await?;
        match &self.account {
            AgencyAccount::Name(_) => temporary::credential(&response),
            AgencyAccount::Id(_) => {
                let Assumed { credentials: assumed } = response.confidential_json()?;
                let expires_at = match &assumed.expiration {
                    Some(text) => temporary::expiry(&response, text)?,
                    None => {
                        let seconds = self.duration.and_then(|seconds| i64::try_from(seconds).ok());
                        let duration = seconds.map_or(STS_DURATION, SignedDuration::from_secs);
                        sender.time().saturating_add(duration).unwrap_or(Timestamp::MAX)
                    }
                };
                let AssumedCredentials { access_key_id, secret_access_key, security_token, .. } = assumed;
                let credentials = temporary::validated(&response, access_key_id, secret_access_key, security_token)?;
                Ok(credentials.with_expiry(expires_at))
            }
        }
    }

    fn by_name(&self, domain_name: &str) -> Value {
        let role = json!({
            "agency_name": self.agency,
            "domain_name": domain_name,
            "duration_seconds": self.duration.unwrap_or(IAM_DURATION),
        });
        json!({"auth": {"identity": {"methods": ["assume_role"], "assume_role": role}}})
    }

    fn by_id(&self, id: &DomainId) -> Value {
        let agency_urn = format!("iam::{id}:agency:{}", self.agency);
        let mut body = json!({"agency_urn": agency_urn, "agency_session_name": self.agency});
        if let Some(seconds) = self.duration {
            body["duration_seconds"] = seconds.into();
        }
        body
    }
}

#[derive(Deserialize)]
struct Assumed {
    credentials: AssumedCredentials,
}

#[derive(Deserialize)]
struct AssumedCredentials {
    access_key_id: String,
    secret_access_key: Secret,
    security_token: Secret,
    /// Not in every response.
    #[serde(default)]
    expiration: Option<String>,
}
