//! AES-GCM and ChaCha20-Poly1305 by AWS-LC, with the caller's nonce.

use aws_lc_rs::aead::{
    AES_128_GCM, AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey,
};
use mls_fips::{Service, observe};
use openmls_traits::types::{AeadType, CryptoError};
use zeroize::Zeroize;

use crate::algorithm::of_aead;

/// Encrypts `plaintext` and appends the 16-byte tag.
///
/// # Errors
/// [`CryptoError::InvalidLength`] for a key or nonce of the wrong length,
/// [`CryptoError::TooMuchData`] for a plaintext beyond the algorithm's limit.
pub(crate) fn seal(
    aead: AeadType,
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, CryptoError> {
    let key = import_key(aead, key)?;
    let nonce = import_nonce(nonce)?;
    let mut ciphertext = Vec::with_capacity(plaintext.len() + aead.tag_size());
    ciphertext.extend_from_slice(plaintext);
    let tag = observe(Service::Seal, of_aead(aead), || {
        key.seal_in_place_separate_tag(nonce, Aad::from(aad), &mut ciphertext)
    });
    match tag {
        Ok(tag) => ciphertext.extend_from_slice(tag.as_ref()),
        Err(_) => {
            ciphertext.zeroize();
            return Err(CryptoError::TooMuchData);
        }
    }
    Ok(ciphertext)
}

/// Decrypts a ciphertext with its 16-byte tag at the end.
///
/// # Errors
/// [`CryptoError::InvalidLength`] for a key or nonce of the wrong length,
/// [`CryptoError::AeadDecryptionError`] for whatever does not authenticate.
pub(crate) fn open(
    aead: AeadType,
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    ciphertext_and_tag: &[u8],
) -> Result<Vec<u8>, CryptoError> {
    let key = import_key(aead, key)?;
    let nonce = import_nonce(nonce)?;
    let (ciphertext, tag) = ciphertext_and_tag
        .len()
        .checked_sub(aead.tag_size())
        .map(|len| ciphertext_and_tag.split_at(len))
        .ok_or(CryptoError::AeadDecryptionError)?;
    let mut plaintext = vec![0; ciphertext.len()];
    observe(Service::Open, of_aead(aead), || {
        key.open_separate_gather(nonce, Aad::from(aad), ciphertext, tag, &mut plaintext)
    })
    .map_err(|_| {
        plaintext.zeroize();
        CryptoError::AeadDecryptionError
    })?;
    Ok(plaintext)
}

fn import_key(aead: AeadType, key: &[u8]) -> Result<LessSafeKey, CryptoError> {
    UnboundKey::new(algorithm(aead), key)
        .map(LessSafeKey::new)
        .map_err(|_| CryptoError::InvalidLength)
}

fn import_nonce(nonce: &[u8]) -> Result<Nonce, CryptoError> {
    Nonce::try_assume_unique_for_key(nonce).map_err(|_| CryptoError::InvalidLength)
}

fn algorithm(aead: AeadType) -> &'static Algorithm {
    match aead {
        AeadType::Aes128Gcm => &AES_128_GCM,
        AeadType::Aes256Gcm => &AES_256_GCM,
        AeadType::ChaCha20Poly1305 => &CHACHA20_POLY1305,
    }
}
