//! The three kinds of listeners.

use std::fs::{DirBuilder, Permissions};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt};
use std::os::unix::net;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mls_signer_token::error::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use super::tls::TlsListenerConfig;
use crate::config::{Listen, Unix};
use crate::identity::Peer;

/// A place where connections come in. Dropping it closes it: connections in its backlog are
/// reset, which is how a client learns that its request was never read.
pub enum Listener {
    Unix {
        /// Dropped before the listener: the name is not removed from under another process
        /// that already listens there.
        _file: SocketFile,
        listener: UnixListener,
    },
    Tls(TcpListener, Arc<TlsListenerConfig>),
    /// TCP without protection, for development.
    Plain(TcpListener),
}

/// A connection before anything was read from it.
pub enum AcceptedStream {
    Unix(UnixStream),
    /// From TCP, to be followed by a handshake.
    Tls(TcpStream, Arc<TlsListenerConfig>),
    Plain(TcpStream),
}

/// A connection of any kind, of which it is known who is at the other end.
pub trait PeerStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> PeerStream for S {}

/// A socket in the file system, removed when this is dropped.
pub struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            tracing::warn!(path = %self.0.display(), %error, "the socket was not removed");
        }
    }
}

/// Opens all listeners of the configuration; `tls` is for the one with mutual TLS.
pub async fn bind_all(
    listen: &Listen,
    tls: &Arc<TlsListenerConfig>,
) -> Result<Vec<Listener>, Error> {
    let mut all = Vec::new();
    if let Some(unix) = &listen.unix {
        let failed = |error| cannot_listen(unix.path.display(), &error);
        all.push(bind_unix(unix).map_err(failed)?);
    }
    if let Some(listen) = &listen.tls {
        let bound = bind_tcp(listen.address).await?;
        all.push(Listener::Tls(bound, Arc::clone(tls)));
    }
    if let Some(plain) = &listen.plain {
        tracing::warn!(address = %plain.address, "listening without protection, for development");
        all.push(Listener::Plain(bind_tcp(plain.address).await?));
    }
    Ok(all)
}

fn cannot_listen(address: impl std::fmt::Display, error: &io::Error) -> Error {
    Error::Setup(format!("cannot listen on {address}: {error}"))
}

async fn bind_tcp(address: SocketAddr) -> Result<TcpListener, Error> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error| cannot_listen(address, &error))
}

fn bind_unix(unix: &Unix) -> io::Result<Listener> {
    remove_stale(&unix.path)?;
    let mode = if unix.group_access { 0o660 } else { 0o600 };
    let listener = UnixListener::from_std(bind_private(&unix.path, mode)?)?;
    Ok(Listener::Unix {
        _file: SocketFile(unix.path.clone()),
        listener,
    })
}

/// Binds with nobody able to connect before the mode is right: the socket is made under
/// another name in a directory of its own.
fn bind_private(path: &Path, mode: u32) -> io::Result<net::UnixListener> {
    let parent = path.parent().unwrap_or(Path::new("."));
    let directory = parent.join(format!(".mls-hsm-signer-{}", std::process::id()));
    DirBuilder::new().mode(0o700).create(&directory)?;
    let draft = directory.join("s");
    let bound = net::UnixListener::bind(&draft).and_then(|listener| {
        std::fs::set_permissions(&draft, Permissions::from_mode(mode))?;
        std::fs::rename(&draft, path)?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    let _ = std::fs::remove_file(&draft);
    std::fs::remove_dir(&directory)?;
    bound
}

/// Removes a socket that no process listens on any more.
fn remove_stale(path: &Path) -> io::Result<()> {
    let Ok(metadata) = path.symlink_metadata() else {
        return Ok(());
    };
    if !metadata.file_type().is_socket() {
        return Err(io::Error::other("there is something else than a socket"));
    }
    if net::UnixStream::connect(path).is_ok() {
        return Err(io::Error::other("another process listens there"));
    }
    std::fs::remove_file(path)
}

impl Listener {
    /// Its name in metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unix { .. } => "unix",
            Self::Tls(..) => "tls",
            Self::Plain(_) => "plain",
        }
    }

    pub async fn accept(&self) -> io::Result<AcceptedStream> {
        Ok(match self {
            Self::Unix { listener, .. } => AcceptedStream::Unix(listener.accept().await?.0),
            Self::Tls(listener, tls) => {
                AcceptedStream::Tls(accept_tcp(listener).await?, Arc::clone(tls))
            }
            Self::Plain(listener) => AcceptedStream::Plain(accept_tcp(listener).await?),
        })
    }
}

async fn accept_tcp(listener: &TcpListener) -> io::Result<TcpStream> {
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl AcceptedStream {
    pub async fn identified(self) -> io::Result<(Box<dyn PeerStream>, Peer)> {
        match self {
            Self::Unix(stream) => {
                let peer = Peer::User(stream.peer_cred()?.uid());
                Ok((Box::new(stream), peer))
            }
            Self::Tls(stream, tls) => {
                let (stream, peer) = tls.handshake(stream).await?;
                Ok((Box::new(stream), peer))
            }
            Self::Plain(stream) => Ok((Box::new(stream), Peer::Development)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[tokio::test]
    async fn a_closed_socket_is_removed_and_its_backlog_is_reset() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("signer.sock");
        let unix = Unix {
            path: path.clone(),
            group_access: false,
        };
        let listener = bind_unix(&unix).unwrap();
        let mut waiting = net::UnixStream::connect(&path).unwrap();
        drop(listener);
        assert!(!path.exists());
        let error = waiting.read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }
}
