//! Ed25519 on `ring`, ECDSA on RustCrypto.

use openmls_traits::types::SignatureScheme;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use super::nist::{p256, p384, p521};

/// The public key of a private key: 32 bytes (RFC 8032) or an uncompressed point (SEC 1).
pub fn public_key(scheme: SignatureScheme, private: &[u8]) -> Option<Vec<u8>> {
    match scheme {
        SignatureScheme::ED25519 => Some(ed25519(private)?.public_key().as_ref().to_vec()),
        SignatureScheme::ECDSA_SECP256R1_SHA256 => p256::public_key(private),
        SignatureScheme::ECDSA_SECP384R1_SHA384 => p384::public_key(private),
        SignatureScheme::ECDSA_SECP521R1_SHA512 => p521::public_key(private),
        _ => None,
    }
}

/// A signature of `message`: 64 bytes (RFC 8032) or `ECDSA-Sig-Value` in DER (RFC 3279).
pub fn sign(scheme: SignatureScheme, private: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    match scheme {
        SignatureScheme::ED25519 => Some(ed25519(private)?.sign(message).as_ref().to_vec()),
        SignatureScheme::ECDSA_SECP256R1_SHA256 => p256::sign(private, message),
        SignatureScheme::ECDSA_SECP384R1_SHA384 => p384::sign(private, message),
        SignatureScheme::ECDSA_SECP521R1_SHA512 => p521::sign(private, message),
        _ => None,
    }
}

/// Whether `signature` is a valid signature of `message`.
pub fn verify(scheme: SignatureScheme, public: &[u8], message: &[u8], signature: &[u8]) -> bool {
    match scheme {
        SignatureScheme::ED25519 => UnparsedPublicKey::new(&ED25519, public)
            .verify(message, signature)
            .is_ok(),
        SignatureScheme::ECDSA_SECP256R1_SHA256 => p256::verify(public, message, signature),
        SignatureScheme::ECDSA_SECP384R1_SHA384 => p384::verify(public, message, signature),
        SignatureScheme::ECDSA_SECP521R1_SHA512 => p521::verify(public, message, signature),
        _ => false,
    }
}

fn ed25519(seed: &[u8]) -> Option<Ed25519KeyPair> {
    Ed25519KeyPair::from_seed_unchecked(seed).ok()
}
