//! Which algorithms of MLS are approved, one row each.

use serde::Serialize;

/// A cryptographic algorithm that an MLS ciphersuite can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub enum Algorithm {
    /// SHA-256, SHA-384 and SHA-512.
    Sha2,
    /// SHA3-256 and SHAKE256.
    Sha3,
    /// HMAC and HKDF over SHA-2.
    HmacSha2,
    /// AES-128-GCM and AES-256-GCM.
    AesGcm,
    /// ChaCha20-Poly1305.
    ChaCha20Poly1305,
    /// Diffie-Hellman over P-256, P-384 and P-521.
    EcdhNist,
    /// Diffie-Hellman over Curve25519.
    X25519,
    /// Diffie-Hellman over Curve448.
    X448,
    /// ECDSA over P-256, P-384 and P-521.
    EcdsaNist,
    /// Ed25519.
    Ed25519,
    /// Ed448.
    Ed448,
    /// X-Wing: ML-KEM-768 with X25519.
    XWing,
    /// ML-KEM, alone.
    MlKem,
    /// ML-DSA, pure, with an empty context.
    MlDsa,
    /// Random bytes from a deterministic generator.
    Drbg,
}

/// Whether the standards approve an algorithm. The lower of two is what holds for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Approval {
    /// No: never to be run in a FIPS mode.
    NotApproved,
    /// Yes, by the standard that the row names.
    Approved,
}

/// A row of [`ALGORITHMS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Rule {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// What the standards say of it.
    pub approval: Approval,
    /// The standard, or why there is none.
    pub citation: &'static str,
}

/// Every algorithm with its approval, in the order of [`Algorithm`].
///
/// An approved algorithm is not yet an approved service: AES-GCM under a nonce
/// that the caller derives, as MLS and HPKE need it, is none of a module's.
pub const ALGORITHMS: &[Rule] = &[
    rule(Algorithm::Sha2, Approval::Approved, "FIPS 180-4"),
    rule(Algorithm::Sha3, Approval::Approved, "FIPS 202"),
    rule(
        Algorithm::HmacSha2,
        Approval::Approved,
        "FIPS 198-1; SP 800-56C Rev. 2, two-step key derivation",
    ),
    rule(Algorithm::AesGcm, Approval::Approved, "SP 800-38D"),
    rule(
        Algorithm::ChaCha20Poly1305,
        Approval::NotApproved,
        "RFC 8439; no NIST standard",
    ),
    rule(
        Algorithm::EcdhNist,
        Approval::Approved,
        "SP 800-56A Rev. 3; curves of SP 800-186",
    ),
    rule(
        Algorithm::X25519,
        Approval::NotApproved,
        "RFC 7748; Curve25519 is in SP 800-186 for signatures, not in SP 800-56A Rev. 3",
    ),
    rule(
        Algorithm::X448,
        Approval::NotApproved,
        "RFC 7748; Curve448 is in SP 800-186 for signatures, not in SP 800-56A Rev. 3",
    ),
    rule(
        Algorithm::EcdsaNist,
        Approval::Approved,
        "FIPS 186-5, section 6",
    ),
    rule(
        Algorithm::Ed25519,
        Approval::Approved,
        "FIPS 186-5, section 7",
    ),
    rule(
        Algorithm::Ed448,
        Approval::Approved,
        "FIPS 186-5, section 7",
    ),
    rule(
        Algorithm::XWing,
        Approval::NotApproved,
        "draft-connolly-cfrg-xwing-kem; a hybrid with X25519, whose place in SP 800-56C Rev. 2 is contested",
    ),
    rule(Algorithm::MlKem, Approval::Approved, "FIPS 203"),
    rule(Algorithm::MlDsa, Approval::Approved, "FIPS 204"),
    rule(Algorithm::Drbg, Approval::Approved, "SP 800-90A Rev. 1"),
];

const fn rule(algorithm: Algorithm, approval: Approval, citation: &'static str) -> Rule {
    Rule {
        algorithm,
        approval,
        citation,
    }
}

impl Algorithm {
    /// The row of this algorithm in [`ALGORITHMS`].
    pub const fn rule(self) -> &'static Rule {
        &ALGORITHMS[self as usize]
    }

    /// Whether the standards approve this algorithm.
    pub const fn is_approved(self) -> bool {
        matches!(self.rule().approval, Approval::Approved)
    }
}

/// The approval of a set of algorithms: the lowest among them. An empty set is not approved.
pub fn approval(algorithms: impl IntoIterator<Item = Algorithm>) -> Approval {
    algorithms
        .into_iter()
        .map(|algorithm| algorithm.rule().approval)
        .min()
        .unwrap_or(Approval::NotApproved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_refused_algorithm_refuses_the_set() {
        let suite_2 = [
            Algorithm::EcdhNist,
            Algorithm::AesGcm,
            Algorithm::Sha2,
            Algorithm::HmacSha2,
            Algorithm::EcdsaNist,
        ];
        assert_eq!(approval(suite_2), Approval::Approved);
        for refused in [
            Algorithm::X25519,
            Algorithm::X448,
            Algorithm::ChaCha20Poly1305,
            Algorithm::XWing,
        ] {
            assert_eq!(approval([refused]), Approval::NotApproved);
            let with = suite_2.into_iter().chain([refused]);
            assert_eq!(approval(with), Approval::NotApproved);
        }
        assert_eq!(approval([]), Approval::NotApproved);
    }

    #[test]
    fn every_row_is_in_the_place_of_its_algorithm() {
        assert_eq!(ALGORITHMS.len(), Algorithm::Drbg as usize + 1);
        for (index, rule) in ALGORITHMS.iter().enumerate() {
            assert_eq!(rule.algorithm as usize, index);
            assert_eq!(rule.algorithm.rule(), rule);
            assert!(!rule.citation.is_empty());
        }
    }
}
