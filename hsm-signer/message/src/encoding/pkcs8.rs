//! Private keys from PKCS#8 in PEM or DER, encrypted or not (RFC 5208, RFC 5958), checked
//! before they are used.
//!
//! ```text
//! ECPrivateKey ::= SEQUENCE {                                (RFC 5915, section 3)
//!   version        INTEGER { ecPrivkeyVer1(1) },
//!   privateKey     OCTET STRING,
//!   parameters [0] ECParameters OPTIONAL,
//!   publicKey  [1] BIT STRING OPTIONAL }
//!
//! CurvePrivateKey ::= OCTET STRING                           (RFC 8410, section 7)
//! ```
//!
//! Of ML-DSA see `ml_dsa`.

use std::fmt;

use der::asn1::{BitStringRef, OctetStringRef};
use der::{Decode, Reader, SliceReader, TagMode, TagNumber};
use pkcs8::{EncryptedPrivateKeyInfoRef, ObjectIdentifier, PrivateKeyInfoRef, SecretDocument};
use zeroize::Zeroizing;

use super::EncodingError;
use super::ml_dsa::{PrivateForm, has_rho_of, private_form};
use crate::scheme::{Algorithm, Scheme};

/// The PEM label of an unencrypted PKCS#8 key.
const LABEL: &str = "PRIVATE KEY";
/// The PEM label of an encrypted one.
const ENCRYPTED_LABEL: &str = "ENCRYPTED PRIVATE KEY";
const PEM_BEGIN: &[u8] = b"-----BEGIN";
const EC_PRIVKEY_VER1: u8 = 1;

/// A private key outside a token, on its way into one. Overwritten when dropped;
/// `Debug` shows the public key only.
pub struct PrivateKey {
    scheme: &'static Scheme,
    secret: Zeroizing<Vec<u8>>,
    public_key: Vec<u8>,
}

impl PrivateKey {
    /// Reads one key as `openssl genpkey` writes it: PKCS#8 in PEM, not encrypted.
    ///
    /// # Errors
    /// As [`PrivateKey::from_file`].
    pub fn from_pem(pem: &str) -> Result<Self, EncodingError> {
        Self::from_file(pem.as_bytes(), None)
    }

    /// Reads one key from the content of a file: PKCS#8 in PEM or DER, encrypted (PBES2,
    /// RFC 8018) or not. The public key is computed from the private one; where the file
    /// carries a public key too, they must agree. A passphrase for a key that is not
    /// encrypted is not used.
    ///
    /// # Errors
    /// [`EncodingError`] when it is not PKCS#8, of no scheme of this crate, malformed, or when
    /// its two keys do not belong together; [`EncodingError::Encrypted`] when it is
    /// encrypted and there is no passphrase, [`EncodingError::NotDecrypted`] when the
    /// passphrase is wrong or the method unknown, [`EncodingError::DecryptedOutside`] in a
    /// build with the FIPS module.
    pub fn from_file(content: &[u8], passphrase: Option<&[u8]>) -> Result<Self, EncodingError> {
        let document = document(content)?;
        if let Ok(info) = PrivateKeyInfoRef::try_from(document.as_bytes()) {
            return Self::from_info(&info);
        }
        let encrypted = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes())
            .map_err(|_| EncodingError::NotPkcs8)?;
        let passphrase = passphrase.ok_or(EncodingError::Encrypted)?;
        let clear = decrypt(&encrypted, passphrase)?;
        let info = PrivateKeyInfoRef::try_from(clear.as_bytes());
        Self::from_info(&info.map_err(|_| EncodingError::NotDecrypted)?)
    }

    fn from_info(info: &PrivateKeyInfoRef<'_>) -> Result<Self, EncodingError> {
        let scheme = scheme_of(info)?;
        let key = info.private_key.as_bytes();
        // The public key that the file states beside the private one.
        let stated = info.public_key.as_ref();
        let stated = stated.map(|bits| bits.as_bytes().unwrap_or_default());
        match scheme.algorithm {
            Algorithm::EdDsa => {
                let seed = <&OctetStringRef>::from_der(key)
                    .map_err(|_| malformed(scheme, "it is no CurvePrivateKey of RFC 8410"))?;
                Self::checked(scheme, seed.as_bytes(), stated)
            }
            Algorithm::EcDsa(_) => {
                let (scalar, stated) = parse_ec(key, scheme)?;
                Self::checked(scheme, scalar, stated)
            }
            Algorithm::MlDsa => Self::from_ml_dsa(key, scheme, stated),
        }
    }

    /// The public key is computed from the seed, with which an expanded key beside it must
    /// agree (RFC 9881, section 6).
    fn from_ml_dsa(
        key: &[u8],
        scheme: &'static Scheme,
        stated: Option<&[u8]>,
    ) -> Result<Self, EncodingError> {
        let form = private_form(key)
            .map_err(|_| malformed(scheme, "it is no ML-DSA-PrivateKey of RFC 9881"))?;
        let (seed, expanded) = match form {
            PrivateForm::Seed(seed) => (seed, None),
            PrivateForm::Both(seed, expanded) => (seed, Some(expanded)),
            PrivateForm::Expanded => {
                let reason = "it holds the expanded key alone; the seed is needed";
                return Err(malformed(scheme, reason));
            }
        };
        let key = Self::checked(scheme, seed, stated)?;
        if expanded.is_some_and(|expanded| !has_rho_of(expanded, &key.public_key)) {
            return Err(malformed(scheme, "its seed and its expanded key differ"));
        }
        Ok(key)
    }

    /// The key with the seed or scalar `secret`, of the scheme's field length.
    ///
    /// # Errors
    /// [`EncodingError::PrivateKey`] when it has another length or is out of range.
    pub fn from_secret(scheme: &'static Scheme, secret: &[u8]) -> Result<Self, EncodingError> {
        Self::checked(scheme, secret, None)
    }

    /// The key's scheme.
    pub fn scheme(&self) -> &'static Scheme {
        self.scheme
    }

    /// The public key as MLS carries it.
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// The seed (EdDSA, ML-DSA) or the big-endian scalar, of the scheme's field length.
    pub fn secret(&self) -> &[u8] {
        &self.secret
    }

    fn checked(
        scheme: &'static Scheme,
        secret: &[u8],
        stated: Option<&[u8]>,
    ) -> Result<Self, EncodingError> {
        // RFC 5915, RFC 8032 and RFC 9881 fix the length; any other is some other key.
        if secret.len() != scheme.field_length {
            return Err(malformed(scheme, "it does not have the scheme's length"));
        }
        let public_key = (scheme.public_key_of)(secret)
            .ok_or_else(|| malformed(scheme, "its value is not in the curve's range"))?;
        if stated.is_some_and(|stated| stated != public_key) {
            return Err(EncodingError::KeysDoNotMatch(scheme.title));
        }
        Ok(Self {
            scheme,
            secret: Zeroizing::new(secret.to_vec()),
            public_key,
        })
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey")
            .field("scheme", &self.scheme.name)
            .field("public_key", &self.public_key)
            .finish_non_exhaustive()
    }
}

