//! Where callers connect, and what bounds them.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{ConfigError, invalid};

/// Where callers connect; at least one of the three.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    pub unix: Option<Unix>,
    pub tls: Option<Tls>,
    pub plain: Option<Plain>,
}

/// A Unix socket, whose callers are known by their user id.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Unix {
    /// Its path; a stale socket there is replaced.
    pub path: PathBuf,
    /// Whether the service's group may connect too: mode 0660 instead of 0600.
    #[serde(default)]
    pub group_access: bool,
}

/// TCP with mutual TLS 1.3, whose callers are known by their certificate.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    pub address: SocketAddr,
    /// The service's certificate and those between it and its root, in PEM or DER.
    pub certificate: PathBuf,
    /// The private key of the certificate, in PEM, closed to other users.
    pub key: PathBuf,
    /// The roots by which callers' certificates are checked, in PEM or DER.
    pub client_roots: PathBuf,
    /// Revocation lists, in PEM or DER: of each issuer between a caller and its root, or none.
    #[serde(default)]
    pub revocation_lists: Vec<PathBuf>,
}

/// TCP on a loopback address, without protection, for development.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Plain {
    pub address: SocketAddr,
    /// Which caller everybody who connects is taken for.
    pub caller: String,
    /// Must be true, which says that this is not a production service.
    pub development: bool,
}

impl Listen {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.unix.is_none() && self.tls.is_none() && self.plain.is_none() {
            return invalid("nobody can connect; add [listen.unix] or [listen.tls]");
        }
        if let Some(unix) = &self.unix {
            unix.check()?;
        }
        match &self.plain {
            Some(plain) if !plain.address.ip().is_loopback() => invalid(format!(
                "listen.plain.address must be a loopback address, not {}; use [listen.tls] for \
                 others",
                plain.address.ip()
            )),
            Some(plain) if !plain.development => invalid(
                "listen.plain is without protection; say development = true there, or use \
                 [listen.unix]",
            ),
            _ => Ok(()),
        }
    }
}

/// The longest path that the address of a Unix socket has room for, in bytes (unix(7)).
const MAX_SOCKET_PATH: usize = 107;

impl Unix {
    /// The service itself could listen at a longer path; nobody could connect.
    fn check(&self) -> Result<(), ConfigError> {
        let length = self.path.as_os_str().len();
        if length <= MAX_SOCKET_PATH {
            return Ok(());
        }
        invalid(format!(
            "listen.unix.path has {length} bytes; the address of a Unix socket has room for \
             {MAX_SOCKET_PATH}"
        ))
    }
}

/// What bounds the work and the memory. Times are in milliseconds.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServiceLimits {
    pub body_bytes: usize,
    /// Bytes of all bodies that are being read or worked on.
    pub all_bodies_bytes: usize,
    /// Bytes of one caller's; a quarter of all where it is 0.
    pub body_bytes_per_caller: usize,
    /// Bytes of all answers that are not written yet.
    pub all_answer_bytes: usize,
    /// Bytes of one caller's; a quarter of all where it is 0.
    pub answer_bytes_per_caller: usize,
    pub header_bytes: usize,
    /// Removals in one request.
    pub batch: usize,
    /// Removals that are worked on or wait, of each tenant.
    pub waiting: usize,
    /// Connections of each listener whose peer is known.
    pub connections: usize,
    pub connections_per_caller: usize,
    /// Connections of each listener whose peer is not known yet.
    pub handshakes: usize,
    pub handshakes_per_address: usize,
    /// Requests at a time on one HTTP/2 connection.
    pub streams_per_connection: u32,
    pub handshake_ms: u64,
    /// For a request's head, and between two requests on a connection.
    pub header_ms: u64,
    pub body_ms: u64,
    /// For an answer, unless the request asks for less; the engine gets the same deadline.
    pub request_ms: u64,
    /// For an answer to be read once it is there.
    pub answer_ms: u64,
    /// How long a connection may last before it is closed between two requests.
    pub connection_ms: u64,
    /// How long what was accepted may take to end once the service is told to stop.
    pub drain_ms: u64,
}

/// No caller has use of less for its answers, in bytes.
const LEAST_ANSWERS: usize = 64 * 1024;

impl Default for ServiceLimits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            all_bodies_bytes: 64 * 1024 * 1024,
            body_bytes_per_caller: 0,
            all_answer_bytes: 64 * 1024 * 1024,
            answer_bytes_per_caller: 0,
            header_bytes: 16 * 1024,
            batch: 1_000,
            waiting: 20_000,
            connections: 1_000,
            connections_per_caller: 250,
            handshakes: 512,
            handshakes_per_address: 128,
            streams_per_connection: 64,
            handshake_ms: 5_000,
            header_ms: 10_000,
            body_ms: 10_000,
            request_ms: 10_000,
            answer_ms: 30_000,
            connection_ms: 3_600_000,
            drain_ms: 30_000,
        }
    }
}

impl ServiceLimits {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let streams = self.streams_per_connection as usize;
        let positive = [
            ("body_bytes", self.body_bytes),
            ("batch", self.batch),
            ("waiting", self.waiting),
            ("connections", self.connections),
            ("connections_per_caller", self.connections_per_caller),
            ("handshakes", self.handshakes),
            ("handshakes_per_address", self.handshakes_per_address),
            ("streams_per_connection", streams),
            ("handshake_ms", self.handshake_ms as usize),
            ("header_ms", self.header_ms as usize),
            ("body_ms", self.body_ms as usize),
            ("request_ms", self.request_ms as usize),
            ("answer_ms", self.answer_ms as usize),
            ("connection_ms", self.connection_ms as usize),
        ];
        if let Some((name, _)) = positive.iter().find(|(_, value)| *value == 0) {
            return invalid(format!("limits.{name} must not be 0"));
        }
        if self.all_bodies_bytes < self.body_bytes {
            return invalid("limits.all_bodies_bytes must be at least limits.body_bytes");
        }
        let per_caller = self.body_bytes_per_caller;
        if per_caller != 0 && !(self.body_bytes..=self.all_bodies_bytes).contains(&per_caller) {
            return invalid(
                "limits.body_bytes_per_caller must be 0, or between limits.body_bytes and \
                 limits.all_bodies_bytes",
            );
        }
        if self.answer_bytes_per_caller > self.all_answer_bytes {
            return invalid(
                "limits.answer_bytes_per_caller must be at most limits.all_answer_bytes",
            );
        }
        if self.all_answer_bytes < LEAST_ANSWERS {
            return invalid(format!(
                "limits.all_answer_bytes must be at least {LEAST_ANSWERS}"
            ));
        }
        if self.header_bytes < 8 * 1024 {
            return invalid("limits.header_bytes must be at least 8192");
        }
        if self.waiting < self.batch {
            return invalid("limits.waiting must be at least limits.batch");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_no_address_has_room_for_is_refused() {
        for (length, fits) in [(107, true), (108, false)] {
            let listen = Listen {
                unix: Some(Unix {
                    path: format!("/{}", "s".repeat(length - 1)).into(),
                    group_access: false,
                }),
                ..Listen::default()
            };
            assert_eq!(listen.check().is_ok(), fits, "{length}");
        }
    }
}
