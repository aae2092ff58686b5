//! Where credentials come from.
//!
//! [`Chain`] tries its sources in order. A source *has* credentials, which ends the search; or it is *absent*, and the
//! next one is tried; or it is *broken* (one of two keys, a token without keys, an invalid character), which ends the
//! search with an error that names the source. A broken source is never skipped: after a typo, other credentials must
//! not be used without notice.
//!
//! [`SignIn`] takes the credentials of the chain, or exchanges a token of an identity provider for credentials
//! ([`AssumeRoleWithOidc`]), and then assumes one role after the other ([`AssumeRole`]). [`Cache`] keeps the result,
//! and signs in again before temporary credentials expire.
//!
//! To add a source, add a file with a `lookup` and a variant of [`Source`].

mod assume_role;
mod cache;
mod chain;
mod defaults;
mod environment;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod key_parts;
mod metadata;
mod oidc;
mod profile;
mod sdk_file;
mod sign_in;
mod static_credentials;
mod temporary;
#[cfg(test)]
mod tests;

pub use assume_role::{AgencyAccount, AssumeRole};
pub(super) use cache::Cache;
pub use chain::{Chain, Source};
pub use defaults::Defaults;
pub use environment::Variables;
pub use metadata::EcsMetadata;
pub use oidc::{AssumeRoleWithOidc, IdToken};
pub use profile::HcloudProfile;
pub use sign_in::CredentialsFound;
pub(super) use sign_in::SignIn;
pub use static_credentials::StaticCredentials;
