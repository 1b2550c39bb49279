//! `POST /v1/external-proposals/remove`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use mls_signer_api::{
    NoQuery, ProblemDetails, RemovalResult, RemovalsRequest, RemovalsResponse, SignedProposal,
};
use mls_signer_message::encoding::base64;

use super::answer::json;
use super::extract::{Identified, MaybeQuery};
use super::room::room;
use crate::config::Permission;
use crate::core::Core;
use crate::metrics::{Stage, StageTimes};
use crate::problem::{MALFORMED, MEDIA_TYPE, Problem};
use crate::removals::{Order, RemovalOutcome};
use crate::request;

/// Where the time went, for callers (W3C Server Timing).
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// The caller's name for the request, which the audit log keeps.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the result of a removal takes, in bytes; of ML-DSA it is more.
const RESULT_BYTES: usize = 1024;

/// How many times what a request says is in memory while it is worked on: decoded, as removals,
/// claims and keys of the store, in messages, records, and in the answer.
const COPIES: usize = 8;

/// The longest such name, in bytes.
const MAX_REQUEST_ID: usize = 128;

/// Proposes removals: a result for each, in order.
///
/// The same removal is answered with the same bytes for ever, so that a request may be sent
/// again whenever its answer was lost. Where no removal of a batch succeeds and all have the
/// same problem, that problem is the answer.
#[utoipa::path(
    post, path = "/v1/external-proposals/remove", tag = "removals",
    params(("x-request-id" = Option<String>, Header, description = "A name for the request, at most 128 visible ASCII characters; the audit log keeps it")),
    request_body = RemovalsRequest,
    responses(
        (status = 200, description = "A result for each removal", body = RemovalsResponse),
        (status = "4XX", description = "Refused; nothing was signed", body = ProblemDetails, content_type = "application/problem+json"),
        (status = "5XX", description = "Not possible at present; nothing was released", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn propose(
    State(core): State<Arc<Core>>,
    identified: Identified,
    query: MaybeQuery<NoQuery>,
    request: Request,
) -> Result<Response, Problem> {
    let began = Instant::now();
    let mut times = StageTimes::default();
    identified.caller.must(Permission::ProposeRemovals)?;
    query?;
    must_be_json(request.headers())?;
    let request_id = request_id(request.headers())?;
    let body = core
        .bodies
        .read(&identified.caller.name, request.into_body(), &core.limits);
    let body = body.await?;
    let identified = identified.again(&core)?;
    times.set(Stage::Read, began.elapsed());
    let decoded = request::decode(&body.bytes)?;
    let limit = decoded.timeout_ms.unwrap_or(u64::MAX);
    let limit = Duration::from_millis(limit.min(core.limits.request_ms));
    let asked = decoded.tenant.as_deref();
    let tenant = identified.tenant(&core, Permission::ProposeRemovals, asked)?;
    let needs = decoded.removals.len() * RESULT_BYTES + body.bytes.len() * COPIES;
    let room = room(&core, &identified, needs)?;
    identified.caller.admit(decoded.removals.len())?;
    let order = Order {
        deadline: began + limit,
        core: Arc::clone(&core),
        caller: identified.caller,
        peer: identified.peer,
        request_id,
        tenant,
    };
    let wanted = decoded.removals.iter().map(request::wanted).collect();
    let outcomes = order.carry_out(wanted, &mut times).await?;
    times.set(Stage::Total, began.elapsed());
    core.metrics.stages(&times);
    let mut answer = answer(outcomes, &times)?;
    answer.extensions_mut().insert(room);
    Ok(answer)
}

fn must_be_json(headers: &HeaderMap) -> Result<(), Problem> {
    let encodings = headers.get_all(CONTENT_ENCODING);
    if let Some(encoding) = encodings.iter().find(|encoding| *encoding != "identity") {
        let reason = format!("Content-Encoding is {encoding:?}; send the JSON as it is");
        return Err(MEDIA_TYPE.because(reason));
    }
    let value = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let media_type = value.and_then(|value| value.split(|byte| *byte == b';').next());
    match media_type.unwrap_or_default().trim_ascii() {
        json if json.eq_ignore_ascii_case(b"application/json") => Ok(()),
        _ => Err(MEDIA_TYPE.because("Content-Type is not application/json")),
    }
}

/// The caller's name for the request; empty if it gave none.
fn request_id(headers: &HeaderMap) -> Result<String, Problem> {
    let Some(value) = headers.get(REQUEST_ID) else {
        return Ok(String::new());
    };
    if headers.get_all(REQUEST_ID).iter().count() > 1 {
        return Err(MALFORMED.because("x-request-id: it is there twice"));
    }
    if value.is_empty() {
        return Err(MALFORMED.because("x-request-id: it is empty; leave it out instead"));
    }
    let text = value.to_str().unwrap_or_default();
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    if visible && (1..=MAX_REQUEST_ID).contains(&text.len()) {
        return Ok(text.to_owned());
    }
    let reason = format!("x-request-id: 1 to {MAX_REQUEST_ID} visible ASCII characters");
    Err(MALFORMED.because(reason))
}

fn answer(outcomes: Vec<RemovalOutcome>, times: &StageTimes) -> Result<Response, Problem> {
    if let Some(problem) = shared_problem(&outcomes) {
        return Err(problem.clone());
    }
    let results = outcomes.into_iter().map(|outcome| match outcome {
        Ok(signed) => RemovalResult::Signed(SignedProposal {
            message: base64(&signed.message),
            proposal_ref: base64(&signed.reference),
            signature_scheme: signed.key.scheme().name.into(),
            public_key: base64(signed.key.public_key()),
        }),
        Err(problem) => RemovalResult::Refused {
            problem: problem.details(),
        },
    });
    let mut response = json(&RemovalsResponse {
        results: results.collect(),
    });
    if let Ok(value) = HeaderValue::from_str(&times.header()) {
        response.headers_mut().insert(SERVER_TIMING, value);
    }
    Ok(response)
}

/// The problem that all outcomes have, if they have one.
fn shared_problem(outcomes: &[RemovalOutcome]) -> Option<&Problem> {
    let first = outcomes.first()?.as_ref().err()?;
    let same = |problem: &Problem| problem.kind.code == first.kind.code;
    let mut all = outcomes.iter().map(Result::as_ref);
    all.all(|outcome| outcome.is_err_and(same)).then_some(first)
}
