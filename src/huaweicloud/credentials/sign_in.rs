//! From nothing to the keys that sign requests: keys of the chain or of a token, then one role after the other.

use super::assume_role::{AgencyAccount, AssumeRole};
use super::{AssumeRoleWithOidc, Chain, Credentials};
use crate::huaweicloud::client::{Client, CredentialsFound};
use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::iam::DomainId;

/// How a client signs in.
#[derive(Clone, Debug)]
pub(in crate::huaweicloud) struct SignIn {
    pub(in crate::huaweicloud) chain: Chain,
    /// In place of the chain.
    pub(in crate::huaweicloud) oidc: Option<AssumeRoleWithOidc>,
    pub(in crate::huaweicloud) roles: Vec<AssumeRole>,
    /// The account of the first keys.
    pub(in crate::huaweicloud) domain_id: Option<DomainId>,
    pub(in crate::huaweicloud) domain_name: Option<String>,
}

impl SignIn {
    /// Signs in anew, whatever was found before. Never uses the client's own credentials: they wait for this.
    ///
    /// # Errors
    /// Whatever a step says, with the step in front, and marked as not sent: nothing of the request that needs the keys
    /// has left.
    pub(in crate::huaweicloud) async fn run(&self, client: &Client) -> Result<Credentials, Error> {
        let mut account = (self.domain_id.clone(), self.domain_name.as_deref());
        let mut credentials = match &self.oidc {
            None => self.chain.resolve(client).await?,
            Some(oidc) => {
                let step = "assume_role_with_oidc";
                let keys = oidc.exchange(client).await.map_err(|error| error.during_sign_in(step))?;
                let role = oidc.role();
                let keys = assume(client, role, &keys, account).await.map_err(|error| error.during_sign_in(step))?;
                account = (id_of(role), None);
                keys
            }
        };
        for (position, role) in self.roles.iter().enumerate() {
            credentials = assume(client, role, &credentials, account)
                .await
                .map_err(|error| error.during_sign_in(&format!("assume_role[{position}]")))?;
            account = (id_of(role), None);
            log::debug!(agency = role.agency(); "role assumed");
        }
        Ok(credentials)
    }

    /// Where the first keys are, and what is done with them at the first request. Nothing of it is tried.
    ///
    /// # Errors
    /// As for [`Chain::resolve`].
    pub(in crate::huaweicloud) async fn find(&self, client: &Client) -> Result<CredentialsFound, Error> {
        let mut agencies: Vec<String> = self.roles.iter().map(|role| role.agency().to_owned()).collect();
        if let Some(oidc) = &self.oidc {
            oidc.check(client.system()).await?;
            agencies.insert(0, oidc.role().agency().to_owned());
            return Ok(CredentialsFound { source: "assume_role_with_oidc".to_owned(), access_key: None, agencies });
        }
        let (source, credentials) = self.chain.search(client).await?;
        Ok(CredentialsFound { source, access_key: Some(credentials.access_key().to_owned()), agencies })
    }
}

fn id_of(role: &AssumeRole) -> Option<DomainId> {
    match role.account() {
        AgencyAccount::Id(id) => Some(id.clone()),
        AgencyAccount::Name(_) => None,
    }
}

/// IAM is told the account of the keys that ask. Where it is not known and can't be found out, the role is tried
/// without: the service may know by itself.
async fn assume(
    client: &Client,
    role: &AssumeRole,
    credentials: &Credentials,
    (id, name): (Option<DomainId>, Option<&str>),
) -> Result<Credentials, Error> {
    let from = match id {
        Some(id) => Some(id),
        None => match client.look_up_domain(credentials, name).await {
            Ok(id) => Some(id),
            // Refused keys would be refused again, and are locked after a few times; the rest may be set right.
            Err(error) if may_be_unknown(&error) => {
                log::warn!("the account of the keys is not known, so none is told to IAM: {}", error.report());
                None
            }
            Err(error) => return Err(error),
        },
    };
    role.assume(client, credentials, from.as_ref()).await
}

fn may_be_unknown(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::NotFound | ErrorKind::Refused | ErrorKind::Decode)
}
