//! TLS between the service and its clients: which cryptography, which versions, whose
//! certificates.
//!
//! Both ends are here, in the lower of the two crates, because they have to agree: what one
//! offers the other must accept, and a change to either is checked against both.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mls_signer_message::secret_file::{SecretFileError, read_secret};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};

/// TLS 1.3 (RFC 8446) alone.
static VERSIONS: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];

/// The longest file of certificates, keys or revocation lists that is read, in bytes.
const MAX_LENGTH: usize = 16 * 1024 * 1024;

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A private key cannot be read, or every user may read it.
    #[error(transparent)]
    Key(#[from] SecretFileError),
    /// A file does not contain what it should, in PEM.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Certificates, key and roots do not fit together.
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}

/// The files of one end: its own certificate and key, and the roots of the other's.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The certificate and those between it and its root, in PEM.
    pub certificate: PathBuf,
    /// Its private key in PEM, closed to other users.
    pub key: PathBuf,
    /// The roots by which the other end's certificate is checked, in PEM.
    pub roots: PathBuf,
    /// Revocation lists of those roots, in PEM.
    pub revocation_lists: Vec<PathBuf>,
}

/// The cryptography: AWS-LC.
#[cfg(not(feature = "fips"))]
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// The cryptography: what the FIPS module approves of. rustls also counts the hybrid of X25519
/// with ML-KEM-768 as approved, which is contested under SP 800-56C Rev. 2; the hybrid of P-256
/// is not.
#[cfg(feature = "fips")]
fn provider() -> Arc<CryptoProvider> {
    use rustls::crypto::aws_lc_rs::{default_provider, kx_group};
    Arc::new(CryptoProvider {
        kx_groups: vec![
            kx_group::SECP256R1,
            kx_group::SECP384R1,
            kx_group::SECP256R1MLKEM768,
        ],
        ..default_provider()
    })
}

/// The service's end, which demands a certificate from whoever connects.
///
/// # Errors
/// [`TlsError`] naming the file.
pub fn server(files: &TlsFiles) -> Result<ServerConfig, TlsError> {
    let roots = Arc::new(roots(&files.roots)?);
    let mut verifier = WebPkiClientVerifier::builder_with_provider(roots, provider());
    if !files.revocation_lists.is_empty() {
        verifier = verifier
            .with_crls(revocations(&files.revocation_lists)?)
            .enforce_revocation_expiration();
    }
    let verifier = verifier.build().map_err(setup)?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(VERSIONS)
        .map_err(setup)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(certificates(&files.certificate)?, key(&files.key)?)
        .map_err(setup)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // A resumed session would keep the identity of a certificate that has expired since.
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// A caller's end.
///
/// # Errors
/// [`TlsError`] naming the file.
pub fn client(files: &TlsFiles) -> Result<ClientConfig, TlsError> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(VERSIONS)
        .map_err(setup)?
        .with_root_certificates(roots(&files.roots)?)
        .with_client_auth_cert(certificates(&files.certificate)?, key(&files.key)?)
        .map_err(setup)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn setup(error: impl Display) -> TlsError {
    TlsError::Setup(error.to_string())
}

fn file(path: &Path, reason: impl Display) -> TlsError {
    TlsError::File {
        path: path.into(),
        reason: reason.to_string(),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    let length = path.metadata().map_err(|error| file(path, error))?.len();
    if length > MAX_LENGTH as u64 {
        return Err(file(path, "it is too long to be a file of certificates"));
    }
    std::fs::read(path).map_err(|error| file(path, error))
}

fn roots(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(path)? {
        store.add(certificate).map_err(|error| file(path, error))?;
    }
    Ok(store)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = read(path)?;
    match CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>() {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(file(path, "there is no certificate in it, in PEM")),
        Err(error) => Err(file(path, error)),
    }
}

fn revocations(paths: &[PathBuf]) -> Result<Vec<CertificateRevocationListDer<'static>>, TlsError> {
    let mut all = Vec::new();
    for path in paths {
        let pem = read(path)?;
        for list in CertificateRevocationListDer::pem_slice_iter(&pem) {
            all.push(list.map_err(|error| file(path, error))?);
        }
    }
    Ok(all)
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let pem = read_secret(path, MAX_LENGTH)?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|_| {
        file(
            path,
            "there is no private key in it, in PEM without passphrase",
        )
    })
}
