//! The key schedule in base and PSK mode (RFC 9180, section 5.1) and the secret export
//! (section 5.3).

use std::sync::OnceLock;

use openmls_traits::types::{CryptoError, HashType, HpkeAeadType, HpkeConfig, HpkeKdfType};

use super::kem::{self, KEMS, SharedSecret};
use super::labels::{LabeledKdf, SuiteId};
use crate::backend::MAX_HASH_LEN;
use crate::kdf::hkdf;
use crate::kdf::hmac::HmacKey;
use crate::secret::SecretBytes;

const MODE_BASE: u8 = 0x00;
#[cfg(feature = "targeted-messages-draft")]
const MODE_PSK: u8 = 0x01;
/// The shortest PSK in bytes: it has to have that much entropy (section 5.1.2).
#[cfg(feature = "targeted-messages-draft")]
const MIN_PSK_LEN: usize = 32;

/// The combination of a KEM, a KDF and an AEAD with what is constant under it.
pub(super) struct KeyScheduleSuite {
    kdf: LabeledKdf,
    /// `LabeledExtract("", "psk_id_hash", "")`: base mode has no PSK.
    psk_id_hash: [u8; MAX_HASH_LEN],
}

/// `LabeledExtract("", "info_hash", info)`: the first Nh bytes. Not secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct InfoHash([u8; MAX_HASH_LEN]);

const KDFS: usize = 3;
const AEADS: usize = 4;

impl KeyScheduleSuite {
    /// The prepared suite of `config`; each is made once.
    pub(super) fn of(config: &HpkeConfig) -> Result<&'static Self, CryptoError> {
        static SUITES: [OnceLock<KeyScheduleSuite>; KEMS.len() * KDFS * AEADS] =
            [const { OnceLock::new() }; KEMS.len() * KDFS * AEADS];
        let &HpkeConfig(kem, kdf, aead) = config;
        let kem = kem::index(kem)?;
        let index = (kem * KDFS + kdf_index(kdf)) * AEADS + aead_index(aead);
        Ok(SUITES[index].get_or_init(|| Self::prepare(KEMS[kem].1.id(), kdf, aead)))
    }

    fn prepare(kem_id: u16, kdf: HpkeKdfType, aead: HpkeAeadType) -> Self {
        let kdf = LabeledKdf {
            hash: hash_type(kdf),
            suite_id: SuiteId::hpke(kem_id, kdf as u16, aead as u16),
        };
        let mut psk_id_hash = [0; MAX_HASH_LEN];
        kdf.labeled_extract_unsalted(b"psk_id_hash", b"", &mut psk_id_hash);
        Self { kdf, psk_id_hash }
    }

    /// `info_hash` of `info`, of any length.
    pub(super) fn info_hash(&self, info: &[u8]) -> InfoHash {
        let mut hash = InfoHash([0; MAX_HASH_LEN]);
        self.kdf
            .labeled_extract_unsalted(b"info_hash", info, &mut hash.0);
        hash
    }

    #[cfg(feature = "targeted-messages-draft")]
    fn psk_id_hash(&self, psk_id: &[u8]) -> [u8; MAX_HASH_LEN] {
        let mut hash = [0; MAX_HASH_LEN];
        self.kdf
            .labeled_extract_unsalted(b"psk_id_hash", psk_id, &mut hash);
        hash
    }

    /// Whether a secret of `len` bytes can be exported (RUSTSEC-2026-0069).
    pub(super) fn check_export_len(&self, len: usize) -> Result<(), CryptoError> {
        hkdf::check_output_len(self.kdf.hash, len).map_err(|_| CryptoError::ExporterError)
    }

    #[cfg(test)]
    pub(super) fn hash_type(&self) -> HashType {
        self.kdf.hash
    }

    fn hash_len(&self) -> usize {
        self.kdf.hash.size()
    }
}

fn kdf_index(kdf: HpkeKdfType) -> usize {
    match kdf {
        HpkeKdfType::HkdfSha256 => 0,
        HpkeKdfType::HkdfSha384 => 1,
        HpkeKdfType::HkdfSha512 => 2,
    }
}

fn aead_index(aead: HpkeAeadType) -> usize {
    match aead {
        HpkeAeadType::AesGcm128 => 0,
        HpkeAeadType::AesGcm256 => 1,
        HpkeAeadType::ChaCha20Poly1305 => 2,
        HpkeAeadType::Export => 3,
    }
}

fn hash_type(kdf: HpkeKdfType) -> HashType {
    match kdf {
        HpkeKdfType::HkdfSha256 => HashType::Sha2_256,
        HpkeKdfType::HkdfSha384 => HashType::Sha2_384,
        HpkeKdfType::HkdfSha512 => HashType::Sha2_512,
    }
}

/// A pre-shared key with the name that both sides have for it.
#[derive(Clone, Copy)]
#[cfg(feature = "targeted-messages-draft")]
pub(crate) struct Psk<'a> {
    secret: &'a [u8],
    id: &'a [u8],
}

