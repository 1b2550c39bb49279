//! The public keys of a tenant.

use mls_signer_message::encoding::base64;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::answer::json;
use super::calling::{Calling, Strict};
use crate::config::Permission;
use crate::core::Core;
use crate::problem::{FAILED, Problem};
use mls_signer_api::{
    KeyDescription, KeyFormat, KeySchemes, KeysResponse, ProblemDetails, PublicKeysQuery,
    TenantQuery,
};
use mls_signer_engine::{Engine, Key};
use mls_signer_message::encoding::public_key::{SchemeKey, wire_jwk, wire_raw};
use mls_signer_message::scheme::SCHEMES;

/// The current keys, as Wire's `GET /mls/public-keys` answers; keys of other schemes than
/// Wire's server has only where `schemes=all` asks for them.
#[utoipa::path(
    get,
    path = "/mls/public-keys",
    tag = "keys",
    params(PublicKeysQuery),
    responses(
        (status = 200, description = "One key for each scheme, in base64 or as JWK", body = serde_json::Value,
         example = json!({"removal": {"ed25519": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}})),
        (status = "4XX", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn public_keys(
    State(core): State<Arc<Core>>,
    calling: Calling,
    Strict(query): Strict<PublicKeysQuery>,
) -> Result<Response, Problem> {
    let tenant = calling.tenant(&core, Permission::ReadKeys, query.tenant.as_deref())?;
    let schemes = query.schemes.unwrap_or_default();
    let wanted = |key: &&Arc<Key>| schemes == KeySchemes::All || key.scheme().of_wire;
    let keys: Vec<SchemeKey> = current(&tenant.engine)
        .iter()
        .filter(wanted)
        .map(|key| (key.scheme(), key.public_key().to_vec()))
        .collect();
    let value = match query.format.unwrap_or_default() {
        KeyFormat::Raw => wire_raw(&keys),
        KeyFormat::Jwk => wire_jwk(&keys),
    };
    let value = value.map_err(|error| FAILED.because(error.to_string()))?;
    Ok(json(&value))
}

/// All keys, of all generations.
#[utoipa::path(
    get,
    path = "/v1/keys",
    tag = "keys",
    params(TenantQuery),
    responses(
        (status = 200, description = "The keys that sign", body = KeysResponse),
        (status = "4XX", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn list(
    State(core): State<Arc<Core>>,
    calling: Calling,
    Strict(query): Strict<TenantQuery>,
) -> Result<Response, Problem> {
    let tenant = calling.tenant(&core, Permission::ReadKeys, query.tenant.as_deref())?;
    let current = current(&tenant.engine);
    let keys = tenant.engine.keys();
    let keys = keys.iter().map(|key| KeyDescription {
        signature_scheme: key.scheme().name.into(),
        generation: key.generation(),
        current: current.iter().any(|other| Arc::ptr_eq(other, key)),
        public_key: base64(key.public_key()),
        label: key.object().label.clone(),
        protection: key.object().protection().to_string(),
    });
    Ok(json(&KeysResponse {
        tenant: tenant.name.as_ref().into(),
        keys: keys.collect(),
    }))
}

/// The newest key of each scheme that there is one of.
fn current(engine: &Engine) -> Vec<Arc<Key>> {
    let newest = SCHEMES.iter().map(|scheme| engine.current_key(scheme).ok());
    newest.flatten().collect()
}
