//! AES-GCM and ChaCha20-Poly1305 by ring, with the caller's nonce.

use openmls_traits::types::{AeadType, CryptoError};
use ring::aead::{
    AES_128_GCM, AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, Nonce, Tag,
    UnboundKey,
};
use zeroize::Zeroize;

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
    match key.seal_in_place_separate_tag(nonce, Aad::from(aad), &mut ciphertext) {
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
    let tag = Tag::try_from(tag).map_err(|_| CryptoError::AeadDecryptionError)?;
    let mut plaintext = ciphertext.to_vec();
    let opened = key.open_in_place_separate_tag(nonce, Aad::from(aad), tag, &mut plaintext, 0..);
    if opened.is_err() {
        plaintext.zeroize();
        return Err(CryptoError::AeadDecryptionError);
    }
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
