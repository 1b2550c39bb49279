//! HPKE in base mode (RFC 9180, Sections 4 to 6).

use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{AeadType, HashType, HpkeAeadType, HpkeConfig, HpkeKdfType, HpkeKemType},
};

use super::{kem, labeled::Labeled, symmetric};
use crate::conformance::{offers_aead, offers_hash, offers_kem};

/// Every KDF of HPKE.
pub const KDFS: [HpkeKdfType; 3] = [
    HpkeKdfType::HkdfSha256,
    HpkeKdfType::HkdfSha384,
    HpkeKdfType::HkdfSha512,
];

/// Every AEAD of HPKE that encrypts.
pub const AEADS: [HpkeAeadType; 3] = [
    HpkeAeadType::AesGcm128,
    HpkeAeadType::AesGcm256,
    HpkeAeadType::ChaCha20Poly1305,
];

/// The algorithms of an HPKE configuration; an [`HpkeConfig`] that can be copied.
#[derive(Clone, Copy, Debug)]
pub struct Algorithms {
    /// The key encapsulation mechanism.
    pub kem: HpkeKemType,
    /// The key derivation function of the key schedule.
    pub kdf: HpkeKdfType,
    /// The AEAD.
    pub aead: HpkeAeadType,
}

impl Algorithms {
    /// Every KEM that `crypto` offers with each of its KDFs and each of its AEADs that encrypts.
    pub fn offered_by(crypto: &impl OpenMlsCrypto) -> Vec<Self> {
        let pairs = kem::KEMS.into_iter();
        let pairs = pairs.flat_map(|kem| KDFS.map(|kdf| (kem, kdf)));
        let all = pairs.flat_map(|(kem, kdf)| AEADS.map(|aead| Self { kem, kdf, aead }));
        all.filter(|algorithms| algorithms.are_offered_by(crypto))
            .collect()
    }

    /// Whether `crypto` offers each of the three; the export-only AEAD comes with any KEM.
    pub fn are_offered_by(self, crypto: &impl OpenMlsCrypto) -> bool {
        let has_cipher = |cipher| offers_aead(crypto, cipher);
        offers_kem(crypto, self.kem)
            && offers_hash(crypto, self.hash())
            && self.cipher().is_none_or(has_cipher)
    }

    /// The form in which [`OpenMlsCrypto`] takes them.
    pub fn config(self) -> HpkeConfig {
        HpkeConfig(self.kem, self.kdf, self.aead)
    }

    /// The hash of the key schedule.
    pub fn hash(self) -> HashType {
        match self.kdf {
            HpkeKdfType::HkdfSha256 => HashType::Sha2_256,
            HpkeKdfType::HkdfSha384 => HashType::Sha2_384,
            HpkeKdfType::HkdfSha512 => HashType::Sha2_512,
        }
    }

    /// The KDF of the key schedule.
    fn labeled(self) -> Labeled {
        let Self { kem, kdf, aead } = self;
        Labeled::for_hpke(self.hash(), [kem as u16, kdf as u16, aead as u16])
    }

    /// The AEAD; `None` for export-only.
    pub fn cipher(self) -> Option<AeadType> {
        match self.aead {
            HpkeAeadType::AesGcm128 => Some(AeadType::Aes128Gcm),
            HpkeAeadType::AesGcm256 => Some(AeadType::Aes256Gcm),
            HpkeAeadType::ChaCha20Poly1305 => Some(AeadType::ChaCha20Poly1305),
            HpkeAeadType::Export => None,
        }
    }
}

/// A context after `KeySchedule(mode_base, shared_secret, info, "", "")` (Section 5.1).
pub struct Context {
    algorithms: Algorithms,
    key: Vec<u8>,
    base_nonce: Vec<u8>,
    exporter_secret: Vec<u8>,
}

impl Context {
    /// The key schedule.
    pub fn new(algorithms: Algorithms, shared_secret: &[u8], info: &[u8]) -> Option<Self> {
        const MODE_BASE: u8 = 0x00;
        let kdf = algorithms.labeled();
        let psk_id_hash = kdf.extract(&[], "psk_id_hash", &[]);
        let info_hash = kdf.extract(&[], "info_hash", info);
        let context = [&[MODE_BASE][..], &psk_id_hash, &info_hash].concat();
        let secret = kdf.extract(shared_secret, "secret", &[]);
        let (n_key, n_nonce) = match algorithms.cipher() {
            Some(aead) => (aead.key_size(), aead.nonce_size()),
            None => (0, 0),
        };
        Some(Self {
            algorithms,
            key: kdf.expand(&secret, "key", &context, n_key)?,
            base_nonce: kdf.expand(&secret, "base_nonce", &context, n_nonce)?,
            exporter_secret: kdf.expand(&secret, "exp", &context, algorithms.hash().size())?,
        })
    }

    /// SetupBaseS with the ephemeral private key `sk_e`: the encapsulated key and the context.
    pub fn sender(
        algorithms: Algorithms,
        sk_e: &[u8],
        pk_r: &[u8],
        info: &[u8],
    ) -> Option<(Vec<u8>, Self)> {
        let enc = kem::public_key(algorithms.kem, sk_e)?;
        let dh = kem::dh(algorithms.kem, sk_e, pk_r)?;
        let shared_secret = kem::shared_secret(algorithms.kem, &dh, &enc, pk_r)?;
        Some((enc, Self::new(algorithms, &shared_secret, info)?))
    }

    /// SetupBaseR.
    pub fn receiver(algorithms: Algorithms, enc: &[u8], sk_r: &[u8], info: &[u8]) -> Option<Self> {
        let pk_r = kem::public_key(algorithms.kem, sk_r)?;
        let dh = kem::dh(algorithms.kem, sk_r, enc)?;
        let shared_secret = kem::shared_secret(algorithms.kem, &dh, enc, &pk_r)?;
        Self::new(algorithms, &shared_secret, info)
    }

    /// `Context.Seal(aad, pt)` at sequence number 0.
    pub fn seal(&self, aad: &[u8], plaintext: &[u8]) -> Option<Vec<u8>> {
        let cipher = self.algorithms.cipher()?;
        symmetric::aead_seal(cipher, &self.key, &self.base_nonce, aad, plaintext)
    }

    /// `Context.Open(aad, ct)` at sequence number 0.
    pub fn open(&self, aad: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
        let cipher = self.algorithms.cipher()?;
        symmetric::aead_open(cipher, &self.key, &self.base_nonce, aad, ciphertext)
    }

    /// `Context.Export(exporter_context, L)` (Section 5.3).
    pub fn export(&self, exporter_context: &[u8], length: usize) -> Option<Vec<u8>> {
        let kdf = self.algorithms.labeled();
        kdf.expand(&self.exporter_secret, "sec", exporter_context, length)
    }
}
