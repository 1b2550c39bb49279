//! What is prepared: encapsulations and verifications.

use openmls_traits::types::HpkeKemType;

use super::HwCrypto;
use crate::prepared::{PrepareError, PreparedSeals, PreparedVerifications, SignedMessage};

/// Work that is done before it is asked for.
impl HwCrypto {
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
    ) -> Result<PreparedSeals, PrepareError> {
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
    ) -> Result<PreparedVerifications, PrepareError> {
        self.shared().verifications.prepare(self.mode(), signed)
    }
}
