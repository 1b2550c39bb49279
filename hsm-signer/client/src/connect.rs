//! Connections to a service, one kind for each place.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower_service::Service;

use super::endpoint::{Endpoint, Place};
use super::error::ClientError;
use crate::tls;

/// Opens connections to one endpoint.
#[derive(Clone)]
pub struct Connector {
    place: Place,
    tls: Option<TlsConnector>,
}

impl Connector {
    pub fn new(endpoint: &Endpoint) -> Result<Self, ClientError> {
        let tls = match &endpoint.0 {
            Place::Tls { files, .. } => Some(TlsConnector::from(Arc::new(tls::client(files)?))),
            _ => None,
        };
        Ok(Self {
            place: endpoint.0.clone(),
            tls,
        })
    }

    async fn connect(self) -> io::Result<Stream> {
        match (self.place, self.tls) {
            (Place::Unix(path), _) => {
                Ok(Stream::Unix(TokioIo::new(UnixStream::connect(path).await?)))
            }
            (Place::Plain(address), _) => Ok(Stream::Plain(TokioIo::new(tcp(address).await?))),
            (Place::Tls { host, port, .. }, Some(tls)) => {
                let name = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
                let stream = tcp((host.as_str(), port)).await?;
                let stream = tls.connect(name, stream).await?;
                Ok(Stream::Tls(Box::new(TokioIo::new(stream))))
            }
            (Place::Tls { .. }, None) => Err(io::Error::other("no TLS")),
        }
    }
}

async fn tcp(address: impl tokio::net::ToSocketAddrs) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        Box::pin(self.clone().connect())
    }
}

/// A connection of any kind.
pub enum Stream {
    Unix(TokioIo<UnixStream>),
    Plain(TokioIo<TcpStream>),
    Tls(Box<TokioIo<TlsStream<TcpStream>>>),
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

/// Hands a call on to the connection of whatever kind.
macro_rules! stream {
    ($self:ident, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Stream::Unix(stream) => {
                let $stream = Pin::new(stream);
                $call
            }
            Stream::Plain(stream) => {
                let $stream = Pin::new(stream);
                $call
            }
            Stream::Tls(stream) => {
                let $stream = Pin::new(stream.as_mut());
                $call
            }
        }
    };
}

impl Read for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        stream!(self, stream => stream.poll_read(context, buffer))
    }
}

impl Write for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        stream!(self, stream => stream.poll_write(context, buffer))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        stream!(self, stream => stream.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        stream!(self, stream => stream.poll_shutdown(context))
    }
}
