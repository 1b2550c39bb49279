//! AEAD encryption and decryption, each message under its own key as in MLS.

use openmls_rust_crypto::RustCrypto;
use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{AeadType, CryptoError},
};

use super::{
    Case, Trial,
    calls::{compared, inputs, random_bytes},
};
use crate::{BenchError, engine::Engine};

/// The length of a typical PrivateContentAAD (RFC 9420, Section 6.3.1).
const AAD_LENGTH: usize = 48;

struct Message {
    key: Vec<u8>,
    nonce: Vec<u8>,
    aad: Vec<u8>,
    plaintext: Vec<u8>,
}

/// Encryption of `LENGTH` bytes.
pub(super) fn encrypt<E: Engine, const LENGTH: usize>(
    case: &Case,
) -> Result<Box<dyn Trial>, BenchError> {
    let aead = case.suite.aead_algorithm();
    let messages = inputs(|| Message::random(aead, LENGTH))?;
    compared::<E, _, _, _>(messages, move |crypto, message| {
        message.encrypt(aead, crypto)
    })
}

/// Decryption of `LENGTH` bytes that openmls_rust_crypto encrypted.
pub(super) fn decrypt<E: Engine, const LENGTH: usize>(
    case: &Case,
) -> Result<Box<dyn Trial>, BenchError> {
    let aead = case.suite.aead_algorithm();
    let sealed = inputs(|| {
        let message = Message::random(aead, LENGTH)?;
        let ciphertext = message.encrypt(aead, &RustCrypto::default())?;
        Ok((message, ciphertext))
    })?;
    compared::<E, _, _, _>(sealed, move |crypto, (message, ciphertext)| {
        crypto.aead_decrypt(aead, &message.key, ciphertext, &message.nonce, &message.aad)
    })
}

impl Message {
    fn random(aead: AeadType, length: usize) -> Result<Self, CryptoError> {
        Ok(Self {
            key: random_bytes(aead.key_size())?,
            nonce: random_bytes(aead.nonce_size())?,
            aad: random_bytes(AAD_LENGTH)?,
            plaintext: random_bytes(length)?,
        })
    }

    fn encrypt(&self, aead: AeadType, crypto: &dyn OpenMlsCrypto) -> Result<Vec<u8>, CryptoError> {
        crypto.aead_encrypt(aead, &self.key, &self.plaintext, &self.nonce, &self.aad)
    }
}
