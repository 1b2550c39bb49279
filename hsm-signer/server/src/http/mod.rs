//! The HTTP of the service: one file for each group of endpoints.

mod answer;
mod audit;
mod extract;
mod keys;
mod openapi;
mod removals;
mod room;
mod status;
mod target;

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use mls_signer_api::REMOVALS_PATH;

use crate::core::Core;
use crate::problem::{METHOD_REFUSED, NOT_FOUND, Problem};

pub use openapi::document;

pub fn router(core: Arc<Core>) -> Router {
    Router::new()
        .route(REMOVALS_PATH, post(removals::propose))
        .route("/mls/public-keys", get(keys::public_keys))
        .route("/v1/keys", get(keys::list))
        .route("/v1/audit/head", get(audit::head))
        .route("/v1/audit/records", get(audit::records))
        .route("/v1/audit/statements", get(audit::statements))
        .route("/healthz", get(status::alive))
        .route("/readyz", get(status::ready))
        .route("/metrics", get(status::metrics))
        .route("/openapi.json", get(openapi::serve))
        .fallback(absent)
        .method_not_allowed_fallback(refused)
        .layer(middleware::from_fn_with_state(
            Arc::clone(&core),
            room::counted_until_written,
        ))
        .layer(middleware::from_fn(target::clear))
        .layer(middleware::from_fn_with_state(Arc::clone(&core), counted))
        .with_state(core)
}

async fn absent(request: Request) -> Problem {
    NOT_FOUND.because(format!("there is no {}", request.uri().path()))
}

async fn refused(request: Request) -> Problem {
    METHOD_REFUSED.because(format!("{} is not known here", request.method()))
}

/// Counts every request, and keeps the service from ending under it.
async fn counted(State(core): State<Arc<Core>>, request: Request, next: Next) -> Response {
    let _busy = core.busy.token();
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("(none)", MatchedPath::as_str);
    core.metrics.request(route, response.status().as_u16());
    tracing::debug!(route, status = response.status().as_u16(), time = ?began.elapsed(), "answered");
    response
}
