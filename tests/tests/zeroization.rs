//! Dropped secrets are gone from memory.
//!
//! Every case stops once while its secrets are in use, where each has to be found (the control
//! without which the rest would prove nothing), and once after everything was dropped, where
//! neither they nor other forms of them may be. ring does not wipe what it holds, as the README says, and
//! nothing is claimed of it here.
#![cfg(any(feature = "aws-lc", feature = "fips"))]

use std::slice;

use mls_tests::conformance::reference::kem;
use mls_tests::memory::{Secret, Snapshot, gone_after, snapshots, watch};
use openmls_hw_crypto::{HwCrypto, SUITES, SignatureKeyPair};
use openmls_traits::{
    crypto::OpenMlsCrypto,
    random::OpenMlsRand,
    signatures::Signer,
    types::{
        AeadType, Ciphersuite, CryptoError, HashType, HpkeAeadType, HpkeCiphertext, HpkeConfig,
        HpkeKdfType, HpkeKemType, SignatureScheme,
    },
};
use serde_json::Value;
use tls_codec::SecretVLBytes;
use zeroize::Zeroize;

const AEADS: [AeadType; 3] = [
    AeadType::Aes128Gcm,
    AeadType::Aes256Gcm,
    AeadType::ChaCha20Poly1305,
];
const HASHES: [HashType; 3] = [HashType::Sha2_256, HashType::Sha2_384, HashType::Sha2_512];
const RFC9180: &str = include_str!("../../provider/testdata/rfc9180-base.json");

fn crypto() -> HwCrypto {
    HwCrypto::default()
}

fn random_secret(name: &str, length: usize) -> Secret {
    Secret::unmasked(name, crypto().random_vec(length).unwrap())
}

/// A key as HMAC pads it for its two hashes (RFC 2104).
fn hmac_pads(key: &Secret) -> [Secret; 2] {
    [key.padded(0x36), key.padded(0x5c)]
}

/// The scan finds what is there, also in memory that was freed without being wiped.
#[test]
fn the_scan_finds_what_is_left() {
    let secrets = [random_secret("wiped", 64), random_secret("not wiped", 64)];
    let sightings = watch(&secrets, |stop| {
        let wiped = secrets[0].reveal();
        let not_wiped = secrets[1].reveal_unwiped();
        stop();
        drop(wiped);
        drop(not_wiped);
        stop();
    });
    let sightings = sightings.unwrap();
    println!("{sightings:?}");
    assert_eq!(sightings, [[1, 1], [0, 1]]);
}

/// `private` is handed over: it is the provider's to wipe. AWS-LC keeps scalars little-endian.
#[test]
fn signature_key_pairs() {
    for scheme in schemes() {
        let (mut private, public) = crypto().signature_key_gen(scheme).unwrap();
        let secret = Secret::new("private key", &private);
        private.zeroize();
        let reversed = secret.reversed();
        let (kept, other) = match scheme {
            SignatureScheme::ED25519 => (&secret, &reversed),
            _ => (&reversed, &secret),
        };
        let what = format!("{scheme:?} key pair");
        gone_after(
            &what,
            slice::from_ref(kept),
            slice::from_ref(other),
            |stop| {
                let pair =
                    SignatureKeyPair::from_raw(scheme, secret.reveal_unwiped(), public).unwrap();
                pair.sign(b"message").unwrap();
                stop();
                drop(pair);
                stop();
            },
        );
    }
}

fn schemes() -> Vec<SignatureScheme> {
    let suites = SUITES.iter().map(|suite| suite.ciphersuite);
    let mut schemes: Vec<_> = suites.map(|suite| suite.signature_algorithm()).collect();
    schemes.sort_by_key(|&scheme| scheme as u16);
    schemes.dedup();
    schemes
}

