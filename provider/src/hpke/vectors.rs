//! The base-mode test vectors of RFC 9180, with their ephemeral keys.
//!
//! This module exists in this crate's own tests only, so the choice of an
//! ephemeral key cannot reach a build that others use.

use openmls_traits::types::{
    AeadType, CryptoError, HpkeAeadType, HpkeCiphertext, HpkeConfig, HpkeKdfType, HpkeKemType,
};
use serde::Deserialize;

use super::hex::Hex;
use super::kem::{self, DhKem, Kem, SharedSecret};
use super::key_schedule::{KeySchedule, KeyScheduleSuite};
#[cfg(feature = "targeted-messages-draft")]
use super::psk::{self, Psk};
use super::{InfoHashCache, MAX_KEY_LEN, NONCE_LEN, Sender};
use super::{aead_type, open, receive_export, with_key_and_nonce};
use crate::backend::aead;
use crate::kdf::hmac::HmacKey;
use crate::lanes::{BATCH, Lanes, PrivateKeys};

static VECTORS: &str = include_str!("../../testdata/rfc9180-base.json");

#[derive(Deserialize)]
struct Vectors {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    kem_id: u16,
    kdf_id: u16,
    aead_id: u16,
    info: Hex,
    ikm_r: Hex,
    sk_r: Hex,
    pk_r: Hex,
    ikm_e: Hex,
    sk_e: Hex,
    pk_e: Hex,
    enc: Hex,
    shared_secret: Hex,
    key_schedule_context: Hex,
    secret: Hex,
    key: Hex,
    base_nonce: Hex,
    exporter_secret: Hex,
    /// In PSK mode alone.
    psk: Option<Hex>,
    #[cfg(feature = "targeted-messages-draft")]
    psk_id: Option<Hex>,
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

/// The KEMs of the vectors; the backend may lack P-521.
const KEMS: usize = 2 + cfg!(feature = "p521") as usize;

/// How many of each were compared.
#[derive(Default, PartialEq, Eq, Debug)]
struct Counts {
    cases: usize,
    export_only_cases: usize,
    ciphertexts: usize,
    opened: usize,
    exports: usize,
}

#[test]
fn every_value_of_every_case_is_ours() {
    let vectors: Vectors = serde_json::from_str(VECTORS).unwrap();
    let mut counts = Counts::default();
    for case in vectors.implemented() {
        case.check(&mut counts);
    }
    println!("RFC 9180, base mode, {KEMS} of 3 KEMs: {counts:?}");
    let expected = Counts {
        cases: 8 * KEMS,
        export_only_cases: 2 * KEMS,
        ciphertexts: 1542 * KEMS,
        opened: 6 * KEMS,
        exports: 2 * 24 * KEMS,
    };
    assert_eq!(counts, expected);
}

/// In PSK mode; `exports` are the sender's alone, for the trait has no receiver's.
#[cfg(feature = "targeted-messages-draft")]
#[test]
fn every_value_of_every_case_in_psk_mode_is_ours() {
    let vectors = include_str!("../../testdata/rfc9180-psk.json");
    let vectors: Vectors = serde_json::from_str(vectors).unwrap();
    let mut counts = Counts::default();
    for case in vectors.implemented() {
        assert!(case.psk.is_some());
        case.check(&mut counts);
    }
    println!("RFC 9180, PSK mode, {KEMS} of 3 KEMs: {counts:?}");
    let expected = Counts {
        cases: 8 * KEMS,
        export_only_cases: 2 * KEMS,
        ciphertexts: 1542 * KEMS,
        opened: 6 * KEMS,
        exports: 24 * KEMS,
    };
    assert_eq!(counts, expected);
}

/// DHKEM(X448), in base mode.
#[cfg(feature = "curve448")]
#[test]
fn every_value_of_every_case_of_x448_is_ours() {
    let vectors = include_str!("../../testdata/rfc9180-x448.json");
    let vectors: Vectors = serde_json::from_str(vectors).unwrap();
    let mut counts = Counts::default();
    for case in &vectors.cases {
        case.check(&mut counts);
    }
    println!("RFC 9180, X448: {counts:?}");
    let expected = Counts {
        cases: 8,
        export_only_cases: 2,
        ciphertexts: 1542,
        opened: 6,
        exports: 2 * 24,
    };
    assert_eq!(counts, expected);
}

/// How many of each came out of the lanes.
#[derive(Default, PartialEq, Eq, Debug)]
struct BatchCounts {
    encapsulations: usize,
    export_only: usize,
    ciphertexts: usize,
}

/// The vectors' ephemeral keys and recipients in lanes, in batches of every length.
#[test]
fn every_value_of_every_case_comes_out_of_the_lanes() {
    let vectors: Vectors = serde_json::from_str(VECTORS).unwrap();
    for (kem, cases) in [(HpkeKemType::DhKem25519, 8), (HpkeKemType::DhKemP256, 8)] {
        let of_kem = vectors.cases.iter().filter(|case| case.config().0 == kem);
        let of_kem: Vec<&Case> = of_kem.collect();
        assert_eq!(of_kem.len(), cases);
        let (curve, _) = kem::of(kem).unwrap().in_lanes().unwrap();
        let Some(lanes) = Lanes::of(curve) else {
            println!("{kem:?}: NOT RUN, there are no lanes for it here");
            continue;
        };
        let mut counts = BatchCounts::default();
        for length in 1..=BATCH {
            let batch: Vec<&Case> = of_kem.iter().copied().cycle().take(length).collect();
            check_batch(&lanes, &batch, &mut counts);
        }
        println!("{kem:?} in {} lanes: {counts:?}", lanes.name());
        let encapsulations = BATCH * (BATCH + 1) / 2;
        assert_eq!(counts.encapsulations, encapsulations);
        assert_eq!(counts.ciphertexts + counts.export_only, encapsulations);
        assert!(counts.ciphertexts > encapsulations / 2);
    }
}

fn check_batch(lanes: &Lanes, batch: &[&Case], counts: &mut BatchCounts) {
    let mut ephemerals = PrivateKeys::zeros(batch.len()).unwrap();
    for (key, case) in ephemerals.iter_mut().zip(batch) {
        key.copy_from_slice(&case.sk_e.0);
    }
    let recipients: Vec<&[u8]> = batch.iter().map(|case| &case.pk_r.0[..]).collect();
    let mut next = 0;
    DhKem::of(batch[0].config().0).encap_batch_with(
        lanes,
        &ephemerals,
        &recipients,
        |i, encapsulated| {
            assert_eq!(i, next);
            next += 1;
            let (enc, shared_secret) = encapsulated.unwrap();
            batch[i].check_encapsulation(enc, shared_secret, counts);
        },
    );
    assert_eq!(next, batch.len());
}

impl Vectors {
    /// Those of the KEMs that this build has.
    fn implemented(&self) -> impl Iterator<Item = &Case> {
        let cases = self.cases.iter();
        cases.filter(|case| kem::of(case.config().0).is_ok())
    }
}

impl Case {
    /// `enc`, the shared secret, and the first ciphertext, as a batch seals it.
    fn check_encapsulation(
        &self,
        enc: &[u8],
        shared_secret: &SharedSecret,
        counts: &mut BatchCounts,
    ) {
        assert_eq!(enc, self.enc.0);
        assert_eq!(shared_secret.as_bytes(), self.shared_secret.0);
        counts.encapsulations += 1;
        let info_hashes = InfoHashCache::default();
        let sender = Sender::new(&info_hashes, &self.config(), &self.info.0).unwrap();
        let Ok(aead) = aead_type(self.config().2) else {
            counts.export_only += 1;
            return;
        };
        let sealed = sender.seal(shared_secret, aead, b"Count-0", &self.pt.0);
        assert_eq!(sealed.as_ref(), Ok(&self.ciphertexts[0].0));
        counts.ciphertexts += 1;
    }

