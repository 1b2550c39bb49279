//! Byte strings between PKCS#11, MLS, X.509 and JSON. Pure: no token, no file.

pub mod ecdsa;
#[cfg(feature = "pkcs8")]
pub mod key_file;
#[cfg(feature = "pkcs8")]
mod ml_dsa;
#[cfg(feature = "pkcs8")]
mod object_name;
#[cfg(feature = "pkcs8")]
mod pem;
#[cfg(feature = "pkcs8")]
pub mod pkcs8;
pub mod public_key;

use base64ct::{Base64, Encoding};

use crate::scheme::titles;

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(bytes)
}

/// The bytes of hexadecimal in either case; none where it is anything else.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    base16ct::mixed::decode_vec(text).ok()
}

/// The bytes of hexadecimal as [`hex`] writes it; none where it is anything else.
pub fn from_lower_hex(text: &str) -> Option<Vec<u8>> {
    base16ct::lower::decode_vec(text).ok()
}

/// Standard base64 with padding (RFC 4648, section 4).
pub fn base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// The bytes of standard base64 with padding; none where it is anything else.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    Base64::decode_vec(text).ok()
}

/// Why a byte string was refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// An ECDSA signature that is not r || s of the curve's length.
    #[error("the token's ECDSA signature has {found} bytes, not the {expected} of r || s")]
    SignatureLength {
        /// Bytes needed.
        expected: usize,
        /// Bytes given.
        found: usize,
    },
    /// r or s is zero, which no valid signature has.
    #[error("the token's ECDSA signature has a zero in it")]
    SignatureZero,
    /// CKA_EC_POINT is none of the forms in use.
    #[error("the token's CKA_EC_POINT is no {scheme} public key: {found} bytes, {expected} needed")]
    Point {
        /// The key's scheme.
        scheme: &'static str,
        /// Bytes needed, without DER around them.
        expected: usize,
        /// Bytes given.
        found: usize,
    },
    /// CKA_VALUE of a public key does not have the length of its parameter set.
    #[error("the token's CKA_VALUE is no {scheme} public key: {found} bytes, {expected} needed")]
    PublicValue {
        /// The key's scheme.
        scheme: &'static str,
        /// Bytes needed.
        expected: usize,
        /// Bytes given.
        found: usize,
    },
    /// It is not a PKCS#8 key.
    #[cfg(feature = "pkcs8")]
    #[error(transparent)]
    NotPkcs8(#[from] key_file::NotPkcs8),
    /// It is encrypted, and there is no passphrase.
    #[error("the key is encrypted; give its passphrase in a file (--passphrase-file)")]
    Encrypted,
    /// It is encrypted, and the passphrase does not open it.
    #[error(
        "the key cannot be decrypted: the passphrase is wrong, or the file is damaged; try it with: \
         openssl pkey -noout -in FILE"
    )]
    NotDecrypted,
    /// It is encrypted by a method that is not read.
    #[error(
        "the key is encrypted by {method}, and {unread} is not read (PBES2 is, with PBKDF2 and an HMAC \
         of SHA-2, or scrypt, and AES-CBC); decrypt it: \
         openssl pkcs8 -topk8 -nocrypt{} -in FILE -out KEY.pem",
        if *is_legacy { " -provider legacy -provider default" } else { "" }
    )]
    EncryptionMethod {
        /// The names of all of it.
        method: String,
        /// The part that is not read.
        unread: String,
        /// Whether openssl too reads it only where it is told.
        is_legacy: bool,
    },
    /// It is encrypted, and this program has nothing but the FIPS module to decrypt it with.
    #[error(
        "the key is encrypted, and a build with the FIPS module has nothing approved to decrypt \
         it with: decrypt it where it was made with: \
         openssl pkcs8 -topk8 -nocrypt -in FILE -out KEY.pem"
    )]
    DecryptedOutside,
    /// The key's algorithm is no scheme's.
    #[error(
        "the key is of {0}, which is none of this program's schemes: {schemes}",
        schemes = titles()
    )]
    KeyAlgorithm(String),
    /// The curve is described, not named.
    #[error(
        "the key describes its curve by explicit parameters, which MLS has no use for; name the \
         curve: openssl pkey -in FILE -ec_param_enc named_curve -out KEY.pem"
    )]
    ExplicitParameters,
    /// The private key does not have the form that its algorithm demands.
    #[error("the {scheme} private key is malformed: {reason}")]
    PrivateKey {
        /// The key's scheme.
        scheme: &'static str,
        /// What is wrong, without anything of the key.
        reason: &'static str,
    },
    /// The file's public key belongs to another private key.
    #[error("the {0} public key in the file does not belong to the private key")]
    KeysDoNotMatch(&'static str),
    /// Two keys of one scheme where there is room for one.
    #[error("two of the keys are {0}; Wire's JSON holds one key of each scheme")]
    SchemeTwice(&'static str),
}
