//! Sign-in with a token of an identity provider (OIDC): the token is exchanged for one of IAM's, that one for keys,
//! and with the keys a role is taken on.
//!
//! `POST <iam>/v3.0/OS-AUTH/id-token/tokens`, then `POST <iam>/v3.0/OS-CREDENTIAL/securitytokens`, neither of them
//! signed: the token is the proof. Source: IAM API reference, "Federated Identity Authentication", and the official
//! provider.

use reqwest::Method;
use serde::Serialize;

use super::assume_role::AssumeRole;
use super::{Credentials, Secret, wire};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::client::request::Request;
use crate::huaweicloud::endpoint::Service;
use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::system::System;
use crate::printable;

/// Where the identity provider's token is.
#[derive(Clone, Debug)]
pub enum IdToken {
    /// Here.
    Given(Secret),
    /// In this file, read at each sign-in: whoever issues tokens writes a new one in time.
    File(String),
}

impl IdToken {
    /// Checks that the setting can be a token or a file name. Does not read the file.
    ///
    /// # Errors
    /// [`ErrorKind::Credentials`]: an empty token, or a token instead of a file name.
    pub fn check(&self) -> Result<(), Error> {
        let what = match self {
            Self::Given(token) if token.expose().is_empty() => "id_token is empty",
            Self::File(path) if is_token(path) => {
                "id_token_file holds a token instead of the name of a file; set id_token to use the token"
            }
            _ => return Ok(()),
        };
        Err(Error::new(ErrorKind::Credentials, what))
    }
}

/// What a sign-in by token needs.
#[derive(Clone, Debug)]
pub struct AssumeRoleWithOidc {
    idp_id: String,
    token: IdToken,
    role: AssumeRole,
}

impl AssumeRoleWithOidc {
    /// `token` comes from the identity provider that IAM knows as `idp_id`; `role` is taken on with it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: `idp_id` is empty or can't be sent.
    pub fn new(idp_id: &str, token: IdToken, role: AssumeRole) -> Result<Self, Error> {
        let idp_id = idp_id.trim();
        if idp_id.is_empty() || !idp_id.bytes().all(|byte| byte.is_ascii_graphic()) {
            let what = "the id of the identity provider is empty or holds white space or characters outside ASCII";
            return Err(Error::new(ErrorKind::Config, what));
        }
        Ok(Self { idp_id: idp_id.to_owned(), token, role })
    }

    pub(super) fn role(&self) -> &AssumeRole {
        &self.role
    }

    /// The keys that the token is worth by itself.
    pub(super) async fn exchange(&self, client: &Client) -> Result<Credentials, Error> {
        let token = self.read_token(client.system()).await?;
        let endpoint = client.endpoint(Service::Iam, None)?;
        let path = ["v3.0", "OS-AUTH", "id-token", "tokens"];
        let request = Request::new(Method::POST, &endpoint, &path, &[])?
            .header("x-idp-id", self.idp_id.as_str())
            .json(&Exchange { auth: IdTokenPart { id_token: Id { id: token.expose() } } })?
            .secret(&token);
        let response = client.attempt_unsigned(&request).await?;
        let subject_token = response.subject_token.as_ref().filter(|token| !token.expose().is_empty());
        let subject_token =
            subject_token.ok_or_else(|| response.unexpected("the answer holds no token (X-Subject-Token)"))?;

        let path = ["v3.0", "OS-CREDENTIAL", "securitytokens"];
        let identity = TokenIdentity { methods: ["token"], token: Id { id: subject_token.expose() } };
        let request = Request::new(Method::POST, &endpoint, &path, &[])?
            .json(&Exchange { auth: IdentityPart { identity } })?
            .secret(subject_token)
            .secret(&token);
        wire::credential(&client.attempt_unsigned(&request).await?)
    }

    async fn read_token(&self, system: &System) -> Result<Secret, Error> {
        self.token.check()?;
        let broken = |what: String| Error::new(ErrorKind::Credentials, what);
        match &self.token {
            IdToken::Given(token) => Ok(token.clone()),
            IdToken::File(path) => match system.read_text(path).await {
                Ok(content) if content.trim().is_empty() => {
                    Err(broken(format!("id_token_file: {} is empty", printable::path(path))))
                }
                Ok(content) => Ok(Secret::from(content.as_str())),
                Err(error) => {
                    Err(broken(format!("id_token_file: {} cannot be read", printable::path(path))).with_source(error))
                }
            },
        }
    }

    /// Looks, without the network, whether there is a token.
    ///
    /// # Errors
    /// [`ErrorKind::Credentials`]: it is empty, or its file can't be read.
    pub(super) async fn check(&self, system: &System) -> Result<(), Error> {
        self.read_token(system).await.map(drop)
    }
}

/// Whether this is a JSON Web Token: three parts, the first of them JSON in base64 (RFC 7519). Somebody has taken one
/// variable for the other, and an error that quotes it would show it.
fn is_token(text: &str) -> bool {
    text.starts_with("eyJ") && text.split('.').count() == 3
}

#[derive(Serialize)]
struct Exchange<T> {
    auth: T,
}

#[derive(Serialize)]
struct IdTokenPart<'a> {
    id_token: Id<'a>,
}

#[derive(Serialize)]
struct IdentityPart<'a> {
    identity: TokenIdentity<'a>,
}

#[derive(Serialize)]
struct TokenIdentity<'a> {
    methods: [&'static str; 1],
    token: Id<'a>,
}

#[derive(Serialize)]
struct Id<'a> {
    id: &'a str,
}
