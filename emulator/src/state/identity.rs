//! Temporary credentials: their sources (agencies, identity providers, the metadata service), and those issued.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::digest::sha256_hex;

use super::time::after_seconds;
use super::{Credential, Permission, State, StateError};

/// The lifetime of a token issued for an id token: one day, as for all tokens of IAM.
const SUBJECT_TOKEN_SECONDS: u64 = 24 * 60 * 60;
/// The lifetime of the credentials of the metadata service, according to the documentation of ECS.
const METADATA_CREDENTIALS_SECONDS: u64 = 60 * 60;
/// How long before their expiry the next ones are issued, according to the same documentation.
const METADATA_CREDENTIALS_RENEWAL: SignedDuration = SignedDuration::from_mins(10);

/// An account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Domain {
    pub(crate) id: String,
    pub(crate) name: String,
}

impl Default for Domain {
    fn default() -> Self {
        Self { id: "0d0e0f0000000000000000000000d0a1".to_owned(), name: "emulator".to_owned() }
    }
}

/// An agency of any account. Every key pair can assume it.
#[derive(Clone, Debug)]
pub(crate) struct Agency {
    pub(crate) name: String,
    pub(crate) domain: Domain,
    pub(crate) permissions: Option<Vec<Permission>>,
}

/// An identity provider and its accepted id tokens.
#[derive(Clone)]
pub(crate) struct IdentityProvider {
    pub(crate) id_tokens: Vec<String>,
    pub(crate) permissions: Option<Vec<Permission>>,
}

/// The metadata service of an ECS.
#[derive(Clone, Debug)]
pub(crate) struct Metadata {
    /// Whether it issues tokens and requires them.
    pub(crate) token: bool,
    /// The status of the response to a token request, if it issues none.
    pub(crate) token_refusal: u16,
    /// Whether the ECS has an agency. Without one, there are no credentials.
    pub(crate) agency: bool,
    pub(crate) permissions: Option<Vec<Permission>>,
}

/// The sources of temporary credentials, and what they have issued.
#[derive(Clone, Default)]
pub(crate) struct Identity {
    /// The account that projects and key pairs belong to.
    pub(crate) domain: Domain,
    pub(crate) agencies: Vec<Agency>,
    /// By id.
    pub(crate) providers: BTreeMap<String, IdentityProvider>,
    pub(crate) metadata: Option<Metadata>,
    /// The lifetime of issued credentials, whatever the request asks for.
    pub(crate) lifetime_seconds: Option<u64>,
    /// The provider of each token, and its expiry.
    subject_tokens: BTreeMap<String, (String, Timestamp)>,
    /// The expiry of each token.
    metadata_tokens: BTreeMap<String, Timestamp>,
    /// The current credentials of the metadata service.
    metadata_credentials: Option<IssuedCredentials>,
    /// The number of secrets and tokens issued.
    issued: u64,
}

/// Temporary credentials in the form in which they are issued.
#[derive(Clone)]
pub(crate) struct IssuedCredentials {
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) security_token: String,
    pub(crate) expires_at: Timestamp,
}

impl State {
    /// Sets the lifetime of credentials that are issued from now on, by the emulator's clock. `None`: as requested.
    pub fn set_credential_lifetime(&mut self, seconds: Option<u64>) {
        self.identity.lifetime_seconds = seconds;
    }

    /// Expires all credentials issued so far, but not those of a seed.
    ///
    /// For tests that cannot move the clock, because their clients sign with the clock of the operating system.
    pub fn expire_issued_credentials(&mut self) {
        for credential in self.credentials.values_mut().filter(|credential| credential.is_issued) {
            credential.expires_at = Some(Timestamp::MIN);
        }
        self.identity.metadata_credentials = None;
    }

    /// Issues credentials of an agency in the account with this id and this name, as far as they are given.
    pub(crate) fn assume_agency(
        &mut self,
        name: &str,
        domain_id: Option<&str>,
        domain_name: Option<&str>,
        seconds: u64,
        now: Timestamp,
    ) -> Result<IssuedCredentials, StateError> {
        let matches = |agency: &&Agency| {
            agency.name == name
                && domain_id.is_none_or(|id| id == agency.domain.id)
                && domain_name.is_none_or(|name| name == agency.domain.name)
        };
        let agency = self.identity.agencies.iter().find(matches).cloned();
        let agency = agency.ok_or_else(|| StateError::UnknownAgency { agency: name.to_owned() })?;
        Ok(self.issue_credentials(agency.permissions, seconds, now))
    }

