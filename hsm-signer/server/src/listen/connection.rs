//! One connection: served within its bounds, and ended in good order.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tower_service::Service as _;

use super::listener::{AcceptedStream, PeerStream};
use super::places::Places;
use super::requests::Requests;
use super::strangers::Stranger;
use crate::access::AccessRules;
use crate::config::ServiceLimits;
use crate::identity::Peer;

/// A connection of HTTP/1 that is to end, and on which no request is under way, is kept open this
/// long for one that may be on the way: closed at once it would be reset, and its caller could not
/// know whether it was read.
const LAST_REQUEST: Duration = Duration::from_millis(250);

/// A connection that is told to end has the time of a request, and so much more for the answer;
/// then it is closed.
const LAST_ANSWER: Duration = Duration::from_secs(1);

/// A connection that is to end has so long to say so once no request is under way.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Streams that a client has reset and the service has not looked at yet.
const RESET_STREAMS: usize = 20;

/// Streams that the service has reset because of a client's mistakes.
const MISTAKES: usize = 64;

/// What the service keeps of a stream's answer before the client takes it, in bytes.
const SEND_BUFFER: usize = 64 * 1024;

#[derive(Clone)]
pub struct ConnectionTerms {
    pub router: Router,
    pub limits: Arc<ServiceLimits>,
    /// Who may ask now.
    pub access: Arc<ArcSwap<AccessRules>>,
    /// Raised by each change of who may ask: connections that have another caller then are ended.
    pub reloads: watch::Receiver<u64>,
    /// Cancelled when the service is to stop.
    pub stopping: CancellationToken,
}

/// Serves the connection, which is of a `stranger` until it is known who is at the other end.
pub async fn serve(
    accepted: AcceptedStream,
    mut stranger: Option<Stranger>,
    places: Arc<Places>,
    terms: ConnectionTerms,
) {
    let identified = match &mut stranger {
        Some(stranger) => stranger.identify(accepted).await,
        None => accepted.identified().await,
    };
    match identified {
        Ok((stream, peer)) => {
            let name = terms.caller(&peer);
            let own_place = places.of_caller(&name, &peer);
            drop(stranger);
            if own_place.is_some() {
                serve_http(stream, peer, name, terms).await;
            }
        }
        Err(error) => places.not_identified(&error),
    }
}

impl ConnectionTerms {
    /// The name of the caller that the peer is now; of a stranger it is empty.
    fn caller(&self, peer: &Peer) -> Arc<str> {
        let caller = self.access.load().caller(peer);
        caller.map_or_else(|_| "".into(), |caller| Arc::clone(&caller.name))
    }

    /// Returns once the peer is another caller than the one with this name.
    async fn has_another_caller(&mut self, peer: &Peer, name: &str) {
        while self.reloads.changed().await.is_ok() {
            if *self.caller(peer) != *name {
                return;
            }
        }
    }
}

async fn serve_http(
    stream: Box<dyn PeerStream>,
    peer: Peer,
    name: Arc<str>,
    mut terms: ConnectionTerms,
) {
    let requests = Requests::default();
    let router = terms.router.clone();
    let service = service_fn(|mut request: Request<Incoming>| {
        let under_way = requests.begin(request.version());
        request.extensions_mut().insert(peer.clone());
        let answer = router.clone().call(request.map(Body::new));
        async { answer.await.map(|answer| under_way.answered(answer)) }
    });
    let limits = Arc::clone(&terms.limits);
    let builder = builder(&limits);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let age = tokio::time::sleep(Duration::from_millis(limits.connection_ms));
    let stalled = requests.stalled_for(Duration::from_millis(limits.answer_ms));
    let mut stalled = pin!(stalled);
    let stopping = terms.stopping.clone();
    tokio::select! {
        ended = connection.as_mut() => return log(ended),
        () = stalled.as_mut() => return unread(&peer),
        // hyper waits without end for a first byte, for HTTP/2's preface, and for a peer that
        // only answers its PINGs.
        () = requests.silent_for(Duration::from_millis(limits.header_ms)) => {}
        () = stopping.cancelled() => {}
        () = terms.has_another_caller(&peer, &name) => {}
        () = peer.refused() => {}
        () = age => {}
    }
    requests.next_is_last();
    // A client of HTTP/2 that answers no PING would go on for ever.
    let last = tokio::time::sleep(Duration::from_millis(limits.request_ms) + LAST_ANSWER);
    let mut last = pin!(last);
    if !requests.are_multiplexed() {
        tokio::select! {
            ended = connection.as_mut() => return log(ended),
            () = stalled.as_mut() => return unread(&peer),
            () = requests.silent_for(LAST_REQUEST) => {}
            () = last.as_mut() => return,
        }
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        ended = connection => log(ended),
        () = stalled => unread(&peer),
        () = requests.silent_for(LAST_WORDS) => {}
        () = last => {}
    }
}

fn unread(peer: &Peer) {
    tracing::info!(%peer, "a connection was ended: nobody reads its answers");
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
        .max_pending_accept_reset_streams(RESET_STREAMS)
        .max_local_error_reset_streams(MISTAKES)
        .max_send_buf_size(SEND_BUFFER)
        .max_header_list_size(limits.header_bytes as u32);
    builder
}
