//! Lists projects by name, and the account.

use serde_json::{Value, json};

use crate::encoding::Query;
use crate::message::{ApiError, Request, Response};
use crate::state::State;

pub(crate) fn list_projects(state: &State, request: &Request) -> Result<Response, ApiError> {
    let query = Query::parse(request.query.as_deref(), &["name"])?;
    let domain = &state.identity.domain.id;
    let projects: Vec<Value> = state
        .projects(query.get("name"))
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

pub(crate) fn list_domains(state: &State, request: &Request) -> Result<Response, ApiError> {
    Query::parse(request.query.as_deref(), &[])?;
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
