//! HPKE (RFC 9180), base mode, by a feature PSK mode, single-shot.
//!
//! The composition is ours, its primitives are not. KEM, KDF and AEAD combine
//! freely. A context lives for one call and seals or opens once, at sequence
//! number zero: there is no counter that could wrap (RUSTSEC-2026-0071) and
//! no nonce that could be used twice.

mod batch;
#[cfg(test)]
pub(crate) mod hex;
mod info_hash;
pub(crate) mod kem;
mod key_schedule;
mod labels;
#[cfg(feature = "targeted-messages-draft")]
pub(crate) mod psk;
#[cfg(test)]
mod vectors;
#[cfg(test)]
mod welcome;

pub(crate) use batch::{derive_key_pairs, generate_key_pairs, seal as seal_batch};
pub(crate) use info_hash::InfoHashCache;

use openmls_traits::types::{
    AeadType, CryptoError, ExporterSecret, HpkeAeadType, HpkeCiphertext, HpkeConfig, HpkeKemType,
    KemOutput,
};

use crate::backend::aead;
use crate::secret::SecretBytes;
use kem::SharedSecret;
use key_schedule::{InfoHash, KeySchedule, KeyScheduleSuite};

/// Longest key among the AEADs, in bytes.
const MAX_KEY_LEN: usize = 32;
/// Nonce length of every AEAD, in bytes.
const NONCE_LEN: usize = 12;

/// Encapsulations that were made beforehand, each for one use.
pub(crate) trait PreparedEncapsulations {
    /// One to `recipient` that nobody else gets: its `enc`; its shared secret goes to
    /// `shared_secret`.
    fn take(
        &self,
        kem: HpkeKemType,
        recipient: &[u8],
        shared_secret: &mut SharedSecret,
    ) -> Option<Vec<u8>>;
}

/// What a sender may find done already: the hash of its `info`, and encapsulations.
#[derive(Clone, Copy)]
pub(crate) struct SenderState<'a> {
    pub(crate) info_hashes: &'a InfoHashCache,
    pub(crate) encapsulations: &'a dyn PreparedEncapsulations,
}

impl SenderState<'_> {
    /// `Encap(pkR)`: one that was prepared and that nobody else gets, or a new one.
    fn encap(
        &self,
        kem: HpkeKemType,
        recipient: &[u8],
        shared_secret: &mut SharedSecret,
    ) -> Result<Vec<u8>, CryptoError> {
        match self.encapsulations.take(kem, recipient, shared_secret) {
            Some(enc) => Ok(enc),
            None => kem::of(kem)?.encap(recipient, shared_secret),
        }
    }
}

/// A sender's side of the key schedule under one `info`, for any number of recipients.
struct Sender {
    suite: &'static KeyScheduleSuite,
    info_hash: InfoHash,
}

impl Sender {
    fn new(
        info_hashes: &InfoHashCache,
        config: &HpkeConfig,
        info: &[u8],
    ) -> Result<Self, CryptoError> {
        let suite = KeyScheduleSuite::of(config)?;
        let info_hash = info_hashes.hash(suite, info);
        Ok(Self { suite, info_hash })
    }

    fn schedule(&self, shared_secret: &SharedSecret) -> KeySchedule {
        KeySchedule::base(self.suite, shared_secret, &self.info_hash)
    }

    /// The ciphertext with its tag.
    fn seal(
        &self,
        shared_secret: &SharedSecret,
        aead: AeadType,
        aad: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        with_key_and_nonce(&self.schedule(shared_secret), aead, |key, nonce| {
            aead::seal(aead, key, nonce, aad, plaintext)
        })
    }
}

