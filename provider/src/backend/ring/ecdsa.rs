//! ECDSA by ring, which wants the public key with the scalar: [`agreement`] computes it.

use openmls_traits::types::CryptoError;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1,
    ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    EcdsaVerificationAlgorithm, KeyPair, UnparsedPublicKey,
};
use zeroize::Zeroizing;

use super::agreement::{self, Group, PrivateKey};

/// A curve with its hash. Signatures are DER `ECDSA-Sig-Value` (RFC 3279, section 2.2.3).
pub(crate) struct Curve {
    group: &'static Group,
    signing: &'static EcdsaSigningAlgorithm,
    verification: &'static EcdsaVerificationAlgorithm,
}

pub(crate) static P256: Curve = Curve {
    group: &agreement::P256,
    signing: &ECDSA_P256_SHA256_ASN1_SIGNING,
    verification: &ECDSA_P256_SHA256_ASN1,
};

pub(crate) static P384: Curve = Curve {
    group: &agreement::P384,
    signing: &ECDSA_P384_SHA384_ASN1_SIGNING,
    verification: &ECDSA_P384_SHA384_ASN1,
};

/// A key whose public half was computed from its scalar, and that ring has checked.
pub(crate) struct Key {
    scalar: PrivateKey,
    /// ring does not wipe it.
    key_pair: EcdsaKeyPair,
}

impl Key {
    /// A fresh key.
    pub(crate) fn generate(curve: &'static Curve) -> Result<Self, CryptoError> {
        Self::of(curve, PrivateKey::generate(curve.group)?)
    }

    /// The key with this `scalar`, of the length of the field.
    pub(crate) fn import(curve: &'static Curve, scalar: &[u8]) -> Result<Self, CryptoError> {
        let scalar = PrivateKey::enter(curve.group, scalar);
        Self::of(curve, scalar.map_err(|_| CryptoError::SigningError)?)
    }

    fn of(curve: &'static Curve, scalar: PrivateKey) -> Result<Self, CryptoError> {
        let key_pair = EcdsaKeyPair::from_private_key_and_public_key(
            curve.signing,
            &scalar.private()?,
            &scalar.public()?,
            &SystemRandom::new(),
        );
        let key_pair = key_pair.map_err(|_| CryptoError::SigningError)?;
        Ok(Self { scalar, key_pair })
    }

    pub(crate) fn private(&self) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        self.scalar.private()
    }

    pub(crate) fn public(&self) -> &[u8] {
        self.key_pair.public_key().as_ref()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.key_pair
            .sign(&SystemRandom::new(), message)
            .map(|signature| signature.as_ref().to_vec())
            .map_err(|_| CryptoError::SigningError)
    }
}

/// Verifies `signature` under an uncompressed point.
pub(crate) fn verify(
    curve: &'static Curve,
    message: &[u8],
    public: &[u8],
    signature: &[u8],
) -> Result<(), CryptoError> {
    UnparsedPublicKey::new(curve.verification, public)
        .verify(message, signature)
        .map_err(|_| CryptoError::InvalidSignature)
}
