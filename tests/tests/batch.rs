//! Many keys at once: every result is what the single call gives, for batches of every length
//! around the boundaries of lanes, pieces and threads.

use std::collections::HashSet;

use mls_tests::P521;
use mls_tests::choices::Choices;
use mls_tests::conformance::malformed::bad_public_keys;
use mls_tests::conformance::reference::kem;
use mls_tests::openers::{AAD, INFO, assert_opens, openers, print_engines};
use openmls_hw_crypto::{HwCrypto, SUITES};
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::{
    Ciphersuite, CryptoError, HpkeAeadType, HpkeCiphertext, HpkeConfig, HpkeKemType, HpkeKeyPair,
};

/// Lanes are 4 or 8 wide, pieces at most 64 long.
const LENGTHS: [usize; 19] = [
    0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65, 127, 128, 129, 200,
];
const THREADS: [usize; 3] = [1, 2, 4];

/// All elements of a batch of each length.
fn elements() -> usize {
    LENGTHS.iter().sum()
}

/// Runs `work` in a pool of that many threads, as rayon's callers do.
fn in_pool<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    pool.build().unwrap().install(work)
}

fn key_pairs(suite: Ciphersuite, count: usize) -> Vec<HpkeKeyPair> {
    let crypto = HwCrypto::default();
    let pair = |i: usize| crypto.derive_hpke_keypair(suite.hpke_config(), &i.to_be_bytes());
    (0..count).map(|i| pair(i).unwrap()).collect()
}

/// What happened to the elements of some batches.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    sealed: usize,
    refused: usize,
    opened: usize,
}

/// Batches of every length to good keys, then in pools of every size with bad ones among them.
fn seal_batches(suite: Ciphersuite) {
    let crypto = HwCrypto::default();
    print_engines(&crypto);
    let mut choices = Choices::new("bad keys");
    let pairs = key_pairs(suite, 200);
    let bad_keys = all_bad_keys(suite.hpke_config().0, &pairs[0].public);
    let mut counts = Counts::default();
    let mut encs = HashSet::new();
    let good = (2, false);
    let mixed = THREADS.map(|threads| (threads, true));
    for (threads, with_bad_keys) in [good].into_iter().chain(mixed) {
        for length in LENGTHS {
            let batch = Batch::new(suite, &pairs[..length], |_| {
                let is_bad = with_bad_keys && choices.one_in(4);
                is_bad.then(|| choices.pick(&bad_keys))
            });
            let sealed = in_pool(threads, || batch.seal(&crypto));
            batch.check(&sealed, &mut counts, &mut encs);
        }
    }
    println!("{suite:?}: {counts:?}");
    let total = (1 + THREADS.len()) * elements();
    assert_eq!(counts.sealed + counts.refused, total);
    assert!(counts.refused > total / 16, "too few bad keys");
    assert_eq!(counts.opened, counts.sealed * openers(suite).count());
    assert_eq!(encs.len(), counts.sealed, "an ephemeral key was used twice");
}

#[test]
fn suite_1_seals() {
    seal_batches(Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519);
}

#[test]
fn suite_2_seals() {
    seal_batches(Ciphersuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256);
}

#[test]
fn suite_3_seals() {
    seal_batches(Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519);
}

/// Which ring has not.
#[test]
#[cfg(any(feature = "aws-lc", feature = "fips"))]
fn suite_5_seals() {
    seal_batches(Ciphersuite::MLS_256_DHKEMP521_AES256GCM_SHA512_P521);
}

#[test]
fn suite_7_seals() {
    seal_batches(Ciphersuite::MLS_256_DHKEMP384_AES256GCM_SHA384_P384);
}

/// Keys of wrong length, off the curve, of low order, of zeros, none at all, and of other KEMs.
fn all_bad_keys(kem: HpkeKemType, good: &[u8]) -> Vec<Vec<u8>> {
    let other_suites = SUITES.iter().map(|suite| suite.ciphersuite);
    let other_kems = other_suites.filter(|suite| suite.hpke_config().0 != kem);
    let keys_of_others = other_kems.map(|suite| key_pairs(suite, 1).remove(0).public);
    let mut keys = bad_public_keys(kem, good);
    keys.extend(keys_of_others);
    keys
}

/// Recipients, some of them with bad keys, and what each is to receive.
struct Batch<'a> {
    suite: Ciphersuite,
    /// The key pair of each recipient whose key is good.
    pairs: Vec<Option<&'a HpkeKeyPair>>,
    recipients: Vec<(Vec<u8>, Vec<u8>)>,
}

