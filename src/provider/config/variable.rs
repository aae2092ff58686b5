//! The environment variables of each argument, in order. [`crate::huaweicloud::Chain`] has those of credentials and
//! profiles.

pub(super) const REGION: &[&str] = &["HW_REGION_NAME"];
pub(super) const PROJECT_ID: &[&str] = &["HW_PROJECT_ID", "HUAWEICLOUD_SDK_PROJECT_ID"];
pub(super) const PROJECT_NAME: &[&str] = &["HW_PROJECT_NAME"];
pub(super) const DOMAIN_ID: &[&str] = &["HW_DOMAIN_ID"];
pub(super) const DOMAIN_NAME: &[&str] = &["HW_DOMAIN_NAME"];
pub(super) const CLOUD: &[&str] = &["HW_CLOUD"];
pub(super) const AUTH_URL: &[&str] = &["HW_AUTH_URL"];
pub(super) const INSECURE: &[&str] = &["HW_INSECURE"];
pub(super) const USE_ECS_METADATA: &[&str] = &["HW_USE_ECS_METADATA"];
pub(super) const MAX_RETRIES: &[&str] = &["HW_MAX_RETRIES"];
pub(super) const AGENCY_NAME: &[&str] = &["HW_ASSUME_ROLE_AGENCY_NAME"];
pub(super) const AGENCY_DOMAIN_NAME: &[&str] = &["HW_ASSUME_ROLE_DOMAIN_NAME"];
pub(super) const AGENCY_DOMAIN_ID: &[&str] = &["HW_ASSUME_ROLE_DOMAIN_ID"];
pub(super) const ROLE_DURATION: &[&str] = &["HW_ASSUME_ROLE_DURATION"];
pub(super) const IDP_ID: &[&str] = &["HW_ASSUME_ROLE_IDP_ID"];
pub(super) const ID_TOKEN: &[&str] = &["HW_ASSUME_ROLE_ID_TOKEN"];
pub(super) const ID_TOKEN_FILE: &[&str] = &["HW_ASSUME_ROLE_ID_TOKEN_FILE"];
