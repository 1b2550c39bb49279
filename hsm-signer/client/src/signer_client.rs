//! [`SignerClient`]: requests, sent again where that helps.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use form_urlencoded::Serializer;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{CONTENT_TYPE, RETRY_AFTER};
use hyper::{Method, Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use mls_signer_api::{
    KeysResponse, Object, REMOVALS_PATH, Readiness, RemovalResult, RemovalsRequest,
    RemovalsResponse,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::connect::Connector;
use crate::endpoint::Endpoint;
use crate::error::ClientError;
use crate::patience::{Attempts, Patience};

/// No answer comes near this length in bytes.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

/// An idle connection is closed after this long, before the service closes it.
const IDLE: Duration = Duration::from_secs(5);

/// The most requests under way at once, each on a connection of its own; others wait. A
/// service closes a caller's connections beyond a bound, 250 by default, and several clients
/// may be one caller to it.
const CONNECTIONS: usize = 64;

/// A client of one service. Cheap to clone; clones share their connections and have at most
/// 64 requests under way together.
#[derive(Clone, Debug)]
pub struct SignerClient {
    http: Client<Connector, Full<Bytes>>,
    permits: Arc<Semaphore>,
    authority: String,
    /// Where the service is, for whoever does not reach it.
    place: Arc<str>,
    patience: Patience,
}

impl SignerClient {
    /// A client with the default [`Patience`].
    ///
    /// # Errors
    /// [`ClientError::Tls`] when the certificates cannot be used.
    pub fn new(endpoint: Endpoint) -> Result<Self, ClientError> {
        Self::with_patience(endpoint, Patience::default())
    }

    /// A client with this patience.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_patience(endpoint: Endpoint, patience: Patience) -> Result<Self, ClientError> {
        let http = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new())
            // What may be sent again is decided here: hyper does not know what a request does.
            .retry_canceled_requests(false)
            .build(Connector::new(&endpoint)?);
        Ok(Self {
            http,
            permits: Arc::new(Semaphore::new(CONNECTIONS)),
            authority: endpoint.authority(),
            place: endpoint.to_string().into(),
            patience,
        })
    }

    /// Proposes removals: a result for each, in order. Requests that got no answer, and
    /// removals whose problem may pass, are sent again until the time is up.
    ///
    /// # Errors
    /// [`ClientError`] when there is no answer to the batch as a whole.
    pub async fn propose_removals(
        &self,
        request: RemovalsRequest,
    ) -> Result<RemovalsResponse, ClientError> {
        let mut attempts = Attempts::new(self.patience);
        let mut results: Vec<Option<RemovalResult>> = vec![None; request.removals.len()];
        let mut open: Vec<usize> = (0..results.len()).collect();
        loop {
            let part = RemovalsRequest {
                removals: open
                    .iter()
                    .map(|index| request.removals[*index].clone())
                    .collect(),
                ..request.clone()
            };
            let asked = self.ask(REMOVALS_PATH, Some(&part), &mut attempts);
            let answered: RemovalsResponse = match asked.await {
                Ok(response) => read_json(&response)?,
                // The results of earlier rounds are worth more than this error.
                Err(_) if results.iter().any(Option::is_some) => break,
                Err(error) => return Err(error),
            };
            if answered.results.len() != open.len() {
                let reason = "it has another number of results";
                return Err(ClientError::Answer(reason.into()));
            }
            for (index, result) in open.iter().zip(answered.results) {
                results[*index] = Some(result);
            }
            open.retain(|index| {
                let result = results[*index].as_ref();
                result.is_none_or(|result| may_pass(result, self.patience))
            });
            if open.is_empty() || !attempts.wait(None).await {
                break;
            }
        }
        Ok(RemovalsResponse {
            results: results.into_iter().flatten().collect(),
        })
    }

    /// All keys that sign.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn keys(&self, tenant: Option<&str>) -> Result<KeysResponse, ClientError> {
        let tenant = tenant.map(|tenant| ("tenant", tenant));
        let query = Serializer::new(String::new()).extend_pairs(tenant).finish();
        self.get(&format!("/v1/keys?{query}")).await
    }

    /// Whether the service can sign and record, and what FIPS 140-3 says of it, asked once.
    ///
    /// # Errors
    /// [`ClientError`] when it cannot, or does not answer.
    pub async fn ready(&self) -> Result<Readiness, ClientError> {
        read_json(&self.ask_once::<()>("/readyz", None).await?)
    }

    /// Whether the service's process answers, asked once.
    ///
    /// # Errors
    /// [`ClientError`] when it does not.
    pub async fn alive(&self) -> Result<(), ClientError> {
        self.ask_once::<()>("/healthz", None).await.map(drop)
    }

    /// How often the service has read everything again, and what the last time was not taken over;
    /// none from a service that does not say.
    ///
    /// # Errors
    /// [`ClientError`] when it does not answer.
    pub async fn reloads(&self) -> Result<Option<Reloads>, ClientError> {
        let answer = self.ask_once::<()>("/healthz", None).await?;
        let alive: Option<Alive> = serde_json::from_slice(answer.body()).ok();
        Ok(alive.and_then(|alive| alive.reloads))
    }

    async fn ask_once<T: Serialize>(
        &self,
        path: &str,
        body: Option<&T>,
    ) -> Result<Response<Bytes>, ClientError> {
        let request = self.request(path, body)?;
        successful(self.send(request, self.patience.attempt).await?)
    }

    /// Proposes removals once, without trying again. Returns the results and the service's
    /// Server-Timing, for measurements.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn propose_once(
        &self,
        request: &RemovalsRequest,
    ) -> Result<(RemovalsResponse, Option<String>), ClientError> {
        let response = self.ask_once(REMOVALS_PATH, Some(request)).await?;
        let timing = header(&response, "server-timing").map(str::to_owned);
        Ok((read_json(&response)?, timing))
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        let mut attempts = Attempts::new(self.patience);
        read_json(&self.ask::<()>(path, None, &mut attempts).await?)
    }

    /// Asks until there is an answer that will not change.
    async fn ask<T: Serialize>(
        &self,
        path: &str,
        body: Option<&T>,
        attempts: &mut Attempts,
    ) -> Result<Response<Bytes>, ClientError> {
        let mut last = ClientError::Unreachable("there was no time to try".into());
        while let Some(limit) = attempts.next() {
            let response = self.send(self.request(path, body)?, limit).await;
            let retry_after = response.as_ref().ok().and_then(retry_after);
            match response.and_then(successful) {
                Err(error) if error.may_pass() => last = error,
                other => return other,
            }
            if !attempts.wait(retry_after).await {
                break;
            }
        }
        Err(last)
    }

    fn request<T: Serialize>(
        &self,
        path: &str,
        body: Option<&T>,
    ) -> Result<Request<Full<Bytes>>, ClientError> {
        let (method, body) = match body {
            Some(body) => {
                let json = serde_json::to_vec(body);
                let json = json.map_err(|error| ClientError::Endpoint(error.to_string()))?;
                (Method::POST, Bytes::from(json))
            }
            None => (Method::GET, Bytes::new()),
        };
        Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.authority))
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|error| ClientError::Endpoint(error.to_string()))
    }

    async fn send(
        &self,
        request: Request<Full<Bytes>>,
        limit: Duration,
    ) -> Result<Response<Bytes>, ClientError> {
        let exchange = async {
            let _permit = self
                .permits
                .acquire()
                .await
                .map_err(|error| chain(&error))?;
            let response = self.http.request(request).await;
            let (head, body) = response.map_err(|error| chain(&error))?.into_parts();
            let body = Limited::new(body, MAX_ANSWER).collect().await;
            let body = body.map_err(|error| error.to_string())?.to_bytes();
            Ok(Response::from_parts(head, body))
        };
        tokio::time::timeout(limit, exchange)
            .await
            .unwrap_or_else(|_| Err(format!("no answer within {} ms", limit.as_millis())))
            .map_err(|reason| ClientError::Unreachable(format!("{}: {reason}", self.place)))
    }
}

