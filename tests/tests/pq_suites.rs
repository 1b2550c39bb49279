//! The suites of draft-ietf-mls-pq-ciphersuites: every encoding is that of the other providers, both
//! ways, one at a time, in batches and prepared; and what is malformed is refused.

use mls_tests::openers::{AAD, INFO, print_engines};
use openmls_hw_crypto::{HwCrypto, SUITES, SignatureKeyPair, SignedMessage};
use openmls_libcrux_crypto::CryptoProvider as Libcrux;
use openmls_memory_storage::MemoryStorage;
use openmls_rust_crypto::RustCrypto;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::signatures::Signer;
use openmls_traits::types::{
    Ciphersuite, CryptoError, HpkeAeadType, HpkeCiphertext, HpkeConfig, HpkeKdfType, HpkeKemType,
    HpkeKeyPair, SignatureScheme,
};

/// The code points that `openmls_traits` 0.6 gives the draft's suites.
const DRAFTS: [u16; 10] = [
    0x0042, 0x004d, 0x004e, 0x004f, 0x0050, 0x0051, 0x0052, 0x0906, 0x0907, 0xf042,
];
const KEMS: [HpkeKemType; 3] = [
    HpkeKemType::MlKem768,
    HpkeKemType::MlKem1024,
    HpkeKemType::XWingKemDraft6,
];
const SCHEMES: [SignatureScheme; 3] = [
    SignatureScheme::MLDSA44,
    SignatureScheme::MLDSA65,
    SignatureScheme::MLDSA87,
];

fn suites() -> impl Iterator<Item = Ciphersuite> {
    let suites = SUITES.iter().map(|suite| suite.ciphersuite);
    suites.filter(|&suite| DRAFTS.contains(&u16::from(suite)))
}

fn config(kem: HpkeKemType) -> HpkeConfig {
    HpkeConfig(kem, HpkeKdfType::HkdfSha384, HpkeAeadType::AesGcm256)
}

/// Another provider with the KEMs that it has.
struct Other {
    name: &'static str,
    crypto: Box<dyn HpkeAndSignatures>,
    kems: &'static [HpkeKemType],
}

/// What is asked of the others, for [`OpenMlsCrypto`] is no trait for objects under every feature.
trait HpkeAndSignatures {
    fn derive(&self, config: HpkeConfig, ikm: &[u8]) -> HpkeKeyPair;
    fn seal(&self, config: HpkeConfig, public: &[u8], plaintext: &[u8]) -> HpkeCiphertext;
    fn open(
        &self,
        config: HpkeConfig,
        sealed: &HpkeCiphertext,
        private: &[u8],
    ) -> Result<Vec<u8>, CryptoError>;
    fn send_export(&self, config: HpkeConfig, public: &[u8]) -> (Vec<u8>, Vec<u8>);
    fn receive_export(&self, config: HpkeConfig, enc: &[u8], private: &[u8]) -> Vec<u8>;
}

const CONTEXT: &[u8] = b"exporter context";

impl<C: OpenMlsCrypto> HpkeAndSignatures for C {
    fn derive(&self, config: HpkeConfig, ikm: &[u8]) -> HpkeKeyPair {
        self.derive_hpke_keypair(config, ikm).unwrap()
    }

    fn seal(&self, config: HpkeConfig, public: &[u8], plaintext: &[u8]) -> HpkeCiphertext {
        self.hpke_seal(config, public, INFO, AAD, plaintext)
            .unwrap()
    }

    fn open(
        &self,
        config: HpkeConfig,
        sealed: &HpkeCiphertext,
        private: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        self.hpke_open(config, sealed, private, INFO, AAD)
    }

    fn send_export(&self, config: HpkeConfig, public: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let (enc, secret) = self
            .hpke_setup_sender_and_export(config, public, INFO, CONTEXT, 99)
            .unwrap();
        (enc, secret.to_vec())
    }

    fn receive_export(&self, config: HpkeConfig, enc: &[u8], private: &[u8]) -> Vec<u8> {
        self.hpke_setup_receiver_and_export(config, enc, private, INFO, CONTEXT, 99)
            .unwrap()
            .to_vec()
    }
}

