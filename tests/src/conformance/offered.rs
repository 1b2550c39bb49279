//! Which of the algorithms that the checks cover an implementation offers: those of the suites that
//! it lists, and hashes and AEADs that it has beside them.

use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{AeadType, CryptoError, HashType, HpkeKemType, SignatureScheme},
};

/// The hashes of the checks.
const HASHES: [HashType; 3] = [HashType::Sha2_256, HashType::Sha2_384, HashType::Sha2_512];

/// The AEADs of the checks.
const AEADS: [AeadType; 3] = [
    AeadType::Aes128Gcm,
    AeadType::Aes256Gcm,
    AeadType::ChaCha20Poly1305,
];

/// Whether a suite of `crypto` has the KEM.
pub fn offers_kem(crypto: &impl OpenMlsCrypto, kem: HpkeKemType) -> bool {
    let mut suites = crypto.supported_ciphersuites().into_iter();
    suites.any(|suite| suite.hpke_config().0 == kem)
}

/// Whether a suite of `crypto` signs by the scheme.
pub fn offers_scheme(crypto: &impl OpenMlsCrypto, scheme: SignatureScheme) -> bool {
    let mut suites = crypto.supported_ciphersuites().into_iter();
    suites.any(|suite| suite.signature_algorithm() == scheme)
}

/// Whether a suite of `crypto` has the hash, or it hashes by it all the same.
pub fn offers_hash(crypto: &impl OpenMlsCrypto, hash: HashType) -> bool {
    let mut suites = crypto.supported_ciphersuites().into_iter();
    suites.any(|suite| suite.hash_algorithm() == hash)
        || crypto.hash(hash, b"") != Err(CryptoError::UnsupportedHashAlgorithm)
}

/// Whether a suite of `crypto` has the AEAD, or it encrypts by it all the same.
pub fn offers_aead(crypto: &impl OpenMlsCrypto, aead: AeadType) -> bool {
    let mut suites = crypto.supported_ciphersuites().into_iter();
    let (key, nonce) = (vec![1; aead.key_size()], vec![2; aead.nonce_size()]);
    suites.any(|suite| suite.aead_algorithm() == aead)
        || crypto.aead_encrypt(aead, &key, b"", &nonce, b"")
            != Err(CryptoError::UnsupportedAeadAlgorithm)
}

/// The hashes that `crypto` offers.
pub(super) fn hashes(crypto: &impl OpenMlsCrypto) -> impl Iterator<Item = HashType> {
    HASHES.into_iter().filter(|hash| offers_hash(crypto, *hash))
}

/// The AEADs that `crypto` offers.
pub(super) fn aeads(crypto: &impl OpenMlsCrypto) -> impl Iterator<Item = AeadType> {
    AEADS.into_iter().filter(|aead| offers_aead(crypto, *aead))
}
