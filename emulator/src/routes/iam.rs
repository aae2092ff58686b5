//! IAM: the lookup of a project by its name.

use crate::encoding::Query;
use crate::message::{Answer, Refusal, Request};
use crate::world::World;
use serde_json::{Value, json};

/// The account that every project of the emulator belongs to.
const DOMAIN_ID: &str = "0d0e0f0000000000000000000000d0a1";

pub(super) fn list_projects(world: &World, request: &Request) -> Result<Answer, Refusal> {
    let query = Query::parse(request.query.as_deref(), &["name"])?;
    let projects: Vec<Value> = world
        .projects(query.get("name"))
        .map(|(id, project)| {
            json!({
                "id": id,
                "name": project.name,
                "domain_id": DOMAIN_ID,
                "parent_id": DOMAIN_ID,
                "is_domain": false,
                "enabled": true,
                "description": "",
                "links": {"self": format!("/v3/projects/{id}")},
            })
        })
        .collect();
    let links = json!({"next": null, "previous": null, "self": "/v3/projects"});
    Ok(Answer::ok(json!({"projects": projects, "links": links})))
}
