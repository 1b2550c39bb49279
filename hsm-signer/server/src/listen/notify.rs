//! Tells systemd where the service stands (sd_notify, protocol of Type=notify).

use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// The variable in which systemd says where it listens.
const SOCKET: &str = "NOTIFY_SOCKET";

/// Sends `state`, such as `READY=1`, if this process was started by systemd. A service
/// manager that does not listen is no reason to stop, so that failures are only logged.
pub fn notify(state: &str) {
    let Some(path) = std::env::var_os(SOCKET) else {
        return;
    };
    let address = match path.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        _ => SocketAddr::from_pathname(&path),
    };
    let sent = address.and_then(|address| {
        let socket = UnixDatagram::unbound()?;
        socket.send_to_addr(state.as_bytes(), &address)
    });
    if let Err(error) = sent {
        tracing::warn!(%error, state, "systemd could not be told");
    }
}