/// The DER in a file, which may be PEM; other tools write lines before it.
fn document(content: &[u8]) -> Result<SecretDocument, EncodingError> {
    let pem = content
        .windows(PEM_BEGIN.len())
        .any(|bytes| bytes == PEM_BEGIN);
    if !pem {
        return SecretDocument::try_from(content).map_err(|_| EncodingError::NotPkcs8);
    }
    let text = std::str::from_utf8(content).map_err(|_| EncodingError::NotPkcs8)?;
    let (label, document) = SecretDocument::from_pem(text).map_err(|_| EncodingError::NotPkcs8)?;
    match label {
        LABEL | ENCRYPTED_LABEL => Ok(document),
        _ => Err(EncodingError::NotPkcs8),
    }
}

fn scheme_of(info: &PrivateKeyInfoRef<'_>) -> Result<&'static Scheme, EncodingError> {
    let curve = info
        .algorithm
        .parameters
        .map(|parameters| parameters.decode_as::<ObjectIdentifier>())
        .transpose()
        .map_err(|_| EncodingError::KeyAlgorithm)?;
    Scheme::by_oids(info.algorithm.oid, curve).ok_or(EncodingError::KeyAlgorithm)
}

/// The scalar of an ECPrivateKey, and the public key where it states one.
fn parse_ec<'a>(
    bytes: &'a [u8],
    scheme: &'static Scheme,
) -> Result<(&'a [u8], Option<&'a [u8]>), EncodingError> {
    let (version, scalar, curve, public_key) =
        decode_ec(bytes).map_err(|_| malformed(scheme, "it is no ECPrivateKey of RFC 5915"))?;
    if version != EC_PRIVKEY_VER1 {
        return Err(malformed(scheme, "the version of ECPrivateKey is not 1"));
    }
    if curve.is_some() && curve != scheme.curve_oid {
        return Err(malformed(scheme, "it names two different curves"));
    }
    Ok((scalar, public_key))
}

type EcPrivateKey<'a> = (u8, &'a [u8], Option<ObjectIdentifier>, Option<&'a [u8]>);

fn decode_ec(bytes: &[u8]) -> der::Result<EcPrivateKey<'_>> {
    let mut reader = SliceReader::new(bytes)?;
    let key = reader.sequence(|fields| {
        let version = u8::decode(fields)?;
        let scalar = <&OctetStringRef>::decode(fields)?.as_bytes();
        let curve = fields.context_specific(TagNumber(0), TagMode::Explicit)?;
        let public =
            fields.context_specific::<BitStringRef<'_>>(TagNumber(1), TagMode::Explicit)?;
        let public_key = public.map(|bits| bits.as_bytes().unwrap_or_default());
        Ok::<_, der::Error>((version, scalar, curve, public_key))
    })?;
    reader.finish()?;
    Ok(key)
}

fn malformed(scheme: &'static Scheme, reason: &'static str) -> EncodingError {
    EncodingError::PrivateKey {
        scheme: scheme.title,
        reason,
    }
}

#[cfg(not(feature = "fips"))]
fn decrypt(
    encrypted: &EncryptedPrivateKeyInfoRef<'_>,
    passphrase: &[u8],
) -> Result<SecretDocument, EncodingError> {
    let clear = encrypted.decrypt(passphrase);
    clear.map_err(|_| EncodingError::NotDecrypted)
}

/// What decrypts is not the FIPS module, and so it is not there.
#[cfg(feature = "fips")]
fn decrypt(_: &EncryptedPrivateKeyInfoRef<'_>, _: &[u8]) -> Result<SecretDocument, EncodingError> {
    Err(EncodingError::DecryptedOutside)
}
