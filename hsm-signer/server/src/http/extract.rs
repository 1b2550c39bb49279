//! What handlers are given: who calls, and what it asks about.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;

use crate::callers::CallerPolicy;
use crate::config::Permission;
use crate::core::Core;
use crate::identity::Peer;
use crate::problem::{CALLER_UNKNOWN, MALFORMED, Problem, TENANT_REFUSED};
use crate::tenants::Tenant;

/// A caller of the configuration, and how it proved to be that.
pub struct Identified {
    pub caller: Arc<CallerPolicy>,
    pub peer: Peer,
}

impl FromRequestParts<Arc<Core>> for Identified {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, core: &Arc<Core>) -> Result<Self, Problem> {
        let Some(peer) = parts.extensions.get::<Peer>().cloned() else {
            return Err(CALLER_UNKNOWN.because("the connection has no identity"));
        };
        let caller = core.access.load().caller(&peer)?;
        Ok(Self { caller, peer })
    }
}

impl Identified {
    /// The same by what is in force now: much may have changed while a body was read.
    pub fn again(self, core: &Core) -> Result<Self, Problem> {
        let caller = core.access.load().caller(&self.peer)?;
        Ok(Self { caller, ..self })
    }

    /// The tenant that is asked for, or the caller's only one, if the caller has `permission`.
    pub fn tenant(
        &self,
        core: &Core,
        permission: Permission,
        asked: Option<&str>,
    ) -> Result<Arc<Tenant>, Problem> {
        self.caller.must(permission)?;
        let tenant = core.tenants.get(self.caller.tenant(asked)?).cloned();
        tenant.ok_or_else(|| TENANT_REFUSED.because("the tenant is none of the caller's"))
    }
}

/// A query, or why it is none.
pub type MaybeQuery<Q> = Result<Query<Q>, QueryRejection>;

impl From<QueryRejection> for Problem {
    fn from(error: QueryRejection) -> Self {
        MALFORMED.because(format!("query: {error}"))
    }
}
