//! Whether the service lives and works, for supervisors and Prometheus.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use mls_signer_api::{FipsReadiness, NoQuery, ProblemDetails, Readiness};
use serde_json::json;

use super::answer;
use super::extract::{Identified, MaybeQuery};
use crate::config::Permission;
use crate::core::Core;
use crate::problem::Problem;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Answers while the process lives, with how often everything was read again (SIGHUP) and what the
/// last time was not taken over.
#[utoipa::path(
    get, path = "/healthz", tag = "status",
    responses(
        (status = 200, description = "The process serves", body = serde_json::Value),
        (status = "4XX", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn alive(
    State(core): State<Arc<Core>>,
    _caller: Identified,
    query: MaybeQuery<NoQuery>,
) -> Result<Response, Problem> {
    query?;
    let reloads = core.reloads.last();
    Ok(answer::json(&json!({ "alive": true, "reloads": reloads })))
}

/// Answers with success while removals can be signed and recorded.
#[utoipa::path(
    get, path = "/readyz", tag = "status",
    responses(
        (status = 200, description = "Every tenant's removals can be signed and recorded", body = Readiness),
        (status = "4XX", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Not at present", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn ready(
    State(core): State<Arc<Core>>,
    _caller: Identified,
    query: MaybeQuery<NoQuery>,
) -> Result<Response, Problem> {
    query?;
    core.ready()?;
    Ok(answer::json(&Readiness {
        ready: true,
        fips: FipsReadiness {
            status: format!("{:?}", core.fips.status),
            requirement: format!("{:?}", core.fips.requirement).to_lowercase(),
            module: core.fips.module.clone(),
        },
    }))
}

/// Metrics in the OpenMetrics text format.
#[utoipa::path(
    get, path = "/metrics", tag = "status",
    responses(
        (status = 200, description = "For Prometheus", body = String, content_type = "application/openmetrics-text"),
        (status = "4XX", description = "Refused", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn metrics(
    State(core): State<Arc<Core>>,
    identified: Identified,
    query: MaybeQuery<NoQuery>,
) -> Result<Response, Problem> {
    query?;
    identified.caller.must(Permission::ReadMetrics)?;
    let text = core
        .metrics
        .text(&core.access.load(), &core.tenants, &core.store);
    Ok(([(CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}
