//! Opens connections to a service.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, ToSocketAddrs, UnixStream};
use tokio_rustls::TlsConnector;
use tower_service::Service;

use crate::endpoint::{Address, Endpoint};
use crate::error::ClientError;
use crate::tls;

/// Opens connections to one endpoint.
#[derive(Clone)]
pub struct Connector {
    address: Address,
    tls: Option<TlsConnector>,
}

impl Connector {
    pub fn new(endpoint: &Endpoint) -> Result<Self, ClientError> {
        let tls = match &endpoint.0 {
            Address::Tls { files, .. } => Some(TlsConnector::from(Arc::new(tls::client(files)?))),
            _ => None,
        };
        Ok(Self {
            address: endpoint.0.clone(),
            tls,
        })
    }

    async fn connect(self) -> io::Result<ClientStream> {
        let stream: Box<dyn Stream> = match (self.address, self.tls) {
            (Address::Unix(path), _) => Box::new(UnixStream::connect(path).await?),
            (Address::Plain(address), _) => Box::new(tcp(address).await?),
            (Address::Tls { host, port, .. }, Some(tls)) => {
                let name = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
                let stream = tcp((host.as_str(), port)).await?;
                Box::new(tls.connect(name, stream).await?)
            }
            (Address::Tls { .. }, None) => return Err(io::Error::other("no TLS")),
        };
        Ok(TokioIo::new(stream))
    }
}

async fn tcp(address: impl ToSocketAddrs) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A connection as hyper reads and writes it.
type ClientStream = TokioIo<Box<dyn Stream>>;

/// A Unix socket, TCP, or TLS over it.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Connection for Box<dyn Stream> {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Service<Uri> for Connector {
    type Response = ClientStream;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<ClientStream>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        Box::pin(self.clone().connect())
    }
}
