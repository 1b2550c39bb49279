//! The ciphersuites by their algorithms.

use serde::Serialize;

use crate::{Algorithm, is_enabled, refusal};

/// A row of [`SUITES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Suite {
    /// Its code point in the IANA registry "MLS Cipher Suites".
    pub code_point: u16,
    /// Its name there; that of `openmls_traits` for a draft's.
    pub name: &'static str,
    /// KEM, AEAD, hash, KDF and signature.
    pub algorithms: [Algorithm; 5],
}

/// The ciphersuites that RFC 9420 registers (section 17.1); with the feature
/// `draft-ietf-mls-pq-ciphersuites` those of that draft too.
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
    #[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
    suite(
        0x0042,
        "MLS_192_MLKEM1024_AES256GCM_SHA384_P384",
        [Algorithm::MlKem, Algorithm::AesGcm, Algorithm::EcdsaNist],
    ),
    #[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
    suite(
        0x004d,
        "MLS_256_XWING_CHACHA20POLY1305_SHA256_Ed25519",
        [
            Algorithm::XWing,
            Algorithm::ChaCha20Poly1305,
            Algorithm::Ed25519,
        ],
    ),
    #[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
    suite(
        0x004e,
        "MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519",
        [Algorithm::XWing, Algorithm::AesGcm, Algorithm::Ed25519],
    ),
    #[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
    suite(
        0x004f,
        "MLS_128_MLKEM768X25519_AES128GCM_SHA256_Ed25519",
        [Algorithm::XWing, Algorithm::AesGcm, Algorithm::Ed25519],
    ),
    #[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
    suite(
        0x0050,
        "MLS_128_MLKEM768_AES256GCM_SHA384_P256",
        [Algorithm::MlKem, Algorithm::AesGcm, Algorithm::EcdsaNist],
    ),
    #[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
    suite(
        0x0051,
        "MLS_192_MLKEM768_AES256GCM_SHA384_MLDSA65",
        [Algorithm::MlKem, Algorithm::AesGcm, Algorithm::MlDsa],
    ),
    #[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
    suite(
        0x0052,
        "MLS_128_MLKEM768X25519_CHACHA20POLY1305_SHA384_MLDSA44",
        [
            Algorithm::XWing,
            Algorithm::ChaCha20Poly1305,
            Algorithm::MlDsa,
        ],
    ),
    #[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
    suite(
        0x0906,
        "MLS_256_MLKEM1024_AES256GCM_SHA512_MLDSA87",
        [Algorithm::MlKem, Algorithm::AesGcm, Algorithm::MlDsa],
    ),
    #[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
    suite(
        0x0907,
        "MLS_256_MLKEM1024_AES256GCM_SHA384_MLDSA87",
        [Algorithm::MlKem, Algorithm::AesGcm, Algorithm::MlDsa],
    ),
    #[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
    suite(
        0xf042,
        "MLS_128_MLKEM768_AES256GCM_SHA384_Ed25519",
        [Algorithm::MlKem, Algorithm::AesGcm, Algorithm::Ed25519],
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

    /// Whether FIPS mode runs every algorithm.
    pub fn is_enabled(&self) -> bool {
        self.algorithms.into_iter().all(is_enabled)
    }

    /// Which algorithm keeps this suite out of FIPS mode and why, if one does.
    pub fn refusal(&self) -> Option<String> {
        let mut refusals = self.algorithms.into_iter().filter_map(refusal);
        let refusal = refusals.next()?;
        Some(format!("{:#06x} {}: {refusal}", self.code_point, self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::is_lacking;

    /// Of the drafts' the pure ones of ML-KEM, those of ML-DSA where the module has it.
    #[test]
    fn suites_of_approved_algorithms_are_enabled() {
        let mut expected = vec![0x0002, 0x0005, 0x0007];
        if cfg!(feature = "draft-ietf-mls-pq-ciphersuites") {
            expected.extend(match is_lacking(Algorithm::MlDsa) {
                true => [0x0042, 0x0050, 0xf042].as_slice(),
                false => &[0x0042, 0x0050, 0x0051, 0x0906, 0x0907, 0xf042],
            });
        }
        let enabled = SUITES.iter().filter(|suite| suite.is_enabled());
        let enabled: Vec<u16> = enabled.map(|suite| suite.code_point).collect();
        assert_eq!(enabled, expected);
        for suite in SUITES {
            assert_eq!(suite.refusal().is_none(), suite.is_enabled());
        }
        assert!(SUITES.is_sorted_by(|a, b| a.code_point < b.code_point));
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
