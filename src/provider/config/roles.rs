//! The roles to assume, and the sign-in with an OIDC token.
//!
//! If there are several `assume_role` blocks, each must be complete. A single block is completed by environment
//! variables. Without a block, the variables alone are enough.

use std::time::Duration;

use crate::huaweicloud::{AgencyAccount, AssumeRole, AssumeRoleWithOidc, DomainId, IdToken};
use crate::provider::argument_reader::{ReadResult, Unavailable, value_of};
use crate::tf_provider::attribute_path::AttributePath;
use crate::tf_provider::value::Attr;

use super::reader::{ConfigReader, Setting, sentence};
use super::{AssumeRoleBlock, OidcBlock, ProviderConfig, variable};

const ROLE: &str = "assume_role";
const OIDC: &str = "assume_role_with_oidc";

/// The block that a role is read from.
struct RoleSource {
    /// `None`: the role is configured by environment variables only.
    block: Option<AttributePath>,
    /// The type of the block.
    name: &'static str,
    /// Whether environment variables complete the block.
    uses_environment: bool,
}

impl RoleSource {
    fn path(&self, attribute: &str) -> AttributePath {
        self.block.as_ref().map(|block| block.child_attribute(attribute)).unwrap_or_default()
    }
}

impl ConfigReader<'_> {
    /// The roles of the block, or those of the environment. `with_oidc`: the variables belong to the sign-in with a
    /// token.
    ///
    /// # Errors
    /// A role is invalid or not known yet.
    pub(super) fn roles(&mut self, block: &ProviderConfig, with_oidc: bool) -> ReadResult<Vec<AssumeRole>> {
        let blocks = value_of(&block.assume_role)?.map_or(&[][..], Vec::as_slice);
        if blocks.is_empty() && !with_oidc {
            return self.role_of_environment();
        }
        let roles: Vec<_> = (0_i64..)
            .zip(blocks)
            .map(|(index, role)| {
                let path = AttributePath::attribute(ROLE).child_index(index);
                let uses_environment = blocks.len() == 1 && !with_oidc;
                self.role(&RoleSource { block: Some(path), name: ROLE, uses_environment }, role)
            })
            .collect();
        roles.into_iter().collect()
    }

    fn role_of_environment(&mut self) -> ReadResult<Vec<AssumeRole>> {
        if self.variable(variable::AGENCY_NAME).is_some() {
            let source = RoleSource { block: None, name: ROLE, uses_environment: true };
            return self.role(&source, &AssumeRoleBlock::default()).map(|role| vec![role]);
        }
        let account = [variable::AGENCY_DOMAIN_ID, variable::AGENCY_DOMAIN_NAME];
        let account = account.into_iter().find_map(|names| self.variable(names));
        match account.and_then(|setting| setting.variable) {
            None => Ok(Vec::new()),
            Some(set) => {
                let missing = variable::AGENCY_NAME[0];
                let detail =
                    format!("The environment variable {set} is set, but {missing} is not. Set both or neither.");
                Err(self.sources.invalid_source(ROLE, detail))
            }
        }
    }

    /// The sign-in with a token, if it is configured. An access key in the block takes precedence over a token in the
    /// environment.
    ///
    /// # Errors
    /// It is invalid or not known yet.
    pub(super) fn oidc(&mut self, block: &ProviderConfig) -> ReadResult<Option<AssumeRoleWithOidc>> {
        if let Some(oidc) = value_of(&block.assume_role_with_oidc)?.and_then(|blocks| blocks.first()) {
            let path = AttributePath::attribute(OIDC).child_index(0);
            let source = RoleSource { block: Some(path), name: OIDC, uses_environment: true };
            return self.role_with_token(&source, oidc).map(Some);
        }
        let variables = [variable::IDP_ID, variable::ID_TOKEN, variable::ID_TOKEN_FILE];
        let is_blank = block.access_key.known().is_some_and(|key| key.trim().is_empty());
        let has_key = block.access_key.is_set() && !is_blank;
        if has_key || !variables.iter().any(|names| self.variable(names).is_some()) {
            return Ok(None);
        }
        let source = RoleSource { block: None, name: OIDC, uses_environment: true };
        self.role_with_token(&source, &OidcBlock::default()).map(Some)
    }

    fn role_with_token(&mut self, source: &RoleSource, block: &OidcBlock) -> ReadResult<AssumeRoleWithOidc> {
        let role = AssumeRoleBlock {
            agency_name: block.agency_name.clone(),
            domain_name: Attr::Null,
            domain_id: block.domain_id.clone(),
            duration: block.duration,
        };
        let role = self.role(source, &role);
        let idp = self.required(source, "idp_id", &block.idp_id, variable::IDP_ID);
        let token = self.id_token(source, block);
        let (role, idp, token) = (role?, idp?, token?);
        self.parse(source.path("idp_id"), &idp, |id| AssumeRoleWithOidc::new(id, token, role))
    }

    fn id_token(&mut self, source: &RoleSource, block: &OidcBlock) -> ReadResult<IdToken> {
        let (token, attribute, variable) = match (value_of(&block.id_token)?, value_of(&block.id_token_file)?) {
            (Some(_), Some(_)) => {
                let detail = "Set only one of id_token and id_token_file.";
                return Err(self.arguments.invalid_at(source.path("id_token_file"), detail));
            }
            (Some(token), None) => (IdToken::Given(token.clone()), "id_token", None),
            (None, Some(path)) => (IdToken::File(path.clone()), "id_token_file", None),
            (None, None) => match (self.variable(variable::ID_TOKEN), self.variable(variable::ID_TOKEN_FILE)) {
                (Some(token), None) => (IdToken::Given(token.text.into()), "id_token", token.variable),
                (None, Some(path)) => (IdToken::File(path.text), "id_token_file", path.variable),
                (Some(_), Some(_)) => {
                    let [token, file] = [variable::ID_TOKEN[0], variable::ID_TOKEN_FILE[0]];
                    let detail = format!("{token} and {file} are both set. Set only one of them.");
                    return Err(self.sources.invalid_source(source.name, detail));
                }
                (None, None) => {
                    return Err(self.missing(source, "id_token", " or id_token_file", variable::ID_TOKEN));
                }
            },
        };
        match token.check() {
            Ok(()) => Ok(token),
            Err(error) => Err(self.invalid(source.path(attribute), variable, sentence(&error))),
        }
    }

    fn role(&mut self, source: &RoleSource, block: &AssumeRoleBlock) -> ReadResult<AssumeRole> {
        let agency = self.required(source, "agency_name", &block.agency_name, variable::AGENCY_NAME);
        let account = self.account(source, block);
        let variables = if source.uses_environment { variable::ROLE_DURATION } else { &[] };
        let duration = self.scalar(&block.duration, variables, |text| text.parse().ok(), "a whole number");
        let (agency, account, duration) = (agency?, account?, duration?);
        // Checks the agency alone first, so that the error points at the invalid argument.
        self.parse(source.path("agency_name"), &agency, |agency| AssumeRole::new(agency, account.clone(), None))?;
        let seconds = duration.map(|seconds| Duration::from_secs(seconds.into()));
        AssumeRole::new(&agency.text, account, seconds).map_err(|error| {
            let variable = block.duration.is_null().then_some(variable::ROLE_DURATION[0]);
            self.invalid(source.path("duration"), variable, sentence(&error))
        })
    }

    /// The id takes precedence, as in the official provider. Only version 3 of IAM's API accepts a name, so a sign-in
    /// with a token needs the id.
    fn account(&mut self, source: &RoleSource, block: &AssumeRoleBlock) -> ReadResult<AgencyAccount> {
        let accepts_name = source.name == ROLE;
        let mut id = self.text(&block.domain_id, &[])?;
        let mut name = if id.is_none() { self.text(&block.domain_name, &[])? } else { None };
        if id.is_none() && name.is_none() && source.uses_environment {
            id = self.variable(variable::AGENCY_DOMAIN_ID);
            name = self.variable(variable::AGENCY_DOMAIN_NAME).filter(|_| accepts_name);
        }
        match (id, name) {
            (Some(id), _) => self.parse(source.path("domain_id"), &id, DomainId::parse).map(AgencyAccount::Id),
            (None, Some(name)) if name.text.trim().is_empty() => {
                Err(self.arguments.invalid_at(source.path("domain_name"), "The account's name is empty."))
            }
            (None, Some(name)) => Ok(AgencyAccount::Name(name.text)),
            (None, None) if accepts_name => {
                Err(self.missing(source, "domain_name", " or domain_id", variable::AGENCY_DOMAIN_NAME))
            }
            (None, None) => Err(self.missing(source, "domain_id", "", variable::AGENCY_DOMAIN_ID)),
        }
    }

    fn required(
        &mut self,
        source: &RoleSource,
        name: &str,
        argument: &Attr<String>,
        variables: &[&'static str],
    ) -> ReadResult<Setting> {
        let setting = self.text(argument, if source.uses_environment { variables } else { &[] })?;
        setting.ok_or_else(|| self.missing(source, name, "", variables))
    }

    /// Points at the missing attribute; Terraform then shows the block. Validation does not read the environment, so a
    /// variable may still supply the value.
    fn missing(&mut self, source: &RoleSource, name: &str, or: &str, variables: &[&'static str]) -> Unavailable {
        if source.uses_environment && self.system.is_none() {
            return Unavailable::Unknown;
        }
        let variable = variables.first().filter(|_| source.uses_environment);
        let advice = match (&source.block, variable) {
            (Some(_), Some(variable)) => format!("Add it to the block, or set {variable}"),
            (Some(_), None) => "Add it to the block".to_owned(),
            (None, variable) => format!("Set {}", variable.unwrap_or(&name)),
        };
        let detail = format!("{name}{or} is missing. {advice}.");
        match source.block {
            Some(_) => self.arguments.invalid_at(source.path(name), detail),
            None => self.sources.invalid_source(source.name, detail),
        }
    }
}
