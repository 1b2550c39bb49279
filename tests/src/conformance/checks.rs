//! The suite: one row for each check, with the part that it belongs to and whom it concerns.

use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{AeadType, HashType, HpkeKemType, SignatureScheme},
};

use super::wycheproof::{self, Curve};
use super::{
    Report, malformed, offers_aead, offers_hash, offers_kem, offers_scheme, properties, rfc9180,
    verdicts,
};

/// The parts of the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Wycheproof's vectors.
    Wycheproof,
    /// RFC 9180's vectors.
    Rfc9180,
    /// Agreement with a second implementation on random input.
    Properties,
    /// Signatures on which implementations disagree.
    Verdicts,
    /// Malformed input.
    Malformed,
    /// Whole groups with another implementation of MLS.
    Groups,
}

impl Part {
    /// All of them, in the order in which they run.
    pub const ALL: [Self; 6] = [
        Self::Wycheproof,
        Self::Rfc9180,
        Self::Properties,
        Self::Verdicts,
        Self::Malformed,
        Self::Groups,
    ];

    /// Its name in reports.
    pub fn title(self) -> &'static str {
        match self {
            Self::Wycheproof => "Wycheproof",
            Self::Rfc9180 => "RFC 9180",
            Self::Properties => "properties",
            Self::Verdicts => "verdicts",
            Self::Malformed => "malformed input",
            Self::Groups => "groups",
        }
    }
}

/// How many random inputs a property is tried on, by what one costs.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Where it costs microseconds.
    pub many: u32,
    /// Where it costs a few operations on a curve.
    pub some: u32,
    /// Of each combination of HPKE's algorithms.
    pub few: u32,
}

impl Default for Effort {
    fn default() -> Self {
        Self {
            many: 1_000,
            some: 64,
            few: 16,
        }
    }
}

/// One check.
pub(super) struct Check<C> {
    pub part: Part,
    pub name: &'static str,
    /// Whether the implementation offers what is checked.
    pub concerns: fn(&C) -> bool,
    pub run: fn(&C, Effort) -> Report,
}

/// A row that names the algorithm by which `$offers` decides.
macro_rules! of {
    ($part:ident, $name:literal, $offers:ident($algorithm:expr), $run:expr) => {
        Check {
            part: Part::$part,
            name: $name,
            concerns: |crypto| $offers(crypto, $algorithm),
            run: $run,
        }
    };
}

/// A row for everyone: the check itself chooses among what is offered.
macro_rules! all {
    ($part:ident, $name:literal, $run:expr) => {
        Check {
            part: Part::$part,
            name: $name,
            concerns: |_| true,
            run: $run,
        }
    };
}