fn others() -> [Other; 2] {
    [
        Other {
            name: "openmls_rust_crypto",
            crypto: Box::new(RustCrypto::default()),
            kems: &KEMS,
        },
        Other {
            name: "openmls_libcrux_crypto",
            crypto: Box::new(Libcrux::new().unwrap()),
            kems: &[HpkeKemType::XWingKemDraft6],
        },
    ]
}

/// Every configuration of the draft's suites with everyone else who has its KEM.
fn pairings() -> Vec<(Ciphersuite, Other)> {
    let with_others = |suite: Ciphersuite| {
        let has_kem = move |other: &Other| other.kems.contains(&suite.hpke_kem_algorithm());
        let others = others().into_iter().filter(has_kem);
        others.map(move |other| (suite, other))
    };
    suites().flat_map(with_others).collect()
}

/// Ten suites by RustCrypto, and the four of X-Wing by libcrux as well.
const PAIRINGS: usize = 10 + 4;

#[test]
fn every_suite_of_the_draft_is_there() {
    let crypto = HwCrypto::default();
    let listed: Vec<u16> = suites().map(u16::from).collect();
    assert_eq!(listed, DRAFTS);
    for suite in suites() {
        assert_eq!(crypto.supports(suite), Ok(()));
        assert!(crypto.supported_ciphersuites().contains(&suite));
    }
    // Among all code points there is no other that `openmls_traits` knows beyond RFC 9420's.
    let known = (0x0008..=u16::MAX).filter_map(|code_point| Ciphersuite::try_from(code_point).ok());
    assert_eq!(known.map(u16::from).collect::<Vec<_>>(), DRAFTS);
}

#[test]
fn derived_key_pairs_are_the_others() {
    let crypto = HwCrypto::default();
    let mut compared = 0;
    for (suite, other) in pairings() {
        for len in [0, 1, 31, 32, 33, 48, 64, 100, 200] {
            let ikm: Vec<u8> = (0..len).map(|i| i as u8 ^ suite as u8).collect();
            let ours = crypto.derive(suite.hpke_config(), &ikm);
            let theirs = other.crypto.derive(suite.hpke_config(), &ikm);
            assert_eq!(*ours.private, *theirs.private, "{suite:?} {}", other.name);
            assert_eq!(ours.public, theirs.public, "{suite:?} {}", other.name);
            compared += 1;
        }
    }
    assert_eq!(compared, 9 * PAIRINGS);
}

#[test]
fn what_one_seals_the_other_opens() {
    let crypto = HwCrypto::default();
    let mut opened = 0;
    for (suite, other) in pairings() {
        println!("{suite:?} with {}", other.name);
        let config = || suite.hpke_config();
        let pair = crypto.derive(config(), b"recipient");
        for plaintext in [&b""[..], b"plaintext", &[7; 1000]] {
            let sealed = crypto.seal(config(), &pair.public, plaintext);
            let found = other.crypto.open(config(), &sealed, &pair.private);
            assert_eq!(found.as_deref(), Ok(plaintext));
            let sealed = other.crypto.seal(config(), &pair.public, plaintext);
            let found = crypto.open(config(), &sealed, &pair.private);
            assert_eq!(found.as_deref(), Ok(plaintext));
            opened += 2;
        }
        let (enc, secret) = crypto.send_export(config(), &pair.public);
        assert_eq!(
            other.crypto.receive_export(config(), &enc, &pair.private),
            secret
        );
        let (enc, secret) = other.crypto.send_export(config(), &pair.public);
        assert_eq!(crypto.receive_export(config(), &enc, &pair.private), secret);
        opened += 2;
    }
    assert_eq!(opened, 8 * PAIRINGS);
}

