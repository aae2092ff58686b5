//! Lists projects, filtered as documented, and the account.

use serde_json::{Value, json};

use crate::encoding::{Query, QueryError};
use crate::message::{ApiError, Request, Response};
use crate::state::State;

use super::invalid_query;

/// The largest page of projects.
const MAX_PER_PAGE: i64 = 5_000;

pub(crate) fn list_projects(state: &State, request: &Request) -> Result<Response, ApiError> {
    let known = ["domain_id", "name", "parent_id", "enabled", "is_domain", "page", "per_page"];
    let query = Query::parse(request.query.as_deref(), &known).map_err(invalid_query)?;
    let page = Page::parse(&query).map_err(invalid_query)?;
    let domain = &state.identity.domain.id;
    // Every project is enabled, is not an account, and belongs directly to the account.
    let is_domain = |key| query.get(key).is_none_or(|id| id == domain);
    let is_bool = |key, value: &str| query.get(key).is_none_or(|sent| sent.eq_ignore_ascii_case(value));
    let all = is_domain("domain_id") && is_domain("parent_id") && is_bool("enabled", "true");
    let all = all && is_bool("is_domain", "false");
    let projects: Vec<Value> = state
        .projects(query.get("name"))
        .filter(|_| all)
        .skip(page.skip)
        .take(page.take)
        .map(|(id, project)| {
            json!({
                "id": id,
                "name": project.name,
                "domain_id": domain,
                "parent_id": domain,
                "is_domain": false,
                "enabled": true,
                "description": "",
                "links": {"self": format!("/v3/projects/{id}")},
            })
        })
        .collect();
    let links = json!({"next": null, "previous": null, "self": "/v3/projects"});
    Ok(Response::ok(json!({"projects": projects, "links": links})))
}

/// The part of the projects that a request asks for.
struct Page {
    skip: usize,
    take: usize,
}

impl Page {
    fn parse(query: &Query) -> Result<Self, QueryError> {
        let page = query.number("page", 1, i64::MAX)?;
        let per_page = query.number("per_page", 1, MAX_PER_PAGE)?;
        match (page, per_page) {
            (Some(page), Some(per_page)) => {
                let size = |number| usize::try_from(number).unwrap_or(usize::MAX);
                Ok(Self { skip: size(page - 1).saturating_mul(size(per_page)), take: size(per_page) })
            }
            (None, None) => Ok(Self { skip: 0, take: usize::MAX }),
            (Some(_), None) => Err(QueryError::invalid("page", "needs per_page")),
            (None, Some(_)) => Err(QueryError::invalid("per_page", "needs page")),
        }
    }
}

pub(crate) fn list_domains(state: &State, request: &Request) -> Result<Response, ApiError> {
    Query::parse(request.query.as_deref(), &[]).map_err(invalid_query)?;
    let domain = &state.identity.domain;
    let domains = json!([{
        "id": domain.id,
        "name": domain.name,
        "enabled": true,
        "description": "",
        "links": {"self": format!("/v3/domains/{}", domain.id)},
    }]);
    let links = json!({"next": null, "previous": null, "self": "/v3/auth/domains"});
    Ok(Response::ok(json!({"domains": domains, "links": links})))
}
