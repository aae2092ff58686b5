//! Settings that a file with credentials may contain.

use super::assume_role::AssumeRole;
use crate::huaweicloud::ids::{DomainId, ProjectId};
use crate::huaweicloud::region::Region;

/// The settings of a file besides its credentials. They apply if nothing else sets them.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// The default region.
    pub region: Option<Region>,
    /// The project: in `region` if that is set, otherwise in any region.
    pub project_id: Option<ProjectId>,
    /// The account of the credentials.
    pub domain_id: Option<DomainId>,
    /// The role to assume with the credentials.
    pub assume_role: Option<AssumeRole>,
}