/// The suite.
#[rustfmt::skip]
pub(super) fn checks<C: OpenMlsCrypto>() -> Vec<Check<C>> {
    use HashType::{Sha2_256, Sha2_384, Sha2_512};
    use HpkeKemType::{DhKem448, DhKem25519, DhKemP256, DhKemP384, DhKemP521};
    use SignatureScheme::{
        ECDSA_SECP256R1_SHA256 as ES256, ECDSA_SECP384R1_SHA384 as ES384,
        ECDSA_SECP521R1_SHA512 as ES512, ED448, ED25519,
    };
    let mut checks = vec![
        of!(Wycheproof, "X25519", offers_kem(DhKem25519), |c, _| wycheproof::x25519(c)),
        of!(Wycheproof, "ECDH P-256", offers_kem(DhKemP256), |c, _| wycheproof::ecdh(c, Curve::P256)),
        of!(Wycheproof, "ECDH P-384", offers_kem(DhKemP384), |c, _| wycheproof::ecdh(c, Curve::P384)),
        of!(Wycheproof, "ECDH P-521", offers_kem(DhKemP521), |c, _| wycheproof::ecdh(c, Curve::P521)),
        of!(Wycheproof, "ECDH P-256, keys in ASN.1", offers_kem(DhKemP256), |c, _| wycheproof::ecdh_asn1(c, Curve::P256)),
        of!(Wycheproof, "ECDH P-384, keys in ASN.1", offers_kem(DhKemP384), |c, _| wycheproof::ecdh_asn1(c, Curve::P384)),
        of!(Wycheproof, "ECDH P-521, keys in ASN.1", offers_kem(DhKemP521), |c, _| wycheproof::ecdh_asn1(c, Curve::P521)),
        of!(Wycheproof, "Ed25519", offers_scheme(ED25519), |c, _| wycheproof::ed25519(c)),
        of!(Wycheproof, "ECDSA P-256", offers_scheme(ES256), |c, _| wycheproof::ecdsa(c, ES256)),
        of!(Wycheproof, "ECDSA P-384", offers_scheme(ES384), |c, _| wycheproof::ecdsa(c, ES384)),
        of!(Wycheproof, "ECDSA P-521", offers_scheme(ES512), |c, _| wycheproof::ecdsa(c, ES512)),
        of!(Wycheproof, "AES-GCM", offers_aead(AeadType::Aes128Gcm), |c, _| wycheproof::aes_gcm(c)),
        of!(Wycheproof, "ChaCha20-Poly1305", offers_aead(AeadType::ChaCha20Poly1305), |c, _| wycheproof::chacha20_poly1305(c)),
        of!(Wycheproof, "HKDF-SHA-256", offers_hash(Sha2_256), |c, _| wycheproof::hkdf(c, Sha2_256)),
        of!(Wycheproof, "HKDF-SHA-384", offers_hash(Sha2_384), |c, _| wycheproof::hkdf(c, Sha2_384)),
        of!(Wycheproof, "HKDF-SHA-512", offers_hash(Sha2_512), |c, _| wycheproof::hkdf(c, Sha2_512)),
        of!(Wycheproof, "HMAC-SHA-256", offers_hash(Sha2_256), |c, _| wycheproof::hmac(c, Sha2_256)),
        of!(Wycheproof, "HMAC-SHA-384", offers_hash(Sha2_384), |c, _| wycheproof::hmac(c, Sha2_384)),
        of!(Wycheproof, "HMAC-SHA-512", offers_hash(Sha2_512), |c, _| wycheproof::hmac(c, Sha2_512)),
        all!(Rfc9180, "HPKE base mode, receiver", |c, _| rfc9180::receiver(c).0),
        all!(Properties, "hashes", |c, effort| properties::hash(c, effort.many)),
        all!(Properties, "HMAC", |c, effort| properties::hmac(c, effort.many)),
        all!(Properties, "HKDF", |c, effort| properties::hkdf(c, effort.many)),
        all!(Properties, "AEAD", |c, effort| properties::aead(c, effort.many)),
        all!(Properties, "signatures", |c, effort| properties::signatures(c, effort.some)),
        all!(Properties, "generated signature keys", |c, effort| properties::generated_keys(c, effort.some)),
        all!(Properties, "private keys with other leading zeros", |c, _| properties::private_scalars(c)),
        all!(Properties, "HPKE DeriveKeyPair", |c, effort| properties::derive_key_pair(c, effort.few)),
        all!(Properties, "HPKE messages", |c, effort| properties::hpke_messages(c, effort.few)),
        all!(Properties, "HPKE exports", |c, effort| properties::hpke_exports(c, effort.few)),
        all!(Properties, "suites that are said to be supported", |c, effort| properties::supported_suites(c, effort.few)),
        of!(Verdicts, "Ed25519, Taming the many EdDSAs", offers_scheme(ED25519), |c, _| verdicts::taming(c)),
        of!(Verdicts, "Ed25519, points of small order", offers_scheme(ED25519), |c, _| verdicts::small_orders(c)),
        of!(Verdicts, "ECDSA P-256, ends and encodings", offers_scheme(ES256), |c, _| verdicts::ecdsa(c, ES256)),
        of!(Verdicts, "ECDSA P-384, ends and encodings", offers_scheme(ES384), |c, _| verdicts::ecdsa(c, ES384)),
        of!(Verdicts, "ECDSA P-521, ends and encodings", offers_scheme(ES512), |c, _| verdicts::ecdsa(c, ES512)),
        all!(Malformed, "HKDF lengths", |c, _| malformed::hkdf(c)),
        all!(Malformed, "AEAD keys, nonces, ciphertexts", |c, _| malformed::aead(c)),
        all!(Malformed, "signature keys", |c, _| malformed::signature_keys(c)),
        all!(Malformed, "signatures", |c, _| malformed::signatures(c)),
        all!(Malformed, "HPKE keys", |c, _| malformed::hpke_keys(c)),
        all!(Malformed, "HPKE ciphertexts", |c, _| malformed::hpke_ciphertexts(c)),
        all!(Malformed, "HPKE export lengths", |c, _| malformed::hpke_exports(c)),
    ];
    let no_ed448 = Check {
        part: Part::Malformed,
        name: "a signature scheme that is not supported",
        concerns: |c| !offers_scheme(c, ED448),
        run: |c, _| malformed::signature_unsupported(c),
    };
    let no_x448 = Check {
        part: Part::Malformed,
        name: "HPKE algorithms that are not supported",
        concerns: |c| !offers_kem(c, DhKem448),
        run: |c, _| malformed::hpke_unsupported(c),
    };
    checks.extend([no_ed448, no_x448]);
    checks.extend(ml_dsa());
    checks
}

#[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
fn ml_dsa<C: OpenMlsCrypto>() -> Vec<Check<C>> {
    use SignatureScheme::{MLDSA44, MLDSA65, MLDSA87};
    use wycheproof::{ML_DSA, ml_dsa_verify};
    vec![
        of!(Wycheproof, "ML-DSA-44", offers_scheme(MLDSA44), |c, _| {
            ml_dsa_verify(c, ML_DSA[0])
        }),
        of!(Wycheproof, "ML-DSA-65", offers_scheme(MLDSA65), |c, _| {
            ml_dsa_verify(c, ML_DSA[1])
        }),
        of!(Wycheproof, "ML-DSA-87", offers_scheme(MLDSA87), |c, _| {
            ml_dsa_verify(c, ML_DSA[2])
        }),
    ]
}

#[cfg(not(feature = "draft-ietf-mls-pq-ciphersuites"))]
fn ml_dsa<C: OpenMlsCrypto>() -> Vec<Check<C>> {
    Vec::new()
}