#[test]
fn keys_of_sign() {
    for scheme in schemes() {
        let (mut private, _) = crypto().signature_key_gen(scheme).unwrap();
        let secret = Secret::new("private key", &private);
        private.zeroize();
        let other_forms = [secret.reversed()];
        gone_after(
            &format!("{scheme:?} sign"),
            slice::from_ref(&secret),
            &other_forms,
            |stop| {
                let private = secret.reveal();
                crypto().sign(scheme, b"message", &private).unwrap();
                stop();
                drop(private);
                stop();
            },
        );
    }
}

/// The key after use, and the plaintext after a ciphertext that does not authenticate.
#[test]
fn aead_keys_and_refused_plaintexts() {
    for alg in AEADS {
        let key = random_secret("key", alg.key_size());
        let plaintext = random_secret("plaintext", 100);
        let nonce = vec![0; alg.nonce_size()];
        let secrets = [key.clone(), plaintext.clone()];
        gone_after(&format!("{alg:?}"), &secrets, &[key.reversed()], |stop| {
            let (key, plaintext) = (key.reveal(), plaintext.reveal());
            let mut sealed = crypto()
                .aead_encrypt(alg, &key, &plaintext, &nonce, &[])
                .unwrap();
            sealed[0] ^= 1;
            let refused = crypto().aead_decrypt(alg, &key, &sealed, &nonce, &[]);
            assert_eq!(refused, Err(CryptoError::AeadDecryptionError));
            stop();
            drop((key, plaintext));
            stop();
        });
    }
}

/// The key and the result of HMAC, HKDF-Extract and HKDF-Expand.
#[test]
fn hmac_and_hkdf() {
    type Function = fn(HashType, &[u8]) -> SecretVLBytes;
    let functions: [(&str, Function); 3] = [
        ("hmac", |hash, key| {
            crypto().hmac(hash, key, b"message").unwrap()
        }),
        ("extract", |hash, ikm| {
            crypto().hkdf_extract(hash, b"salt", ikm).unwrap()
        }),
        ("expand", |hash, prk| {
            crypto().hkdf_expand(hash, prk, b"info", 100).unwrap()
        }),
    ];
    for (name, function) in functions {
        for hash in HASHES {
            let key = random_secret("key", hash.size());
            let result = Secret::new("result", function(hash, &key.reveal()).as_slice());
            let what = format!("{name} {hash:?}");
            gone_after(&what, &[key.clone(), result], &hmac_pads(&key), |stop| {
                let key = key.reveal();
                let result = function(hash, &key);
                stop();
                drop((key, result));
                stop();
            });
        }
    }
}

/// The private key and what it was derived from.
#[test]
fn derived_hpke_key_pairs() {
    for config in hpke_configs() {
        let ikm = random_secret("ikm", 64);
        let derive = || {
            crypto()
                .derive_hpke_keypair(config(), &ikm.reveal())
                .unwrap()
        };
        let private = Secret::new("private key", &derive().private);
        let other_forms = [private.reversed()];
        let what = format!("{:?} derive", config().0);
        gone_after(&what, &[private, ikm.clone()], &other_forms, |stop| {
            let held = ikm.reveal();
            let pair = derive();
            stop();
            drop((held, pair));
            stop();
        });
    }
}

/// The secret that the sender exports; there is no telling it before.
#[test]
fn secrets_exported_by_the_sender() {
    for config in hpke_configs() {
        let recipient = crypto().derive_hpke_keypair(config(), &[7; 64]).unwrap();
        let export = || {
            crypto()
                .hpke_setup_sender_and_export(config(), &recipient.public, b"", b"", 64)
                .unwrap()
        };
        let secret = Secret::new("exported secret", &export().1);
        let sightings = watch(&[secret], |stop| stop()).unwrap();
        assert_eq!(sightings, [[0]], "{:?}", config().0);
    }
}

