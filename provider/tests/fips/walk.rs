//! Every function of the provider with every algorithm it takes.

use mls_fips::{Algorithm, Observation, is_enabled, record};
use openmls_hw_crypto::{HwCrypto, SUITES, SignatureKeyPair, SignedMessage};
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::random::OpenMlsRand;
use openmls_traits::signatures::Signer;
use openmls_traits::types::{
    AeadType, Ciphersuite, CryptoError, HashType, HpkeCiphertext, HpkeKemType, SignatureScheme,
};

/// An operation on a provider.
type Run = Box<dyn Fn(&HwCrypto) -> Result<(), Failed> + Send + Sync>;

/// A call of one function with one algorithm and good input.
pub struct Case {
    /// The function.
    pub operation: &'static str,
    /// The algorithm that it is asked for.
    pub algorithm: String,
    /// The algorithms whose approval decides.
    pub approvals: Vec<Algorithm>,
    run: Run,
}

/// Why a call failed.
#[derive(Debug, PartialEq)]
pub enum Failed {
    /// With an error of OpenMLS.
    Crypto(CryptoError),
    /// With another, as it prints.
    Other(String),
}

impl From<CryptoError> for Failed {
    fn from(error: CryptoError) -> Self {
        Self::Crypto(error)
    }
}

impl Case {
    pub fn name(&self) -> String {
        format!("{} {}", self.operation, self.algorithm)
    }

    /// Whether FIPS mode is to run it.
    pub fn is_enabled(&self) -> bool {
        self.approvals.iter().copied().all(is_enabled)
    }

    pub fn run(&self, crypto: &HwCrypto) -> Result<(), Failed> {
        (self.run)(crypto)
    }

    /// Runs on one thread, batches too, and returns what the indicator said.
    pub fn observe(&self, crypto: &HwCrypto) -> (Result<(), Failed>, Vec<Observation>) {
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build();
        alone.unwrap().install(|| record(|| self.run(crypto)))
    }
}

const HASHES: [(HashType, &str); 3] = [
    (HashType::Sha2_256, "SHA-256"),
    (HashType::Sha2_384, "SHA-384"),
    (HashType::Sha2_512, "SHA-512"),
];

const AEADS: [(AeadType, &str, Algorithm); 3] = [
    (AeadType::Aes128Gcm, "AES-128-GCM", Algorithm::AesGcm),
    (AeadType::Aes256Gcm, "AES-256-GCM", Algorithm::AesGcm),
    (
        AeadType::ChaCha20Poly1305,
        "ChaCha20-Poly1305",
        Algorithm::ChaCha20Poly1305,
    ),
];

const SCHEMES: &[(SignatureScheme, &str, Algorithm)] = &[
    (
        SignatureScheme::ECDSA_SECP256R1_SHA256,
        "ECDSA P-256",
        Algorithm::EcdsaNist,
    ),
    (
        SignatureScheme::ECDSA_SECP384R1_SHA384,
        "ECDSA P-384",
        Algorithm::EcdsaNist,
    ),
    (
        SignatureScheme::ECDSA_SECP521R1_SHA512,
        "ECDSA P-521",
        Algorithm::EcdsaNist,
    ),
    (SignatureScheme::ED25519, "Ed25519", Algorithm::Ed25519),
    #[cfg(feature = "ml-dsa")]
    (SignatureScheme::MLDSA44, "ML-DSA-44", Algorithm::MlDsa),
    #[cfg(feature = "ml-dsa")]
    (SignatureScheme::MLDSA65, "ML-DSA-65", Algorithm::MlDsa),
    #[cfg(feature = "ml-dsa")]
    (SignatureScheme::MLDSA87, "ML-DSA-87", Algorithm::MlDsa),
];

/// How many suites there are, and how many of them FIPS mode refuses: those of X25519,
/// ChaCha20-Poly1305 and X-Wing.
pub const SUITE_COUNTS: (usize, usize) = match (cfg!(feature = "ml-kem"), cfg!(feature = "ml-dsa"))
{
    (false, _) => (5, 2),
    (true, false) => (5 + 6, 2 + 3),
    (true, true) => (5 + 10, 2 + 4),
};

/// How many cases each suite has.
pub const CASES_OF_SUITE: usize = 11;

/// How many cases [`cases`] gives.
pub const CASES: usize = 2 + 5 * 3 + 2 * 3 + 8 * SCHEMES.len() + CASES_OF_SUITE * SUITE_COUNTS.0;

/// All of them.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    random(&mut cases);
    hashes(&mut cases);
    aeads(&mut cases);
    signatures(&mut cases);
    hpke(&mut cases);
    cases
}

struct Adding<'a> {
    cases: &'a mut Vec<Case>,
    algorithm: String,
    approvals: Vec<Algorithm>,
}

