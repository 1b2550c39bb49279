//! One connection: served within its bounds, and ended in good order.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tower_service::Service as _;

use super::listener::{AcceptedStream, PeerStream};
use crate::access::Access;
use crate::config::ServiceLimits;
use crate::identity::Peer;
use mls_signer_token::sync::{Mutex, locked};

/// A connection that was accepted before the service was told to stop, and on which no request
/// has come yet, is kept open this long for one.
const LAST_REQUEST: Duration = Duration::from_millis(250);

/// A connection that is told to end has the time of a request, and so much more for the answer;
/// then it is closed.
const LAST_ANSWER: Duration = Duration::from_secs(1);

/// How many connections there may be, in all and of each caller. Each holds a permit of both.
pub struct ConnectionCounts {
    all: Arc<Semaphore>,
    of_callers: Mutex<HashMap<Arc<str>, Arc<Semaphore>>>,
    per_caller: usize,
}

impl ConnectionCounts {
    pub fn new(limits: &ServiceLimits) -> Self {
        Self {
            all: Arc::new(Semaphore::new(limits.connections)),
            of_callers: Mutex::default(),
            per_caller: limits.connections_per_caller.min(Semaphore::MAX_PERMITS),
        }
    }

    /// Counts one more, unless there are as many as there may be.
    pub fn admit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.all).try_acquire_owned().ok()
    }

    /// Counts it as its caller's too, unless the caller has as many as it may. Strangers share
    /// one count; they are answered why they are refused.
    fn admit_caller(&self, access: &Access, peer: &Peer) -> Option<OwnedSemaphorePermit> {
        let caller: Arc<str> = match access.caller(peer) {
            Ok(caller) => Arc::clone(&caller.name),
            Err(_) => "".into(),
        };
        let mut counts = locked(&self.of_callers);
        let count = counts.entry(caller);
        let count = count.or_insert_with(|| Arc::new(Semaphore::new(self.per_caller)));
        Arc::clone(count).try_acquire_owned().ok()
    }
}

#[derive(Clone)]
pub struct ConnectionTerms {
    pub router: Router,
    pub limits: Arc<ServiceLimits>,
    /// Raised by each change of who may ask: connections of before are ended.
    pub reloads: watch::Receiver<u64>,
    /// Cancelled when the service is to stop.
    pub stopping: CancellationToken,
}

pub async fn serve(
    accepted: AcceptedStream,
    _permit: OwnedSemaphorePermit,
    counts: Arc<ConnectionCounts>,
    access: Arc<Access>,
    terms: ConnectionTerms,
) {
    match accepted.identified().await {
        Ok((stream, peer)) => {
            if let Some(_permit) = counts.admit_caller(&access, &peer) {
                serve_http(stream, peer, terms).await;
            }
        }
        Err(error) => tracing::info!(%error, "who connected could not be learnt"),
    }
}

async fn serve_http(stream: Box<dyn PeerStream>, peer: Peer, mut terms: ConnectionTerms) {
    let has_asked = AtomicBool::new(false);
    let service = service_fn(|mut request: Request<Incoming>| {
        has_asked.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(peer.clone());
        terms.router.clone().call(request.map(Body::new))
    });
    let builder = builder(&terms.limits);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let age = tokio::time::sleep(Duration::from_millis(terms.limits.connection_ms));
    tokio::select! {
        ended = connection.as_mut() => return log(ended),
        () = terms.stopping.cancelled() => {
            if !has_asked.load(Ordering::Relaxed) {
                // Its request may be on the way.
                let _ = tokio::time::timeout(LAST_REQUEST, connection.as_mut()).await;
            }
        }
        _ = terms.reloads.changed() => {}
        () = peer.refused() => {}
        () = age => {}
    }
    connection.as_mut().graceful_shutdown();
    // A client of HTTP/2 that answers no PING would go on for ever.
    let last = Duration::from_millis(terms.limits.request_ms) + LAST_ANSWER;
    if let Ok(ended) = tokio::time::timeout(last, connection).await {
        log(ended);
    }
}

fn log(ended: Result<(), impl std::fmt::Display>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended in disorder");
    }
}

fn builder(limits: &ServiceLimits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(limits.header_ms))
        .max_buf_size(limits.header_bytes)
        .max_headers(64);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_millis(limits.header_ms))
        .keep_alive_timeout(Duration::from_millis(limits.header_ms))
        .max_concurrent_streams(limits.streams_per_connection)
        .max_header_list_size(limits.header_bytes as u32);
    builder
}