/// Prepared encapsulations, which nobody sees before they are sent: memory is kept as it was, and
/// searched when `enc` and the recipients' private keys tell what to look for. The shared secrets
/// are there while the guard lives; each is gone when a seal took it, and all with the guard. The
/// Diffie-Hellman secrets that they come from are never there.
#[test]
fn prepared_encapsulations() {
    for config in hpke_configs() {
        let what = format!("{:?} prepared", config().0);
        let (encapsulations, memory) = Encapsulation::prepare_all(&config);
        let secrets: Vec<_> = encapsulations
            .iter()
            .map(|one| one.shared_secret(&config))
            .collect();
        let exchanged: Vec<_> = encapsulations
            .iter()
            .map(|one| one.diffie_hellman(&config))
            .collect();
        for snapshot in &memory {
            let sightings = snapshot.scan(&exchanged).unwrap();
            assert_eq!(
                sightings, [0; PREPARED],
                "{what}: a Diffie-Hellman secret is left"
            );
        }
        let [prepared, sealed, dropped] = &memory[..] else {
            panic!("stopped {} times", memory.len());
        };
        let found = |memory: &Snapshot| memory.scan(&secrets).unwrap();
        let [prepared, sealed, dropped] = [prepared, sealed, dropped].map(found);
        println!("{what}: {prepared:?}, sealed {sealed:?}, dropped {dropped:?}");
        assert!(
            prepared.iter().all(|&count| count > 0),
            "{what}: not found while in use"
        );
        for (one, count) in encapsulations.iter().zip(sealed) {
            assert_eq!(count == 0, one.is_sealed, "{what}: left after the seal");
        }
        assert_eq!(dropped, [0; PREPARED], "{what}: left after the guard");
    }
}

/// Enough to fill lanes.
const PREPARED: usize = 16;

/// What is public of a prepared encapsulation, and the recipient's private key.
struct Encapsulation {
    enc: Vec<u8>,
    private: Vec<u8>,
    public: Vec<u8>,
    is_sealed: bool,
}

impl Encapsulation {
    /// Prepares, seals to the first and the last recipient, and drops the guard; with memory after
    /// each of these.
    fn prepare_all(config: &(impl Fn() -> HpkeConfig + Sync)) -> ([Self; PREPARED], Vec<Snapshot>) {
        let crypto = crypto();
        let pairs = crypto.generate_hpke_keypairs(config(), PREPARED).unwrap();
        let keys: Vec<_> = pairs.iter().map(|pair| &pair.public).collect();
        let mut sent = Vec::new();
        let memory = snapshots(|stop| {
            let prepared = crypto.prepare_seals(config().0, &keys).unwrap();
            stop();
            for recipient in [0, PREPARED - 1] {
                let key = keys[recipient];
                let sealed = crypto.hpke_seal(config(), key, b"", b"", b"plaintext");
                sent.push(sealed.unwrap().kem_output.as_slice().to_vec());
            }
            assert_eq!(prepared.unused(), PREPARED - 2);
            stop();
            drop(prepared);
            stop();
        });
        let memory = memory.unwrap();
        let encs = between(&memory[0], &sent[0], &sent[1]);
        let encapsulations = std::array::from_fn(|i| Self {
            enc: encs[i].clone(),
            private: pairs[i].private.to_vec(),
            public: pairs[i].public.clone(),
            is_sealed: [0, PREPARED - 1].contains(&i),
        });
        (encapsulations, memory)
    }

    fn diffie_hellman(&self, config: &(impl Fn() -> HpkeConfig + Sync)) -> Secret {
        let dh = kem::dh(config().0, &self.private, &self.enc).unwrap();
        Secret::new("Diffie-Hellman secret", &dh)
    }

    fn shared_secret(&self, config: &(impl Fn() -> HpkeConfig + Sync)) -> Secret {
        let dh = kem::dh(config().0, &self.private, &self.enc).unwrap();
        let secret = kem::shared_secret(config().0, &dh, &self.enc, &self.public);
        Secret::new("shared secret", &secret.unwrap())
    }
}

