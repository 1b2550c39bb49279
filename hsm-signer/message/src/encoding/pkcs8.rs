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
//! Reading is generous in the form and strict in the key: a scalar may have zero bytes too few or
//! too many, the public key beside it may be compressed, and its tag may be that of Ed25519 keys
//! from before RFC 8410 (ring's, with an explicit tag 1), which the crate `pkcs8` refuses.
//!
//! Of ML-DSA see `ml_dsa`.

use std::fmt;

use der::asn1::{AnyRef, BitStringRef, OctetStringRef};
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};
use pkcs8::{AlgorithmIdentifierRef, EncryptedPrivateKeyInfoRef, ObjectIdentifier, SecretDocument};
use zeroize::Zeroizing;

use super::EncodingError;
use super::key_file::{document, what_else};
use super::ml_dsa::{PrivateForm, has_rho_of, private_form};
use super::object_name::{names_within, object_name};
use crate::scheme::{Algorithm, ID_EC_PUBLIC_KEY, Scheme};

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
    /// passphrase is wrong, [`EncodingError::EncryptionMethod`] when the method is not read,
    /// [`EncodingError::DecryptedOutside`] in a build with the FIPS module.
    pub fn from_file(content: &[u8], passphrase: Option<&[u8]>) -> Result<Self, EncodingError> {
        let (document, otherwise) = document(content)?;
        if let Ok(info) = PrivateKeyInfo::from_der(&document) {
            return Self::from_info(&info);
        }
        if !is_encrypted(&document) {
            return Err(what_else(&document).unwrap_or(otherwise).into());
        }
        let unread = || unread_method(&document);
        let encrypted = EncryptedPrivateKeyInfoRef::from_der(&document).map_err(|_| unread())?;
        let passphrase = passphrase.ok_or(EncodingError::Encrypted)?;
        let clear = decrypt(&encrypted, passphrase, unread)?;
        let info = PrivateKeyInfo::from_der(clear.as_bytes());
        Self::from_info(&info.map_err(|_| EncodingError::NotDecrypted)?)
    }

    fn from_info(info: &PrivateKeyInfo<'_>) -> Result<Self, EncodingError> {
        let scheme = scheme_of(info)?;
        let key = info.private_key;
        match scheme.algorithm {
            Algorithm::EdDsa => {
                let seed = <&OctetStringRef>::from_der(key)
                    .map_err(|_| malformed(scheme, "it is no CurvePrivateKey of RFC 8410"))?;
                Self::checked(scheme, seed.as_bytes(), info.public_key)
            }
            Algorithm::EcDsa(_) => {
                let (scalar, stated) = parse_ec(key, scheme)?;
                Self::checked(scheme, &scalar, stated.or(info.public_key))
            }
            Algorithm::MlDsa => Self::from_ml_dsa(key, scheme, info.public_key),
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
        if stated.is_some_and(|stated| !is_point(stated, &public_key)) {
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

/// PrivateKeyInfo of RFC 5208, OneAsymmetricKey of RFC 5958.
struct PrivateKeyInfo<'a> {
    algorithm: AlgorithmIdentifierRef<'a>,
    private_key: &'a [u8],
    /// The public key that the file states beside the private one.
    public_key: Option<&'a [u8]>,
}

impl<'a> PrivateKeyInfo<'a> {
    fn from_der(bytes: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(bytes)?;
        let info = reader.sequence(|fields| {
            if u8::decode(fields)? > 1 {
                return Err(Tag::Integer.value_error().into());
            }
            let algorithm = AlgorithmIdentifierRef::decode(fields)?;
            let private_key = <&OctetStringRef>::decode(fields)?.as_bytes();
            let mut public_key = None;
            while !fields.is_finished() {
                let field = AnyRef::decode(fields)?;
                match field.tag() {
                    ATTRIBUTES => {}
                    // One that has bits to spare is no key's.
                    PUBLIC_KEY => {
                        let bytes = field.value().strip_prefix(&[0]);
                        public_key = Some(bytes.unwrap_or_default());
                    }
                    EXPLICIT_PUBLIC_KEY => public_key = Some(bits(field.value())?),
                    other => return Err(other.value_error().into()),
                }
            }
            Ok::<_, der::Error>(Self {
                algorithm,
                private_key,
                public_key,
            })
        })?;
        reader.finish()?;
        Ok(info)
    }
}

/// `attributes [0] Attributes`.
const ATTRIBUTES: Tag = field(0, true);
/// `publicKey [1] IMPLICIT BIT STRING`.
const PUBLIC_KEY: Tag = field(1, false);
/// `publicKey [1] EXPLICIT BIT STRING`, in ECPrivateKey and in ring's Ed25519 keys.
const EXPLICIT_PUBLIC_KEY: Tag = field(1, true);
/// `parameters [0] EXPLICIT ECParameters`, in ECPrivateKey.
const PARAMETERS: Tag = field(0, true);

const fn field(number: u32, constructed: bool) -> Tag {
    Tag::ContextSpecific {
        constructed,
        number: TagNumber(number),
    }
}

/// The bytes of a BIT STRING, none where it has bits to spare, as no key has.
fn bits(der: &[u8]) -> der::Result<&[u8]> {
    let bits = BitStringRef::from_der(der)?;
    Ok(bits.as_bytes().unwrap_or_default())
}

/// Whether it is an EncryptedPrivateKeyInfo: an algorithm, and an octet string.
fn is_encrypted(document: &[u8]) -> bool {
    let decoded = AnyRef::from_der(document).and_then(|whole| {
        let mut fields = SliceReader::new(whole.value())?;
        AlgorithmIdentifierRef::decode(&mut fields)?;
        <&OctetStringRef>::decode(&mut fields)?;
        fields.finish()
    });
    decoded.is_ok()
}

/// The method of encryption of an EncryptedPrivateKeyInfo, which is not read.
fn unread_method(document: &[u8]) -> EncodingError {
    let within = AnyRef::from_der(document).map(|whole| names_within(whole.value()));
    let mut names = within.unwrap_or_default();
    let has = |names: &[String], wanted: &str| names.iter().any(|name| name.contains(wanted));
    if has(&names, "PBKDF2") && !has(&names, "HMAC-") {
        // Where PBKDF2 names none it is this (RFC 8018, appendix A.2).
        let place = names.iter().position(|name| name == "PBKDF2");
        names.insert(place.map_or(0, |place| place + 1), "HMAC-SHA-1".into());
    }
    let unread = names.iter().filter(|name| !READ.contains(&name.as_str()));
    let unread: Vec<_> = unread.map(String::as_str).collect();
    EncodingError::EncryptionMethod {
        is_legacy: unread.iter().copied().any(is_legacy),
        unread: match unread.as_slice() {
            [] => "the method".into(),
            unread => unread.join(", "),
        },
        method: names.join(", "),
    }
}

/// What of PBES2 is read.
const READ: &[&str] = &[
    "PBES2",
    "PBKDF2",
    "scrypt",
    "HMAC-SHA-224",
    "HMAC-SHA-256",
    "HMAC-SHA-384",
    "HMAC-SHA-512",
    "AES-128-CBC",
    "AES-192-CBC",
    "AES-256-CBC",
];

/// Whether OpenSSL 3 has it in its legacy provider: single DES, RC2 and RC4, with MD5 or without.
fn is_legacy(name: &str) -> bool {
    ["MD5", "RC2", "RC4", "AndDES-CBC"]
        .iter()
        .any(|old| name.contains(old))
        || name == "DES-CBC"
}

fn scheme_of(info: &PrivateKeyInfo<'_>) -> Result<&'static Scheme, EncodingError> {
    let algorithm = info.algorithm.oid;
    let curve = match info.algorithm.parameters {
        Some(parameters) if parameters.tag() == Tag::ObjectIdentifier => {
            parameters.decode_as::<ObjectIdentifier>().ok()
        }
        Some(parameters) if algorithm == ID_EC_PUBLIC_KEY && parameters.tag() == Tag::Sequence => {
            return Err(EncodingError::ExplicitParameters);
        }
        _ => None,
    };
    let scheme = Scheme::by_oids(algorithm, curve);
    scheme.ok_or_else(|| EncodingError::KeyAlgorithm(object_name(curve.unwrap_or(algorithm))))
}

/// Whether the bytes are `public_key`: for a point also in its compressed or hybrid form (SEC 1,
/// section 2.3.3; X9.62).
fn is_point(stated: &[u8], public_key: &[u8]) -> bool {
    if stated == public_key {
        return true;
    }
    let (Some((tag, stated)), Some((&UNCOMPRESSED, coordinates))) =
        (stated.split_first(), public_key.split_first())
    else {
        return false;
    };
    let (x, y) = coordinates.split_at(coordinates.len() / 2);
    let parity = y.last().map_or(0, |last| last & 1);
    (*tag == COMPRESSED | parity && stated == x)
        || (*tag == HYBRID | parity && stated == coordinates)
}

const UNCOMPRESSED: u8 = 4;
/// With the parity of the second coordinate in its last bit, as the next.
const COMPRESSED: u8 = 2;
const HYBRID: u8 = 6;

/// A scalar in its curve's length, and the public key where the file states one.
type ScalarAndPoint<'a> = (Zeroizing<Vec<u8>>, Option<&'a [u8]>);

/// What an ECPrivateKey holds.
fn parse_ec<'a>(
    bytes: &'a [u8],
    scheme: &'static Scheme,
) -> Result<ScalarAndPoint<'a>, EncodingError> {
    let (version, scalar, curve, public_key) =
        decode_ec(bytes).map_err(|_| malformed(scheme, "it is no ECPrivateKey of RFC 5915"))?;
    if version != EC_PRIVKEY_VER1 {
        return Err(malformed(scheme, "the version of ECPrivateKey is not 1"));
    }
    let curve = curve.map(|curve| curve.decode_as::<ObjectIdentifier>());
    if curve.is_some_and(|curve| curve.ok() != scheme.curve_oid) {
        return Err(malformed(scheme, "it names two different curves"));
    }
    Ok((number(scalar, scheme)?, public_key))
}