#[cfg(feature = "targeted-messages-draft")]
impl<'a> Psk<'a> {
    /// ```text
    /// def VerifyPSKInputs(mode, psk, psk_id):
    ///   got_psk = (psk != default_psk)
    ///   got_psk_id = (psk_id != default_psk_id)
    ///   if got_psk != got_psk_id:
    ///     raise Exception("Inconsistent PSK inputs")
    ///   ...
    ///   if (not got_psk) and (mode in [mode_psk, mode_auth_psk]):
    ///     raise Exception("Missing required PSK input")
    /// ```
    ///
    /// `None` for an exception, and for a PSK of less than 32 bytes.
    pub(crate) fn new(secret: &'a [u8], id: &'a [u8]) -> Option<Self> {
        let is_psk = secret.len() >= MIN_PSK_LEN && !id.is_empty();
        is_psk.then_some(Self { secret, id })
    }
}

/// The key schedule of one context, from which its secrets are expanded as asked for.
///
/// ```text
/// def KeySchedule<ROLE>(mode, shared_secret, info, psk, psk_id):
///   psk_id_hash = LabeledExtract("", "psk_id_hash", psk_id)
///   info_hash = LabeledExtract("", "info_hash", info)
///   key_schedule_context = concat(mode, psk_id_hash, info_hash)
///
///   secret = LabeledExtract(shared_secret, "secret", psk)
///
///   key = LabeledExpand(secret, "key", key_schedule_context, Nk)
///   base_nonce = LabeledExpand(secret, "base_nonce",
///                              key_schedule_context, Nn)
///   exporter_secret = LabeledExpand(secret, "exp",
///                                   key_schedule_context, Nh)
/// ```
pub(super) struct KeySchedule {
    suite: &'static KeyScheduleSuite,
    /// HMAC keyed with `secret`.
    pub(super) secret: HmacKey,
    /// `key_schedule_context`, `1 + 2 * Nh` bytes.
    context: [u8; 1 + 2 * MAX_HASH_LEN],
}

impl KeySchedule {
    /// The schedule in base mode, where `psk` and `psk_id` are empty.
    pub(super) fn base(
        suite: &'static KeyScheduleSuite,
        shared_secret: &SharedSecret,
        info_hash: &InfoHash,
    ) -> Self {
        let mode = (MODE_BASE, &suite.psk_id_hash);
        Self::new(suite, mode, shared_secret, info_hash, b"")
    }

    /// The schedule in PSK mode.
    #[cfg(feature = "targeted-messages-draft")]
    pub(super) fn psk(
        suite: &'static KeyScheduleSuite,
        shared_secret: &SharedSecret,
        info_hash: &InfoHash,
        psk: Psk<'_>,
    ) -> Self {
        let mode = (MODE_PSK, &suite.psk_id_hash(psk.id));
        Self::new(suite, mode, shared_secret, info_hash, psk.secret)
    }

    /// The schedule in a mode with its `psk_id_hash`.
    fn new(
        suite: &'static KeyScheduleSuite,
        (mode, psk_id_hash): (u8, &[u8; MAX_HASH_LEN]),
        shared_secret: &SharedSecret,
        info_hash: &InfoHash,
        psk: &[u8],
    ) -> Self {
        let hash_len = suite.hash_len();
        let shared_secret = HmacKey::new(suite.kdf.hash, shared_secret.as_bytes());
        let mut secret = SecretBytes::<MAX_HASH_LEN>::zeros();
        suite
            .kdf
            .labeled_extract(&shared_secret, b"secret", psk, &mut *secret);
        let mut context = [0; 1 + 2 * MAX_HASH_LEN];
        context[0] = mode;
        context[1..][..hash_len].copy_from_slice(&psk_id_hash[..hash_len]);
        context[1 + hash_len..][..hash_len].copy_from_slice(&info_hash.0[..hash_len]);
        Self {
            suite,
            secret: HmacKey::new(suite.kdf.hash, &secret[..hash_len]),
            context,
        }
    }

    pub(super) fn key(&self, key: &mut [u8]) {
        self.expand(b"key", key);
    }

    pub(super) fn base_nonce(&self, nonce: &mut [u8]) {
        self.expand(b"base_nonce", nonce);
    }

    /// ```text
    /// def Context.Export(exporter_context, L):
    ///   return LabeledExpand(self.exporter_secret, "sec", exporter_context, L)
    /// ```
    ///
    /// [`KeyScheduleSuite::check_export_len`] has passed `len`.
    pub(super) fn export(&self, exporter_context: &[u8], len: usize) -> Vec<u8> {
        let kdf = &self.suite.kdf;
        let mut exporter_secret = SecretBytes::<MAX_HASH_LEN>::zeros();
        let exporter_secret = &mut exporter_secret[..self.suite.hash_len()];
        self.exporter_secret(exporter_secret);
        let mut exported = vec![0; len];
        let prk = HmacKey::new(kdf.hash, exporter_secret);
        kdf.labeled_expand(&prk, b"sec", [exporter_context, b""], &mut exported);
        exported
    }

    pub(super) fn exporter_secret(&self, exporter_secret: &mut [u8]) {
        self.expand(b"exp", exporter_secret);
    }

    /// `key_schedule_context`.
    pub(super) fn context(&self) -> &[u8] {
        &self.context[..1 + 2 * self.suite.hash_len()]
    }

    fn expand(&self, label: &[u8], out: &mut [u8]) {
        self.suite
            .kdf
            .labeled_expand(&self.secret, label, [self.context(), b""], out);
    }
}