impl<'a> Batch<'a> {
    /// `bad_key` puts another key in some places.
    fn new(
        suite: Ciphersuite,
        pairs: &'a [HpkeKeyPair],
        mut bad_key: impl FnMut(usize) -> Option<Vec<u8>>,
    ) -> Self {
        let mut batch = Self {
            suite,
            pairs: Vec::new(),
            recipients: Vec::new(),
        };
        for (i, pair) in pairs.iter().enumerate() {
            let bad_key = bad_key(i);
            let plaintext = format!("the plaintext for recipient {i}");
            batch.pairs.push(bad_key.is_none().then_some(pair));
            let key = bad_key.unwrap_or_else(|| pair.public.clone());
            batch.recipients.push((key, plaintext.into_bytes()));
        }
        batch
    }

    fn seal(&self, crypto: &HwCrypto) -> Vec<Result<HpkeCiphertext, CryptoError>> {
        crypto.hpke_seal_batch(self.suite.hpke_config(), INFO, AAD, &self.recipients)
    }

    /// Good keys got what others open; bad ones failed, with the error of the single call.
    fn check(
        &self,
        sealed: &[Result<HpkeCiphertext, CryptoError>],
        counts: &mut Counts,
        encs: &mut HashSet<Vec<u8>>,
    ) {
        assert_eq!(sealed.len(), self.recipients.len());
        for ((pair, (key, plaintext)), sealed) in
            self.pairs.iter().zip(&self.recipients).zip(sealed)
        {
            match pair {
                Some(pair) => {
                    let sealed = sealed.as_ref().unwrap();
                    counts.sealed += 1;
                    counts.opened += assert_opens(self.suite, pair, sealed, plaintext);
                    encs.insert(sealed.kem_output.as_slice().to_vec());
                }
                None => {
                    assert_eq!(sealed, &Err(CryptoError::InvalidPublicKey), "{key:02x?}");
                    assert_eq!(sealed, &self.seal_alone(key, plaintext));
                    counts.refused += 1;
                }
            }
        }
    }

    fn seal_alone(&self, key: &[u8], plaintext: &[u8]) -> Result<HpkeCiphertext, CryptoError> {
        HwCrypto::default().hpke_seal(self.suite.hpke_config(), key, INFO, AAD, plaintext)
    }
}

/// Every bad key there is, each alone at every place of a batch that fills lanes.
#[test]
fn each_bad_key_fails_alone_at_every_place() {
    const LENGTH: usize = 17;
    let crypto = HwCrypto::default();
    print_engines(&crypto);
    let mut refused = 0;
    for suite in SUITES[..2].iter().map(|suite| suite.ciphersuite) {
        let pairs = key_pairs(suite, LENGTH);
        for bad_key in all_bad_keys(suite.hpke_config().0, &pairs[0].public) {
            for place in 0..LENGTH {
                let batch = Batch::new(suite, &pairs, |i| (i == place).then(|| bad_key.clone()));
                for (i, sealed) in batch.seal(&crypto).iter().enumerate() {
                    let expected = (i == place).then_some(CryptoError::InvalidPublicKey);
                    assert_eq!(sealed.as_ref().err(), expected.as_ref(), "{bad_key:02x?}");
                }
                refused += 1;
            }
        }
    }
    println!("{refused} bad keys refused");
    // X25519: 3 lengths, 14 points; P-256: 14 encodings, 6 points. And the keys of suites of other
    // KEMs, of which ring has one less.
    let others = (2 + P521) + (3 + P521);
    assert_eq!(refused, LENGTH * (3 + 14 + 14 + 6 + others));
}

/// The same recipient, named again and again: as many ephemeral keys.
#[test]
fn a_recipient_named_twice_gets_two_messages() {
    const TIMES: usize = 130;
    let crypto = HwCrypto::default();
    let mut encs = HashSet::new();
    for suite in SUITES.iter().map(|suite| suite.ciphersuite) {
        let pair = key_pairs(suite, 1).remove(0);
        let recipients = vec![(&pair.public, b"plaintext"); TIMES];
        for sealed in crypto.hpke_seal_batch(suite.hpke_config(), INFO, AAD, &recipients) {
            let sealed = sealed.unwrap();
            assert_opens(suite, &pair, &sealed, b"plaintext");
            encs.insert(sealed.kem_output.as_slice().to_vec());
        }
    }
    assert_eq!(encs.len(), SUITES.len() * TIMES);
}

