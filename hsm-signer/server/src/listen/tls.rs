//! The handshake of mutual TLS, by what is in force when it begins.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::access::AccessRules;
use crate::identity::{Peer, PeerChain};

pub struct TlsListenerConfig {
    access: Arc<ArcSwap<AccessRules>>,
    handshake_limit: Duration,
}

impl TlsListenerConfig {
    /// Handshakes by `access`, none longer than `handshake_limit`.
    pub fn new(access: Arc<ArcSwap<AccessRules>>, handshake_limit: Duration) -> Self {
        Self {
            access,
            handshake_limit,
        }
    }

    /// Does the handshake, which proves who is at the other end.
    pub async fn handshake(&self, stream: TcpStream) -> io::Result<(TlsStream<TcpStream>, Peer)> {
        let config = self.access.load().server();
        let acceptor = TlsAcceptor::from(config.ok_or(io::ErrorKind::Unsupported)?);
        let handshake = tokio::time::timeout(self.handshake_limit, acceptor.accept(stream));
        let stream = handshake.await.map_err(|_| io::ErrorKind::TimedOut)??;
        let certificates = stream.get_ref().1.peer_certificates();
        let chain = PeerChain::new(certificates.unwrap_or_default());
        Ok((stream, Peer::Certificate(Arc::new(chain))))
    }
}