/// Batches of lengths around those of lanes and pieces, with a bad key among them.
#[test]
fn batches() {
    let crypto = HwCrypto::default();
    print_engines(&crypto);
    let mut counts = (0, 0);
    for (suite, other) in pairings() {
        let config = || suite.hpke_config();
        for length in [0, 1, 3, 4, 8, 9, 17, 64, 65, 130] {
            let ikms: Vec<_> = (0..length).map(|i: u32| i.to_be_bytes()).collect();
            let pairs = crypto.derive_hpke_keypairs_batch(config(), &ikms);
            let pairs: Vec<_> = pairs.into_iter().map(Result::unwrap).collect();
            let mut recipients: Vec<_> = pairs
                .iter()
                .map(|pair| (pair.public.clone(), pair.public[..9].to_vec()))
                .collect();
            let bad = length as usize / 2;
            recipients
                .iter_mut()
                .skip(bad)
                .take(1)
                .for_each(|(key, _)| {
                    key.pop();
                });
            let sealed = crypto.hpke_seal_batch(config(), INFO, AAD, &recipients);
            assert_eq!(sealed.len(), pairs.len());
            for (i, (pair, sealed)) in pairs.iter().zip(sealed).enumerate() {
                let alone = crypto.derive(config(), &ikms[i]);
                assert_eq!(*alone.private, *pair.private);
                assert_eq!(alone.public, pair.public);
                if i == bad {
                    assert_eq!(sealed, Err(CryptoError::InvalidPublicKey));
                    counts.1 += 1;
                    continue;
                }
                let found = other.crypto.open(config(), &sealed.unwrap(), &pair.private);
                assert_eq!(found.as_deref(), Ok(&pair.public[..9]));
                counts.0 += 1;
            }
        }
    }
    // 301 keys in ten batches, nine of them with one that is bad.
    assert_eq!(counts, (PAIRINGS * (301 - 9), PAIRINGS * 9));
}

#[test]
fn generated_key_pairs_open_what_the_others_seal() {
    let crypto = HwCrypto::default();
    let mut opened = 0;
    for (suite, other) in pairings() {
        for count in [1, 40] {
            let pairs = crypto
                .generate_hpke_keypairs(suite.hpke_config(), count)
                .unwrap();
            assert_eq!(pairs.len(), count);
            for pair in &pairs {
                let sealed = other
                    .crypto
                    .seal(suite.hpke_config(), &pair.public, b"text");
                let found = crypto.open(suite.hpke_config(), &sealed, &pair.private);
                assert_eq!(found.as_deref(), Ok(&b"text"[..]));
                opened += 1;
            }
            let first = &pairs[0].public;
            assert!(pairs[1..].iter().all(|pair| &pair.public != first));
        }
    }
    assert_eq!(opened, 41 * PAIRINGS);
}

/// Each prepared encapsulation is used once, by the seal to its recipient, and is good.
#[test]
fn prepared_seals() {
    const LENGTH: usize = 70;
    let crypto = HwCrypto::default();
    let mut opened = 0;
    for (suite, other) in pairings() {
        let config = || suite.hpke_config();
        let pairs = crypto.generate_hpke_keypairs(config(), LENGTH).unwrap();
        let keys: Vec<_> = pairs.iter().map(|pair| &pair.public).collect();
        let prepared = crypto.prepare_seals(config().0, &keys).unwrap();
        assert_eq!(prepared.unused(), LENGTH);
        let mut encs = std::collections::HashSet::new();
        for (i, pair) in pairs.iter().enumerate() {
            let sealed = crypto.seal(config(), &pair.public, b"text");
            assert_eq!(prepared.unused(), LENGTH - i - 1);
            let found = other.crypto.open(config(), &sealed, &pair.private);
            assert_eq!(found.as_deref(), Ok(&b"text"[..]), "{suite:?}");
            encs.insert(sealed.kem_output.as_slice().to_vec());
            opened += 1;
        }
        // Nothing is left: this is a new one.
        let sealed = crypto.seal(config(), &pairs[0].public, b"text");
        encs.insert(sealed.kem_output.as_slice().to_vec());
        assert_eq!(encs.len(), LENGTH + 1);
    }
    assert_eq!(opened, LENGTH * PAIRINGS);
}

