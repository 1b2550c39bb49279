//! Who is at the other end of a connection, before any policy.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mls_signer_audit::store::MAX_TEXT;
use mls_signer_client::tls::{ClientTrust, RootId};
use mls_signer_token::sync::{Mutex, locked};
use rustls::pki_types::CertificateDer;
use rustls::{CertificateError, Error};
use tokio_util::sync::CancellationToken;
use webpki::EndEntityCert;

use crate::config::San;
use crate::problem::{CERTIFICATE_REFUSED, Problem};

/// For so long a chain that was good counts as good under the same roots and lists. After that
/// it, or a list, may have expired.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// What the connection itself proves about who calls.
#[derive(Clone)]
pub enum Peer {
    /// The user id of the process at the other end of a Unix socket (SO_PEERCRED).
    User(u32),
    /// The certificate that the TLS handshake proved.
    Certificate(Arc<PeerChain>),
    /// Everybody, on the development listener.
    Development,
}

/// The certificates of a connection's handshake, judged again while it lasts.
pub struct PeerChain {
    /// The caller's certificate, and those between it and its root.
    certificates: Vec<CertificateDer<'static>>,
    /// The names in the caller's certificate.
    pub names: Vec<San>,
    judged: Mutex<Option<Judgement>>,
    /// Cancelled once it was refused, so that the connection ends.
    refused: CancellationToken,
}

/// What was found of a chain.
struct Judgement {
    trust: Arc<ClientTrust>,
    at: Instant,
    roots: Result<Vec<RootId>, Problem>,
}

impl PeerChain {
    pub fn new(certificates: &[CertificateDer<'_>]) -> Self {
        let own = |certificate: &CertificateDer<'_>| certificate.clone().into_owned();
        Self {
            certificates: certificates.iter().map(own).collect(),
            names: certificates.first().map(names).unwrap_or_default(),
            judged: Mutex::default(),
            refused: CancellationToken::new(),
        }
    }

    /// The roots to which it leads now. That it leads to none ends its connection.
    pub fn roots(&self, trust: &Arc<ClientTrust>) -> Result<Vec<RootId>, Problem> {
        let mut judged = locked(&self.judged);
        if let Some(last) = &*judged
            && Arc::ptr_eq(&last.trust, trust)
            && last.at.elapsed() < GOOD_FOR
        {
            return last.roots.clone();
        }
        let roots = trust.lead_to(&self.certificates).map_err(|error| {
            self.refused.cancel();
            CERTIFICATE_REFUSED.because(why(&error))
        });
        *judged = Some(Judgement {
            trust: Arc::clone(trust),
            at: Instant::now(),
            roots: roots.clone(),
        });
        roots
    }
}

/// What is wrong with a certificate, for its owner.
fn why(error: &Error) -> String {
    let Error::InvalidCertificate(reason) = error else {
        return error.to_string();
    };
    match reason {
        CertificateError::Revoked => "it, or one between it and its root, is revoked",
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it, or one between it and its root, has expired"
        }
        CertificateError::UnknownIssuer => "it leads to none of the service's roots",
        CertificateError::UnknownRevocationStatus => {
            "the service has no revocation list of its issuer, or of one between it and its root"
        }
        CertificateError::ExpiredRevocationList
        | CertificateError::ExpiredRevocationListContext { .. } => {
            "the service's revocation list has expired"
        }
        other => return other.to_string(),
    }
    .into()
}

impl Peer {
    /// Whether it is the user that the service runs as.
    pub fn is_own_user(&self) -> bool {
        matches!(self, Self::User(uid) if *uid == rustix::process::geteuid().as_raw())
    }

    /// Returns once what it proved was refused; of others than certificates that is never.
    pub async fn refused(&self) {
        match self {
            Self::Certificate(chain) => chain.refused.cancelled().await,
            Self::User(_) | Self::Development => std::future::pending().await,
        }
    }
}

impl fmt::Display for Peer {
    /// As the audit log keeps it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(uid) => write!(f, "unix uid {uid}"),
            Self::Certificate(chain) => {
                let names: Vec<_> = chain.names.iter().map(ToString::to_string).collect();
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
fn names(certificate: &CertificateDer<'_>) -> Vec<San> {
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
