//! What the service manager is told.

use sd_notify::NotifyState;

/// Tells systemd, where it listens. One that cannot be told is no reason to stop.
pub fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "systemd could not be told");
    }
}
