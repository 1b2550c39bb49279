//! The signature schemes: one row each.

mod batch;
mod ecdsa;
mod ed25519;
#[cfg(feature = "curve448")]
mod ed448;
mod key_pair;
#[cfg(feature = "ml-dsa")]
mod ml_dsa;
mod signed_message;

pub use key_pair::{SignatureKeyId, SignatureKeyPair};
pub use signed_message::SignedMessage;

use openmls_traits::types::{CryptoError, SignatureScheme};
use zeroize::Zeroizing;

use crate::lanes::Verification;

pub(crate) use batch::verify_batch;

/// A signature scheme.
trait Scheme: Sync {
    /// A fresh key.
    fn generate(&'static self) -> Result<Box<dyn SigningKey>, CryptoError>;

    /// The key with this `private` seed or scalar; its public key is computed.
    fn import(&'static self, private: &[u8]) -> Result<Box<dyn SigningKey>, CryptoError>;

    /// Verifies `signature` over `message` under the encoded key `public`.
    fn verify(&self, message: &[u8], public: &[u8], signature: &[u8]) -> Result<(), CryptoError>;

    /// The lanes that verify many signatures at once, if there are any.
    fn lanes(&self) -> Option<Verification> {
        None
    }

    /// Verifies each of `signed` in `lanes`, which are this scheme's, with the verdict of
    /// [`verify`](Self::verify); `None` of those that are not for lanes.
    fn verify_in_lanes(
        &self,
        _lanes: &Verification,
        signed: &[&SignedMessage<'_>],
    ) -> Vec<Option<Result<(), CryptoError>>> {
        vec![None; signed.len()]
    }
}

/// A private key, imported and ready to sign.
pub(crate) trait SigningKey: Send + Sync {
    /// The signature, encoded as the table of [formats](crate#formats) says.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError>;

    /// The private seed or scalar, as it is stored.
    fn private(&self) -> Result<Zeroizing<Vec<u8>>, CryptoError>;

    /// The public key, encoded as the table of [formats](crate#formats) says.
    fn public(&self) -> &[u8];
}

/// Every scheme that is implemented. Which backend brings the feature of a row, `Cargo.toml` says.
const SCHEMES: &[(SignatureScheme, &dyn Scheme)] = &[
    (SignatureScheme::ED25519, &ed25519::Ed25519),
    (SignatureScheme::ECDSA_SECP256R1_SHA256, &ecdsa::P256),
    (SignatureScheme::ECDSA_SECP384R1_SHA384, &ecdsa::P384),
    #[cfg(feature = "p521")]
    (SignatureScheme::ECDSA_SECP521R1_SHA512, &ecdsa::P521),
    #[cfg(feature = "curve448")]
    (SignatureScheme::ED448, &ed448::Ed448),
    #[cfg(feature = "ml-dsa")]
    (SignatureScheme::MLDSA44, &ml_dsa::ML_DSA_44_SET),
    #[cfg(feature = "ml-dsa")]
    (SignatureScheme::MLDSA65, &ml_dsa::ML_DSA_65_SET),
    #[cfg(feature = "ml-dsa")]
    (SignatureScheme::MLDSA87, &ml_dsa::ML_DSA_87_SET),
];

fn of(scheme: SignatureScheme) -> Result<&'static dyn Scheme, CryptoError> {
    let row = SCHEMES.iter().find(|&&(row, _)| row == scheme);
    row.map(|&(_, functions)| functions)
        .ok_or(CryptoError::UnsupportedSignatureScheme)
}

/// Whether this provider signs and verifies under `scheme`.
#[cfg(test)]
pub(crate) fn is_supported(scheme: SignatureScheme) -> bool {
    generate(scheme).is_ok()
}

/// A fresh key.
pub(crate) fn generate(scheme: SignatureScheme) -> Result<Box<dyn SigningKey>, CryptoError> {
    of(scheme)?.generate()
}

/// The key with this `private` seed or scalar; its public key is computed.
pub(crate) fn import(
    scheme: SignatureScheme,
    private: &[u8],
) -> Result<Box<dyn SigningKey>, CryptoError> {
    of(scheme)?.import(private)
}

/// Verifies `signature` over `message` under the encoded key `public`.
///
/// # Errors
/// [`CryptoError::InvalidPublicKey`] if `public` has not the form of a key,
/// [`CryptoError::InvalidSignature`] for everything else that is wrong with
/// the key or the signature.
pub(crate) fn verify(
    scheme: SignatureScheme,
    message: &[u8],
    public: &[u8],
    signature: &[u8],
) -> Result<(), CryptoError> {
    of(scheme)?.verify(message, public, signature)
}
