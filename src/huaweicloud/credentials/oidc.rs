//! Sign-in with a token of an identity provider (OIDC).
//!
//! The token is exchanged for an IAM token, which is exchanged for credentials, which assume a role.
//!
//! `POST <iam>/v3.0/OS-AUTH/id-token/tokens`, then `POST <iam>/v3.0/OS-CREDENTIAL/securitytokens`. Neither is signed,
//! because the token authenticates the request. Source: IAM API reference, "Federated Identity Authentication", and the
//! official provider.

use reqwest::Method;
use serde::Serialize;

use super::assume_role::AssumeRole;
use super::temporary;
use crate::huaweicloud::endpoint::Service;
use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::http::{Request, Sender};
use crate::huaweicloud::secret::Secret;
use crate::huaweicloud::signing::Credentials;
use crate::huaweicloud::system::System;
use crate::printable;

/// The token of an identity provider.
#[derive(Clone, Debug)]
pub enum IdToken {
    /// The token itself.
    Given(Secret),
    /// The path of a file with the token. It is read at each sign-in, because the issuer replaces the token.
    File(String),
}

impl IdToken {
    /// Checks that the setting can be a token or a file name. Does not read the file.
    ///
    /// # Errors
    /// [`ErrorKind::Credentials`]: an empty token, or a token instead of a file name.
    pub fn check(&self) -> Result<(), Error> {
        let what = match self {
            Self::Given(token) if token.is_empty() => "id_token is empty",
            Self::File(path) if is_token(path) => {
                "id_token_file contains a token instead of the name of a file; set id_token to use the token"
            }
            _ => return Ok(()),
        };
        Err(Error::new(ErrorKind::Credentials, what))
    }
}

/// The settings of a sign-in with a token.
#[derive(Clone, Debug)]
pub struct AssumeRoleWithOidc {
    idp_id: String,
    token: IdToken,
    role: AssumeRole,
}

impl AssumeRoleWithOidc {
    /// `idp_id` is the id of the token's identity provider in IAM. `role` is the role to assume with the token.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: `idp_id` is empty or cannot be sent.
    pub fn new(idp_id: &str, token: IdToken, role: AssumeRole) -> Result<Self, Error> {
        let idp_id = idp_id.trim();
        if idp_id.is_empty() || !idp_id.bytes().all(|byte| byte.is_ascii_graphic()) {
            let what = "the id of the identity provider is empty or contains white space or characters outside ASCII";
            return Err(Error::new(ErrorKind::Config, what));
        }
        Ok(Self { idp_id: idp_id.to_owned(), token, role })
    }

    pub(super) fn role(&self) -> &AssumeRole {
        &self.role
    }

    /// Exchanges the token for credentials, which do not have the role yet.
    ///
    /// # Errors
    /// Every error of a request, and [`ErrorKind::Credentials`]: the token cannot be read.
    pub(super) async fn exchange(&self, sender: &Sender) -> Result<Credentials, Error> {
        let token = self.read_token(sender.system()).await?;
        let endpoint = sender.endpoint(Service::Iam, None)?;
        let path = ["v3.0", "OS-AUTH", "id-token", "tokens"];
        let request = Request::new(Method::POST, &endpoint, &path, &[])?
            .header("x-idp-id", self.idp_id.as_str())
            .json(&Exchange { auth: IdTokenPart { id_token: Id { id: token.expose() } } })?
            .secret(&token);
        let response = sender.send(sender.unsigned(&request)?).await?;
        let subject_token = response.subject_token.as_ref().filter(|token| !token.is_empty());
        let subject_token =
            subject_token.ok_or_else(|| response.unexpected("the response has no token (X-Subject-Token)"))?;

        let path = ["v3.0", "OS-CREDENTIAL", "securitytokens"];
        let identity = TokenIdentity { methods: ["token"], token: Id { id: subject_token.expose() } };
        let request = Request::new(Method::POST, &endpoint, &path, &[])?
            .json(&Exchange { auth: IdentityPart { identity } })?
            .secret(subject_token)
            .secret(&token);
        temporary::credential(&sender.send(sender.unsigned(&request)?).await?)
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

    /// Checks, without the network, that there is a token.
    ///
    /// # Errors
    /// [`ErrorKind::Credentials`]: the token is empty, or its file cannot be read.
    pub(super) async fn check(&self, system: &System) -> Result<(), Error> {
        self.read_token(system).await.map(drop)
    }
}

/// Whether the text is a JSON Web Token: three parts, the first of them JSON in base64 (RFC 7519). A user may have set
/// the wrong variable, and an error about the missing file would show the token.
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
