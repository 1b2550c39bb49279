//! What [`HwCrypto`] does for many keys at once.

use openmls_traits::types::{CryptoError, HpkeCiphertext, HpkeConfig, HpkeKeyPair};

use super::HwCrypto;
use crate::hpke;
use crate::signature::{self, SignedMessage};

/// Many keys at once: X25519 and P-256 in vector lanes where the CPU has them, all
/// curves over the threads of the `rayon` pool that the caller is in.
impl HwCrypto {
    /// `hpke_seal` to each of `recipients`, a public key with a plaintext: a result for
    /// each, in their order. A bad key fails alone.
    ///
    /// Every message has an ephemeral key of its own, fresh from the random generator,
    /// also where two recipients are the same (RFC 9180, section 4.1).
    ///
    /// # Errors
    /// Of each result, those of `hpke_seal` (see [`HwCrypto`]).
    pub fn hpke_seal_batch<K, P>(
        &self,
        config: HpkeConfig,
        info: &[u8],
        aad: &[u8],
        recipients: &[(K, P)],
    ) -> Vec<Result<HpkeCiphertext, CryptoError>>
    where
        K: AsRef<[u8]> + Sync,
        P: AsRef<[u8]> + Sync,
    {
        let info_hashes = &self.shared().info_hashes;
        hpke::seal_batch(self.mode(), info_hashes, &config, info, aad, recipients)
    }

    /// `derive_hpke_keypair` from each of `ikms`: a result for each, in their order.
    ///
    /// # Errors
    /// Of each result, those of `derive_hpke_keypair` (see [`HwCrypto`]).
    pub fn derive_hpke_keypairs_batch<I: AsRef<[u8]> + Sync>(
        &self,
        config: HpkeConfig,
        ikms: &[I],
    ) -> Vec<Result<HpkeKeyPair, CryptoError>> {
        hpke::derive_key_pairs(self.mode(), &config, ikms)
    }

    /// `verify_signature` of each of `signed`: a result for each, in their order, and one by one
    /// what `verify_signature` says. Ed25519 and ECDSA with P-256 are verified in vector lanes where
    /// the CPU has them and there are enough of them.
    ///
    /// # Errors
    /// Of each result, those of `verify_signature` (see [`HwCrypto`]).
    pub fn verify_batch(&self, signed: &[SignedMessage<'_>]) -> Vec<Result<(), CryptoError>> {
        signature::verify_batch(self.mode(), signed)
    }

    /// `count` fresh HPKE key pairs, as for the init and encryption keys of key
    /// packages: in lanes each derived from Nh random bytes of its own (RFC 9180, section
    /// 7.1.3), without lanes, and so in FIPS mode, of the backend's own generation.
    ///
    /// # Errors
    /// [`CryptoError::InsufficientRandomness`], [`CryptoError::UnsupportedCiphersuite`];
    /// [`CryptoError::TooMuchData`] if there is no memory for so many.
    pub fn generate_hpke_keypairs(
        &self,
        config: HpkeConfig,
        count: usize,
    ) -> Result<Vec<HpkeKeyPair>, CryptoError> {
        hpke::generate_key_pairs(self.mode(), &config, count)
    }
}