/// A guard keeps the `enc` of its recipients one after the other: finds them all by the first and
/// the last. Were they elsewhere, the secrets that follow from them would not be found either.
fn between(memory: &Snapshot, first: &[u8], last: &[u8]) -> Vec<Vec<u8>> {
    let others = memory.after(first, (PREPARED - 1) * first.len()).unwrap();
    let others = others.into_iter().find(|others| others.ends_with(last));
    let others = others.expect("the guard's encapsulations are in memory");
    let encs = [first, &others].concat();
    encs.chunks(first.len()).map(<[u8]>::to_vec).collect()
}

/// One configuration for each suite.
fn hpke_configs() -> impl Iterator<Item = impl Fn() -> HpkeConfig + Sync> {
    let suites = SUITES.iter().map(|suite| suite.ciphersuite);
    suites.map(|suite: Ciphersuite| move || suite.hpke_config())
}

/// Everything secret that RFC 9180 derives on the way from a private key to a plaintext or an
/// exported secret; its vectors tell what to look for.
#[test]
fn hpke_receiver() {
    let vectors: Value = serde_json::from_str(RFC9180).unwrap();
    let mut watched = 0;
    for case in vectors["cases"].as_array().unwrap() {
        // Each KEM with each KDF of the vectors, and each AEAD once at least.
        if [(1, 1), (1, 3), (3, 2)].contains(&(id(case, "kdf_id"), id(case, "aead_id"))) {
            hpke_receiver_case(case);
            watched += 1;
        }
    }
    assert_eq!(watched, 9);
}

fn hpke_receiver_case(case: &Value) {
    let secret = |name: &str| Secret::from_hex(name, case[name].as_str().unwrap());
    let export = &case["exports"][0];
    let sk_r = secret("sk_r");
    let hmac_keys = ["shared_secret", "secret", "exporter_secret"].map(secret);
    let mut secrets = ["key", "base_nonce"].map(secret).to_vec();
    secrets.push(Secret::from_hex(
        "exported",
        export["value"].as_str().unwrap(),
    ));
    secrets.extend_from_slice(&hmac_keys);
    secrets.push(sk_r.clone());
    let mut other_forms: Vec<_> = hmac_keys.iter().flat_map(hmac_pads).collect();
    other_forms.push(sk_r.reversed());

    let public = |name: &str| Secret::from_hex(name, case[name].as_str().unwrap()).reveal_unwiped();
    let enc = public("enc");
    let info = public("info");
    let ciphertext = Secret::from_hex("ciphertext", case["ciphertexts"][0].as_str().unwrap());
    let input = HpkeCiphertext {
        kem_output: enc.clone().into(),
        ciphertext: ciphertext.reveal_unwiped().into(),
    };
    let what = format!("HPKE {:?}", config(case));
    gone_after(&what, &secrets, &other_forms, |stop| {
        let held: Vec<_> = secrets.iter().map(Secret::reveal).collect();
        stop();
        drop(held);
        let sk_r = sk_r.reveal();
        crypto()
            .hpke_open(config(case), &input, &sk_r, &info, b"Count-0")
            .unwrap();
        crypto()
            .hpke_setup_receiver_and_export(config(case), &enc, &sk_r, &info, b"", 32)
            .unwrap();
        drop(sk_r);
        stop();
    });
}

fn id(case: &Value, name: &str) -> u64 {
    case[name].as_u64().unwrap()
}

fn config(case: &Value) -> HpkeConfig {
    let kem = match id(case, "kem_id") {
        0x0010 => HpkeKemType::DhKemP256,
        0x0012 => HpkeKemType::DhKemP521,
        _ => HpkeKemType::DhKem25519,
    };
    let kdf = match id(case, "kdf_id") {
        0x0001 => HpkeKdfType::HkdfSha256,
        _ => HpkeKdfType::HkdfSha512,
    };
    let aead = match id(case, "aead_id") {
        0x0001 => HpkeAeadType::AesGcm128,
        0x0002 => HpkeAeadType::AesGcm256,
        _ => HpkeAeadType::ChaCha20Poly1305,
    };
    HpkeConfig(kem, kdf, aead)
}
