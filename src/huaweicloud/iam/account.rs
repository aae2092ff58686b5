//! Accounts, which IAM calls "domains", and the lookup of the account of credentials.

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use super::list::{ListItem, describe, entries};
use crate::huaweicloud::endpoint::Service;
use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::http::{Request, Sender};
use crate::huaweicloud::ids::DomainId;
use crate::huaweicloud::name::Name;
use crate::huaweicloud::redact::Redactor;
use crate::huaweicloud::signing::Credentials;

/// The header with the account of the credentials that sign a request to IAM.
pub(in crate::huaweicloud) const DOMAIN_HEADER: &str = "x-domain-id";

/// The account named `name`, or the only account of these credentials: `GET /v3/auth/domains` (IAM,
/// KeystoneListAuthDomains).
///
/// # Errors
/// Every error of a request, and [`ErrorKind::Config`] if there is not exactly one account.
pub(in crate::huaweicloud) async fn find_account(
    sender: &Sender,
    credentials: &Credentials,
    name: Option<&str>,
) -> Result<DomainId, Error> {
    let endpoint = sender.endpoint(Service::Iam, None)?;
    let request = Request::new(Method::GET, &endpoint, &["v3", "auth", "domains"], &[])?;
    let response = sender.send(sender.sign(&request, credentials)?).await?;
    let list: DomainList = response.json()?;
    choose(name, &entries(&list.domains), &response.redactor)
}

#[derive(Deserialize)]
struct DomainList {
    domains: Value,
}

fn choose(name: Option<&str>, accounts: &[ListItem], redactor: &Redactor) -> Result<DomainId, Error> {
    let mut matching = accounts.iter().filter(|account| name.is_none_or(|name| account.name == name));
    if let (Some(only), None) = (matching.next(), matching.next()) {
        return DomainId::from_name(Name::from_response(&only.id, redactor));
    }
    let named = name.map(|name| format!(" named {name:?}")).unwrap_or_default();
    let list = if accounts.is_empty() { "none".to_owned() } else { describe(accounts, redactor) };
    Err(Error::new(
        ErrorKind::Config,
        format!("IAM lists no account or several accounts{named} for these credentials ({list}); set `domain_id`"),
    ))
}
