//! The three kinds of listeners.

use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::error::Error;
use crate::service::config::{Listen, Tls, Unix};
use crate::service::identity::{Peer, names};
use crate::tls::{self, TlsError, TlsFiles};

/// A place where connections come in.
pub enum Listener {
    /// A Unix socket, removed when the service ends.
    Unix {
        /// What accepts.
        listener: UnixListener,
        /// What removes the socket; none once it is removed.
        leftover: Option<Leftover>,
    },
    /// TCP with mutual TLS.
    Tls(TcpListener, Arc<TlsDoor>),
    /// TCP without protection, for development.
    Plain(TcpListener),
}

/// What TLS needs, replaced when the configuration is read again.
pub struct TlsDoor {
    config: ArcSwap<ServerConfig>,
    handshake: Duration,
}

/// A connection before anything was read from it.
pub enum Stream {
    /// From a Unix socket.
    Unix(UnixStream),
    /// From TCP, to be followed by a handshake.
    Tls(TcpStream, Arc<TlsDoor>),
    /// From TCP.
    Plain(TcpStream),
}

/// A socket in the file system, removed when this is dropped.
pub struct Leftover(PathBuf);

impl Drop for Leftover {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            tracing::warn!(path = %self.0.display(), %error, "the socket was not removed");
        }
    }
}

/// Opens all listeners of the configuration.
///
/// # Errors
/// [`Error::Setup`] naming the address or the file.
pub async fn bind_all(listen: &Listen, handshake: Duration) -> Result<Vec<Listener>, Error> {
    let mut all = Vec::new();
    if let Some(unix) = &listen.unix {
        all.push(bind_unix(unix)?);
    }
    if let Some(tls) = &listen.tls {
        let config = server_config(tls).map_err(|error| Error::Setup(error.to_string()))?;
        let door = TlsDoor {
            config: ArcSwap::from_pointee(config),
            handshake,
        };
        all.push(Listener::Tls(bind(tls.address).await?, Arc::new(door)));
    }
    if let Some(plain) = &listen.plain {
        tracing::warn!(address = %plain.address, "listening without protection, for development");
        all.push(Listener::Plain(bind(plain.address).await?));
    }
    Ok(all)
}

async fn bind(address: std::net::SocketAddr) -> Result<TcpListener, Error> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error| Error::Setup(format!("cannot listen on {address}: {error}")))
}

fn bind_unix(unix: &Unix) -> Result<Listener, Error> {
    let path = &unix.path;
    let setup = |error| Error::Setup(format!("cannot listen on {}: {error}", path.display()));
    remove_leftover(path).map_err(setup)?;
    let mode = if unix.group_access { 0o660 } else { 0o600 };
    let socket = bind_private(path, mode).map_err(setup)?;
    let listener = UnixListener::from_std(socket).map_err(setup)?;
    Ok(Listener::Unix {
        listener,
        leftover: Some(Leftover(path.clone())),
    })
}

/// Binds with nobody able to connect before the mode is right: the socket is made under
/// another name in a directory of its own.
fn bind_private(path: &Path, mode: u32) -> io::Result<std::os::unix::net::UnixListener> {
    use std::os::unix::fs::DirBuilderExt;
    let parent = path.parent().unwrap_or(Path::new("."));
    let directory = parent.join(format!(".mls-hsm-signer-{}", std::process::id()));
    std::fs::DirBuilder::new().mode(0o700).create(&directory)?;
    let draft = directory.join("s");
    let bound = std::os::unix::net::UnixListener::bind(&draft).and_then(|listener| {
        std::fs::set_permissions(&draft, std::fs::Permissions::from_mode(mode))?;
        std::fs::rename(&draft, path)?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    let _ = std::fs::remove_file(&draft);
    std::fs::remove_dir(&directory)?;
    bound
}

/// Removes a socket that nobody listens on any more.
fn remove_leftover(path: &Path) -> io::Result<()> {
    let Ok(metadata) = path.symlink_metadata() else {
        return Ok(());
    };
    if !metadata.file_type().is_socket() {
        return Err(io::Error::other("there is something else than a socket"));
    }
    if std::os::unix::net::UnixStream::connect(path).is_ok() {
        return Err(io::Error::other("another process listens there"));
    }
    std::fs::remove_file(path)
}

fn server_config(tls: &Tls) -> Result<ServerConfig, TlsError> {
    tls::server(&TlsFiles {
        certificate: tls.certificate.clone(),
        key: tls.key.clone(),
        roots: tls.client_roots.clone(),
        revocation_lists: tls.revocation_lists.clone(),
    })
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

    /// Lets nobody connect any more who has not connected yet, where that is possible before
    /// the listener is closed.
    pub fn hide(&mut self) {
        if let Self::Unix { leftover, .. } = self {
            drop(leftover.take());
        }
    }

    /// The next connection.
    pub async fn accept(&self) -> io::Result<Stream> {
        Ok(match self {
            Self::Unix { listener, .. } => Stream::Unix(listener.accept().await?.0),
            Self::Tls(listener, door) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Stream::Tls(stream, Arc::clone(door))
            }
            Self::Plain(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Stream::Plain(stream)
            }
        })
    }

    /// What its TLS needs, if it has any.
    pub fn door(&self) -> Option<Arc<TlsDoor>> {
        match self {
            Self::Tls(_, door) => Some(Arc::clone(door)),
            _ => None,
        }
    }
}

impl TlsDoor {
    /// Reads certificates and key again; new connections get them.
    ///
    /// # Errors
    /// [`TlsError`]; then nothing changes.
    pub fn prepare(tls: &Tls) -> Result<Arc<ServerConfig>, TlsError> {
        server_config(tls).map(Arc::new)
    }

    /// Takes over what was prepared.
    pub fn replace(&self, config: Arc<ServerConfig>) {
        self.config.store(config);
    }

    /// Does the handshake, which proves who is at the other end.
    pub async fn shake(&self, stream: TcpStream) -> io::Result<(TlsStream<TcpStream>, Peer)> {
        let acceptor = TlsAcceptor::from(self.config.load_full());
        let shaken = tokio::time::timeout(self.handshake, acceptor.accept(stream));
        let stream = shaken.await.map_err(|_| io::ErrorKind::TimedOut)??;
        let certificates = stream.get_ref().1.peer_certificates();
        let first = certificates.and_then(<[_]>::first);
        let names = first.map(names).unwrap_or_default();
        Ok((stream, Peer::Certificate(names)))
    }
}
