//! The base-mode vectors of RFC 9180, as far as a caller of the trait can replay them.
//!
//! The sender's ephemeral key is not an input of the trait, so this is the receiver's side: the
//! encryption at sequence number 0, every export, and DeriveKeyPair for both keys. The later
//! sequence numbers need a context that outlives a call; they are replayed where there is one.

use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{CryptoError, HpkeAeadType, HpkeCiphertext, HpkeKdfType, HpkeKemType},
};
use serde::Deserialize;

use super::{
    Report,
    hex::Hex,
    reference::{
        hpke::{Algorithms, Context},
        kem,
    },
    report::{ok, same},
};

/// The additional data of the encryption at sequence number 0.
const FIRST_AAD: &[u8] = b"Count-0";

const VECTORS: &str = include_str!("../../../provider/testdata/rfc9180-base.json");

#[derive(Deserialize)]
struct Vectors {
    cases: Vec<Case>,
}

/// One configuration with its keys; names as in RFC 9180, Appendix A.
#[derive(Deserialize)]
struct Case {
    kem_id: u16,
    kdf_id: u16,
    aead_id: u16,
    info: Hex,
    ikm_e: Hex,
    sk_e: Hex,
    pk_e: Hex,
    ikm_r: Hex,
    sk_r: Hex,
    pk_r: Hex,
    enc: Hex,
    shared_secret: Hex,
    pt: Hex,
    ciphertexts: Vec<Hex>,
    exports: Vec<Export>,
}

#[derive(Deserialize)]
struct Export {
    context: Hex,
    length: usize,
    value: Hex,
}

/// How many cases of each kind a run covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Configurations with their keys.
    pub configurations: usize,
    /// Encryptions at sequence number 0 that were opened.
    pub opened: usize,
    /// Exports.
    pub exports: usize,
    /// Key pairs derived.
    pub key_pairs: usize,
}

/// Replays the vectors of the algorithms that `crypto` offers.
pub fn receiver(crypto: &impl OpenMlsCrypto) -> (Report, Coverage) {
    let mut report = Report::new("RFC 9180 base mode, receiver");
    let mut coverage = Coverage::default();
    let cases = load().into_iter();
    for case in cases.filter(|case| case.algorithms().are_offered_by(crypto)) {
        coverage.configurations += 1;
        coverage.key_pairs += case.derive_key_pairs(crypto, &mut report);
        coverage.opened += case.open_first(crypto, &mut report);
        coverage.exports += case.export(crypto, &mut report);
    }
    (report, coverage)
}

/// Replays the vectors on the [`reference`](super::reference): what the other checks compare with
/// has to be right itself. Covers the sender's side as well.
pub fn reference() -> Report {
    let mut report = Report::new("RFC 9180 base mode, the reference itself");
    for case in load() {
        report.accepts(case.name(), || {
            case.replay_on_reference().ok_or("refused")?
        });
    }
    report
}

fn load() -> Vec<Case> {
    let vectors: Vectors = serde_json::from_str(VECTORS).expect("the data has this form");
    vectors.cases
}

impl Case {
    fn name(&self) -> String {
        format!("{:?}", self.algorithms())
    }

    fn algorithms(&self) -> Algorithms {
        let kem = kem::KEMS.into_iter().find(|&kem| kem as u16 == self.kem_id);
        let kdf = match self.kdf_id {
            0x0001 => HpkeKdfType::HkdfSha256,
            0x0002 => HpkeKdfType::HkdfSha384,
            _ => HpkeKdfType::HkdfSha512,
        };
        let aead = match self.aead_id {
            0x0001 => HpkeAeadType::AesGcm128,
            0x0002 => HpkeAeadType::AesGcm256,
            0x0003 => HpkeAeadType::ChaCha20Poly1305,
            _ => HpkeAeadType::Export,
        };
        let kem: HpkeKemType = kem.expect("the data has the KEMs of the checks");
        Algorithms { kem, kdf, aead }
    }