impl Adding<'_> {
    fn add(
        &mut self,
        operation: &'static str,
        run: impl Fn(&HwCrypto) -> Result<(), Failed> + Send + Sync + 'static,
    ) {
        self.cases.push(Case {
            operation,
            algorithm: self.algorithm.clone(),
            approvals: self.approvals.clone(),
            run: Box::new(run),
        });
    }
}

fn random(cases: &mut Vec<Case>) {
    let mut of = Adding {
        cases,
        algorithm: "CTR_DRBG".into(),
        approvals: vec![Algorithm::Drbg],
    };
    let other = |error: openmls_hw_crypto::RandomError| Failed::Other(error.to_string());
    of.add("random_vec", move |crypto| {
        crypto.random_vec(32).map(drop).map_err(other)
    });
    of.add("random_array", move |crypto| {
        crypto.random_array::<32>().map(drop).map_err(other)
    });
}

fn hashes(cases: &mut Vec<Case>) {
    for (hash, name) in HASHES {
        let mut of = Adding {
            cases,
            algorithm: name.into(),
            approvals: vec![Algorithm::Sha2],
        };
        of.add("hash", move |crypto| {
            Ok(crypto.hash(hash, b"data").map(drop)?)
        });
        of.approvals = vec![Algorithm::HmacSha2];
        of.add("hmac", move |crypto| {
            Ok(crypto.hmac(hash, &[7; 32], b"data").map(drop)?)
        });
        of.add("hkdf_extract", move |crypto| {
            Ok(crypto.hkdf_extract(hash, &[7; 32], &[9; 32]).map(drop)?)
        });
        of.add("hkdf_extract without salt", move |crypto| {
            Ok(crypto.hkdf_extract(hash, b"", &[9; 32]).map(drop)?)
        });
        of.add("hkdf_expand", move |crypto| {
            let len = 2 * hash.size();
            Ok(crypto.hkdf_expand(hash, &[7; 64], b"info", len).map(drop)?)
        });
    }
}

fn aeads(cases: &mut Vec<Case>) {
    for (aead, name, algorithm) in AEADS {
        let mut of = Adding {
            cases,
            algorithm: name.into(),
            approvals: vec![algorithm],
        };
        let key = vec![7; aead.key_size()];
        let sealed = HwCrypto::default().aead_encrypt(aead, &key, b"text", &[9; 12], b"aad");
        let sealed = sealed.unwrap();
        let opening = key.clone();
        of.add("aead_encrypt", move |crypto| {
            Ok(crypto
                .aead_encrypt(aead, &key, b"text", &[9; 12], b"aad")
                .map(drop)?)
        });
        of.add("aead_decrypt", move |crypto| {
            Ok(crypto
                .aead_decrypt(aead, &opening, &sealed, &[9; 12], b"aad")
                .map(drop)?)
        });
    }
}

fn signatures(cases: &mut Vec<Case>) {
    for &(scheme, name, algorithm) in SCHEMES {
        let mut of = Adding {
            cases,
            algorithm: name.into(),
            approvals: vec![algorithm],
        };
        let unrestricted = HwCrypto::default();
        let (private, public) = unrestricted.signature_key_gen(scheme).unwrap();
        let signature = unrestricted.sign(scheme, b"data", &private).unwrap();
        of.add("signature_key_gen", move |crypto| {
            Ok(crypto.signature_key_gen(scheme).map(drop)?)
        });
        let signing = private.clone();
        of.add("sign", move |crypto| {
            Ok(crypto.sign(scheme, b"data", &signing).map(drop)?)
        });
        let (key, good) = (public.clone(), signature.clone());
        of.add("verify_signature", move |crypto| {
            Ok(crypto.verify_signature(scheme, b"data", &key, &good)?)
        });
        let (key, good) = (public.clone(), signature.clone());
        of.add("verify_batch", move |crypto| {
            let signed = SignedMessage {
                scheme,
                message: b"data".into(),
                public_key: &key,
                signature: &good,
            };
            let mut verified = crypto.verify_batch(&[signed]).into_iter();
            verified.try_for_each(|result| Ok(result?))
        });
        let key = public.clone();
        of.add("prepare_verifications", move |crypto| {
            let signed = SignedMessage {
                scheme,
                message: b"data".into(),
                public_key: &key,
                signature: &signature,
            };
            let prepared = crypto.prepare_verifications(&[signed]);
            let prepared = prepared.map_err(|error| Failed::Other(error.to_string()))?;
            match prepared.unused() {
                1 => Ok(()),
                _ => Err(Failed::Other(
                    "the good signature was not found good".into(),
                )),
            }
        });
        of.add("SignatureKeyPair::new", move |_| {
            Ok(SignatureKeyPair::new(scheme).map(drop)?)
        });
        let raw = (private.clone(), public.clone());
        of.add("SignatureKeyPair::from_raw", move |_| {
            let (private, public) = raw.clone();
            Ok(SignatureKeyPair::from_raw(scheme, private, public).map(drop)?)
        });
        // Made when it is first asked for: in a process that refuses there is none.
        of.add("SignatureKeyPair::sign", move |_| {
            let pair = SignatureKeyPair::from_raw(scheme, private.clone(), public.clone())?;
            let signed = pair.sign(b"data").map(drop);
            signed.map_err(|error| Failed::Other(format!("{error:?}")))
        });
    }
}