#[test]
fn what_one_signs_the_other_verifies() {
    let (ours, theirs) = (HwCrypto::default(), RustCrypto::default());
    let mut verified = 0;
    for scheme in SCHEMES {
        for (from, to) in [
            (ours.signature_key_gen(scheme), "ours"),
            (theirs.signature_key_gen(scheme), "theirs"),
        ] {
            // Each signs with the other's seed, too.
            let (private, public) = from.unwrap();
            assert_eq!(private.len(), 32, "{to}");
            for message in [&b""[..], b"message", &[3; 5000]] {
                let our_signature = ours.sign(scheme, message, &private).unwrap();
                let their_signature = theirs.sign(scheme, message, &private).unwrap();
                assert_eq!(our_signature.len(), their_signature.len());
                for signature in [our_signature, their_signature] {
                    assert_eq!(
                        ours.verify_signature(scheme, message, &public, &signature),
                        Ok(())
                    );
                    assert_eq!(
                        theirs.verify_signature(scheme, message, &public, &signature),
                        Ok(())
                    );
                    let mut other = message.to_vec();
                    other.push(0);
                    assert_eq!(
                        ours.verify_signature(scheme, &other, &public, &signature),
                        Err(CryptoError::InvalidSignature)
                    );
                    verified += 3;
                }
            }
        }
    }
    assert_eq!(verified, 3 * 2 * 3 * 2 * 3);
}

/// The signer type: what `openmls_basic_credential` has stored is read and signs, and the other way.
#[test]
fn signers_are_stored_as_openmls_stores_them() {
    use openmls_basic_credential::SignatureKeyPair as Basic;
    let crypto = HwCrypto::default();
    for scheme in SCHEMES {
        let storage = MemoryStorage::default();
        let theirs = Basic::new(scheme).unwrap();
        theirs.store(&storage).unwrap();
        let read = SignatureKeyPair::read(&storage, theirs.public(), scheme).unwrap();
        assert_eq!(read.public(), theirs.public());
        let signature = read.sign(b"message").unwrap();
        let verified = crypto.verify_signature(scheme, b"message", theirs.public(), &signature);
        assert_eq!(verified, Ok(()));

        let ours = SignatureKeyPair::new(scheme).unwrap();
        ours.store(&storage).unwrap();
        let read = Basic::read(&storage, ours.public(), scheme).unwrap();
        let signature = read.sign(b"message").unwrap();
        let verified = crypto.verify_signature(scheme, b"message", ours.public(), &signature);
        assert_eq!(verified, Ok(()));
    }
}

#[test]
fn prepared_verifications() {
    let crypto = HwCrypto::default();
    for scheme in SCHEMES {
        let pair = SignatureKeyPair::new(scheme).unwrap();
        let good = pair.sign(b"message").unwrap();
        let bad = vec![0; good.len()];
        let signed = [&good, &bad].map(|signature| SignedMessage {
            scheme,
            message: b"message".to_vec(),
            public_key: pair.public(),
            signature,
        });
        let prepared = crypto.prepare_verifications(&signed).unwrap();
        assert_eq!(prepared.unused(), 1);
        for _ in 0..2 {
            let verified = crypto.verify_signature(scheme, b"message", pair.public(), &good);
            assert_eq!(verified, Ok(()));
            assert_eq!(prepared.unused(), 0);
        }
        let verified = crypto.verify_signature(scheme, b"message", pair.public(), &bad);
        assert_eq!(verified, Err(CryptoError::InvalidSignature));
    }
}

/// The public keys of `kem` that have to be refused.
fn bad_public_keys(kem: HpkeKemType, good: &[u8]) -> Vec<Vec<u8>> {
    // A coefficient of 4095, where they are below 3329 (FIPS 203, section 7.2).
    let mut too_large = good.to_vec();
    too_large[..2].copy_from_slice(&[0xff, 0xff]);
    let mut keys = vec![
        Vec::new(),
        good[..good.len() - 1].to_vec(),
        [good, &[0]].concat(),
        good[..32].to_vec(),
        too_large,
    ];
    if kem == HpkeKemType::XWingKemDraft6 {
        let mut low_order = good.to_vec();
        low_order[1184..].fill(0);
        keys.push(low_order);
    }
    keys
}

