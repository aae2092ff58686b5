//! Lookup of projects and accounts at IAM.

mod account;
mod list;
mod project;

pub(super) use account::{DOMAIN_HEADER, find_account};
pub(super) use project::{choose_project, list_projects};
