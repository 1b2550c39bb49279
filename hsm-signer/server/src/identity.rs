//! Who is at the other end of a connection, before any policy.

use std::fmt;

use mls_signer_audit::store::MAX_TEXT;
use rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;

use crate::config::San;

/// What the connection itself proves about who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// The user id of the process at the other end of a Unix socket (SO_PEERCRED).
    User(u32),
    /// The names in the certificate that the TLS handshake proved.
    Certificate(Vec<San>),
    /// Everybody, on the development listener.
    Development,
}

impl fmt::Display for Peer {
    /// As the audit log keeps it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(uid) => write!(f, "unix uid {uid}"),
            Self::Certificate(names) => {
                let names: Vec<_> = names.iter().map(ToString::to_string).collect();
                let mut text = format!("mtls {}", names.join(" "));
                text.truncate(text.floor_char_boundary(MAX_TEXT));
                f.write_str(&text)
            }
            Self::Development => f.write_str("development"),
        }
    }
}

/// The subject alternative names of a certificate that are compared with callers': its
/// DNS names without wildcards, and its URIs.
pub fn names(certificate: &CertificateDer<'_>) -> Vec<San> {
    let Ok(certificate) = EndEntityCert::try_from(certificate) else {
        return Vec::new();
    };
    let dns = certificate
        .valid_dns_names()
        .map(|name| format!("dns:{name}"));
    let uris = certificate
        .valid_uri_names()
        .map(|uri| format!("uri:{uri}"));
    dns.chain(uris)
        .filter_map(|name| name.try_into().ok())
        .collect()
}