/// What is wrong for all recipients is said to each.
#[test]
fn what_is_unsupported_fails_everywhere() {
    let suite = SUITES[0].ciphersuite;
    let HpkeConfig(kem, kdf, aead) = suite.hpke_config();
    let pairs = key_pairs(suite, 20);
    let recipients: Vec<_> = pairs.iter().map(|pair| (&pair.public, b"")).collect();
    let crypto = HwCrypto::default();
    for (config, error) in [
        (
            HpkeConfig(HpkeKemType::DhKem448, kdf, aead),
            CryptoError::UnsupportedCiphersuite,
        ),
        (
            HpkeConfig(kem, kdf, HpkeAeadType::Export),
            CryptoError::UnsupportedAeadAlgorithm,
        ),
    ] {
        let sealed = crypto.hpke_seal_batch(config, INFO, AAD, &recipients);
        assert_eq!(sealed, vec![Err(error); 20]);
    }
    let unsupported = || HpkeConfig(HpkeKemType::DhKem448, kdf, aead);
    let derived = crypto.derive_hpke_keypairs_batch(unsupported(), &[b"1", b"2"]);
    let errors: Vec<_> = derived.into_iter().map(Result::err).collect();
    assert_eq!(errors, [Some(CryptoError::UnsupportedCiphersuite); 2]);
    let generated = crypto.generate_hpke_keypairs(unsupported(), 3).err();
    assert_eq!(generated, Some(CryptoError::UnsupportedCiphersuite));
}

/// DeriveKeyPair for many is DeriveKeyPair for each, ours and the reference's.
#[test]
fn derived_key_pairs() {
    let crypto = HwCrypto::default();
    print_engines(&crypto);
    let mut choices = Choices::new("input keying materials");
    let mut derived = 0;
    for suite in SUITES.iter().map(|suite| suite.ciphersuite) {
        for threads in THREADS {
            for length in LENGTHS {
                let ikms: Vec<Vec<u8>> = (0..length)
                    .map(|_| {
                        let length = choices.below(100);
                        choices.bytes(length)
                    })
                    .collect();
                let config = || suite.hpke_config();
                let pairs = in_pool(threads, || {
                    crypto.derive_hpke_keypairs_batch(config(), &ikms)
                });
                assert_eq!(pairs.len(), length);
                for (pair, ikm) in pairs.into_iter().zip(&ikms) {
                    let pair = pair.unwrap();
                    let alone = crypto.derive_hpke_keypair(config(), ikm).unwrap();
                    assert_eq!(*pair.private, *alone.private);
                    assert_eq!(pair.public, alone.public);
                    derived += 1;
                }
            }
        }
        let ikm = choices.bytes(64);
        let (private, public) = kem::derive_key_pair(suite.hpke_config().0, &ikm).unwrap();
        let ikms = vec![ikm; 20];
        for pair in crypto.derive_hpke_keypairs_batch(suite.hpke_config(), &ikms) {
            let pair = pair.unwrap();
            assert_eq!((&*pair.private, &pair.public), (&private[..], &public));
            derived += 1;
        }
    }
    println!("{derived} key pairs");
    assert_eq!(derived, SUITES.len() * (THREADS.len() * elements() + 20),);
}

#[test]
fn more_key_pairs_than_memory_holds() {
    let crypto = HwCrypto::default();
    for suite in SUITES.iter().map(|suite| suite.ciphersuite) {
        for count in [usize::MAX, usize::MAX / 2 + 1, usize::MAX / 64 + 1] {
            let generated = crypto.generate_hpke_keypairs(suite.hpke_config(), count);
            assert_eq!(generated.err(), Some(CryptoError::TooMuchData));
        }
    }
}

/// Fresh key pairs are pairs, and no two are the same.
#[test]
fn generated_key_pairs() {
    let crypto = HwCrypto::default();
    print_engines(&crypto);
    for suite in SUITES.iter().map(|suite| suite.ciphersuite) {
        let mut private_keys = HashSet::new();
        for length in LENGTHS {
            let pairs = crypto.generate_hpke_keypairs(suite.hpke_config(), length);
            let pairs = pairs.unwrap();
            assert_eq!(pairs.len(), length);
            for pair in pairs {
                let public = kem::public_key(suite.hpke_config().0, &pair.private);
                assert_eq!(public.as_ref(), Some(&pair.public));
                let sealed = crypto.hpke_seal(suite.hpke_config(), &pair.public, INFO, AAD, b"pt");
                assert_opens(suite, &pair, &sealed.unwrap(), b"pt");
                private_keys.insert(pair.private.to_vec());
            }
        }
        assert_eq!(private_keys.len(), elements(), "{suite:?}");
    }
}