    fn check(&self, counts: &mut Counts) {
        counts.cases += 1;
        self.check_derived_keys();
        let shared_secret = self.check_kem();
        let schedule = self.schedule(&shared_secret);
        self.check_exports(&schedule, counts);
        match aead_type(self.config().2) {
            Ok(aead) => self.check_encryptions(&schedule, aead, counts),
            Err(_) => {
                assert!(self.ciphertexts.is_empty());
                counts.export_only_cases += 1;
            }
        }
    }

    fn schedule(&self, shared_secret: &SharedSecret) -> KeySchedule {
        let suite = KeyScheduleSuite::of(&self.config()).unwrap();
        let info_hash = suite.info_hash(&self.info.0);
        #[cfg(feature = "targeted-messages-draft")]
        if let Some(psk) = self.psk() {
            return KeySchedule::psk(suite, shared_secret, &info_hash, psk);
        }
        KeySchedule::base(suite, shared_secret, &info_hash)
    }

    #[cfg(feature = "targeted-messages-draft")]
    fn psk(&self) -> Option<Psk<'_>> {
        Psk::new(&self.psk.as_ref()?.0, &self.psk_id.as_ref()?.0)
    }

    /// `Open` in the mode of the case.
    fn open(&self, input: &HpkeCiphertext, aad: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let (config, private, info) = (self.config(), &self.sk_r.0, &self.info.0);
        #[cfg(feature = "targeted-messages-draft")]
        if let Some(psk) = self.psk() {
            return psk::open(&config, input, private, info, aad, psk);
        }
        open(&config, input, private, info, aad)
    }

    fn config(&self) -> HpkeConfig {
        let kem = [
            HpkeKemType::DhKemP256,
            HpkeKemType::DhKemP521,
            HpkeKemType::DhKem25519,
            HpkeKemType::DhKem448,
        ];
        let kdf = [HpkeKdfType::HkdfSha256, HpkeKdfType::HkdfSha512];
        let aead = [
            HpkeAeadType::AesGcm128,
            HpkeAeadType::AesGcm256,
            HpkeAeadType::ChaCha20Poly1305,
            HpkeAeadType::Export,
        ];
        HpkeConfig(
            kem.into_iter()
                .find(|&kem| kem as u16 == self.kem_id)
                .unwrap(),
            kdf.into_iter()
                .find(|&kdf| kdf as u16 == self.kdf_id)
                .unwrap(),
            aead.into_iter()
                .find(|&aead| aead as u16 == self.aead_id)
                .unwrap(),
        )
    }

