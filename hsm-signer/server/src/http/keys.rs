//! The public keys of a tenant.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use mls_signer_api::{
    KeyDescription, KeyFormat, KeySchemes, KeysResponse, ProblemDetails, PublicKeysQuery,
    RefusedKey, TenantQuery,
};
use mls_signer_engine::{Engine, Key};
use mls_signer_message::encoding::public_key::{SchemeKey, wire_jwk, wire_raw};
use mls_signer_message::encoding::{base64, hex};
use mls_signer_message::scheme::SCHEMES;

use super::answer::json;
use super::extract::{Identified, MaybeQuery};
use crate::config::Permission;
use crate::core::Core;
use crate::problem::{FAILED, Problem};

/// The current keys, as Wire's `GET /mls/public-keys` answers. Keys of schemes that Wire's
/// server does not have are left out unless `schemes=all` asks for them.
#[utoipa::path(
    get, path = "/mls/public-keys", tag = "keys", params(PublicKeysQuery),
    responses(
        (status = 200, description = "One key for each scheme, in base64 or as JWK", body = serde_json::Value,
         example = json!({"removal": {"ed25519": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}})),
        (status = "4XX", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
        (status = "5XX", description = "Not at present", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn public_keys(
    State(core): State<Arc<Core>>,
    identified: Identified,
    query: MaybeQuery<PublicKeysQuery>,
) -> Result<Response, Problem> {
    let Query(query) = query?;
    let tenant = identified.tenant(&core, Permission::ReadKeys, query.tenant.as_deref())?;
    let all = query.schemes == Some(KeySchemes::All);
    let keys: Vec<SchemeKey> = current(&tenant.engine)
        .iter()
        .filter(|key| all || key.scheme().of_wire)
        .map(|key| (key.scheme(), key.public_key().to_vec()))
        .collect();
    let value = match query.format.unwrap_or_default() {
        KeyFormat::Raw => wire_raw(&keys),
        KeyFormat::Jwk => wire_jwk(&keys),
    }
    .map_err(|error| FAILED.because(error.to_string()))?;
    Ok(json(&value))
}

/// All keys, of all generations, and those that are refused, with the reason.
#[utoipa::path(
    get, path = "/v1/keys", tag = "keys", params(TenantQuery),
    responses(
        (status = 200, description = "The keys that sign, and those that cannot", body = KeysResponse),
        (status = "4XX", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
        (status = "5XX", description = "Not at present", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn list(
    State(core): State<Arc<Core>>,
    identified: Identified,
    query: MaybeQuery<TenantQuery>,
) -> Result<Response, Problem> {
    let Query(query) = query?;
    let tenant = identified.tenant(&core, Permission::ReadKeys, query.tenant.as_deref())?;
    let current = current(&tenant.engine);
    let all = tenant.engine.keys();
    let keys = all.iter().map(|key| KeyDescription {
        signature_scheme: key.scheme().name.into(),
        generation: key.generation(),
        current: current.iter().any(|other| Arc::ptr_eq(other, key)),
        public_key: base64(key.public_key()),
        label: key.object().label.clone(),
        protection: key.object().protection().to_string(),
        tokens: Some(tenant.engine.tokens_that_sign_with(key)),
    });
    let refused = tenant.engine.refused_keys().into_iter();
    let described = |key: mls_signer_engine::RefusedKey| RefusedKey {
        label: key.label,
        id: hex(&key.id),
        reason: key.reason,
    };
    Ok(json(&KeysResponse {
        tenant: tenant.name.as_ref().into(),
        keys: keys.collect(),
        refused: refused.map(described).collect(),
        known_labels: Some(tenant.engine.known_labels()),
    }))
}

/// The newest key of each scheme.
fn current(engine: &Engine) -> Vec<Arc<Key>> {
    let newest = SCHEMES.iter().map(|scheme| engine.current_key(scheme).ok());
    newest.flatten().collect()
}
