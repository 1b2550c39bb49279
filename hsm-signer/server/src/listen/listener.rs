//! The three kinds of listeners.

use std::fs::{DirBuilder, File, Permissions};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt};
use std::os::unix::net;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mls_signer_token::error::Error;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
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
    Tls(TcpStream, IpAddr, Arc<TlsListenerConfig>),
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
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let name = format!(".mls-hsm-signer-{}", std::process::id());
    let directory = parent.unwrap_or(Path::new(".")).join(name);
    remove_draft(&directory).map_err(|error| {
        let directory = directory.display();
        io::Error::other(format!(
            "{directory} is left over from a start that was cut short, and cannot be removed \
             ({error}); remove it"
        ))
    })?;
    DirBuilder::new().mode(0o700).create(&directory)?;
    let bound = bind_in(&directory, path, mode);
    let _ = remove_draft(&directory);
    bound
}

/// The draft in its directory.
const DRAFT: &str = "s";

fn bind_in(directory: &Path, path: &Path, mode: u32) -> io::Result<net::UnixListener> {
    // By its descriptor the directory has a short name: `path` may be as long as an address of
    // a Unix socket can be, and the draft's path is longer.
    let opened = File::open(directory)?;
    let short = PathBuf::from(format!("/proc/self/fd/{}/{DRAFT}", opened.as_raw_fd()));
    let listener = net::UnixListener::bind(short)?;
    let draft = directory.join(DRAFT);
    std::fs::set_permissions(&draft, Permissions::from_mode(mode))?;
    std::fs::rename(&draft, path)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Removes what a process with this one's id has left when it was killed: in a container every
/// process is the first.
fn remove_draft(directory: &Path) -> io::Result<()> {
    for removed in [
        std::fs::remove_file(directory.join(DRAFT)),
        std::fs::remove_dir(directory),
    ] {
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Removes a socket that no process listens on any more.
fn remove_stale(path: &Path) -> io::Result<()> {
    let Ok(metadata) = path.symlink_metadata() else {
        return Ok(());
    };
    if !metadata.file_type().is_socket() {
        return Err(io::Error::other("there is something else than a socket"));
    }
    if is_listening(path)? {
        return Err(io::Error::other("another process listens there"));
    }
    std::fs::remove_file(path)
}

/// Whether a process listens there, though it may not accept anything.
fn is_listening(path: &Path) -> io::Result<bool> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    let connected = connect(&socket, &SocketAddrUnix::new(path)?);
    Ok(matches!(connected, Ok(()) | Err(Errno::AGAIN)))
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
                let (stream, address) = accept_tcp(listener).await?;
                AcceptedStream::Tls(stream, address, Arc::clone(tls))
            }
            Self::Plain(listener) => AcceptedStream::Plain(accept_tcp(listener).await?.0),
        })
    }
}

async fn accept_tcp(listener: &TcpListener) -> io::Result<(TcpStream, IpAddr)> {
    let (stream, address) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, address.ip()))
}

impl AcceptedStream {
    /// Where it comes from, if who is there is not known before a handshake.
    pub fn unknown_address(&self) -> Option<IpAddr> {
        match self {
            Self::Tls(_, address, _) => Some(*address),
            Self::Unix(_) | Self::Plain(_) => None,
        }
    }

    /// Returns once something has come, or its end.
    pub async fn readable(&self) -> io::Result<()> {
        match self {
            Self::Unix(stream) => stream.readable().await,
            Self::Tls(stream, ..) | Self::Plain(stream) => stream.readable().await,
        }
    }

    pub async fn identified(self) -> io::Result<(Box<dyn PeerStream>, Peer)> {
        match self {
            Self::Unix(stream) => {
                let peer = Peer::User(stream.peer_cred()?.uid());
                Ok((Box::new(stream), peer))
            }
            Self::Tls(stream, _, tls) => {
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

    fn bound(path: PathBuf) -> Listener {
        let unix = Unix {
            path: path.clone(),
            group_access: false,
        };
        let listener = bind_unix(&unix);
        net::UnixStream::connect(&path).unwrap();
        listener.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// A path of 107 bytes is the longest that an address has room for.
    #[tokio::test]
    async fn the_path_of_the_socket_may_be_as_long_as_an_address_is() {
        let directory = tempfile::tempdir().unwrap();
        let rest = 107 - directory.path().as_os_str().len() - 1;
        bound(directory.path().join("s".repeat(rest)));
        let deep = directory.path().join("d".repeat(rest - 2));
        std::fs::create_dir(&deep).unwrap();
        bound(deep.join("s"));
    }

    #[test]
    fn a_socket_whose_backlog_is_full_is_in_use() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("signer.sock");
        let address = SocketAddrUnix::new(&path).unwrap();
        let flags = SocketFlags::NONBLOCK;
        let socket = || socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).unwrap();
        let busy = socket();
        rustix::net::bind(&busy, &address).unwrap();
        rustix::net::listen(&busy, 0).unwrap();
        let mut waiting = vec![socket()];
        while connect(waiting.last().unwrap(), &address).is_ok() {
            waiting.push(socket());
        }
        let error = remove_stale(&path).unwrap_err().to_string();
        assert!(error.contains("another process"), "{error}");
        drop(busy);
        remove_stale(&path).unwrap();
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn what_a_start_that_was_cut_short_has_left_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let left = format!(".mls-hsm-signer-{}", std::process::id());
        let left = directory.path().join(left);
        std::fs::create_dir(&left).unwrap();
        std::fs::write(left.join(DRAFT), "").unwrap();
        bound(directory.path().join("signer.sock"));
        assert!(!left.exists());
        std::fs::create_dir(&left).unwrap();
        std::fs::write(left.join("something else"), "").unwrap();
        let unix = Unix {
            path: directory.path().join("signer.sock"),
            group_access: false,
        };
        let refused = bind_unix(&unix).err().unwrap().to_string();
        assert!(refused.contains("remove it"), "{refused}");
    }

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
