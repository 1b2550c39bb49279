//! Signatures by AWS-LC: Ed25519 and ECDSA over P-256, P-384 and P-521.

mod ecdsa;
mod ed25519;
mod key_pair;

pub use key_pair::{SignatureKeyId, SignatureKeyPair};

use openmls_traits::types::{CryptoError, SignatureScheme};
use zeroize::Zeroizing;

use ecdsa::{Curve, EcdsaKey};
use ed25519::Ed25519Key;

/// A private key, imported into AWS-LC and ready to sign.
pub(crate) enum SigningKey {
    Ed25519(Ed25519Key),
    Ecdsa(EcdsaKey),
}

/// Whether this provider signs and verifies under `scheme`.
#[cfg(test)]
pub(crate) fn is_supported(scheme: SignatureScheme) -> bool {
    SigningKey::generate(scheme).is_ok()
}

impl SigningKey {
    /// A fresh key.
    pub(crate) fn generate(scheme: SignatureScheme) -> Result<Self, CryptoError> {
        Ok(match scheme {
            SignatureScheme::ED25519 => Self::Ed25519(Ed25519Key::generate()?),
            _ => Self::Ecdsa(EcdsaKey::generate(Curve::of(scheme)?)?),
        })
    }

    /// The key with this `private` seed or scalar; its public key is computed.
    pub(crate) fn import(scheme: SignatureScheme, private: &[u8]) -> Result<Self, CryptoError> {
        Ok(match scheme {
            SignatureScheme::ED25519 => Self::Ed25519(Ed25519Key::import(private)?),
            _ => Self::Ecdsa(EcdsaKey::import(Curve::of(scheme)?, private)?),
        })
    }

    /// The signature: 64 bytes for Ed25519, a DER `ECDSA-Sig-Value` for ECDSA.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        match self {
            Self::Ed25519(key) => key.sign(message),
            Self::Ecdsa(key) => key.sign(message),
        }
    }

    /// The private seed or scalar, as it is stored.
    pub(crate) fn private(&self) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        match self {
            Self::Ed25519(key) => Ok(key.private()),
            Self::Ecdsa(key) => key.private(),
        }
    }

    /// The public key: 32 bytes for Ed25519, an uncompressed point for ECDSA.
    pub(crate) fn public(&self) -> &[u8] {
        match self {
            Self::Ed25519(key) => key.public(),
            Self::Ecdsa(key) => key.public(),
        }
    }
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
    match scheme {
        SignatureScheme::ED25519 => ed25519::verify(message, public, signature),
        _ => ecdsa::verify(Curve::of(scheme)?, message, public, signature),
    }
}
