//! TLS of the service: its configuration, which can be replaced while it runs, and the
//! handshake.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use mls_signer_client::tls::{self, TlsFiles};
use mls_signer_token::error::Error;
use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::config::Tls;
use crate::identity::{Peer, names};

pub struct TlsListenerConfig {
    config: ArcSwap<ServerConfig>,
    handshake_limit: Duration,
}

/// Reads certificates, key and revocation lists.
pub fn server_config(tls: &Tls) -> Result<Arc<ServerConfig>, Error> {
    let files = TlsFiles {
        certificate: tls.certificate.clone(),
        key: tls.key.clone(),
        roots: tls.client_roots.clone(),
        revocation_lists: tls.revocation_lists.clone(),
    };
    let config = tls::server(&files).map_err(|error| Error::Setup(error.to_string()))?;
    Ok(Arc::new(config))
}

impl TlsListenerConfig {
    /// Handshakes by `config`, none longer than `handshake_limit`.
    pub fn new(config: Arc<ServerConfig>, handshake_limit: Duration) -> Self {
        Self {
            config: ArcSwap::new(config),
            handshake_limit,
        }
    }

    pub fn replace(&self, config: Arc<ServerConfig>) {
        self.config.store(config);
    }

    /// Does the handshake, which proves who is at the other end.
    pub async fn handshake(&self, stream: TcpStream) -> io::Result<(TlsStream<TcpStream>, Peer)> {
        let acceptor = TlsAcceptor::from(self.config.load_full());
        let handshake = tokio::time::timeout(self.handshake_limit, acceptor.accept(stream));
        let stream = handshake.await.map_err(|_| io::ErrorKind::TimedOut)??;
        let certificates = stream.get_ref().1.peer_certificates();
        let end_entity = certificates.and_then(<[_]>::first);
        let peer = Peer::Certificate(end_entity.map(names).unwrap_or_default());
        Ok((stream, peer))
    }
}
