//! The OpenAPI document, generated from the handlers.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;

use super::extract::Identified;
use super::{audit, keys, removals, status};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "MLS removal signer",
        description = "Signs external Remove proposals (RFC 9420, section 12.1.8.1) with keys in an HSM, \
                       and nothing else. The same removal gets the same bytes for ever. Callers are \
                       known by their user id on a Unix socket or by their certificate over mutual TLS."
    ),
    paths(
        removals::propose,
        keys::public_keys,
        keys::list,
        audit::head,
        audit::records,
        audit::statements,
        status::alive,
        status::ready,
        status::metrics,
    )
)]
struct Document;

/// The document as JSON.
pub fn document() -> String {
    Document::openapi().to_pretty_json().unwrap_or_default()
}

pub async fn serve(_caller: Identified) -> Response {
    ([(CONTENT_TYPE, "application/json")], document()).into_response()
}