    fn kem(&self) -> &'static dyn Kem {
        kem::of(self.config().0).unwrap()
    }

    /// `Encap` under the case's ephemeral key.
    fn encap(&self, shared_secret: &mut SharedSecret) -> Vec<u8> {
        #[cfg(feature = "curve448")]
        if self.config().0 == HpkeKemType::DhKem448 {
            return kem::x448::encap_with(&self.sk_e.0, &self.pk_r.0, shared_secret).unwrap();
        }
        let kem = DhKem::of(self.config().0);
        let ephemeral = kem.enter(&self.sk_e.0).unwrap();
        kem.encap_with(&ephemeral, &self.pk_r.0, shared_secret)
            .unwrap()
    }

    fn check_derived_keys(&self) {
        for (ikm, private, public) in [
            (&self.ikm_r, &self.sk_r, &self.pk_r),
            (&self.ikm_e, &self.sk_e, &self.pk_e),
        ] {
            let pair = self.kem().derive_key_pair(&ikm.0).unwrap();
            assert_eq!(*pair.private, *private.0);
            assert_eq!(pair.public, public.0);
        }
    }

    /// Encap with the vector's ephemeral key, and Decap.
    fn check_kem(&self) -> SharedSecret {
        let mut sent = SharedSecret::none();
        let enc = self.encap(&mut sent);
        assert_eq!(enc, self.enc.0);
        assert_eq!(sent.as_bytes(), self.shared_secret.0);
        let mut received = SharedSecret::none();
        let decapsulated = self.kem().decap(&self.enc.0, &self.sk_r.0, &mut received);
        assert_eq!(decapsulated, Ok(()));
        assert_eq!(received.as_bytes(), self.shared_secret.0);
        sent
    }

    fn check_exports(&self, schedule: &KeySchedule, counts: &mut Counts) {
        assert_eq!(schedule.context(), self.key_schedule_context.0);
        self.check_secret(schedule);
        let mut exporter_secret = vec![0; self.exporter_secret.0.len()];
        schedule.exporter_secret(&mut exporter_secret);
        assert_eq!(exporter_secret, self.exporter_secret.0);
        for export in &self.exports {
            let sent = schedule.export(&export.context.0, export.length);
            assert_eq!(sent, export.value.0);
            counts.exports += 1;
            if self.psk.is_some() {
                continue;
            }
            let received = receive_export(
                &self.config(),
                &self.enc.0,
                &self.sk_r.0,
                &self.info.0,
                &export.context.0,
                export.length,
            )
            .unwrap();
            assert_eq!(*received, *export.value.0);
            counts.exports += 1;
        }
    }

    /// The schedule keeps `secret` as the key of an HMAC: compare what that gives.
    fn check_secret(&self, schedule: &KeySchedule) {
        let output = |key: &HmacKey| {
            let mut output = vec![0; key.output_len()];
            key.mac([b"message".as_slice()], &mut output);
            output
        };
        let hash = KeyScheduleSuite::of(&self.config()).unwrap().hash_type();
        let expected = output(&HmacKey::new(hash, &self.secret.0));
        assert_eq!(output(&schedule.secret), expected);
    }

    /// Every sequence number by the AEAD; the first also by the single-shot `open`.
    fn check_encryptions(&self, schedule: &KeySchedule, aead: AeadType, counts: &mut Counts) {
        with_key_and_nonce(schedule, aead, |key, nonce| {
            assert!(key.len() <= MAX_KEY_LEN);
            assert_eq!(key, self.key.0);
            assert_eq!(nonce, self.base_nonce.0);
        });
        for (sequence, ciphertext) in (0u64..).zip(&self.ciphertexts) {
            let nonce = self.nonce(sequence);
            let aad = format!("Count-{sequence}");
            let sealed = aead::seal(aead, &self.key.0, &nonce, aad.as_bytes(), &self.pt.0);
            assert_eq!(sealed.as_ref(), Ok(&ciphertext.0));
            counts.ciphertexts += 1;
        }
        let input = HpkeCiphertext {
            kem_output: self.enc.0.clone().into(),
            ciphertext: self.ciphertexts[0].0.clone().into(),
        };
        let opened = self.open(&input, b"Count-0");
        assert_eq!(opened.as_ref(), Ok(&self.pt.0));
        counts.opened += 1;
    }

    /// `ComputeNonce` (RFC 9180, section 5.2).
    fn nonce(&self, sequence: u64) -> [u8; NONCE_LEN] {
        let mut nonce: [u8; NONCE_LEN] = self.base_nonce.0[..].try_into().unwrap();
        for (byte, counter) in nonce[NONCE_LEN - 8..]
            .iter_mut()
            .zip(sequence.to_be_bytes())
        {
            *byte ^= counter;
        }
        nonce
    }
}
