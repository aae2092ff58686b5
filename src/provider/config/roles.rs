//! The roles to take on, and the sign-in by token.
//!
//! A role is whole in one place: with several blocks, each says everything; a single block is completed by the
//! variables; without a block, the variables alone are enough. An account is one value, by name or by id.

use std::time::Duration;

use super::reader::{Reader, Setting, told};
use super::{AssumeRoleBlock, OidcBlock, ProviderConfig, variable};
use crate::huaweicloud::{AgencyAccount, AssumeRole, AssumeRoleWithOidc, DomainId, IdToken};
use crate::tf_provider::attribute_path::AttributePath;
use crate::tf_provider::value::Attr;

const ROLE: &str = "assume_role";
const OIDC: &str = "assume_role_with_oidc";

/// Where a role is written.
struct Place {
    /// None: in variables only.
    block: Option<AttributePath>,
    name: &'static str,
    /// Whether variables say what the block does not.
    completed: bool,
}

impl Place {
    fn at(&self, attribute: &str) -> AttributePath {
        self.block.as_ref().map(|block| block.child_attribute(attribute)).unwrap_or_default()
    }
}

impl Reader<'_> {
    /// The roles of the block, else of the environment. `with_oidc`: the variables are about the sign-in by token.
    pub(super) fn roles(&mut self, block: &ProviderConfig, with_oidc: bool) -> Option<Vec<AssumeRole>> {
        let blocks = match &block.assume_role {
            Attr::Unknown => return None,
            Attr::Null => &[][..],
            Attr::Known(blocks) => blocks,
        };
        let account = [variable::AGENCY_DOMAIN_ID, variable::AGENCY_DOMAIN_NAME];
        let account = account.into_iter().find_map(|names| self.variable(names));
        match (blocks, self.variable(variable::AGENCY_NAME), account) {
            ([], Some(_), _) if !with_oidc => {
                let place = Place { block: None, name: ROLE, completed: true };
                self.role(&place, &AssumeRoleBlock::default()).map(|role| vec![role])
            }
            ([], None, Some(account)) if !with_oidc => {
                let (set, missing) = (account.variable.unwrap_or_default(), variable::AGENCY_NAME[0]);
                let detail = format!("The environment variable {set} is set, but {missing} is not.");
                self.broken(ROLE, detail)
            }
            (blocks, ..) => {
                let roles: Vec<_> = (0_i64..)
                    .zip(blocks)
                    .map(|(index, role)| {
                        let path = AttributePath::attribute(ROLE).child_index(index);
                        let completed = blocks.len() == 1 && !with_oidc;
                        self.role(&Place { block: Some(path), name: ROLE, completed }, role)
                    })
                    .collect();
                roles.into_iter().collect()
            }
        }
    }

    /// `Some(None)`: nobody signs in by token. Keys of the block come before a token of the environment.
    pub(super) fn oidc(&mut self, block: &ProviderConfig) -> Option<Option<AssumeRoleWithOidc>> {
        let blocks = match &block.assume_role_with_oidc {
            Attr::Unknown => return None,
            Attr::Null => &[][..],
            Attr::Known(blocks) => blocks,
        };
        if let Some(oidc) = blocks.first() {
            let path = AttributePath::attribute(OIDC).child_index(0);
            return self.one_oidc(&Place { block: Some(path), name: OIDC, completed: true }, oidc).map(Some);
        }
        let named = [variable::IDP_ID, variable::ID_TOKEN, variable::ID_TOKEN_FILE];
        // A blank key is none, as everywhere.
        let blank = block.access_key.known().is_some_and(|key| key.trim().is_empty());
        if (block.access_key.is_set() && !blank) || !named.iter().any(|names| self.variable(names).is_some()) {
            return Some(None);
        }
        self.one_oidc(&Place { block: None, name: OIDC, completed: true }, &OidcBlock::default()).map(Some)
    }

    fn one_oidc(&mut self, place: &Place, block: &OidcBlock) -> Option<AssumeRoleWithOidc> {
        let role = AssumeRoleBlock {
            agency_name: block.agency_name.clone(),
            domain_name: Attr::Null,
            domain_id: block.domain_id.clone(),
            duration: block.duration,
        };
        let role = self.role(place, &role);
        let idp = self.needed(place, "idp_id", &block.idp_id, variable::IDP_ID);
        let token = self.id_token(place, block);
        let (role, idp, token) = (role?, idp?, token?);
        self.parsed_at(place.at("idp_id"), "idp_id", &idp, |id| {
            AssumeRoleWithOidc::new(id, token.clone(), role.clone())
        })
    }

    fn id_token(&mut self, place: &Place, block: &OidcBlock) -> Option<IdToken> {
        let (token, attribute, variable) = match (&block.id_token, &block.id_token_file) {
            (Attr::Unknown, _) | (_, Attr::Unknown) => return None,
            (Attr::Known(_), Attr::Known(_)) => {
                let detail = "Write either id_token or id_token_file.";
                return self.invalid_at(place.at("id_token_file"), "id_token_file", detail);
            }
            (Attr::Known(token), Attr::Null) => (IdToken::Given(token.clone()), "id_token", None),
            (Attr::Null, Attr::Known(path)) => (IdToken::File(path.clone()), "id_token_file", None),
            (Attr::Null, Attr::Null) => {
                let both = (self.variable(variable::ID_TOKEN), self.variable(variable::ID_TOKEN_FILE));
                match both {
                    (Some(token), None) => (IdToken::Given(token.text.into()), "id_token", token.variable),
                    (None, Some(path)) => (IdToken::File(path.text), "id_token_file", path.variable),
                    (Some(_), Some(_)) => {
                        let names = (variable::ID_TOKEN[0], variable::ID_TOKEN_FILE[0]);
                        let detail = format!("Both {} and {} are set; keep one of them.", names.0, names.1);
                        return self.broken(place.name, detail);
                    }
                    (None, None) => return self.missing(place, "id_token", " or id_token_file", variable::ID_TOKEN),
                }
            }
        };
        match (token.check(), variable) {
            (Ok(()), _) => Some(token),
            (Err(error), None) => self.invalid_at(place.at(attribute), attribute, told(&error)),
            (Err(error), Some(_)) => self.broken(attribute, told(&error)),
        }
    }

    fn role(&mut self, place: &Place, block: &AssumeRoleBlock) -> Option<AssumeRole> {
        let agency = self.needed(place, "agency_name", &block.agency_name, variable::AGENCY_NAME);
        let account = self.account(place, block);
        let variables = if place.completed { variable::ROLE_DURATION } else { &[] };
        let duration = self.whole_number("duration", &block.duration, variables);
        let (agency, account, duration) = (agency?, account?, duration?);
        // First without the duration, so that the error points at what is wrong.
        self.parsed_at(place.at("agency_name"), "agency_name", &agency, |agency| {
            AssumeRole::new(agency, account.clone(), None)
        })?;
        let seconds = duration.map(|seconds| Duration::from_secs(seconds.into()));
        match AssumeRole::new(&agency.text, account, seconds) {
            Ok(role) => Some(role),
            Err(error) if block.duration.is_set() => self.invalid_at(place.at("duration"), "duration", told(&error)),
            Err(error) => self.broken("duration", format!("{}: {}", variable::ROLE_DURATION[0], told(&error))),
        }
    }

    /// By id where there is one, as in the official provider. Only IAM's older form knows names, so a sign-in by token
    /// takes none.
    fn account(&mut self, place: &Place, block: &AssumeRoleBlock) -> Option<AgencyAccount> {
        let by_name = place.name == ROLE;
        let (id, name) = match (&block.domain_id, &block.domain_name) {
            (Attr::Unknown, _) | (Attr::Null, Attr::Unknown) => return None,
            (Attr::Null, Attr::Null) if place.completed => {
                let name = self.variable(variable::AGENCY_DOMAIN_NAME).filter(|_| by_name);
                (self.variable(variable::AGENCY_DOMAIN_ID), name)
            }
            (id, name) => {
                let written = |text: &String| Setting { text: text.clone(), variable: None };
                (id.known().map(written), name.known().map(written))
            }
        };
        match (id, name) {
            (Some(id), _) => {
                self.parsed_at(place.at("domain_id"), "domain_id", &id, DomainId::parse).map(AgencyAccount::Id)
            }
            (None, Some(name)) if name.text.trim().is_empty() => {
                self.invalid_at(place.at("domain_name"), "domain_name", "The account's name is empty.")
            }
            (None, Some(name)) => Some(AgencyAccount::Name(name.text)),
            (None, None) if by_name => {
                self.missing(place, "domain_name", " or domain_id", variable::AGENCY_DOMAIN_NAME)
            }
            (None, None) => self.missing(place, "domain_id", "", variable::AGENCY_DOMAIN_ID),
        }
    }

    fn needed(
        &mut self,
        place: &Place,
        name: &'static str,
        argument: &Attr<String>,
        variables: &[&'static str],
    ) -> Option<Setting> {
        match self.text(argument, if place.completed { variables } else { &[] })? {
            Some(setting) => Some(setting),
            None => self.missing(place, name, "", variables),
        }
    }

    /// Points at the attribute, which Terraform takes for the block that lacks it. Without a host it can't be known
    /// whether a variable says it.
    fn missing<T>(&mut self, place: &Place, attribute: &str, or: &str, variables: &[&'static str]) -> Option<T> {
        if place.completed && self.system.is_none() {
            return None;
        }
        let otherwise = match variables.first().filter(|_| place.completed) {
            Some(variable) => format!(", or set {variable}"),
            None => String::new(),
        };
        let detail = format!("{attribute}{or} is missing: add it{otherwise}.");
        match place.block {
            Some(_) => self.invalid_at(place.at(attribute), place.name, detail),
            None => self.broken(place.name, detail),
        }
    }
}