/// `SealBase` (RFC 9180, section 6.1).
///
/// ```text
/// def SealBase(pkR, info, aad, pt):
///   enc, ctx = SetupBaseS(pkR, info)
///   ct = ctx.Seal(aad, pt)
///   return enc, ct
/// ```
pub(crate) fn seal(
    state: SenderState<'_>,
    config: &HpkeConfig,
    recipient: &[u8],
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<HpkeCiphertext, CryptoError> {
    let aead = aead_type(config.2)?;
    let sender = Sender::new(state.info_hashes, config, info)?;
    let mut shared_secret = SharedSecret::none();
    let enc = state.encap(config.0, recipient, &mut shared_secret)?;
    let ciphertext = sender.seal(&shared_secret, aead, aad, plaintext)?;
    Ok(HpkeCiphertext {
        kem_output: enc.into(),
        ciphertext: ciphertext.into(),
    })
}

/// `OpenBase` (RFC 9180, section 6.1).
///
/// ```text
/// def OpenBase(enc, skR, info, aad, ct):
///   ctx = SetupBaseR(enc, skR, info)
///   return ctx.Open(aad, ct)
/// ```
pub(crate) fn open(
    config: &HpkeConfig,
    input: &HpkeCiphertext,
    private: &[u8],
    info: &[u8],
    aad: &[u8],
) -> Result<Vec<u8>, CryptoError> {
    let aead = aead_type(config.2)?;
    let kem = kem::of(config.0)?;
    let suite = KeyScheduleSuite::of(config)?;
    let mut shared_secret = SharedSecret::none();
    kem.decap(input.kem_output.as_slice(), private, &mut shared_secret)
        .map_err(|_| CryptoError::HpkeDecryptionError)?;
    let schedule = KeySchedule::base(suite, &shared_secret, &suite.info_hash(info));
    with_key_and_nonce(&schedule, aead, |key, nonce| {
        aead::open(aead, key, nonce, aad, input.ciphertext.as_slice())
    })
    .map_err(|_| CryptoError::HpkeDecryptionError)
}

/// `SendExportBase` (RFC 9180, section 6.2): the encapsulated key and the exported secret.
pub(crate) fn send_export(
    state: SenderState<'_>,
    config: &HpkeConfig,
    recipient: &[u8],
    info: &[u8],
    exporter_context: &[u8],
    len: usize,
) -> Result<(KemOutput, ExporterSecret), CryptoError> {
    KeyScheduleSuite::of(config)?.check_export_len(len)?;
    let sender = Sender::new(state.info_hashes, config, info)?;
    let mut shared_secret = SharedSecret::none();
    let enc = state.encap(config.0, recipient, &mut shared_secret)?;
    let schedule = sender.schedule(&shared_secret);
    Ok((enc, schedule.export(exporter_context, len).into()))
}

/// `ReceiveExportBase` (RFC 9180, section 6.2): the exported secret.
pub(crate) fn receive_export(
    config: &HpkeConfig,
    enc: &[u8],
    private: &[u8],
    info: &[u8],
    exporter_context: &[u8],
    len: usize,
) -> Result<ExporterSecret, CryptoError> {
    let suite = KeyScheduleSuite::of(config)?;
    suite.check_export_len(len)?;
    let mut shared_secret = SharedSecret::none();
    kem::of(config.0)?
        .decap(enc, private, &mut shared_secret)
        .map_err(|_| CryptoError::ReceiverSetupError)?;
    let schedule = KeySchedule::base(suite, &shared_secret, &suite.info_hash(info));
    Ok(schedule.export(exporter_context, len).into())
}

/// The AEAD that encrypts under `aead`; the export-only one does not
/// (RFC 9180, section 7.3).
pub(crate) fn aead_type(aead: HpkeAeadType) -> Result<AeadType, CryptoError> {
    match aead {
        HpkeAeadType::AesGcm128 => Ok(AeadType::Aes128Gcm),
        HpkeAeadType::AesGcm256 => Ok(AeadType::Aes256Gcm),
        HpkeAeadType::ChaCha20Poly1305 => Ok(AeadType::ChaCha20Poly1305),
        HpkeAeadType::Export => Err(CryptoError::UnsupportedAeadAlgorithm),
    }
}

/// Hands the context's key and its nonce of sequence number 0, which is
/// `base_nonce` (RFC 9180, section 5.2), to `operation`, and wipes both.
fn with_key_and_nonce<T>(
    schedule: &KeySchedule,
    aead: AeadType,
    operation: impl FnOnce(&[u8], &[u8]) -> T,
) -> T {
    let mut key = SecretBytes::<MAX_KEY_LEN>::zeros();
    let mut nonce = SecretBytes::<NONCE_LEN>::zeros();
    let key = &mut key[..aead.key_size()];
    schedule.key(key);
    schedule.base_nonce(&mut *nonce);
    operation(key, &*nonce)
}
