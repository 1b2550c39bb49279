//! How answers and problems become HTTP.

use axum::Json;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::problem::Problem;

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = [(CONTENT_TYPE, PROBLEM_JSON), (CACHE_CONTROL, NO_STORE)];
        let retry_after = self
            .retry_after
            .map(|seconds| [(RETRY_AFTER, HeaderValue::from(seconds))]);
        (status, headers, retry_after, Json(self.details())).into_response()
    }
}

pub fn json(value: &impl Serialize) -> Response {
    ([(CACHE_CONTROL, NO_STORE)], Json(value)).into_response()
}
