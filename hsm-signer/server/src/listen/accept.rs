//! Accepts connections, each served by a task of its own.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::connection::{ConnectionCounts, ConnectionTerms, serve};
use super::listener::Listener;
use crate::core::Core;

/// After an error of accept(2), such as too many open files, this long passes before the next
/// attempt.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections until the service is told to stop, and closes the listener; returns
/// once all connections have ended.
pub async fn accept_all(
    listener: Listener,
    core: Arc<Core>,
    counts: Arc<ConnectionCounts>,
    terms: ConnectionTerms,
) {
    let mut open = JoinSet::new();
    let name = listener.name();
    let gauge = core.metrics.connections(name);
    loop {
        gauge.set(open.len() as i64);
        tokio::select! {
            biased;
            () = terms.stopping.cancelled() => break,
            Some(_) = open.join_next() => {}
            accepted = listener.accept() => match (accepted, counts.admit()) {
                (Ok(accepted), Some(permit)) => {
                    let (access, mut terms) = (core.access.load_full(), terms.clone());
                    // Only later readings of the configuration end it.
                    terms.reloads.mark_unchanged();
                    open.spawn(serve(accepted, permit, Arc::clone(&counts), access, terms));
                }
                (Ok(_), None) => core.metrics.refused_connection(name),
                (Err(error), _) => {
                    tracing::warn!(%error, "a connection could not be accepted");
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
