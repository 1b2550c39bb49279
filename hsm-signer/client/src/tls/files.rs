//! Files with certificates, revocation lists and private keys.
//!
//! A file that has nothing of what it is named for is refused: an empty list of revocations
//! would revoke nobody.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use mls_signer_message::hash::sha256;
use mls_signer_message::secret_file::read_secret;
use rustls::pki_types::pem::{PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use webpki::{BorrowedCertRevocationList, CertRevocationList, anchor_from_trusted_cert};

use super::TlsError;

/// The longest file of certificates, keys or revocation lists that is read, in bytes.
const MAX_LENGTH: usize = 16 * 1024 * 1024;

/// Certificates, at least one.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found = objects(path, SectionKind::Certificate)?;
    let certificates: Vec<_> = found.into_iter().map(CertificateDer::from).collect();
    for certificate in &certificates {
        anchor_from_trusted_cert(certificate)
            .map_err(|error| file(path, format!("a certificate cannot be read: {error}")))?;
    }
    Ok(certificates)
}

/// Revocation lists, at least one in each file, and one of each issuer: of several, only the first
/// would count, whichever that is.
pub(super) fn revocation_lists(
    paths: &[PathBuf],
) -> Result<Vec<CertificateRevocationListDer<'static>>, TlsError> {
    let mut lists = Vec::new();
    let mut issuers: Vec<(Vec<u8>, &Path)> = Vec::new();
    for path in paths {
        for list in objects(path, SectionKind::Crl)? {
            let issuer = issuer(&list).map_err(|error| file(path, error))?;
            if let Some((_, other)) = issuers.iter().find(|(known, _)| *known == issuer) {
                let other = other.display();
                return Err(file(
                    path,
                    format!(
                        "a revocation list in it is of the same issuer as another in {other}: \
                         keep the newest alone"
                    ),
                ));
            }
            issuers.push((issuer, path));
            lists.push(list.into());
        }
    }
    Ok(lists)
}

/// The name of a list's issuer, in DER.
fn issuer(list: &[u8]) -> Result<Vec<u8>, String> {
    let list = BorrowedCertRevocationList::from_der(list);
    let list = list.map_err(|error| format!("a revocation list cannot be read: {error}"))?;
    Ok(CertRevocationList::from(list).issuer().to_vec())
}

/// The private key, in PEM.
pub(super) fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let bytes = read_secret(path, MAX_LENGTH)?;
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| {
        let reason = "there is no private key in it, in PEM without passphrase; there is";
        file(path, format!("{reason} {}", content(&bytes)))
    })
}

/// A SHA-256 digest of a file, its mode and its owner, by which it is seen that it has changed.
///
/// # Errors
/// Why it cannot be read.
pub fn fingerprint(path: &Path) -> io::Result<[u8; 32]> {
    let metadata = path.metadata()?;
    let content = sha256(&zeroize::Zeroizing::new(bytes(path)?));
    let rights = [metadata.mode(), metadata.uid(), metadata.gid()].map(u32::to_be_bytes);
    Ok(sha256(&[&content, rights.as_flattened()].concat()))
}

pub(super) fn file(path: &Path, reason: impl ToString) -> TlsError {
    TlsError::File {
        path: path.into(),
        reason: reason.to_string(),
    }
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let metadata = path.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    if metadata.len() > MAX_LENGTH as u64 {
        let reason = "it is too long to be a file of certificates";
        return Err(io::Error::other(reason));
    }
    std::fs::read(path)
}

/// What a file has of one kind: at least one.
fn objects(path: &Path, kind: SectionKind) -> Result<Vec<Vec<u8>>, TlsError> {
    let bytes = bytes(path).map_err(|error| file(path, error))?;
    // The error itself has the end that it misses as numbers.
    let cut_off = "it is cut off or damaged: something in PEM has no end or is no base64";
    let found = sections(&bytes).map_err(|_| file(path, cut_off))?;
    let found = found.into_iter().filter(|(other, _)| *other == kind);
    let found: Vec<_> = found.map(|(_, der)| der).collect();
    if found.is_empty() {
        let (wanted, content) = (name(kind), content(&bytes));
        let reason = format!("there is no {wanted} in it, in PEM or DER; there is {content}");
        return Err(file(path, reason));
    }
    Ok(found)
}

/// What there is in PEM, or the one object in DER.
fn sections(bytes: &[u8]) -> Result<Vec<(SectionKind, Vec<u8>)>, rustls::pki_types::pem::Error> {
    match der(bytes) {
        Some(kind) => Ok(vec![(kind, bytes.to_vec())]),
        None => <(SectionKind, Vec<u8>)>::pem_slice_iter(bytes).collect(),
    }
}

/// What is encoded there.
fn der(bytes: &[u8]) -> Option<SectionKind> {
    if BorrowedCertRevocationList::from_der(bytes).is_ok() {
        return Some(SectionKind::Crl);
    }
    if anchor_from_trusted_cert(&CertificateDer::from(bytes)).is_ok() {
        return Some(SectionKind::Certificate);
    }
    let key = PrivateKeyDer::try_from(bytes).is_ok();
    key.then_some(SectionKind::PrivateKey)
}

/// What is in a file, for people.
fn content(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "nothing".into();
    }
    let found = sections(bytes).unwrap_or_default();
    let mut names: Vec<_> = found.into_iter().map(|(kind, _)| name(kind)).collect();
    names.dedup();
    match (names.is_empty(), der(bytes)) {
        (true, _) => "neither PEM nor DER of a kind that is known".into(),
        (false, None) => format!("{} in PEM", names.join(", ")),
        (false, Some(_)) => format!("{} in DER", names.join(", ")),
    }
}

fn name(kind: SectionKind) -> &'static str {
    match kind {
        SectionKind::Certificate => "certificate",
        SectionKind::Crl => "revocation list",
        SectionKind::Csr => "certificate request",
        SectionKind::PublicKey => "public key",
        SectionKind::PrivateKey | SectionKind::RsaPrivateKey | SectionKind::EcPrivateKey => {
            "private key"
        }
        _ => "object of another kind",
    }
}
