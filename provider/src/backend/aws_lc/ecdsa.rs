//! ECDSA by AWS-LC.

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

/// A curve with its hash. Signatures are DER `ECDSA-Sig-Value` (RFC 3279, section 2.2.3).
pub(crate) struct Curve {
    signing: &'static EcdsaSigningAlgorithm,
    verification: &'static EcdsaVerificationAlgorithm,
}

pub(crate) static P256: Curve = Curve {
    signing: &ECDSA_P256_SHA256_ASN1_SIGNING,
    verification: &ECDSA_P256_SHA256_ASN1,
};

pub(crate) static P384: Curve = Curve {
    signing: &ECDSA_P384_SHA384_ASN1_SIGNING,
    verification: &ECDSA_P384_SHA384_ASN1,
};

pub(crate) static P521: Curve = Curve {
    signing: &ECDSA_P521_SHA512_ASN1_SIGNING,
    verification: &ECDSA_P521_SHA512_ASN1,
};

/// A key that AWS-LC has checked: the scalar is in range and the public key its own.
pub(crate) struct Key(EcdsaKeyPair);

impl Key {
    /// A fresh key.
    pub(crate) fn generate(curve: &'static Curve) -> Result<Self, CryptoError> {
        observe(Service::KeyGeneration, Algorithm::EcdsaNist, || {
            EcdsaKeyPair::generate(curve.signing)
        })
        .map(Self)
        .map_err(|_| CryptoError::InsufficientRandomness)
    }

    /// The key with this `scalar`, of the length of the field.
    pub(crate) fn import(curve: &'static Curve, scalar: &[u8]) -> Result<Self, CryptoError> {
        observe(Service::KeyEntry, Algorithm::EcdsaNist, || {
            EcdsaKeyPair::from_private_key_der(curve.signing, &ec_private_key(scalar))
        })
        .map(Self)
        .map_err(|_| CryptoError::SigningError)
    }

    pub(crate) fn private(&self) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        self.0
            .private_key()
            .as_be_bytes()
            .map(|scalar| Zeroizing::new(scalar.as_ref().to_vec()))
            .map_err(|_| CryptoError::CryptoLibraryError)
    }

    pub(crate) fn public(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        observe(Service::Sign, Algorithm::EcdsaNist, || {
            self.0.sign(&SystemRandom::new(), message)
        })
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
    observe(Service::Verify, Algorithm::EcdsaNist, || {
        UnparsedPublicKey::new(curve.verification, public).verify(message, signature)
    })
    .map_err(|_| CryptoError::InvalidSignature)
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
