//! Accounts ("domains"): their ids, and how the account of some keys is found out.

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use super::{Entry, LISTED, NAME_LIMIT, check_id, entries};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::client::request::Request;
use crate::huaweicloud::credentials::Credentials;
use crate::huaweicloud::endpoint::Service;
use crate::huaweicloud::error::{Error, ErrorKind, safe};
use crate::huaweicloud::name::name;

/// The header that tells IAM whose account the keys are of.
pub(in crate::huaweicloud) const DOMAIN_HEADER: &str = "x-domain-id";

name! {
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
        let list: DomainList = self.attempt_as(credentials, &request).await?.json()?;
        choose(name, &entries(&list.domains))
    }
}

/// The part of the answer that matters here.
#[derive(Deserialize)]
struct DomainList {
    domains: Value,
}

fn choose(name: Option<&str>, domains: &[Entry]) -> Result<DomainId, Error> {
    let mut fitting = domains.iter().filter(|domain| name.is_none_or(|name| domain.name == name));
    if let (Some(only), None) = (fitting.next(), fitting.next()) {
        return DomainId::parse(&only.id);
    }
    let list: Vec<String> = domains
        .iter()
        .take(LISTED)
        .map(|domain| format!("{} ({})", safe(&domain.id, NAME_LIMIT), safe(&domain.name, NAME_LIMIT)))
        .collect();
    let what = match name {
        Some(name) => format!("IAM shows these credentials no account, or several, named {name:?}"),
        None => "IAM shows these credentials no account, or several".to_owned(),
    };
    let list = if list.is_empty() { "none".to_owned() } else { list.join(", ") };
    Err(Error::new(ErrorKind::Config, format!("{what} (there are: {list}); set `domain_id`")))
}