    /// `ikm`, private and public key of both sides.
    fn key_pairs(&self) -> [(&[u8], &[u8], &[u8]); 2] {
        [
            (&self.ikm_e, &self.sk_e, &self.pk_e),
            (&self.ikm_r, &self.sk_r, &self.pk_r),
        ]
    }

    fn derive_key_pairs(&self, crypto: &impl OpenMlsCrypto, report: &mut Report) -> usize {
        for (ikm, sk, pk) in self.key_pairs() {
            report.accepts(format!("{} DeriveKeyPair", self.name()), || {
                let pair = ok(crypto.derive_hpke_keypair(self.algorithms().config(), ikm))?;
                same("private key", &*pair.private, sk)?;
                same("public key", &pair.public[..], pk)
            });
        }
        self.key_pairs().len()
    }

    /// Opens the first encryption; an export-only configuration has none, and opens nothing.
    fn open_first(&self, crypto: &impl OpenMlsCrypto, report: &mut Report) -> usize {
        let name = format!("{} open", self.name());
        match self.ciphertexts.first() {
            Some(ciphertext) => {
                report.accepts(name, || {
                    same(
                        "plaintext",
                        &ok(self.open(crypto, ciphertext))?[..],
                        &self.pt,
                    )
                });
                1
            }
            None => {
                report.refuses(name, || self.open(crypto, &[0; 32]));
                0
            }
        }
    }

    fn open(&self, crypto: &impl OpenMlsCrypto, ciphertext: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let input = HpkeCiphertext {
            kem_output: self.enc.to_vec().into(),
            ciphertext: ciphertext.to_vec().into(),
        };
        let config = self.algorithms().config();
        crypto.hpke_open(config, &input, &self.sk_r, &self.info, FIRST_AAD)
    }

    fn export(&self, crypto: &impl OpenMlsCrypto, report: &mut Report) -> usize {
        for export in &self.exports {
            report.accepts(format!("{} export", self.name()), || {
                let secret = ok(crypto.hpke_setup_receiver_and_export(
                    self.algorithms().config(),
                    &self.enc,
                    &self.sk_r,
                    &self.info,
                    &export.context,
                    export.length,
                ))?;
                same("export", &*secret, &*export.value)
            });
        }
        self.exports.len()
    }

    fn replay_on_reference(&self) -> Option<Result<(), String>> {
        let algorithms = self.algorithms();
        for (ikm, sk, pk) in self.key_pairs() {
            if kem::derive_key_pair(algorithms.kem, ikm)? != (sk.to_vec(), pk.to_vec()) {
                return Some(Err("another key pair".to_owned()));
            }
        }
        let dh = kem::dh(algorithms.kem, &self.sk_r, &self.enc)?;
        let shared_secret = kem::shared_secret(algorithms.kem, &dh, &self.enc, &self.pk_r)?;
        let (enc, sender) = Context::sender(algorithms, &self.sk_e, &self.pk_r, &self.info)?;
        let receiver = Context::receiver(algorithms, &self.enc, &self.sk_r, &self.info)?;
        Some(
            same("shared secret", &shared_secret[..], &self.shared_secret)
                .and(same("enc", &enc[..], &self.enc))
                .and(self.compare(&sender))
                .and(self.compare(&receiver)),
        )
    }

    fn compare(&self, context: &Context) -> Result<(), String> {
        if let Some(ciphertext) = self.ciphertexts.first() {
            let sealed = context.seal(FIRST_AAD, &self.pt).ok_or("seal refused")?;
            same("ciphertext", &sealed[..], ciphertext)?;
            let opened = context.open(FIRST_AAD, ciphertext).ok_or("open refused")?;
            same("plaintext", &opened[..], &self.pt)?;
        }
        for export in &self.exports {
            let value = context.export(&export.context, export.length);
            same("export", &value.ok_or("export refused")?[..], &export.value)?;
        }
        Ok(())
    }
}
