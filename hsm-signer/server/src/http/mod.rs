//! The HTTP of the service: one file for each group of endpoints.

mod answer;
mod audit;
mod extract;
mod keys;
mod openapi;
mod removals;
mod status;

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::HttpBody;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use mls_signer_api::REMOVALS_PATH;

use crate::core::Core;
use crate::held::holding;
use crate::identity::Peer;
use crate::problem::{CALLER_BUSY, METHOD_REFUSED, NOT_FOUND, OVERLOADED, Problem};
use crate::shares::NoShare;

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
            within_memory,
        ))
        .layer(middleware::from_fn_with_state(Arc::clone(&core), counted))
        .with_state(core)
}

async fn absent(request: Request) -> Problem {
    NOT_FOUND.because(format!("there is no {}", request.uri().path()))
}

async fn refused(request: Request) -> Problem {
    METHOD_REFUSED.because(format!("{} is not known here", request.method()))
}

/// Has an answer's bytes count against its caller until they are written. What was signed for an
/// answer that has no room is in the store, and the same request gets it later.
async fn within_memory(State(core): State<Arc<Core>>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>();
    let caller = peer.and_then(|peer| core.callers.load().of(peer).ok());
    let name = caller.map_or_else(|| "".into(), |caller| Arc::clone(&caller.name));
    let room = match core.answers.take(&name, 0) {
        Ok(room) => room,
        Err(none) => return no_room(none).into_response(),
    };
    let answer = next.run(request).await;
    drop(room);
    let length = usize::try_from(answer.body().size_hint().lower()).unwrap_or(usize::MAX);
    match core.answers.take(&name, length) {
        Ok(share) => answer.map(|body| holding(body, share)),
        Err(none) => no_room(none).into_response(),
    }
}

fn no_room(none: NoShare) -> Problem {
    match none {
        NoShare::OfOne => CALLER_BUSY.because("the caller does not read the answers it has"),
        NoShare::OfAll => OVERLOADED.because("too many answers wait to be read"),
    }
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
