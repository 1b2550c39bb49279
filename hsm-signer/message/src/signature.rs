//! The check of signatures before they are released, under a key that is known before.

use openmls_hw_crypto::{HwCrypto, SignedMessage};
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
    let encoded = released(scheme, signature)?;
    crypto
        .verify_signature(scheme.signature_scheme, message, public_key, &encoded)
        .map_err(|_| SignatureError::Invalid)?;
    Ok(encoded)
}

/// [`verified`] of many: of the token's signatures, each of the message in the same place, those before
/// the first that is not good; and what is wrong with that one.
///
/// # Errors
/// Of the first that is not good: [`SignatureError::Encoding`] when it does not have the scheme's
/// length, [`SignatureError::Invalid`] when it does not verify.
pub fn verified_prefix(
    crypto: &HwCrypto,
    scheme: &Scheme,
    public_key: &[u8],
    messages: &[&[u8]],
    signatures: Vec<Vec<u8>>,
) -> (Vec<Vec<u8>>, Result<(), SignatureError>) {
    let (mut encoded, mut end) = (Vec::with_capacity(signatures.len()), Ok(()));
    for signature in signatures.into_iter().take(messages.len()) {
        match released(scheme, signature) {
            Ok(signature) => encoded.push(signature),
            Err(error) => {
                end = Err(error.into());
                break;
            }
        }
    }
    let signed = messages.iter().zip(&encoded);
    let signed: Vec<_> = signed
        .map(|(message, signature)| SignedMessage {
            scheme: scheme.signature_scheme,
            message: message.to_vec(),
            public_key,
            signature,
        })
        .collect();
    let verdicts = crypto.verify_batch(&signed);
    if let Some(bad) = verdicts.iter().position(Result::is_err) {
        encoded.truncate(bad);
        end = Err(SignatureError::Invalid);
    }
    (encoded, end)
}

/// The token's signature in the form that MLS sends.
fn released(scheme: &Scheme, signature: Vec<u8>) -> Result<Vec<u8>, EncodingError> {
    match scheme.algorithm {
        Algorithm::EcDsa { .. } => ecdsa::der_from_raw(&signature, scheme.field_length),
        Algorithm::EdDsa | Algorithm::MlDsa => Ok(signature),
    }
}

#[cfg(test)]
mod tests {
    use openmls_traits::types::SignatureScheme;

    use super::*;

    /// More than a few, so that they are verified together.
    const COUNT: usize = 40;

    /// A scheme's key and its signatures of 40 messages, as a token makes them.
    fn signed(crypto: &HwCrypto) -> (Vec<u8>, Vec<Vec<u8>>, Vec<Vec<u8>>) {
        let (private, public) = crypto.signature_key_gen(SignatureScheme::ED25519).unwrap();
        let messages: Vec<_> = (0..COUNT).map(|i| vec![i as u8; i]).collect();
        let sign = |message: &Vec<u8>| crypto.sign(SignatureScheme::ED25519, message, &private);
        let signatures = messages.iter().map(|message| sign(message).unwrap());
        (public, messages.clone(), signatures.collect())
    }

    #[test]
    fn those_before_the_first_bad_one_are_released() {
        let crypto = HwCrypto::default();
        let scheme = Scheme::by_signature_scheme(SignatureScheme::ED25519).unwrap();
        let (public, messages, signatures) = signed(&crypto);
        let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        let prefix = |signatures: Vec<Vec<u8>>| {
            verified_prefix(&crypto, scheme, &public, &messages, signatures)
        };
        assert_eq!(prefix(signatures.clone()), (signatures.clone(), Ok(())));
        let few = signatures[..3].to_vec();
        assert_eq!(prefix(few.clone()), (few, Ok(())));
        for bad in [0, 1, 17, COUNT - 1] {
            let mut spoiled = signatures.clone();
            spoiled[bad][40] ^= 1;
            // One after it does not matter, whatever it is.
            spoiled[COUNT - 1].pop();
            let released = signatures[..bad].to_vec();
            assert_eq!(prefix(spoiled), (released, Err(SignatureError::Invalid)));
        }
    }

    #[test]
    fn what_is_no_signature_ends_the_prefix() {
        let crypto = HwCrypto::default();
        let scheme = Scheme::by_signature_scheme(SignatureScheme::ECDSA_SECP256R1_SHA256).unwrap();
        let (_, public) = crypto.signature_key_gen(scheme.signature_scheme).unwrap();
        let signatures = vec![vec![1; 63]];
        let (released, end) = verified_prefix(&crypto, scheme, &public, &[b"message"], signatures);
        assert!(released.is_empty());
        assert!(matches!(end, Err(SignatureError::Encoding(_))), "{end:?}");
    }
}
