//! The ciphersuites of RFC 9420 by their algorithms.

use serde::Serialize;

use crate::{Algorithm, Approval, approval};

/// A row of [`SUITES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Suite {
    /// Its code point in the IANA registry "MLS Cipher Suites".
    pub code_point: u16,
    /// Its name there.
    pub name: &'static str,
    /// KEM, AEAD, hash, KDF and signature.
    pub algorithms: [Algorithm; 5],
}

/// The ciphersuites that RFC 9420 registers (section 17.1).
pub static SUITES: &[Suite] = &[
    suite(
        0x0001,
        "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
        [Algorithm::X25519, Algorithm::AesGcm, Algorithm::Ed25519],
    ),
    suite(
        0x0002,
        "MLS_128_DHKEMP256_AES128GCM_SHA256_P256",
        [Algorithm::EcdhNist, Algorithm::AesGcm, Algorithm::EcdsaNist],
    ),
    suite(
        0x0003,
        "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
        [
            Algorithm::X25519,
            Algorithm::ChaCha20Poly1305,
            Algorithm::Ed25519,
        ],
    ),
    suite(
        0x0004,
        "MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448",
        [Algorithm::X448, Algorithm::AesGcm, Algorithm::Ed448],
    ),
    suite(
        0x0005,
        "MLS_256_DHKEMP521_AES256GCM_SHA512_P521",
        [Algorithm::EcdhNist, Algorithm::AesGcm, Algorithm::EcdsaNist],
    ),
    suite(
        0x0006,
        "MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448",
        [
            Algorithm::X448,
            Algorithm::ChaCha20Poly1305,
            Algorithm::Ed448,
        ],
    ),
    suite(
        0x0007,
        "MLS_256_DHKEMP384_AES256GCM_SHA384_P384",
        [Algorithm::EcdhNist, Algorithm::AesGcm, Algorithm::EcdsaNist],
    ),
];

const fn suite(code_point: u16, name: &'static str, own: [Algorithm; 3]) -> Suite {
    let [kem, aead, signature] = own;
    Suite {
        code_point,
        name,
        algorithms: [kem, aead, Algorithm::Sha2, Algorithm::HmacSha2, signature],
    }
}

impl Suite {
    /// The row of this code point.
    pub fn of(code_point: u16) -> Option<&'static Self> {
        SUITES.iter().find(|suite| suite.code_point == code_point)
    }

    /// Whether every algorithm is approved.
    pub fn is_approved(&self) -> bool {
        approval(self.algorithms) == Approval::Approved
    }

    /// Which algorithm keeps this suite out of FIPS mode and why, if one does.
    pub fn refusal(&self) -> Option<String> {
        let rule = self
            .algorithms
            .iter()
            .map(|algorithm| algorithm.rule())
            .find(|rule| rule.approval == Approval::NotApproved)?;
        Some(format!(
            "{:#06x} {}: {:?} is not approved ({})",
            self.code_point, self.name, rule.algorithm, rule.citation
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_suites_are_approved() {
        let approved: Vec<u16> = SUITES
            .iter()
            .filter(|suite| suite.is_approved())
            .map(|suite| suite.code_point)
            .collect();
        assert_eq!(approved, [0x0002, 0x0005, 0x0007]);
    }

    #[test]
    fn a_refusal_names_the_suite_the_algorithm_and_the_rule() {
        let refusal = Suite::of(0x0003).unwrap().refusal().unwrap();
        for part in [
            "0x0003",
            "MLS_128_DHKEMX25519",
            "X25519 is not",
            "SP 800-56A",
        ] {
            assert!(refusal.contains(part), "{refusal}");
        }
        assert_eq!(Suite::of(0x0002).unwrap().refusal(), None);
        assert_eq!(Suite::of(0x0008), None);
    }
}
