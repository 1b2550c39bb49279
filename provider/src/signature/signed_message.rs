//! A message and its signature, to be verified.

use openmls_traits::types::SignatureScheme;

/// A message with a signature that claims to be its.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedMessage<'a> {
    /// The signature scheme.
    pub scheme: SignatureScheme,
    /// The bytes that were signed, as they will be given to `verify_signature`.
    pub message: Vec<u8>,
    /// The public key: 32 bytes for Ed25519, an uncompressed point for ECDSA.
    pub public_key: &'a [u8],
    /// The signature: 64 bytes for Ed25519, a DER `ECDSA-Sig-Value` for ECDSA.
    pub signature: &'a [u8],
}
