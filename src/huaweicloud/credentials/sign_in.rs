//! Signing in: the credentials of the chain or of a token, then one role after the other.

use super::assume_role::{AgencyAccount, AssumeRole};
use super::chain::Chain;
use super::oidc::AssumeRoleWithOidc;
use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::http::Sender;
use crate::huaweicloud::iam::find_account;
use crate::huaweicloud::ids::DomainId;
use crate::huaweicloud::signing::Credentials;

/// The step of the sign-in that uses a token of an identity provider, as users know it.
const OIDC_STEP: &str = "assume_role_with_oidc";

/// How a client signs in.
#[derive(Clone, Debug)]
pub(in crate::huaweicloud) struct SignIn {
    pub(in crate::huaweicloud) chain: Chain,
    /// Replaces the chain.
    pub(in crate::huaweicloud) oidc: Option<AssumeRoleWithOidc>,
    pub(in crate::huaweicloud) roles: Vec<AssumeRole>,
    /// The account of the first credentials.
    pub(in crate::huaweicloud) domain_id: Option<DomainId>,
    pub(in crate::huaweicloud) domain_name: Option<String>,
}

/// Where credentials were found. Contains no secrets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CredentialsFound {
    /// The description of the source, such as `the environment (HW_*)`.
    pub source: String,
    /// The access key, which every request contains unencrypted. `None`: the source is a token, which is exchanged for
    /// credentials at the first request.
    pub access_key: Option<String>,
    /// The agencies whose roles are assumed at the first request, in order.
    pub agencies: Vec<String>,
}

impl SignIn {
    /// Signs in, regardless of earlier results.
    ///
    /// # Errors
    /// The error of a step, with the name of the step, and marked as not sent: nothing of the request that needs the
    /// credentials was sent.
    pub(in crate::huaweicloud) async fn run(&self, sender: &Sender) -> Result<Credentials, Error> {
        let mut account = (self.domain_id.clone(), self.domain_name.as_deref());
        let mut credentials = match &self.oidc {
            None => self.chain.resolve(sender).await?,
            Some(oidc) => {
                let in_step = |error: Error| error.during_sign_in(OIDC_STEP);
                let exchanged = oidc.exchange(sender).await.map_err(in_step)?;
                let role = oidc.role();
                let credentials = assume(sender, role, &exchanged, account).await.map_err(in_step)?;
                account = (account_id(role), None);
                credentials
            }
        };
        for (position, role) in self.roles.iter().enumerate() {
            credentials = assume(sender, role, &credentials, account)
                .await
                .map_err(|error| error.during_sign_in(&format!("assume_role[{position}]")))?;
            account = (account_id(role), None);
            log::debug!(agency = role.agency(); "role assumed");
        }
        Ok(credentials)
    }

    /// Finds the first credentials, as [`run`](Self::run) does, without using them.
    ///
    /// # Errors
    /// [`ErrorKind::Credentials`]: a source is broken, or no source has credentials.
    pub(in crate::huaweicloud) async fn find(&self, sender: &Sender) -> Result<CredentialsFound, Error> {
        let mut agencies: Vec<String> = self.roles.iter().map(|role| role.agency().to_owned()).collect();
        if let Some(oidc) = &self.oidc {
            oidc.check(sender.system()).await?;
            agencies.insert(0, oidc.role().agency().to_owned());
            return Ok(CredentialsFound { source: OIDC_STEP.to_owned(), access_key: None, agencies });
        }
        let (source, credentials) = self.chain.search(sender).await?;
        Ok(CredentialsFound { source, access_key: Some(credentials.access_key().to_owned()), agencies })
    }
}

fn account_id(role: &AssumeRole) -> Option<DomainId> {
    match role.account() {
        AgencyAccount::Id(id) => Some(id.clone()),
        AgencyAccount::Name(_) => None,
    }
}

/// Assumes a role. The request names the account of the credentials. If that account is unknown and cannot be looked
/// up, the request is sent without it, because the service may know the account.
async fn assume(
    sender: &Sender,
    role: &AssumeRole,
    credentials: &Credentials,
    (id, name): (Option<DomainId>, Option<&str>),
) -> Result<Credentials, Error> {
    let from = match id {
        Some(id) => Some(id),
        None => match find_account(sender, credentials, name).await {
            Ok(id) => Some(id),
            Err(error) if is_optional(&error) => {
                log::warn!("the account of the credentials is unknown, so IAM gets none: {}", error.report());
                None
            }
            Err(error) => return Err(error),
        },
    };
    role.assume(sender, credentials, from.as_ref()).await
}

/// Whether the role can be assumed despite this error of the account lookup. Not after a rejection of the credentials,
/// which would be rejected again and then locked, and not after errors that the user or a retry can correct.
fn is_optional(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::NotFound | ErrorKind::Refused | ErrorKind::Decode)
}