/// Whether a removal may succeed when it is sent again while there is patience.
fn may_pass(result: &RemovalResult, patience: Patience) -> bool {
    match result {
        RemovalResult::Signed(_) => false,
        RemovalResult::Refused { problem } => {
            let seconds = problem.retry_after.map(u64::from);
            let in_time = patience.reaches(seconds.map(Duration::from_secs));
            in_time && matches!(problem.status, 429 | 503 | 504)
        }
    }
}

fn header<'a>(response: &'a Response<Bytes>, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

fn retry_after(response: &Response<Bytes>) -> Option<Duration> {
    let seconds = header(response, RETRY_AFTER.as_str())?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The response if it is a success, else the problem in it.
fn successful(response: Response<Bytes>) -> Result<Response<Bytes>, ClientError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    Err(match serde_json::from_slice(response.body()) {
        Ok(Object(problem)) => ClientError::Refused(problem),
        Err(_) => ClientError::Answer(format!("status {status}")),
    })
}

fn read_json<T: DeserializeOwned>(response: &Response<Bytes>) -> Result<T, ClientError> {
    let read = serde_json::from_slice(response.body());
    read.map(|Object(answer)| answer)
        .map_err(|error| ClientError::Answer(error.to_string()))
}

/// An error with all its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// What a service that lives says of itself.
#[derive(Deserialize)]
struct Alive {
    reloads: Option<Reloads>,
}

/// The times that a service has read everything again.
#[derive(Clone, Debug, Deserialize)]
pub struct Reloads {
    /// How many have begun; none from an older service.
    pub begun: Option<u64>,
    /// How many have ended.
    pub finished: u64,
    /// What the last one did not take over, with the reasons.
    pub refused: Vec<String>,
}
