//! TLS between the service and its clients: which cryptography, which versions, whose
//! certificates.
//!
//! Both ends are here, in the lower of the two crates, because they have to agree: what one
//! offers the other must accept, and a change to either is checked against both.

mod dates;
mod files;
mod trust;

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mls_signer_message::secret_file::SecretFileError;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::CryptoProvider;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};

use dates::certificates_until;
pub use dates::out_of_date;
pub use files::fingerprint;
use files::{certificates, file, private_key, revocation_lists};
pub use trust::{ClientTrust, RootId, root_ids};

/// TLS 1.3 (RFC 8446) alone.
static VERSIONS: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A private key cannot be read, or every user may read it.
    #[error(transparent)]
    Key(#[from] SecretFileError),
    /// A file does not contain what it should, or is not the others' counterpart.
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

/// The files of a caller's end: its own certificate and key, and the roots of the service's.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The certificate and those between it and its root, in PEM or DER.
    pub certificate: PathBuf,
    /// Its private key in PEM, closed to other users.
    pub key: PathBuf,
    /// The roots by which the other end's certificate is checked, in PEM or DER.
    pub roots: PathBuf,
    /// Revocation lists, in PEM or DER: of each issuer between the other end's certificate and
    /// its root, or none at all.
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

/// The service's certificate with those between it and its root, and its key.
pub struct ServerIdentity {
    pair: Arc<CertifiedKey>,
    until: Option<u64>,
}

impl ServerIdentity {
    /// Reads the certificates, in PEM or DER, and the key in PEM.
    ///
    /// # Errors
    /// [`TlsError`] naming the file, or that the two do not belong together.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let (chain, key) = (certificates(certificate)?, private_key(key)?);
        let until = certificates_until(chain.iter().map(AsRef::as_ref));
        let pair = CertifiedKey::from_der(chain, key, &provider());
        let pair = pair.map_err(|error| file(certificate, error))?.into();
        Ok(Self { pair, until })
    }

    /// Until when it holds, in seconds since 1970 (UTC), with all certificates that are sent with it.
    pub fn until(&self) -> Option<u64> {
        self.until
    }
}

/// The service's end, which demands a certificate from whoever connects.
///
/// # Errors
/// [`TlsError::Setup`].
pub fn server(identity: &ServerIdentity, trust: &ClientTrust) -> Result<ServerConfig, TlsError> {
    let own = SingleCertAndKey::from(Arc::clone(&identity.pair));
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(VERSIONS)
        .map_err(setup)?
        .with_client_cert_verifier(trust.verifier())
        .with_cert_resolver(Arc::new(own));
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
    let mut roots = RootCertStore::empty();
    for root in certificates(&files.roots)? {
        roots.add(root).map_err(|error| file(&files.roots, error))?;
    }
    let lists = revocation_lists(&files.revocation_lists)?;
    let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider())
        .with_crls(lists)
        .enforce_revocation_expiration()
        .build()
        .map_err(setup)?;
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(VERSIONS)
        .map_err(setup)?
        .with_webpki_verifier(verifier)
        .with_client_auth_cert(certificates(&files.certificate)?, private_key(&files.key)?)
        .map_err(setup)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn setup(error: impl Display) -> TlsError {
    TlsError::Setup(error.to_string())
}
