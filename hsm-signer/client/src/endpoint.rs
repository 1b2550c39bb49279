//! Where a service is.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::error::ClientError;
use crate::tls::TlsFiles;

/// Where a service is, and how it is reached.
#[derive(Clone, Debug)]
pub struct Endpoint(pub(crate) Address);

#[derive(Clone, Debug)]
pub(crate) enum Address {
    Unix(PathBuf),
    Tls {
        host: String,
        port: u16,
        files: TlsFiles,
    },
    Plain(SocketAddr),
}

impl Endpoint {
    /// A Unix socket.
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self(Address::Unix(path.into()))
    }

    /// Mutual TLS with the host, whose certificate must be valid for that name.
    pub fn tls(host: impl Into<String>, port: u16, files: TlsFiles) -> Self {
        let host = host.into();
        Self(Address::Tls { host, port, files })
    }

    /// A development listener on this machine, without protection.
    ///
    /// # Errors
    /// [`ClientError::Endpoint`] when the address is not a loopback address.
    pub fn plain(address: SocketAddr) -> Result<Self, ClientError> {
        if address.ip().is_loopback() {
            return Ok(Self(Address::Plain(address)));
        }
        Err(ClientError::Endpoint(format!(
            "{address} is not on this machine; use mutual TLS"
        )))
    }

    /// Reads `unix:PATH`, `https://HOST:PORT` or, on this machine, `http://ADDRESS:PORT`.
    /// `files` are for mutual TLS.
    ///
    /// # Errors
    /// [`ClientError::Endpoint`] when it is none of these, or there are no files for TLS.
    pub fn parse(text: &str, files: Option<TlsFiles>) -> Result<Self, ClientError> {
        let wrong = || {
            ClientError::Endpoint(format!(
                "{text:?} is neither unix:PATH nor https://HOST:PORT nor http://LOOPBACK:PORT"
            ))
        };
        match text.strip_prefix("unix:") {
            Some("") => return Err(wrong()),
            Some(path) => return Ok(Self::unix(path)),
            None => {}
        }
        if let Some(address) = text.strip_prefix("http://") {
            return Self::plain(address.trim_end_matches('/').parse().map_err(|_| wrong())?);
        }
        let authority = text.strip_prefix("https://").ok_or_else(wrong)?;
        let (host, port) = authority
            .trim_end_matches('/')
            .rsplit_once(':')
            .ok_or_else(wrong)?;
        let port = port.parse().map_err(|_| wrong())?;
        let files = files.ok_or_else(|| {
            ClientError::Endpoint("mutual TLS needs a certificate, a key and roots".into())
        })?;
        Ok(Self::tls(host.trim_matches(['[', ']']), port, files))
    }

    /// The authority of requests' URIs.
    pub(crate) fn authority(&self) -> String {
        match &self.0 {
            Address::Unix(_) => "localhost".into(),
            Address::Tls { host, port, .. } if host.contains(':') => format!("[{host}]:{port}"),
            Address::Tls { host, port, .. } => format!("{host}:{port}"),
            Address::Plain(address) => address.to_string(),
        }
    }
}

/// The place as [`Endpoint::parse`] reads it.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
            Address::Tls { .. } => write!(f, "https://{}", self.authority()),
            Address::Plain(address) => write!(f, "http://{address}"),
        }
    }
}
