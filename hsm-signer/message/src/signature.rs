//! The check of a signature before it is released, under a key that is known before.

use openmls_hw_crypto::HwCrypto;
use openmls_traits::crypto::OpenMlsCrypto;

use crate::encoding::{EncodingError, ecdsa};
use crate::scheme::{Algorithm, Scheme};

/// Why a signature is not released.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// It does not have the form that a token gives signatures of the scheme.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// It does not verify.
    #[error("the signature does not verify under the public key")]
    Invalid,
}

/// The token's signature of `message` in the form that MLS sends, verified under `public_key`,
/// which is in MLS's form. ECDSA comes as r || s and becomes DER (RFC 9420, section 5.1.2).
///
/// # Errors
/// [`SignatureError::Encoding`] when the signature does not have the scheme's length,
/// [`SignatureError::Invalid`] when it does not verify.
pub fn verified(
    crypto: &HwCrypto,
    scheme: &Scheme,
    public_key: &[u8],
    message: &[u8],
    signature: Vec<u8>,
) -> Result<Vec<u8>, SignatureError> {
    let encoded = match scheme.algorithm {
        Algorithm::EcDsa { .. } => ecdsa::der_from_raw(&signature, scheme.field_length)?,
        Algorithm::EdDsa | Algorithm::MlDsa => signature,
    };
    crypto
        .verify_signature(scheme.signature_scheme, message, public_key, &encoded)
        .map_err(|_| SignatureError::Invalid)?;
    Ok(encoded)
}
