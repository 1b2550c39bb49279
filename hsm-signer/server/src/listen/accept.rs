//! Accepts connections, each served by a task of its own.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::connection::{ConnectionTerms, serve};
use super::handshake_failures::HandshakeFailures;
use super::listener::Listener;
use super::places::Places;
use super::refusals::Refusals;
use crate::core::Core;
use crate::log_limit::LogLimit;

/// After an error of accept(2), such as too many open files, this long passes before the next
/// attempt.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections until the service is told to stop, and closes the listener; returns
/// once all connections have ended.
pub async fn accept_all(listener: Listener, core: Arc<Core>, terms: ConnectionTerms) {
    let mut open = JoinSet::new();
    let name = listener.name();
    let gauge = core.metrics.connections(name);
    let refused = Refusals::new(name, core.metrics.refused_connections(name));
    let failed =
        HandshakeFailures::new(name, |reason| core.metrics.failed_handshakes(name, reason));
    let errors = LogLimit::default();
    let places = Arc::new(Places::new(&core.limits, refused, failed));
    loop {
        gauge.set(open.len() as i64);
        tokio::select! {
            biased;
            () = terms.stopping.cancelled() => break,
            Some(_) = open.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok(accepted) => {
                    let stranger = accepted.unknown_address();
                    let place = stranger.map(|address| places.of_address(address));
                    if place.as_ref().is_some_and(Option::is_none) {
                        continue;
                    }
                    let mut terms = terms.clone();
                    // Only later readings of the configuration may end it.
                    terms.reloads.mark_unchanged();
                    let places = Arc::clone(&places);
                    open.spawn(serve(accepted, place.flatten(), places, terms));
                }
                Err(error) => {
                    if let Some(left_out) = errors.admit() {
                        tracing::warn!(%error, left_out, "a connection could not be accepted");
                    }
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
    drop(listener);
    while open.join_next().await.is_some() {
        gauge.set(open.len() as i64);
    }
}