/// A big-endian number in the length of the scheme's: RFC 5915 wants it so, and some programs leave
/// out its zero bytes or put one before it.
fn number(scalar: &[u8], scheme: &'static Scheme) -> Result<Zeroizing<Vec<u8>>, EncodingError> {
    let zeros = scalar.iter().take_while(|byte| **byte == 0).count();
    let digits = &scalar[zeros..];
    let missing = scheme.field_length.checked_sub(digits.len());
    let missing =
        missing.ok_or_else(|| malformed(scheme, "its value is not in the curve's range"))?;
    let mut number = Zeroizing::new(vec![0; scheme.field_length]);
    number[missing..].copy_from_slice(digits);
    Ok(number)
}

type EcPrivateKey<'a> = (u8, &'a [u8], Option<AnyRef<'a>>, Option<&'a [u8]>);

fn decode_ec(bytes: &[u8]) -> der::Result<EcPrivateKey<'_>> {
    let mut reader = SliceReader::new(bytes)?;
    let key = reader.sequence(|fields| {
        let version = u8::decode(fields)?;
        let scalar = <&OctetStringRef>::decode(fields)?.as_bytes();
        let (mut curve, mut public_key) = (None, None);
        while !fields.is_finished() {
            let field = AnyRef::decode(fields)?;
            match field.tag() {
                PARAMETERS => curve = Some(AnyRef::from_der(field.value())?),
                EXPLICIT_PUBLIC_KEY => public_key = Some(bits(field.value())?),
                other => return Err(other.value_error().into()),
            }
        }
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
    unread: impl Fn() -> EncodingError,
) -> Result<SecretDocument, EncodingError> {
    use pkcs8::pkcs5::Error as Pkcs5Error;

    let clear = encrypted.decrypt(passphrase);
    clear.map_err(|error| match error {
        pkcs8::Error::EncryptedPrivateKey(
            Pkcs5Error::UnsupportedAlgorithm { .. } | Pkcs5Error::NoPbes1CryptSupport,
        ) => unread(),
        _ => EncodingError::NotDecrypted,
    })
}

/// What decrypts is not the FIPS module, and so it is not there.
#[cfg(feature = "fips")]
fn decrypt(
    _: &EncryptedPrivateKeyInfoRef<'_>,
    _: &[u8],
    _: impl Fn() -> EncodingError,
) -> Result<SecretDocument, EncodingError> {
    Err(EncodingError::DecryptedOutside)
}