fn hpke(cases: &mut Vec<Case>) {
    for row in SUITES {
        let suite = row.ciphersuite;
        let algorithms = mls_fips::Suite::of(row.code_point()).unwrap().algorithms;
        let [kem, aead, ..] = algorithms;
        let mut of = Adding {
            cases,
            algorithm: format!("{:#06x}", row.code_point()),
            approvals: algorithms.to_vec(),
        };
        of.add("supports", move |crypto| Ok(crypto.supports(suite)?));
        of.approvals = vec![kem, aead, Algorithm::HmacSha2];
        sealing(&mut of, suite);
        of.approvals = vec![kem, Algorithm::HmacSha2];
        exporting(&mut of, suite);
        of.approvals = vec![kem];
        keys(&mut of, suite);
    }
}

fn key_pair(suite: Ciphersuite) -> (Vec<u8>, Vec<u8>) {
    let pair = HwCrypto::default().derive_hpke_keypair(suite.hpke_config(), &[5; 64]);
    let pair = pair.unwrap();
    (pair.private.to_vec(), pair.public)
}

fn sealing(of: &mut Adding<'_>, suite: Ciphersuite) {
    let config = move || suite.hpke_config();
    let (private, public) = key_pair(suite);
    let sealed: HpkeCiphertext = HwCrypto::default()
        .hpke_seal(config(), &public, b"info", b"aad", b"text")
        .unwrap();
    let key = public.clone();
    of.add("hpke_seal", move |crypto| {
        Ok(crypto
            .hpke_seal(config(), &key, b"info", b"aad", b"text")
            .map(drop)?)
    });
    of.add("hpke_open", move |crypto| {
        Ok(crypto
            .hpke_open(config(), &sealed, &private, b"info", b"aad")
            .map(drop)?)
    });
    let key = public.clone();
    of.add("hpke_seal_batch", move |crypto| {
        let recipients = [(&key, b"text"), (&key, b"more")];
        let sealed = crypto.hpke_seal_batch(config(), b"info", b"aad", &recipients);
        Ok(sealed.into_iter().try_for_each(|sealed| sealed.map(drop))?)
    });
    of.add("prepare_seals, hpke_seal", move |crypto| {
        let prepared = crypto.prepare_seals(config().0, &[&public]);
        let prepared = prepared.map_err(|error| Failed::Other(error.to_string()))?;
        crypto.hpke_seal(config(), &public, b"info", b"aad", b"text")?;
        match prepared.unused() {
            0 => Ok(()),
            _ => Err(Failed::Other("the prepared seal was not used".into())),
        }
    });
}

fn exporting(of: &mut Adding<'_>, suite: Ciphersuite) {
    let config = move || suite.hpke_config();
    let (private, public) = key_pair(suite);
    let (enc, _) = HwCrypto::default()
        .hpke_setup_sender_and_export(config(), &public, b"info", b"context", 32)
        .unwrap();
    of.add("hpke_setup_sender_and_export", move |crypto| {
        Ok(crypto
            .hpke_setup_sender_and_export(config(), &public, b"info", b"context", 32)
            .map(drop)?)
    });
    of.add("hpke_setup_receiver_and_export", move |crypto| {
        Ok(crypto
            .hpke_setup_receiver_and_export(config(), &enc, &private, b"info", b"context", 32)
            .map(drop)?)
    });
}

fn keys(of: &mut Adding<'_>, suite: Ciphersuite) {
    let config = move || suite.hpke_config();
    of.add("derive_hpke_keypair", move |crypto| {
        Ok(crypto.derive_hpke_keypair(config(), &[5; 64]).map(drop)?)
    });
    of.add("derive_hpke_keypairs_batch", move |crypto| {
        let pairs = crypto.derive_hpke_keypairs_batch(config(), &[[5; 64], [6; 64]]);
        Ok(pairs.into_iter().try_for_each(|pair| pair.map(drop))?)
    });
    of.add("generate_hpke_keypairs", move |crypto| {
        Ok(crypto.generate_hpke_keypairs(config(), 2).map(drop)?)
    });
    let (_, public) = key_pair(suite);
    of.add("prepare_seals", move |crypto| {
        let prepared = crypto.prepare_seals(config().0, &[&public, &public]);
        let prepared = prepared.map_err(|error| Failed::Other(error.to_string()))?;
        match prepared.unused() {
            2 => Ok(()),
            _ => Err(Failed::Other("not both were prepared".into())),
        }
    });
}

/// A KEM that is in no suite.
pub const X448: HpkeKemType = HpkeKemType::DhKem448;