#[test]
fn bad_public_keys_are_refused_everywhere() {
    let crypto = HwCrypto::default();
    let mut refused = 0;
    for kem in KEMS {
        let pair = crypto.derive(config(kem), b"recipient");
        for key in bad_public_keys(kem, &pair.public) {
            let sealed = crypto.hpke_seal(config(kem), &key, INFO, AAD, b"text");
            assert_eq!(sealed.err(), Some(CryptoError::InvalidPublicKey));
            let sent = crypto.hpke_setup_sender_and_export(config(kem), &key, INFO, CONTEXT, 32);
            assert_eq!(sent.err(), Some(CryptoError::InvalidPublicKey));
            let batch = vec![(&key, b"text"), (&pair.public, b"text")].repeat(9);
            for (i, sealed) in (0..).zip(crypto.hpke_seal_batch(config(kem), INFO, AAD, &batch)) {
                assert_eq!(sealed.is_ok(), i % 2 == 1);
            }
            let prepared = crypto.prepare_seals(kem, &[&key, &pair.public]).unwrap();
            assert_eq!(prepared.unused(), 1);
            refused += 1;
        }
    }
    assert_eq!(refused, 5 + 5 + 6);
}

#[test]
fn bad_ciphertexts_and_private_keys_do_not_open() {
    let crypto = HwCrypto::default();
    let mut refused = 0;
    for kem in KEMS {
        let pair = crypto.derive(config(kem), b"recipient");
        let sealed = crypto.seal(config(kem), &pair.public, b"text");
        let enc = sealed.kem_output.as_slice();
        let mut changed = enc.to_vec();
        changed[5] ^= 1;
        let mut low_order = enc.to_vec();
        let last = low_order.len() - 32;
        low_order[last..].fill(0);
        let short = enc[..enc.len() - 1].to_vec();
        for enc in [Vec::new(), short, [enc, &[0]].concat(), changed, low_order] {
            let sealed = HpkeCiphertext {
                kem_output: enc.clone().into(),
                ciphertext: sealed.ciphertext.clone(),
            };
            let opened = crypto.open(config(kem), &sealed, &pair.private);
            assert_eq!(opened, Err(CryptoError::HpkeDecryptionError));
            refused += 1;
        }
        let private = &*pair.private;
        let mut other = private.to_vec();
        other[0] ^= 1;
        let short = private[..private.len() - 1].to_vec();
        for private in [Vec::new(), short, [private, &[0]].concat(), other] {
            let opened = crypto.open(config(kem), &sealed, &private);
            assert_eq!(opened, Err(CryptoError::HpkeDecryptionError));
            refused += 1;
        }
        for len in [0, enc.len() - 1, enc.len() + 1] {
            let received = crypto.hpke_setup_receiver_and_export(
                config(kem),
                &vec![1; len],
                private,
                INFO,
                CONTEXT,
                32,
            );
            assert_eq!(received.err(), Some(CryptoError::ReceiverSetupError));
            refused += 1;
        }
    }
    assert_eq!(refused, 3 * (5 + 4 + 3));
}

#[test]
fn bad_signature_keys_and_signatures_are_refused() {
    let crypto = HwCrypto::default();
    for scheme in SCHEMES {
        let (private, public) = crypto.signature_key_gen(scheme).unwrap();
        let signature = crypto.sign(scheme, b"message", &private).unwrap();
        for length in [0, 31, 33, 64] {
            let signed = crypto.sign(scheme, b"message", &vec![1; length]);
            assert_eq!(signed, Err(CryptoError::InvalidLength));
        }
        for length in [0, public.len() - 1, public.len() + 1] {
            let mut key = public.clone();
            key.resize(length, 0);
            let verified = crypto.verify_signature(scheme, b"message", &key, &signature);
            assert_eq!(verified, Err(CryptoError::InvalidPublicKey));
        }
        for length in [0, signature.len() - 1, signature.len() + 1] {
            let mut signature = signature.clone();
            signature.resize(length, 0);
            let verified = crypto.verify_signature(scheme, b"message", &public, &signature);
            assert_eq!(verified, Err(CryptoError::InvalidSignature));
        }
        for byte in (0..signature.len()).step_by(97) {
            let mut signature = signature.clone();
            signature[byte] ^= 1;
            let verified = crypto.verify_signature(scheme, b"message", &public, &signature);
            assert_eq!(verified, Err(CryptoError::InvalidSignature));
        }
        let other_public = crypto.signature_key_gen(scheme).unwrap().1;
        let mismatched = SignatureKeyPair::from_raw(scheme, private, other_public);
        assert_eq!(mismatched.err(), Some(CryptoError::InvalidPublicKey));
    }
}
