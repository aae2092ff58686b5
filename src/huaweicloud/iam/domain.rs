//! Accounts ("domains"): their ids, and how the account of some keys is found out.

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use super::{Entry, check_id, entries, list};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::client::request::Request;
use crate::huaweicloud::credentials::Credentials;
use crate::huaweicloud::endpoint::Service;
use crate::huaweicloud::error::{Error, ErrorKind, Redactor};
use crate::huaweicloud::name::{Name, string_newtype};

/// The header that tells IAM whose account the keys are of.
pub(in crate::huaweicloud) const DOMAIN_HEADER: &str = "x-domain-id";

string_newtype! {
    /// The id of an account: letters, digits, `-` and `_` (usually 32 hexadecimal digits).
    DomainId, |text| check_id("account id", text)
}

impl Client {
    /// The account named `name`, else the one account that these keys see:
    /// `GET /v3/auth/domains` (IAM, KeystoneListAuthDomains).
    pub(in crate::huaweicloud) async fn look_up_domain(
        &self,
        credentials: &Credentials,
        name: Option<&str>,
    ) -> Result<DomainId, Error> {
        let endpoint = self.endpoint(Service::Iam, None)?;
        let request = Request::new(Method::GET, &endpoint, &["v3", "auth", "domains"], &[])?;
        let response = self.attempt_as(credentials, &request).await?;
        let list: DomainList = response.json()?;
        choose(name, &entries(&list.domains), &response.redactor)
    }
}

/// The part of the answer that matters here.
#[derive(Deserialize)]
struct DomainList {
    domains: Value,
}

fn choose(name: Option<&str>, domains: &[Entry], redactor: &Redactor) -> Result<DomainId, Error> {
    let mut fitting = domains.iter().filter(|domain| name.is_none_or(|name| domain.name == name));
    if let (Some(only), None) = (fitting.next(), fitting.next()) {
        return DomainId::checked(Name::answered(&only.id, redactor));
    }
    let what = match name {
        Some(name) => format!("IAM shows these credentials no account, or several, named {name:?}"),
        None => "IAM shows these credentials no account, or several".to_owned(),
    };
    let list = if domains.is_empty() { "none".to_owned() } else { list(domains, redactor) };
    Err(Error::new(ErrorKind::Config, format!("{what} (there are: {list}); set `domain_id`")))
}
