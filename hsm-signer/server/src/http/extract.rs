//! What handlers are given: who calls, whether it may, and the tenant that it asks about.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::callers::CallerPolicy;
use crate::config::Permission;
use crate::core::Core;
use crate::identity::Peer;
use crate::problem::{CALLER_UNKNOWN, MALFORMED, Problem};
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
        let caller = core.callers.load().of(&peer)?;
        Ok(Self { caller, peer })
    }
}

impl Identified {
    pub fn tenant(&self, core: &Core, asked: Option<&str>) -> Result<Arc<Tenant>, Problem> {
        core.tenant(self.caller.tenant(asked)?)
    }
}

/// A permission that an endpoint requires.
pub trait Requires: Send {
    const PERMISSION: Permission;
}

pub struct ReadKeys;

impl Requires for ReadKeys {
    const PERMISSION: Permission = Permission::ReadKeys;
}

pub struct ReadAudit;

impl Requires for ReadAudit {
    const PERMISSION: Permission = Permission::ReadAudit;
}

/// What the queries have in common.
#[derive(Deserialize)]
struct NamedTenant {
    tenant: Option<String>,
}

/// What a caller with the permission `P` asks about one of its tenants by the query `Q`.
pub struct TenantRequest<P, Q> {
    pub tenant: Arc<Tenant>,
    pub query: Q,
    permission: PhantomData<P>,
}

impl<P: Requires, Q: DeserializeOwned + Send> FromRequestParts<Arc<Core>> for TenantRequest<P, Q> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, core: &Arc<Core>) -> Result<Self, Problem> {
        let identified = Identified::from_request_parts(parts, core).await?;
        let Query(query) = Query::try_from_uri(&parts.uri).map_err(malformed)?;
        let Query(NamedTenant { tenant }) = Query::try_from_uri(&parts.uri).map_err(malformed)?;
        identified.caller.must(P::PERMISSION)?;
        Ok(Self {
            tenant: identified.tenant(core, tenant.as_deref())?,
            query,
            permission: PhantomData,
        })
    }
}

fn malformed(error: QueryRejection) -> Problem {
    MALFORMED.because(format!("query: {error}"))
}
