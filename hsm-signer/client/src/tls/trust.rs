//! By what callers' certificates are checked.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mls_signer_message::hash::sha256;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};

use super::dates::{certificates_until, lists_until};
use super::files::{certificates, file, revocation_lists};
use super::{TlsError, provider, setup};

/// The most certificates that a caller may send beside its own.
const MAX_OTHERS: usize = 4;

/// A root, by the SHA-256 digest of its certificate in DER.
pub type RootId = [u8; 32];

/// The roots of callers' certificates with their revocation lists.
///
/// If there are lists, each certificate between the caller's and the root is looked up in its
/// issuer's, and one whose issuer has none, or one that is out of date, does not count.
pub struct ClientTrust {
    all: Arc<dyn ClientCertVerifier>,
    each: Vec<(RootId, Arc<dyn ClientCertVerifier>)>,
    roots_until: Option<u64>,
    lists_until: Option<u64>,
}

impl ClientTrust {
    /// Reads the roots and the lists, in PEM or DER.
    ///
    /// # Errors
    /// [`TlsError`] naming the file: each must have at least one object of its kind, and no two
    /// lists may be of the same issuer.
    pub fn read(roots: &Path, revocations: &[PathBuf]) -> Result<Self, TlsError> {
        let lists = revocation_lists(revocations)?;
        let lists_until = lists_until(lists.iter().map(AsRef::as_ref));
        let certificates = certificates(roots)?;
        let roots_until = certificates_until(certificates.iter().map(AsRef::as_ref));
        let mut all = RootCertStore::empty();
        let mut each: Vec<(RootId, _)> = Vec::new();
        for root in certificates {
            let id = sha256(&root);
            if each.iter().any(|(other, _)| *other == id) {
                continue;
            }
            let mut one = RootCertStore::empty();
            one.add(root.clone()).map_err(|error| file(roots, error))?;
            all.add(root).map_err(|error| file(roots, error))?;
            each.push((id, verifier(one, lists.clone())?));
        }
        let all = verifier(all, lists)?;
        Ok(Self {
            all,
            each,
            roots_until,
            lists_until,
        })
    }

    /// Until when all of the roots hold, in seconds since 1970 (UTC).
    pub fn roots_until(&self) -> Option<u64> {
        self.roots_until
    }

    /// Until when all of the revocation lists hold, in seconds since 1970 (UTC); nothing without any.
    pub fn lists_until(&self) -> Option<u64> {
        self.lists_until
    }

    /// The roots.
    pub fn roots(&self) -> impl Iterator<Item = RootId> {
        self.each.iter().map(|(id, _)| *id)
    }

    /// The roots to which the chain leads, which begins with the caller's certificate: at least
    /// one. The time is now.
    ///
    /// # Errors
    /// Why it leads to none.
    pub fn lead_to(&self, chain: &[CertificateDer<'_>]) -> Result<Vec<RootId>, Error> {
        let unknown = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let Some((end_entity, others)) = chain.split_first() else {
            return Err(unknown);
        };
        let (now, mut roots, mut refusal) = (UnixTime::now(), Vec::new(), unknown.clone());
        for (id, verifier) in &self.each {
            match verifier.verify_client_cert(end_entity, others, now) {
                Ok(_) => roots.push(*id),
                // That it is another root's says less than what is wrong with it.
                Err(error) if error == unknown => {}
                Err(error) => refusal = error,
            }
        }
        if roots.is_empty() {
            return Err(refusal);
        }
        Ok(roots)
    }

    /// What a handshake asks.
    pub(super) fn verifier(&self) -> Arc<dyn ClientCertVerifier> {
        Arc::clone(&self.all)
    }
}

/// The roots in a file, in PEM or DER: at least one.
///
/// # Errors
/// [`TlsError`] naming the file.
pub fn root_ids(path: &Path) -> Result<Vec<RootId>, TlsError> {
    let roots = certificates(path)?;
    Ok(roots.iter().map(|root| sha256(root)).collect())
}

fn verifier(
    roots: RootCertStore,
    lists: Vec<CertificateRevocationListDer<'static>>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider());
    let verifier = verifier.with_crls(lists).enforce_revocation_expiration();
    let verifier = verifier.build().map_err(setup)?;
    Ok(Arc::new(ShortChains(verifier)))
}

/// Refuses long chains before a path is looked for in them. The search tries every order of
/// certificates that are called alike, and whoever sends them has proved nothing yet.
#[derive(Debug)]
struct ShortChains(Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for ShortChains {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if others.len() > MAX_OTHERS {
            return Err(Error::General(format!(
                "more than {MAX_OTHERS} certificates beside the caller's own"
            )));
        }
        self.0.verify_client_cert(end_entity, others, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
