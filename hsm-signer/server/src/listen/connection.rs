//! One connection: served within its bounds, and ended in good order.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower_service::Service as _;

use super::socket::Stream;
use crate::callers::Callers;
use crate::config::Limits;
use crate::core::told_to_stop;
use crate::identity::Peer;
use crate::sync::{Mutex, locked};

/// A connection that was accepted before the service was told to stop, and has asked
/// nothing yet, has so long to do so.
const LAST_REQUEST: Duration = Duration::from_millis(250);

/// How many connections there are, in all and of each caller.
pub struct Connections {
    all: Arc<Semaphore>,
    of_callers: Mutex<HashMap<Arc<str>, usize>>,
    per_caller: usize,
}

/// One connection, counted until it is dropped.
pub struct Counted {
    connections: Arc<Connections>,
    caller: Option<Arc<str>>,
    _one: OwnedSemaphorePermit,
}

impl Connections {
    /// Room for as many as the limits say.
    pub fn new(limits: &Limits) -> Self {
        Self {
            all: Arc::new(Semaphore::new(limits.connections)),
            of_callers: Mutex::default(),
            per_caller: limits.connections_per_caller,
        }
    }

    /// Counts one more, if there is room.
    pub fn enter(self: &Arc<Self>) -> Option<Counted> {
        let one = Arc::clone(&self.all).try_acquire_owned().ok()?;
        Some(Counted {
            connections: Arc::clone(self),
            caller: None,
            _one: one,
        })
    }
}

impl Counted {
    /// Counts it as the caller's, if the caller has room.
    fn is_of(&mut self, caller: Arc<str>) -> bool {
        let mut counts = locked(&self.connections.of_callers);
        let count = counts.entry(Arc::clone(&caller)).or_default();
        if *count >= self.connections.per_caller {
            return false;
        }
        *count += 1;
        self.caller = Some(caller);
        true
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let Some(caller) = &self.caller else {
            return;
        };
        let mut counts = locked(&self.connections.of_callers);
        if let Some(count) = counts.get_mut(caller) {
            *count -= 1;
            if *count == 0 {
                counts.remove(caller);
            }
        }
    }
}

/// What a connection is served with.
#[derive(Clone)]
pub struct Terms {
    /// What answers.
    pub router: Router,
    /// The bounds.
    pub limits: Arc<Limits>,
    /// Raised by each reading of the configuration: connections of before are ended, so that
    /// nobody stays by a certificate that is not trusted any more.
    pub generation: watch::Receiver<u64>,
    /// Whether the service is being stopped.
    pub stopping: watch::Receiver<bool>,
}

/// Serves a connection until it ends.
pub async fn serve(stream: Stream, mut counted: Counted, callers: &Callers, terms: Terms) {
    match stream {
        Stream::Unix(stream) => {
            let Ok(credentials) = stream.peer_cred() else {
                return;
            };
            let peer = Peer::User(credentials.uid());
            if admitted(&mut counted, callers, &peer) {
                converse(stream, peer, terms).await;
            }
        }
        Stream::Plain(stream) => {
            if admitted(&mut counted, callers, &Peer::Development) {
                converse(stream, Peer::Development, terms).await;
            }
        }
        Stream::Tls(stream, door) => match door.shake(stream).await {
            Ok((stream, peer)) => {
                if admitted(&mut counted, callers, &peer) {
                    converse(stream, peer, terms).await;
                }
            }
            Err(error) => tracing::info!(%error, "a TLS handshake failed"),
        },
    }
}

/// Whether there is room for one more of the peer's caller. Strangers share one count; they
/// are told why they are refused.
fn admitted(counted: &mut Counted, callers: &Callers, peer: &Peer) -> bool {
    let name = match callers.of(peer) {
        Ok(caller) => Arc::clone(caller.name()),
        Err(_) => "".into(),
    };
    counted.is_of(name)
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    peer: Peer,
    terms: Terms,
) {
    let asked = Arc::new(AtomicBool::new(false));
    let router = terms.router.clone();
    let service = {
        let asked = Arc::clone(&asked);
        hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
            asked.store(true, Ordering::Relaxed);
            request.extensions_mut().insert(peer.clone());
            let mut router = router.clone();
            async move { router.call(request.map(axum::body::Body::new)).await }
        })
    };
    let builder = builder(&terms.limits);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let mut generation = terms.generation.clone();
    let mut stopping = terms.stopping.clone();
    let age = tokio::time::sleep(Duration::from_millis(terms.limits.connection_ms));
    tokio::select! {
        ended = connection.as_mut() => return said(ended),
        () = told_to_stop(&mut stopping) => {
            if !asked.load(Ordering::Relaxed) {
                // Its request may be on the way.
                let _ = tokio::time::timeout(LAST_REQUEST, connection.as_mut()).await;
            }
        }
        _ = generation.changed() => {}
        () = age => {}
    }
    connection.as_mut().graceful_shutdown();
    said(connection.await);
}

fn said(ended: Result<(), impl std::fmt::Display>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended in disorder");
    }
}

fn builder(limits: &Limits) -> Builder<TokioExecutor> {
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
