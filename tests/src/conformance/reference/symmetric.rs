//! Hash, HMAC, HKDF and AEAD on `ring`.

use openmls_traits::types::{AeadType, HashType};
use ring::{aead, digest, hmac};

/// The hash of `data`.
pub fn hash(hash_type: HashType, data: &[u8]) -> Vec<u8> {
    let algorithm = match hash_type {
        HashType::Sha2_256 => &digest::SHA256,
        HashType::Sha2_384 => &digest::SHA384,
        HashType::Sha2_512 => &digest::SHA512,
    };
    digest::digest(algorithm, data).as_ref().to_vec()
}

/// HMAC (RFC 2104).
pub fn hmac(hash_type: HashType, key: &[u8], message: &[u8]) -> Vec<u8> {
    let algorithm = match hash_type {
        HashType::Sha2_256 => hmac::HMAC_SHA256,
        HashType::Sha2_384 => hmac::HMAC_SHA384,
        HashType::Sha2_512 => hmac::HMAC_SHA512,
    };
    let key = hmac::Key::new(algorithm, key);
    hmac::sign(&key, message).as_ref().to_vec()
}

/// HKDF-Extract (RFC 5869, Section 2.2): `PRK = HMAC-Hash(salt, IKM)`.
pub fn hkdf_extract(hash_type: HashType, salt: &[u8], ikm: &[u8]) -> Vec<u8> {
    hmac(hash_type, salt, ikm)
}

/// HKDF-Expand (RFC 5869, Section 2.3): the first `length` bytes of `T(1) | T(2) | ...`, where
/// `T(i) = HMAC-Hash(PRK, T(i-1) | info | i)`. `None` if `length` exceeds 255 hashes.
pub fn hkdf_expand(hash_type: HashType, prk: &[u8], info: &[u8], length: usize) -> Option<Vec<u8>> {
    let blocks = u8::try_from(length.div_ceil(hash_type.size())).ok()?;
    let mut okm = Vec::new();
    let mut block = Vec::new();
    for counter in 1..=blocks {
        block = hmac(hash_type, prk, &[&block, info, &[counter]].concat());
        okm.extend_from_slice(&block);
    }
    okm.truncate(length);
    Some(okm)
}

/// AEAD encryption; the tag follows the ciphertext.
pub fn aead_seal(
    alg: AeadType,
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Option<Vec<u8>> {
    let (key, nonce) = (aead_key(alg, key)?, aead_nonce(nonce)?);
    let mut buffer = plaintext.to_vec();
    key.seal_in_place_append_tag(nonce, aead::Aad::from(aad), &mut buffer)
        .ok()?;
    Some(buffer)
}

/// AEAD decryption of a ciphertext that the tag follows.
pub fn aead_open(
    alg: AeadType,
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
) -> Option<Vec<u8>> {
    let (key, nonce) = (aead_key(alg, key)?, aead_nonce(nonce)?);
    let mut buffer = ciphertext.to_vec();
    let plaintext = key
        .open_in_place(nonce, aead::Aad::from(aad), &mut buffer)
        .ok()?;
    Some(plaintext.to_vec())
}

fn aead_key(alg: AeadType, key: &[u8]) -> Option<aead::LessSafeKey> {
    let algorithm = match alg {
        AeadType::Aes128Gcm => &aead::AES_128_GCM,
        AeadType::Aes256Gcm => &aead::AES_256_GCM,
        AeadType::ChaCha20Poly1305 => &aead::CHACHA20_POLY1305,
    };
    let key = aead::UnboundKey::new(algorithm, key).ok()?;
    Some(aead::LessSafeKey::new(key))
}

fn aead_nonce(nonce: &[u8]) -> Option<aead::Nonce> {
    aead::Nonce::try_assume_unique_for_key(nonce).ok()
}
