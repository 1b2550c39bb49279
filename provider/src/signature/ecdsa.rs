//! ECDSA (FIPS 186-5) by AWS-LC, with the hash that each MLS suite gives its curve.

use aws_lc_rs::encoding::AsBigEndian;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1,
    ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm, KeyPair, UnparsedPublicKey,
};
use mls_fips::{Algorithm, Service, observe};
use openmls_traits::types::CryptoError;
use zeroize::Zeroizing;

use super::{Scheme, SigningKey};
use crate::encoding::is_uncompressed_point;

/// A curve with its hash. Signatures are DER `ECDSA-Sig-Value` (RFC 3279, section 2.2.3).
pub(super) struct Curve {
    signing: &'static EcdsaSigningAlgorithm,
    verification: &'static EcdsaVerificationAlgorithm,
    /// Length in bytes of a scalar and of a coordinate.
    field_len: usize,
}

pub(super) static P256: Curve = Curve {
    signing: &ECDSA_P256_SHA256_ASN1_SIGNING,
    verification: &ECDSA_P256_SHA256_ASN1,
    field_len: 32,
};

pub(super) static P384: Curve = Curve {
    signing: &ECDSA_P384_SHA384_ASN1_SIGNING,
    verification: &ECDSA_P384_SHA384_ASN1,
    field_len: 48,
};

pub(super) static P521: Curve = Curve {
    signing: &ECDSA_P521_SHA512_ASN1_SIGNING,
    verification: &ECDSA_P521_SHA512_ASN1,
    field_len: 66,
};

impl Scheme for Curve {
    fn generate(&'static self) -> Result<Box<dyn SigningKey>, CryptoError> {
        Ok(Box::new(EcdsaKey::generate(self)?))
    }

    fn import(&'static self, scalar: &[u8]) -> Result<Box<dyn SigningKey>, CryptoError> {
        Ok(Box::new(EcdsaKey::import(self, scalar)?))
    }

    fn verify(&self, message: &[u8], public: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        if !is_uncompressed_point(public, self.public_len()) {
            return Err(CryptoError::InvalidPublicKey);
        }
        observe(Service::Verify, Algorithm::EcdsaNist, || {
            UnparsedPublicKey::new(self.verification, public).verify(message, signature)
        })
        .map_err(|_| CryptoError::InvalidSignature)
    }
}

impl Curve {
    const fn public_len(&self) -> usize {
        1 + 2 * self.field_len
    }
}

/// A key that AWS-LC has checked: the scalar is in range and the public key its own.
struct EcdsaKey(EcdsaKeyPair);

impl EcdsaKey {
    fn generate(curve: &'static Curve) -> Result<Self, CryptoError> {
        observe(Service::KeyGeneration, Algorithm::EcdsaNist, || {
            EcdsaKeyPair::generate(curve.signing)
        })
        .map(Self)
        .map_err(|_| CryptoError::InsufficientRandomness)
    }

    fn import(curve: &'static Curve, scalar: &[u8]) -> Result<Self, CryptoError> {
        if scalar.len() != curve.field_len {
            return Err(CryptoError::InvalidLength);
        }
        observe(Service::KeyEntry, Algorithm::EcdsaNist, || {
            EcdsaKeyPair::from_private_key_der(curve.signing, &ec_private_key(scalar))
        })
        .map(Self)
        .map_err(|_| CryptoError::SigningError)
    }
}

impl SigningKey for EcdsaKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        observe(Service::Sign, Algorithm::EcdsaNist, || {
            self.0.sign(&SystemRandom::new(), message)
        })
        .map(|signature| signature.as_ref().to_vec())
        .map_err(|_| CryptoError::SigningError)
    }

    fn private(&self) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        self.0
            .private_key()
            .as_be_bytes()
            .map(|scalar| Zeroizing::new(scalar.as_ref().to_vec()))
            .map_err(|_| CryptoError::CryptoLibraryError)
    }

    fn public(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }
}

/// DER of `ECPrivateKey` (RFC 5915) with the scalar alone: AWS-LC computes the
/// public key, where its import of raw keys would want it from the caller.
///
/// ```text
/// ECPrivateKey ::= SEQUENCE { version INTEGER 1, privateKey OCTET STRING }
/// ```
fn ec_private_key(scalar: &[u8]) -> Zeroizing<Vec<u8>> {
    const SEQUENCE: u8 = 0x30;
    const VERSION_1: [u8; 3] = [0x02, 0x01, 0x01];
    const OCTET_STRING: u8 = 0x04;
    // Short-form lengths suffice: P-521's scalar, the longest, has 66 bytes.
    let content_len = VERSION_1.len() + 2 + scalar.len();
    let mut der = Zeroizing::new(Vec::with_capacity(2 + content_len));
    der.extend_from_slice(&[SEQUENCE, content_len as u8]);
    der.extend_from_slice(&VERSION_1);
    der.extend_from_slice(&[OCTET_STRING, scalar.len() as u8]);
    der.extend_from_slice(scalar);
    der
}
