//! `LabeledExtract` and `LabeledExpand` (RFC 9180, section 4).

use std::sync::OnceLock;

use openmls_traits::types::HashType;

use crate::kdf::hkdf;
use crate::kdf::hmac::HmacKey;

const VERSION_LABEL: &[u8] = b"HPKE-v1";

/// `suite_id`: "KEM" or "HPKE" and the code points of the algorithms.
#[derive(Clone, Copy)]
pub(super) struct SuiteId {
    bytes: [u8; 10],
    len: usize,
}

impl SuiteId {
    /// `concat("KEM", I2OSP(kem_id, 2))` (section 4.1).
    pub(super) const fn kem(kem_id: u16) -> Self {
        let [k0, k1] = kem_id.to_be_bytes();
        Self {
            bytes: [b'K', b'E', b'M', k0, k1, 0, 0, 0, 0, 0],
            len: 5,
        }
    }

    /// `concat("HPKE", I2OSP(kem_id, 2), I2OSP(kdf_id, 2), I2OSP(aead_id, 2))` (section 5.1).
    pub(super) const fn hpke(kem_id: u16, kdf_id: u16, aead_id: u16) -> Self {
        let [k0, k1] = kem_id.to_be_bytes();
        let [d0, d1] = kdf_id.to_be_bytes();
        let [a0, a1] = aead_id.to_be_bytes();
        Self {
            bytes: [b'H', b'P', b'K', b'E', k0, k1, d0, d1, a0, a1],
            len: 10,
        }
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// A KDF in one of its two uses, KEM or key schedule.
#[derive(Clone, Copy)]
pub(super) struct LabeledKdf {
    pub(super) hash: HashType,
    pub(super) suite_id: SuiteId,
}

impl LabeledKdf {
    /// `LabeledExtract` under the `salt` that `HmacKey` holds, into the first Nh bytes of `prk`.
    ///
    /// ```text
    /// def LabeledExtract(salt, label, ikm):
    ///   labeled_ikm = concat("HPKE-v1", suite_id, label, ikm)
    ///   return Extract(salt, labeled_ikm)
    /// ```
    pub(super) fn labeled_extract(&self, salt: &HmacKey, label: &[u8], ikm: &[u8], prk: &mut [u8]) {
        let labeled_ikm = [VERSION_LABEL, self.suite_id.as_bytes(), label, ikm];
        salt.mac(labeled_ikm, prk);
    }

    /// `LabeledExtract` without a salt: its HMAC key is the same for all and prepared once.
    pub(super) fn labeled_extract_unsalted(&self, label: &[u8], ikm: &[u8], prk: &mut [u8]) {
        static EMPTY_SALTS: [OnceLock<HmacKey>; 3] = [const { OnceLock::new() }; 3];
        let salt = match self.hash {
            HashType::Sha2_256 => &EMPTY_SALTS[0],
            HashType::Sha2_384 => &EMPTY_SALTS[1],
            HashType::Sha2_512 => &EMPTY_SALTS[2],
        };
        let salt = salt.get_or_init(|| HmacKey::new(self.hash, b""));
        self.labeled_extract(salt, label, ikm, prk);
    }

    /// ```text
    /// def LabeledExpand(prk, label, info, L):
    ///   labeled_info = concat(I2OSP(L, 2), "HPKE-v1", suite_id, label, info)
    ///   return Expand(prk, labeled_info, L)
    /// ```
    ///
    /// `L` is the length of `out`, at most 255 times the hash length and so
    /// within two bytes; `info` is given as two parts.
    pub(super) fn labeled_expand(
        &self,
        prk: &HmacKey,
        label: &[u8],
        info: [&[u8]; 2],
        out: &mut [u8],
    ) {
        let len = (out.len() as u16).to_be_bytes();
        let labeled_info = [
            &len,
            VERSION_LABEL,
            self.suite_id.as_bytes(),
            label,
            info[0],
            info[1],
        ];
        hkdf::expand(prk, &labeled_info, out);
    }
}
