//! The three kinds of listeners.

use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustix::net::{Shutdown, shutdown};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::config::{Listen, Tls, Unix};
use crate::identity::{Peer, names};
use mls_signer_client::tls::{self, TlsError, TlsFiles};
use mls_signer_token::error::Error;

/// A place where connections come in.
pub enum Listener {
    /// A Unix socket, removed when the service ends.
    Unix {
        /// What accepts.
        listener: UnixListener,
        /// What removes the socket.
        leftover: Leftover,
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
        leftover: Leftover(path.clone()),
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

/// What `accept` has without waiting, at most `most`; a connection that came to nothing meanwhile is none.
fn waiting(most: usize, accept: impl Fn() -> io::Result<Stream>) -> io::Result<Vec<Stream>> {
    let is_one = |accepted: &io::Result<_>| {
        let error = accepted.as_ref().err();
        error.is_none_or(|error| error.kind() != io::ErrorKind::WouldBlock)
    };
    let all = std::iter::repeat_with(accept).take(most);
    Ok(all.take_while(is_one).flatten().collect())
}

fn unix_stream(stream: std::os::unix::net::UnixStream) -> io::Result<Stream> {
    stream.set_nonblocking(true)?;
    Ok(Stream::Unix(UnixStream::from_std(stream)?))
}

fn tcp_stream(stream: std::net::TcpStream) -> io::Result<TcpStream> {
    stream.set_nonblocking(true)?;
    at_once(TcpStream::from_std(stream)?)
}

/// What is written is sent at once.
fn at_once(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    Ok(stream)
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

    /// The next connection.
    pub async fn accept(&self) -> io::Result<Stream> {
        Ok(match self {
            Self::Unix { listener, .. } => Stream::Unix(listener.accept().await?.0),
            Self::Tls(listener, door) => {
                Stream::Tls(at_once(listener.accept().await?.0)?, Arc::clone(door))
            }
            Self::Plain(listener) => Stream::Plain(at_once(listener.accept().await?.0)?),
        })
    }

    /// Closes it, and returns the connections that waited to be accepted, at most `most`.
    ///
    /// # Errors
    /// What the system says; then nobody who waited is served.
    pub fn close(self, most: usize) -> io::Result<Vec<Stream>> {
        match self {
            Self::Unix { listener, leftover } => {
                drop(leftover);
                let listener = listener.into_std()?;
                // Who found the socket, and does not wait yet, is refused and not cut off. The
                // system has nothing of the kind for TCP.
                shutdown(&listener, Shutdown::Read)?;
                waiting(most, || unix_stream(listener.accept()?.0))
            }
            Self::Tls(listener, door) => {
                let listener = listener.into_std()?;
                let accept = || tcp_stream(listener.accept()?.0);
                waiting(most, || Ok(Stream::Tls(accept()?, Arc::clone(&door))))
            }
            Self::Plain(listener) => {
                let listener = listener.into_std()?;
                waiting(most, || {
                    Ok(Stream::Plain(tcp_stream(listener.accept()?.0)?))
                })
            }
        }
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

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream as TcpClient;
    use std::os::unix::net::UnixStream as UnixClient;

    use super::*;

    const MOST: usize = 1024;

    fn unix_listener(directory: &tempfile::TempDir) -> (Listener, PathBuf) {
        let path = directory.path().join("signer.sock");
        let unix = Unix {
            path: path.clone(),
            group_access: false,
        };
        (bind_unix(&unix).unwrap(), path)
    }

    /// Writes a byte to each, as an answer.
    fn answer(waiting: Vec<Stream>) {
        for stream in waiting {
            match stream {
                Stream::Unix(stream) => stream.into_std().unwrap().write_all(b"."),
                Stream::Plain(stream) => stream.into_std().unwrap().write_all(b"."),
                Stream::Tls(..) => unreachable!("there is no TLS here"),
            }
            .unwrap();
        }
    }

    fn is_answered(mut client: impl Read) -> bool {
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).is_ok() && answer == b"."
    }

    #[tokio::test]
    async fn who_waits_when_a_listener_is_closed_is_served() {
        let directory = tempfile::tempdir().unwrap();
        let (listener, path) = unix_listener(&directory);
        let clients: Vec<_> = (0..5)
            .map(|_| UnixClient::connect(&path).unwrap())
            .collect();
        answer(listener.close(MOST).unwrap());
        assert!(clients.into_iter().all(is_answered));
        assert!(!path.exists());

        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let clients: Vec<_> = (0..5)
            .map(|_| TcpClient::connect(address).unwrap())
            .collect();
        answer(Listener::Plain(listener).close(MOST).unwrap());
        assert!(clients.into_iter().all(is_answered));
        assert!(TcpClient::connect(address).is_err());
    }

    #[tokio::test]
    async fn no_more_are_served_than_may_be() {
        let directory = tempfile::tempdir().unwrap();
        let (listener, path) = unix_listener(&directory);
        let clients: Vec<_> = (0..5)
            .map(|_| UnixClient::connect(&path).unwrap())
            .collect();
        answer(listener.close(3).unwrap());
        assert_eq!(
            clients
                .into_iter()
                .filter_map(|client| is_answered(client).then_some(()))
                .count(),
            3
        );
    }

    /// Who has found the socket by the time it is removed, here by another name of it.
    #[tokio::test]
    async fn who_comes_while_a_socket_is_closed_is_refused_or_served() {
        const CALLERS: usize = 4;
        for _ in 0..20 {
            let directory = tempfile::tempdir().unwrap();
            let (listener, path) = unix_listener(&directory);
            let found = directory.path().join("found.sock");
            std::fs::hard_link(&path, &found).unwrap();
            let connect_until_refused = || {
                let clients = std::iter::from_fn(|| UnixClient::connect(&found).ok());
                clients.take(MOST / CALLERS / 2).collect::<Vec<_>>()
            };
            std::thread::scope(|scope| {
                let callers = [(); CALLERS].map(|()| scope.spawn(connect_until_refused));
                answer(listener.close(MOST).unwrap());
                for caller in callers {
                    assert!(caller.join().unwrap().into_iter().all(is_answered));
                }
            });
        }
    }
}
