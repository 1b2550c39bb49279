//! LabeledExtract and LabeledExpand (RFC 9180, Section 4).

use openmls_traits::types::{HashType, HpkeKemType};

use super::symmetric;

/// LabeledExtract and LabeledExpand (Section 4) with their `suite_id`.
pub(super) struct Labeled {
    hash: HashType,
    suite_id: Vec<u8>,
}

impl Labeled {
    /// `suite_id = "KEM" | I2OSP(kem_id, 2)`.
    pub(super) fn for_kem(hash: HashType, kem: HpkeKemType) -> Self {
        let suite_id = [&b"KEM"[..], &(kem as u16).to_be_bytes()].concat();
        Self { hash, suite_id }
    }

    /// `suite_id = "HPKE" | I2OSP(kem_id, 2) | I2OSP(kdf_id, 2) | I2OSP(aead_id, 2)`.
    pub(super) fn for_hpke(hash: HashType, ids: [u16; 3]) -> Self {
        let ids = ids.map(u16::to_be_bytes).concat();
        let suite_id = [&b"HPKE"[..], &ids].concat();
        Self { hash, suite_id }
    }

    /// `Extract(salt, "HPKE-v1" | suite_id | label | ikm)`.
    pub(super) fn extract(&self, salt: &[u8], label: &str, ikm: &[u8]) -> Vec<u8> {
        let labeled_ikm = [b"HPKE-v1", &self.suite_id[..], label.as_bytes(), ikm].concat();
        symmetric::hkdf_extract(self.hash, salt, &labeled_ikm)
    }

    /// `Expand(prk, I2OSP(L, 2) | "HPKE-v1" | suite_id | label | info, L)`.
    pub(super) fn expand(
        &self,
        prk: &[u8],
        label: &str,
        info: &[u8],
        length: usize,
    ) -> Option<Vec<u8>> {
        let length_bytes = u16::try_from(length).ok()?.to_be_bytes();
        let labeled_info = [
            &length_bytes[..],
            b"HPKE-v1",
            &self.suite_id,
            label.as_bytes(),
            info,
        ]
        .concat();
        symmetric::hkdf_expand(self.hash, prk, &labeled_info, length)
    }
}
