//! The signature schemes of MLS that a removal key may have, as they are on the wire, in JWK
//! and in PKCS#8: one row each. How a token knows them is said by a row of `mls_signer_token`.

use aws_lc_rs::agreement::{ECDH_P256, ECDH_P384, ECDH_P521};
use der::oid::ObjectIdentifier;
use openmls_traits::types::{Ciphersuite, HashType, SignatureScheme};

use crate::derivation;

/// How a scheme turns a message into a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// PureEdDSA over the message (RFC 8032), with an empty context: signatures as MLS sends
    /// them.
    EdDsa,
    /// ECDSA over this hash of the message (FIPS 186-5). A token returns r || s of fixed
    /// length; MLS sends DER (RFC 9420, section 5.1.2).
    EcDsa(HashType),
    /// ML-DSA over the message (FIPS 204, algorithm 2), with an empty context: signatures as
    /// MLS sends them (draft-ietf-mls-pq-ciphersuites).
    MlDsa,
}

/// How JOSE writes a public key.
#[derive(Clone, Copy, Debug)]
pub enum Jwk {
    /// `kty` and `crv`, with one coordinate or two (RFC 7518, RFC 8037).
    Curve(&'static str, &'static str),
    /// `kty` AKP and this `alg` (RFC 9964).
    Algorithm(&'static str),
}

/// One signature scheme: a row of [`SCHEMES`].
#[derive(Clone, Copy, Debug)]
pub struct Scheme {
    /// The scheme's number in RFC 9420 (TLS SignatureScheme registry).
    pub signature_scheme: SignatureScheme,
    /// The scheme's key in the JSON of Wire's `GET /mls/public-keys`; also its name on
    /// the command line. That of the TLS SignatureScheme registry.
    pub name: &'static str,
    /// The name a person reads.
    pub title: &'static str,
    /// Whether Wire's server has a removal key of the scheme: of these, keys are made unless
    /// others are named.
    pub of_wire: bool,
    /// How it signs.
    pub algorithm: Algorithm,
    /// The AlgorithmIdentifier's `algorithm` in PKCS#8 and SubjectPublicKeyInfo.
    pub algorithm_oid: ObjectIdentifier,
    /// The AlgorithmIdentifier's `parameters`: the named curve, or none (RFC 8410, RFC 9881).
    pub curve_oid: Option<ObjectIdentifier>,
    /// Length in bytes of a private scalar or seed; for ECDSA also of a coordinate, and of r
    /// and s.
    pub field_length: usize,
    /// Length in bytes of a public key as MLS carries it: the EdDSA key (RFC 8032), the
    /// uncompressed point, or the ML-DSA key (FIPS 204).
    pub public_key_length: usize,
    /// Length in bytes of a signature as a token makes it.
    pub signature_length: usize,
    /// The public key of a private scalar or seed, as MLS carries it; none if the scalar is
    /// out of range.
    pub public_key_of: fn(&[u8]) -> Option<Vec<u8>>,
    /// The hash of the ciphersuites that sign with the scheme, for a ProposalRef where no
    /// ciphersuite is named. A draft's may have another.
    pub reference_hash: HashType,
    /// What FIPS mode knows the scheme as; none where it does not know and therefore refuses it.
    pub fips: Option<mls_fips::Algorithm>,
    /// The key in JSON.
    pub jwk: Jwk,
}

pub(crate) const ID_EC_PUBLIC_KEY: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// Ed25519, ECDSA P-256, P-384 and P-521, in the order in which this project lists
/// them in an ExternalSenders extension and in its output; then what features bring:
/// Ed448 with `curve448`, ML-DSA with `draft-ietf-mls-pq-ciphersuites`.
pub static SCHEMES: &[Scheme] = &[
    Scheme {
        signature_scheme: SignatureScheme::ED25519,
        name: "ed25519",
        title: "Ed25519",
        of_wire: true,
        algorithm: Algorithm::EdDsa,
        algorithm_oid: ObjectIdentifier::new_unwrap("1.3.101.112"),
        curve_oid: None,
        field_length: 32,
        public_key_length: 32,
        signature_length: 64,
        public_key_of: derivation::ed25519,
        reference_hash: HashType::Sha2_256,
        fips: Some(mls_fips::Algorithm::Ed25519),
        jwk: Jwk::Curve("OKP", "Ed25519"),
    },
    Scheme {
        signature_scheme: SignatureScheme::ECDSA_SECP256R1_SHA256,
        name: "ecdsa_secp256r1_sha256",
        title: "ECDSA P-256",
        of_wire: true,
        algorithm: Algorithm::EcDsa(HashType::Sha2_256),
        algorithm_oid: ID_EC_PUBLIC_KEY,
        curve_oid: Some(ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7")),
        field_length: 32,
        public_key_length: 65,
        signature_length: 64,
        public_key_of: |scalar| derivation::ecdsa(&ECDH_P256, scalar),
        reference_hash: HashType::Sha2_256,
        fips: Some(mls_fips::Algorithm::EcdsaNist),
        jwk: Jwk::Curve("EC", "P-256"),
    },
    Scheme {
        signature_scheme: SignatureScheme::ECDSA_SECP384R1_SHA384,
        name: "ecdsa_secp384r1_sha384",
        title: "ECDSA P-384",
        of_wire: true,
        algorithm: Algorithm::EcDsa(HashType::Sha2_384),
        algorithm_oid: ID_EC_PUBLIC_KEY,
        curve_oid: Some(ObjectIdentifier::new_unwrap("1.3.132.0.34")),
        field_length: 48,
        public_key_length: 97,
        signature_length: 96,
        public_key_of: |scalar| derivation::ecdsa(&ECDH_P384, scalar),
        reference_hash: HashType::Sha2_384,
        fips: Some(mls_fips::Algorithm::EcdsaNist),
        jwk: Jwk::Curve("EC", "P-384"),
    },
    Scheme {
        signature_scheme: SignatureScheme::ECDSA_SECP521R1_SHA512,
        name: "ecdsa_secp521r1_sha512",
        title: "ECDSA P-521",
        of_wire: true,
        algorithm: Algorithm::EcDsa(HashType::Sha2_512),
        algorithm_oid: ID_EC_PUBLIC_KEY,
        curve_oid: Some(ObjectIdentifier::new_unwrap("1.3.132.0.35")),
        field_length: 66,
        public_key_length: 133,
        signature_length: 132,
        public_key_of: |scalar| derivation::ecdsa(&ECDH_P521, scalar),
        reference_hash: HashType::Sha2_512,
        fips: Some(mls_fips::Algorithm::EcdsaNist),
        jwk: Jwk::Curve("EC", "P-521"),
    },
    #[cfg(feature = "curve448")]
    Scheme {
        signature_scheme: SignatureScheme::ED448,
        name: "ed448",
        title: "Ed448",
        of_wire: false,
        algorithm: Algorithm::EdDsa,
        algorithm_oid: ObjectIdentifier::new_unwrap("1.3.101.113"),
        curve_oid: None,
        field_length: 57,
        public_key_length: 57,
        signature_length: 114,
        public_key_of: derivation::ed448,
        reference_hash: HashType::Sha2_512,
        fips: None,
        jwk: Jwk::Curve("OKP", "Ed448"),
    },
    #[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
    ml_dsa::ML_DSA_44,
    #[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
    ml_dsa::ML_DSA_65,
    #[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
    ml_dsa::ML_DSA_87,
];

/// The parameter sets of ML-DSA (FIPS 204, section 4), of which FIPS mode knows none: the
/// certified module lacks it.
#[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
mod ml_dsa {
    use super::*;
    use aws_lc_rs::signature::{ML_DSA_44_SIGNING, ML_DSA_65_SIGNING, ML_DSA_87_SIGNING};

    pub(super) const ML_DSA_44: Scheme = Scheme {
        signature_scheme: SignatureScheme::MLDSA44,
        name: "mldsa44",
        title: "ML-DSA-44",
        of_wire: false,
        algorithm: Algorithm::MlDsa,
        algorithm_oid: ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.17"),
        curve_oid: None,
        field_length: 32,
        public_key_length: 1312,
        signature_length: 2420,
        public_key_of: |seed| derivation::ml_dsa(&ML_DSA_44_SIGNING, seed),
        reference_hash: HashType::Sha2_384,
        fips: None,
        jwk: Jwk::Algorithm("ML-DSA-44"),
    };

    pub(super) const ML_DSA_65: Scheme = Scheme {
        signature_scheme: SignatureScheme::MLDSA65,
        name: "mldsa65",
        title: "ML-DSA-65",
        algorithm_oid: ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.18"),
        public_key_length: 1952,
        signature_length: 3309,
        public_key_of: |seed| derivation::ml_dsa(&ML_DSA_65_SIGNING, seed),
        jwk: Jwk::Algorithm("ML-DSA-65"),
        ..ML_DSA_44
    };

    pub(super) const ML_DSA_87: Scheme = Scheme {
        signature_scheme: SignatureScheme::MLDSA87,
        name: "mldsa87",
        title: "ML-DSA-87",
        algorithm_oid: ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.19"),
        public_key_length: 2592,
        signature_length: 4627,
        public_key_of: |seed| derivation::ml_dsa(&ML_DSA_87_SIGNING, seed),
        reference_hash: HashType::Sha2_512,
        jwk: Jwk::Algorithm("ML-DSA-87"),
        ..ML_DSA_44
    };
}

impl Scheme {
    /// The row whose [`name`](Scheme::name) is `name`.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        SCHEMES.iter().find(|scheme| scheme.name == name)
    }

    /// The row for an MLS signature scheme; none for those that no removal key has.
    pub fn by_signature_scheme(signature_scheme: SignatureScheme) -> Option<&'static Self> {
        SCHEMES
            .iter()
            .find(|scheme| scheme.signature_scheme == signature_scheme)
    }

