//! The services that are asked of the module, and which of them may go without its indicator.

use serde::Serialize;

use crate::Algorithm;

/// What is asked of the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Service {
    /// Random bytes from the DRBG.
    Random,
    /// A hash.
    Digest,
    /// An HMAC; HKDF consists of them.
    Hmac,
    /// Encryption and authentication under a key and a nonce that the caller gives.
    Seal,
    /// Decryption under a key and a nonce that the caller gives.
    Open,
    /// A fresh key pair.
    KeyGeneration,
    /// A private key that the caller gives, and its public key.
    KeyEntry,
    /// A Diffie-Hellman agreement.
    Agreement,
    /// A KEM's encapsulation to a public key, its randomness the module's own.
    Encapsulation,
    /// A KEM's decapsulation.
    Decapsulation,
    /// A signature.
    Sign,
    /// The verification of a signature.
    Verify,
}

/// A service of which the indicator says that it is not approved, and which MLS cannot do
/// without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Exception {
    /// Its name in documents.
    pub name: &'static str,
    /// The service.
    pub service: Service,
    /// The algorithms, each of them approved itself.
    pub algorithms: &'static [Algorithm],
    /// Why the indicator does not move.
    pub why: &'static str,
    /// What it falls under instead.
    pub rule: &'static str,
}

/// Every exception that the strict policy makes; there is no other.
pub static EXCEPTIONS: &[Exception] = &[
    Exception {
        name: "aes-gcm-seal-with-derived-nonce",
        service: Service::Seal,
        algorithms: &[Algorithm::AesGcm],
        why: "MLS and HPKE derive the nonce from a secret and never use a key and a nonce \
              twice; the module approves a nonce of its own choice or of TLS only",
        rule: "SP 800-38D, section 8; FIPS 140-3 IG C.H",
    },
    Exception {
        name: "derive-key-pair",
        service: Service::KeyEntry,
        algorithms: &[Algorithm::EcdhNist],
        why: "MLS derives HPKE key pairs from path and key-package secrets and enters them; \
              the module approves key pairs of its own generation, and what moves its \
              indicator during the entry is a check of the key",
        rule: "RFC 9180, section 7.1.3; SP 800-56A Rev. 3, section 5.6.1.2",
    },
    Exception {
        name: "ml-kem-seed-entry",
        service: Service::KeyEntry,
        algorithms: &[Algorithm::MlKem],
        why: "HPKE's private keys of ML-KEM are seeds, which MLS derives from path and \
              key-package secrets and stores, and from which the module makes the key pair; it \
              approves key pairs of its own generation, whose seed it does not give out",
        rule: "FIPS 203, sections 3.3 and 7.1; draft-connolly-cfrg-hpke-mlkem",
    },
    Exception {
        name: "signature-key-entry",
        service: Service::KeyEntry,
        algorithms: &[Algorithm::EcdsaNist, Algorithm::Ed25519, Algorithm::MlDsa],
        why: "a signature key from storage is entered; entering one is no security function, \
              signing with it is one and is approved",
        rule: "FIPS 140-3, section 7.9 (ISO/IEC 19790, sensitive security parameter entry)",
    },
];

impl Exception {
    /// The exception that covers `service` with `algorithm`, if there is one.
    pub fn covering(service: Service, algorithm: Algorithm) -> Option<&'static Self> {
        EXCEPTIONS.iter().find(|exception| {
            exception.service == service && exception.algorithms.contains(&algorithm)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_approved_algorithms_are_excepted_and_each_once() {
        for (index, exception) in EXCEPTIONS.iter().enumerate() {
            for &algorithm in exception.algorithms {
                assert!(algorithm.is_approved(), "{algorithm:?}");
                let covering = Exception::covering(exception.service, algorithm);
                assert_eq!(covering, Some(&EXCEPTIONS[index]));
            }
        }
        assert_eq!(
            Exception::covering(Service::Seal, Algorithm::ChaCha20Poly1305),
            None
        );
        assert_eq!(
            Exception::covering(Service::KeyEntry, Algorithm::X25519),
            None
        );
        assert_eq!(
            Exception::covering(Service::Agreement, Algorithm::EcdhNist),
            None
        );
    }

    /// The list is closed, each explained in a paragraph of its own, and none without need.
    #[test]
    fn the_documents_have_the_same_exceptions() {
        let names = EXCEPTIONS.iter().map(|exception| exception.name);
        let names: Vec<_> = names.collect();
        let mapping = include_str!("../MAPPING.md");
        let explained = mapping.split("\n**").skip(1);
        let explained: Vec<_> = explained
            .map(|text| text.split(".**").next().unwrap())
            .collect();
        assert_eq!(explained, names);
        let table = include_str!("../operations/4.2.0.md");
        for name in names {
            assert!(table.contains(&format!("| {name} |")), "{name}: no need");
        }
    }
}
