//! The part of a seed about the sources of temporary credentials.

use serde::Deserialize;

use crate::state::identity::{Agency, Domain, IdentityProvider, Metadata};
use crate::state::lock::LockAfter;
use crate::state::{Permission, State};

use super::{Secret, Seed, SeedError, unique};

/// An account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DomainSeed {
    /// 32 hexadecimal digits in the real cloud.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// An agency, which every key pair can assume.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgencySeed {
    /// Unique in its account.
    pub name: String,
    /// The id of its account.
    pub domain_id: String,
    /// The name of its account.
    pub domain_name: String,
    /// The permissions of its credentials. Default: all.
    #[serde(default)]
    pub permissions: Option<Vec<Permission>>,
}

/// An identity provider (OpenID Connect).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityProviderSeed {
    /// The id that requests send in the header `X-Idp-Id`.
    pub id: String,
    /// The accepted id tokens. They are compared as text; their content has no meaning.
    pub id_tokens: Vec<Secret>,
    /// The permissions of credentials issued for them. Default: all.
    #[serde(default)]
    pub permissions: Option<Vec<Permission>>,
}

/// The metadata service of an ECS.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetadataSeed {
    /// Whether it issues tokens and requires them. Default: true.
    #[serde(default = "yes")]
    pub token: bool,
    /// The status of its response to a token request, if it issues none. Default: 404.
    #[serde(default = "not_found")]
    pub token_refusal: u16,
    /// Whether the ECS has an agency. Without one, there are no credentials. Default: true.
    #[serde(default = "yes")]
    pub agency: bool,
    /// The permissions of its credentials. Default: all.
    #[serde(default)]
    pub permissions: Option<Vec<Permission>>,
}

fn yes() -> bool {
    true
}

fn not_found() -> u16 {
    404
}

/// Merges this part of a seed into a state.
pub(super) fn merge(seed: &Seed, state: &mut State) -> Result<(), SeedError> {
    unique("identity_providers", seed.identity_providers.iter().map(|provider| provider.id.as_str()), "id")?;
    if let Some(after) = seed.lock_after {
        state.lock_after = LockAfter(after);
    }
    let identity = &mut state.identity;
    if let Some(DomainSeed { id, name }) = &seed.domain {
        identity.domain = Domain { id: id.clone(), name: name.clone() };
    }
    if let Some(seconds) = seed.lifetime_seconds {
        identity.lifetime_seconds = Some(seconds);
    }
    for seed in &seed.agencies {
        let domain = Domain { id: seed.domain_id.clone(), name: seed.domain_name.clone() };
        let agency = Agency { name: seed.name.clone(), domain, permissions: seed.permissions.clone() };
        identity.agencies.retain(|other| other.name != agency.name || other.domain.id != agency.domain.id);
        identity.agencies.push(agency);
    }
    for seed in &seed.identity_providers {
        let id_tokens = seed.id_tokens.iter().map(|token| token.reveal().to_owned()).collect();
        let provider = IdentityProvider { id_tokens, permissions: seed.permissions.clone() };
        identity.providers.insert(seed.id.clone(), provider);
    }
    if let Some(seed) = &seed.metadata {
        if !(400..=599).contains(&seed.token_refusal) {
            let message = format!("the status must be from 400 to 599, not {}", seed.token_refusal);
            return Err(SeedError::new("metadata.token_refusal", message));
        }
        identity.metadata = Some(Metadata {
            token: seed.token,
            token_refusal: seed.token_refusal,
            agency: seed.agency,
            permissions: seed.permissions.clone(),
        });
    }
    Ok(())
}