    /// The row for the scheme with which `ciphersuite` signs.
    pub fn by_ciphersuite(ciphersuite: Ciphersuite) -> Option<&'static Self> {
        Self::by_signature_scheme(ciphersuite.signature_algorithm())
    }

    /// The rows of which Wire's server has a removal key.
    pub fn all_of_wire() -> impl Iterator<Item = &'static Self> {
        SCHEMES.iter().filter(|scheme| scheme.of_wire)
    }

    /// The row for a PKCS#8 AlgorithmIdentifier.
    pub fn by_oids(
        algorithm: ObjectIdentifier,
        curve: Option<ObjectIdentifier>,
    ) -> Option<&'static Self> {
        SCHEMES
            .iter()
            .find(|scheme| scheme.algorithm_oid == algorithm && scheme.curve_oid == curve)
    }

    /// Whether FIPS mode lets signatures of the scheme be verified.
    pub fn is_approved(&self) -> bool {
        self.fips.is_some_and(mls_fips::Algorithm::is_approved)
    }

    /// The label under which this project keeps the scheme's removal key unless told
    /// otherwise, such as `mls-removal-ed25519`.
    pub fn default_label(&self) -> String {
        format!("mls-removal-{}", self.name)
    }
}

/// The schemes as a person reads them.
pub fn titles() -> String {
    let titles: Vec<_> = SCHEMES.iter().map(|scheme| scheme.title).collect();
    titles.join(", ")
}
