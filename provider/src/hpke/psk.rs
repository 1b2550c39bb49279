//! HPKE in PSK mode, single-shot (RFC 9180, sections 5.1.2 and 6.1), as
//! draft-ietf-mls-targeted-messages seals: the additional data may depend on `enc`.

use openmls_traits::crypto::HpkeSealPskResolvedAadError;
use openmls_traits::types::{AeadType, CryptoError, HpkeCiphertext, HpkeConfig};

use super::key_schedule::{KeySchedule, KeyScheduleSuite};
use super::{SenderState, SharedSecret, aead_type, kem, with_key_and_nonce};
use crate::backend::aead;
use crate::fork;
use crate::policy::Mode;

pub(crate) use super::key_schedule::Psk;

/// A seal between its two steps, while the caller makes the additional data.
pub(crate) struct Sealing {
    /// The process that encapsulated.
    generation: u64,
    aead: AeadType,
    schedule: KeySchedule,
    enc: Vec<u8>,
}

impl Sealing {
    /// `SetupPSKS(pkR, info, psk, psk_id)`.
    pub(crate) fn begin(
        state: SenderState<'_>,
        config: &HpkeConfig,
        recipient: &[u8],
        info: &[u8],
        psk: Psk<'_>,
    ) -> Result<Self, CryptoError> {
        let generation = fork::generation();
        let aead = aead_type(config.2)?;
        let suite = KeyScheduleSuite::of(config)?;
        let info_hash = state.info_hashes.hash(suite, info);
        let mut shared_secret = SharedSecret::none();
        let enc = state.encap(config.0, recipient, &mut shared_secret)?;
        let schedule = KeySchedule::psk(suite, &shared_secret, &info_hash, psk);
        Ok(Self {
            generation,
            aead,
            schedule,
            enc,
        })
    }

    /// `Context.Seal(aad, pt)` under the additional data that `aad` makes of `enc`.
    ///
    /// # Errors
    /// That of `aad`, and [`CryptoError::SenderSetupError`] in a child that `aad` forked, for both
    /// would seal under one key and nonce; then nothing was sealed, and the encapsulation is
    /// thrown away.
    pub(crate) fn finish<E>(
        self,
        mode: Mode,
        aad: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
        plaintext: &[u8],
    ) -> Result<HpkeCiphertext, HpkeSealPskResolvedAadError<E>> {
        let aad = aad(&self.enc).map_err(HpkeSealPskResolvedAadError::AadBuildError)?;
        if self.generation != fork::generation() {
            let error = CryptoError::SenderSetupError;
            return Err(HpkeSealPskResolvedAadError::CryptoError(error));
        }
        let ciphertext = mode.run(|| {
            with_key_and_nonce(&self.schedule, self.aead, |key, nonce| {
                aead::seal(self.aead, key, nonce, &aad, plaintext)
            })
        });
        Ok(HpkeCiphertext {
            kem_output: self.enc.into(),
            ciphertext: ciphertext
                .map_err(HpkeSealPskResolvedAadError::CryptoError)?
                .into(),
        })
    }
}

/// `OpenPSK` (section 6.1).
///
/// ```text
/// def OpenPSK(enc, skR, info, aad, ct, psk, psk_id):
///   ctx = SetupPSKR(enc, skR, info, psk, psk_id)
///   return ctx.Open(aad, ct)
/// ```
pub(crate) fn open(
    config: &HpkeConfig,
    input: &HpkeCiphertext,
    private: &[u8],
    info: &[u8],
    aad: &[u8],
    psk: Psk<'_>,
) -> Result<Vec<u8>, CryptoError> {
    let aead = aead_type(config.2)?;
    let suite = KeyScheduleSuite::of(config)?;
    let mut shared_secret = SharedSecret::none();
    kem::of(config.0)?
        .decap(input.kem_output.as_slice(), private, &mut shared_secret)
        .map_err(|_| CryptoError::HpkeDecryptionError)?;
    let schedule = KeySchedule::psk(suite, &shared_secret, &suite.info_hash(info), psk);
    with_key_and_nonce(&schedule, aead, |key, nonce| {
        aead::open(aead, key, nonce, aad, input.ciphertext.as_slice())
    })
    .map_err(|_| CryptoError::HpkeDecryptionError)
}
