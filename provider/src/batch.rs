//! What [`HwCrypto`] does for many keys at once.

use openmls_traits::types::{CryptoError, HpkeCiphertext, HpkeConfig, HpkeKemType, HpkeKeyPair};

use crate::prepared::{PrepareError, PreparedSeals, PreparedVerifications, SignedMessage};
use crate::{HwCrypto, Status, hpke};

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

    /// Encapsulates to each of `recipients` now, so that later `hpke_seal`s and
    /// `hpke_setup_sender_and_export`s to them take a prepared encapsulation each and
    /// have only the key schedule and the AEAD left to do. A recipient that is named
    /// twice gets two. A key that is none is passed over: sealing to it fails later, as
    /// it always did.
    ///
    /// What this means for security, and when to call it: [`prepared`](crate::prepared).
    ///
    /// # Errors
    /// [`PrepareError`]; then nothing is prepared.
    pub fn prepare_seals<K: AsRef<[u8]> + Sync>(
        &self,
        kem: HpkeKemType,
        recipients: &[K],
    ) -> Result<PreparedSeals<'_>, PrepareError> {
        let encapsulations = &self.shared().encapsulations;
        encapsulations.prepare(self.mode(), kem, recipients)
    }

    /// Verifies each of `signed` now, so that a later `verify_signature` of the very
    /// same bytes is answered from the result, once for each time it is named. One that
    /// is not good is not remembered: it is verified again when it is asked for.
    ///
    /// # Errors
    /// [`PrepareError`]; then nothing is prepared.
    pub fn prepare_verifications(
        &self,
        signed: &[SignedMessage<'_>],
    ) -> Result<PreparedVerifications<'_>, PrepareError> {
        self.shared().verifications.prepare(self.mode(), signed)
    }

    /// Who does what is done for many keys at once.
    pub fn status(&self) -> Status {
        Status::now(self.policy())
    }
}
