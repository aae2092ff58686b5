//! Who can become whom: agencies, identity providers, the metadata service, and what they issue.

use super::time::seconds_after;
use super::{Credential, Permission, State, StateError};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// How long a token from an identity provider's token lives: a day, as IAM's tokens do.
const SUBJECT_TOKEN_SECONDS: u64 = 24 * 60 * 60;
/// How long the metadata service's keys live, by the documentation of ECS.
const METADATA_KEY_SECONDS: u64 = 60 * 60;
/// How long before the end of those the next one is there, by the same documentation.
const METADATA_KEY_RENEWAL: SignedDuration = SignedDuration::from_mins(10);

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

/// An agency of some account: every key pair may assume it.
#[derive(Clone, Debug)]
pub(crate) struct Agency {
    pub(crate) name: String,
    pub(crate) domain: Domain,
    pub(crate) permissions: Option<Vec<Permission>>,
}

/// An identity provider, and the tokens of it that are accepted.
#[derive(Clone)]
pub(crate) struct IdentityProvider {
    pub(crate) id_tokens: Vec<String>,
    pub(crate) permissions: Option<Vec<Permission>>,
}

/// The metadata service of an ECS.
#[derive(Clone, Debug)]
pub(crate) struct Metadata {
    /// Whether it gives tokens, and wants them.
    pub(crate) token: bool,
    /// How it refuses to give tokens where it has none.
    pub(crate) token_refusal: u16,
    /// Whether an agency is configured: without one there are no keys.
    pub(crate) agency: bool,
    pub(crate) permissions: Option<Vec<Permission>>,
}

/// All of it.
#[derive(Clone, Default)]
pub(crate) struct Identity {
    /// The account that projects and key pairs belong to.
    pub(crate) domain: Domain,
    pub(crate) agencies: Vec<Agency>,
    /// By id.
    pub(crate) providers: BTreeMap<String, IdentityProvider>,
    pub(crate) metadata: Option<Metadata>,
    /// How long issued keys live, whatever was asked for.
    pub(crate) lifetime_seconds: Option<u64>,
    /// With the provider that each was issued for, and its end.
    subject_tokens: BTreeMap<String, (String, Timestamp)>,
    /// With the end of each.
    metadata_tokens: BTreeMap<String, Timestamp>,
    /// The metadata service's present key.
    metadata_key: Option<IssuedKey>,
    /// How many keys and tokens were issued.
    issued: u64,
}

/// A temporary key pair, as it is told once.
#[derive(Clone)]
pub(crate) struct IssuedKey {
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) security_token: String,
    pub(crate) expires_at: Timestamp,
}

impl State {
    /// How long keys live that are issued from now on, by the emulator's clock and whatever was
    /// asked for. `None`: as asked for.
    pub fn set_credential_lifetime(&mut self, seconds: Option<u64>) {
        self.identity.lifetime_seconds = seconds;
    }

    /// Ends the life of every key that was issued so far. Keys of a seed stay.
    ///
    /// For tests in which time cannot be moved, because clients sign with the computer's clock.
    pub fn expire_issued_credentials(&mut self) {
        for credential in self.credentials.values_mut().filter(|credential| credential.is_issued) {
            credential.expires_at = Some(Timestamp::MIN);
        }
        self.identity.metadata_key = None;
    }

    /// A key of an agency, in the account with this id or this name.
    pub(crate) fn assume_agency(
        &mut self,
        name: &str,
        domain_id: Option<&str>,
        domain_name: Option<&str>,
        seconds: u64,
        now: Timestamp,
    ) -> Result<IssuedKey, StateError> {
        let is_wanted = |agency: &&Agency| {
            agency.name == name
                && domain_id.is_none_or(|id| id == agency.domain.id)
                && domain_name.is_none_or(|name| name == agency.domain.name)
        };
        let agency = self.identity.agencies.iter().find(is_wanted).cloned();
        let agency = agency.ok_or_else(|| StateError::UnknownAgency { agency: name.to_owned() })?;
        Ok(self.issue_key(agency.permissions, seconds, now))
    }

    /// A subject token and its end, for a provider's id token.
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
        let token = self.identity.next_text("subject token");
        let end = seconds_after(now, SUBJECT_TOKEN_SECONDS);
        self.identity.subject_tokens.insert(token.clone(), (provider.to_owned(), end));
        Ok((token, end))
    }

    /// A key for a subject token.
    pub(crate) fn exchange_subject_token(
        &mut self,
        token: &str,
        seconds: u64,
        now: Timestamp,
    ) -> Result<IssuedKey, StateError> {
        let found = self.identity.subject_tokens.get(token).filter(|(_, end)| now < *end);
        let (provider, _) = found.ok_or(StateError::WrongSubjectToken)?;
        let provider = self.identity.providers.get(provider).ok_or(StateError::WrongSubjectToken)?;
        let permissions = provider.permissions.clone();
        Ok(self.issue_key(permissions, seconds, now))
    }

    /// A token of the metadata service.
    pub(crate) fn issue_metadata_token(&mut self, seconds: u64, now: Timestamp) -> Result<String, StateError> {
        let metadata = self.identity.metadata.as_ref().ok_or(StateError::NoMetadata)?;
        if !metadata.token {
            return Err(StateError::NoMetadataTokens { status: metadata.token_refusal });
        }
        let token = self.identity.next_text("metadata token");
        self.identity.metadata_tokens.insert(token.clone(), seconds_after(now, seconds));
        Ok(token)
    }

    /// The metadata service's key: the same one until it nears its end.
    pub(crate) fn metadata_key(&mut self, token: Option<&str>, now: Timestamp) -> Result<IssuedKey, StateError> {
        let identity = &self.identity;
        let metadata = identity.metadata.as_ref().ok_or(StateError::NoMetadata)?;
        let is_good = |token: &str| identity.metadata_tokens.get(token).is_some_and(|end| now < *end);
        if metadata.token && !token.is_some_and(is_good) {
            return Err(StateError::WrongMetadataToken);
        }
        if !metadata.agency {
            return Err(StateError::NoMetadataAgency);
        }
        let is_fresh = |key: &&IssuedKey| key.expires_at.duration_since(now) > METADATA_KEY_RENEWAL;
        if let Some(key) = identity.metadata_key.as_ref().filter(is_fresh) {
            return Ok(key.clone());
        }
        let permissions = metadata.permissions.clone();
        let key = self.issue_key(permissions, METADATA_KEY_SECONDS, now);
        self.identity.metadata_key = Some(key.clone());
        Ok(key)
    }

    fn issue_key(&mut self, permissions: Option<Vec<Permission>>, seconds: u64, now: Timestamp) -> IssuedKey {
        let seconds = self.identity.lifetime_seconds.unwrap_or(seconds);
        let secret_key = self.identity.next_text("secret key");
        let security_token = self.identity.next_text("security token");
        let key = IssuedKey {
            access_key: format!("EMULATORISSUED{:06}", self.identity.issued),
            secret_key,
            security_token,
            expires_at: seconds_after(now, seconds),
        };
        let credential = Credential {
            secret_key: key.secret_key.clone(),
            security_token: Some(key.security_token.clone()),
            permissions,
            expires_at: Some(key.expires_at),
            is_issued: true,
            ..Credential::default()
        };
        self.credentials.insert(key.access_key.clone(), credential);
        key
    }
}

impl Identity {
    /// A text that was not given out before. It only looks like a secret: who knows how many were
    /// issued can tell it.
    fn next_text(&mut self, what: &str) -> String {
        self.issued += 1;
        hex::encode(Sha256::digest(format!("dms-emulator {what} {}", self.issued)))
    }
}
