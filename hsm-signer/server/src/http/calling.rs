//! Who calls, as an argument of handlers: nothing is served to those whom the policy does
//! not know.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::callers::Caller;
use crate::config::Permission;
use crate::core::Core;
use crate::identity::Peer;
use crate::problem::{CALLER_UNKNOWN, MALFORMED, Problem};
use crate::tenants::Tenant;

/// The caller, and how it proved to be that.
pub struct Calling {
    pub caller: Arc<Caller>,
    pub peer: Peer,
}

impl FromRequestParts<Arc<Core>> for Calling {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, core: &Arc<Core>) -> Result<Self, Problem> {
        let peer = parts.extensions.get::<Peer>().cloned();
        let peer = peer.ok_or_else(|| CALLER_UNKNOWN.because("the connection has no identity"))?;
        let caller = core.callers().of(&peer)?;
        Ok(Self { caller, peer })
    }
}

impl Calling {
    /// The tenant that is asked for, if the caller has it and the permission.
    pub fn tenant(
        &self,
        core: &Core,
        permission: Permission,
        asked: Option<&str>,
    ) -> Result<Arc<Tenant>, Problem> {
        self.caller.must(permission)?;
        core.tenant(self.caller.tenant(asked)?)
    }
}

/// A query that is read strictly.
pub struct Strict<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Arc<Core>> for Strict<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, core: &Arc<Core>) -> Result<Self, Problem> {
        let query = Query::<T>::from_request_parts(parts, core).await;
        let Query(query) =
            query.map_err(|error: QueryRejection| MALFORMED.because(format!("query: {error}")))?;
        Ok(Self(query))
    }
}