    /// Issues a subject token, with its expiry, for an id token.
    pub(crate) fn exchange_id_token(
        &mut self,
        provider: &str,
        id_token: &str,
        now: Timestamp,
    ) -> Result<(String, Timestamp), StateError> {
        let unknown = || StateError::UnknownIdentityProvider { provider: provider.to_owned() };
        let known = self.identity.providers.get(provider).ok_or_else(unknown)?;
        if !known.id_tokens.iter().any(|token| token == id_token) {
            return Err(StateError::WrongIdToken);
        }
        let token = self.identity.next_token("subject token");
        let end = after_seconds(now, SUBJECT_TOKEN_SECONDS);
        self.identity.subject_tokens.insert(token.clone(), (provider.to_owned(), end));
        Ok((token, end))
    }

    /// Issues credentials for a subject token.
    pub(crate) fn exchange_subject_token(
        &mut self,
        token: &str,
        seconds: u64,
        now: Timestamp,
    ) -> Result<IssuedCredentials, StateError> {
        let found = self.identity.subject_tokens.get(token).filter(|(_, end)| now < *end);
        let (provider, _) = found.ok_or(StateError::WrongSubjectToken)?;
        let provider = self.identity.providers.get(provider).ok_or(StateError::WrongSubjectToken)?;
        let permissions = provider.permissions.clone();
        Ok(self.issue_credentials(permissions, seconds, now))
    }

    /// Issues a token of the metadata service.
    pub(crate) fn issue_metadata_token(&mut self, seconds: u64, now: Timestamp) -> Result<String, StateError> {
        let metadata = self.identity.metadata.as_ref().ok_or(StateError::NoMetadata)?;
        if !metadata.token {
            return Err(StateError::NoMetadataTokens { status: metadata.token_refusal });
        }
        let token = self.identity.next_token("metadata token");
        self.identity.metadata_tokens.insert(token.clone(), after_seconds(now, seconds));
        Ok(token)
    }

    /// The credentials of the metadata service. They stay the same until shortly before they expire.
    pub(crate) fn metadata_credentials(
        &mut self,
        token: Option<&str>,
        now: Timestamp,
    ) -> Result<IssuedCredentials, StateError> {
        let identity = &self.identity;
        let metadata = identity.metadata.as_ref().ok_or(StateError::NoMetadata)?;
        let is_valid = |token: &str| identity.metadata_tokens.get(token).is_some_and(|end| now < *end);
        if metadata.token && !token.is_some_and(is_valid) {
            return Err(StateError::WrongMetadataToken);
        }
        if !metadata.agency {
            return Err(StateError::NoMetadataAgency);
        }
        let is_fresh =
            |issued: &&IssuedCredentials| issued.expires_at.duration_since(now) > METADATA_CREDENTIALS_RENEWAL;
        if let Some(issued) = identity.metadata_credentials.as_ref().filter(is_fresh) {
            return Ok(issued.clone());
        }
        let permissions = metadata.permissions.clone();
        let issued = self.issue_credentials(permissions, METADATA_CREDENTIALS_SECONDS, now);
        self.identity.metadata_credentials = Some(issued.clone());
        Ok(issued)
    }

    fn issue_credentials(
        &mut self,
        permissions: Option<Vec<Permission>>,
        seconds: u64,
        now: Timestamp,
    ) -> IssuedCredentials {
        let seconds = self.identity.lifetime_seconds.unwrap_or(seconds);
        let secret_key = self.identity.next_token("secret key");
        let security_token = self.identity.next_token("security token");
        let issued = IssuedCredentials {
            access_key: format!("EMULATORISSUED{:06}", self.identity.issued),
            secret_key,
            security_token,
            expires_at: after_seconds(now, seconds),
        };
        let credential = Credential {
            secret_key: issued.secret_key.clone(),
            security_token: Some(issued.security_token.clone()),
            permissions,
            expires_at: Some(issued.expires_at),
            is_issued: true,
            ..Credential::default()
        };
        self.credentials.insert(issued.access_key.clone(), credential);
        issued
    }
}

impl Identity {
    /// A text that was not issued before. It only looks like a secret: it can be computed from the number of those
    /// issued before.
    fn next_token(&mut self, what: &str) -> String {
        self.issued += 1;
        sha256_hex(format!("dms-emulator {what} {}", self.issued).as_bytes())
    }
}
