//! One connection: served within its bounds, and ended in good order.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

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

/// A connection that was accepted before the service was told to stop, and on which no request
/// has come yet, is kept open this long for one.
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
    /// Raised by each change of who may ask: connections of before are ended.
    pub reloads: watch::Receiver<u64>,
    /// Cancelled when the service is to stop.
    pub stopping: CancellationToken,
}

/// Serves the connection, which is of a `stranger` until it is known who is at the other end.
pub async fn serve(
    accepted: AcceptedStream,
    mut stranger: Option<Stranger>,
    places: Arc<Places>,
    access: Arc<AccessRules>,
    terms: ConnectionTerms,
) {
    let identified = match &mut stranger {
        Some(stranger) => stranger.identify(accepted).await,
        None => accepted.identified().await,
    };
    match identified {
        Ok((stream, peer)) => {
            let caller = access.caller(&peer);
            let name = caller.map_or_else(|_| "".into(), |caller| Arc::clone(&caller.name));
            let own_place = places.of_caller(&name, &peer);
            drop(stranger);
            if own_place.is_some() {
                serve_http(stream, peer, terms).await;
            }
        }
        Err(error) => places.not_identified(&error),
    }
}

async fn serve_http(stream: Box<dyn PeerStream>, peer: Peer, mut terms: ConnectionTerms) {
    let requests = Requests::default();
    let service = service_fn(|mut request: Request<Incoming>| {
        let under_way = requests.begin();
        request.extensions_mut().insert(peer.clone());
        let answer = terms.router.clone().call(request.map(Body::new));
        async { answer.await.map(|answer| under_way.answered(answer)) }
    });
    let limits = Arc::clone(&terms.limits);
    let builder = builder(&limits);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let age = tokio::time::sleep(Duration::from_millis(limits.connection_ms));
    let stalled = requests.stalled_for(Duration::from_millis(limits.answer_ms));
    let mut stalled = pin!(stalled);
    tokio::select! {
        ended = connection.as_mut() => return log(ended),
        () = stalled.as_mut() => return unread(&peer),
        // hyper waits without end for a first byte, for HTTP/2's preface, and for a peer that
        // only answers its PINGs.
        () = requests.silent_for(Duration::from_millis(limits.header_ms)) => {}
        () = terms.stopping.cancelled() => {
            if !requests.have_begun() {
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
    let last = tokio::time::sleep(Duration::from_millis(limits.request_ms) + LAST_ANSWER);
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
