//! The signature schemes of MLS that a removal key may have: one row each.
//!
//! Whatever differs between Ed25519 and the three ECDSA curves is a column of
//! [`SCHEMES`]; no other file matches on a scheme.

use aws_lc_rs::agreement;
use cryptoki::mechanism::MechanismType;
use cryptoki::object::KeyType;
use openmls_traits::types::{Ciphersuite, HashType, SignatureScheme};
use pkcs8::ObjectIdentifier;

/// How a scheme turns a message into a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// PureEdDSA over the message (RFC 8032): 64-byte signatures, as MLS sends them.
    EdDsa,
    /// ECDSA over a hash of the message (FIPS 186-5). A token returns r || s of fixed
    /// length; MLS sends DER (RFC 9420, section 5.1.2).
    EcDsa {
        /// The hash of the message that is signed.
        hash: HashType,
        /// The mechanism by which a token hashes and signs in one step.
        hash_and_sign: MechanismType,
        /// The curve, as aws-lc-rs names it for computing public keys from scalars.
        curve: &'static agreement::Algorithm,
    },
}

/// One signature scheme: a row of [`SCHEMES`].
#[derive(Clone, Copy, Debug)]
pub struct Scheme {
    /// The scheme's number in RFC 9420 (TLS SignatureScheme registry).
    pub signature_scheme: SignatureScheme,
    /// The scheme's key in the JSON of Wire's `GET /mls/public-keys`; also its name on
    /// the command line.
    pub name: &'static str,
    /// The name a person reads.
    pub title: &'static str,
    /// How it signs.
    pub algorithm: Algorithm,
    /// CKA_KEY_TYPE.
    pub key_type: KeyType,
    /// The mechanism that generates a key pair.
    pub key_generation: MechanismType,
    /// The forms of CKA_EC_PARAMS that name the curve, DER-encoded. The first is
    /// written when a key is made; all are understood when a key is read.
    pub parameters: &'static [&'static [u8]],
    /// The AlgorithmIdentifier's `algorithm` in PKCS#8 and SubjectPublicKeyInfo.
    pub algorithm_oid: ObjectIdentifier,
    /// The AlgorithmIdentifier's `parameters`: the named curve, or none (RFC 8410).
    pub curve_oid: Option<ObjectIdentifier>,
    /// Length in bytes of a private scalar or seed, of a coordinate, and of r and s.
    pub field_length: usize,
    /// Length in bytes of a public key as MLS carries it: the 32-byte Ed25519 key or
    /// the uncompressed point.
    pub public_key_length: usize,
    /// JWK's `kty` (RFC 7518, RFC 8037).
    pub jwk_type: &'static str,
    /// JWK's `crv`.
    pub jwk_curve: &'static str,
}

const ID_EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ID_ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Ed25519, ECDSA P-256, P-384 and P-521, in the order in which this project lists
/// them in an ExternalSenders extension and in its output.
pub static SCHEMES: &[Scheme] = &[
    Scheme {
        signature_scheme: SignatureScheme::ED25519,
        name: "ed25519",
        title: "Ed25519",
        algorithm: Algorithm::EdDsa,
        key_type: KeyType::EC_EDWARDS,
        key_generation: MechanismType::ECC_EDWARDS_KEY_PAIR_GEN,
        // PrintableString "edwards25519" (PKCS#11 3.0, section 2.3.5), and the OID.
        parameters: &[b"\x13\x0cedwards25519", b"\x06\x03\x2b\x65\x70"],
        algorithm_oid: ID_ED25519,
        curve_oid: None,
        field_length: 32,
        public_key_length: 32,
        jwk_type: "OKP",
        jwk_curve: "Ed25519",
    },
    Scheme {
        signature_scheme: SignatureScheme::ECDSA_SECP256R1_SHA256,
        name: "ecdsa_secp256r1_sha256",
        title: "ECDSA P-256",
        algorithm: Algorithm::EcDsa {
            hash: HashType::Sha2_256,
            hash_and_sign: MechanismType::ECDSA_SHA256,
            curve: &agreement::ECDH_P256,
        },
        key_type: KeyType::EC,
        key_generation: MechanismType::ECC_KEY_PAIR_GEN,
        parameters: &[b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"],
        algorithm_oid: ID_EC_PUBLIC_KEY,
        curve_oid: Some(ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7")),
        field_length: 32,
        public_key_length: 65,
        jwk_type: "EC",
        jwk_curve: "P-256",
    },
    Scheme {
        signature_scheme: SignatureScheme::ECDSA_SECP384R1_SHA384,
        name: "ecdsa_secp384r1_sha384",
        title: "ECDSA P-384",
        algorithm: Algorithm::EcDsa {
            hash: HashType::Sha2_384,
            hash_and_sign: MechanismType::ECDSA_SHA384,
            curve: &agreement::ECDH_P384,
        },
        key_type: KeyType::EC,
        key_generation: MechanismType::ECC_KEY_PAIR_GEN,
        parameters: &[b"\x06\x05\x2b\x81\x04\x00\x22"],
        algorithm_oid: ID_EC_PUBLIC_KEY,
        curve_oid: Some(ObjectIdentifier::new_unwrap("1.3.132.0.34")),
        field_length: 48,
        public_key_length: 97,
        jwk_type: "EC",
        jwk_curve: "P-384",
    },
    Scheme {
        signature_scheme: SignatureScheme::ECDSA_SECP521R1_SHA512,
        name: "ecdsa_secp521r1_sha512",
        title: "ECDSA P-521",
        algorithm: Algorithm::EcDsa {
            hash: HashType::Sha2_512,
            hash_and_sign: MechanismType::ECDSA_SHA512,
            curve: &agreement::ECDH_P521,
        },
        key_type: KeyType::EC,
        key_generation: MechanismType::ECC_KEY_PAIR_GEN,
        parameters: &[b"\x06\x05\x2b\x81\x04\x00\x23"],
        algorithm_oid: ID_EC_PUBLIC_KEY,
        curve_oid: Some(ObjectIdentifier::new_unwrap("1.3.132.0.35")),
        field_length: 66,
        public_key_length: 133,
        jwk_type: "EC",
        jwk_curve: "P-521",
    },
];

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

    /// The row for a token object's CKA_KEY_TYPE and CKA_EC_PARAMS.
    pub fn by_key(key_type: KeyType, parameters: &[u8]) -> Option<&'static Self> {
        SCHEMES
            .iter()
            .find(|scheme| scheme.key_type == key_type && scheme.parameters.contains(&parameters))
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

    /// The label under which this project keeps the scheme's removal key unless told
    /// otherwise, such as `mls-removal-ed25519`.
    pub fn default_label(&self) -> String {
        format!("mls-removal-{}", self.name)
    }

    /// The mechanism that signs what it is given: the message for EdDSA, a digest for
    /// ECDSA.
    pub fn sign(&self) -> MechanismType {
        match self.algorithm {
            Algorithm::EdDsa => MechanismType::EDDSA,
            Algorithm::EcDsa { .. } => MechanismType::ECDSA,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use der::Encode;

    #[test]
    fn parameters_name_the_same_curve_as_the_oids() {
        for scheme in SCHEMES {
            let curve = scheme.curve_oid.unwrap_or(scheme.algorithm_oid);
            let encoded = curve.to_der().unwrap();
            assert!(
                scheme.parameters.contains(&encoded.as_slice()),
                "{}",
                scheme.name
            );
        }
    }

    #[test]
    fn every_row_is_found_by_each_of_its_keys() {
        for scheme in SCHEMES {
            let found = [
                Scheme::by_name(scheme.name),
                Scheme::by_signature_scheme(scheme.signature_scheme),
                Scheme::by_oids(scheme.algorithm_oid, scheme.curve_oid),
            ];
            let by_key = scheme
                .parameters
                .iter()
                .map(|p| Scheme::by_key(scheme.key_type, p));
            for row in found.into_iter().chain(by_key) {
                assert!(std::ptr::eq(row.unwrap(), scheme), "{}", scheme.name);
            }
        }
    }

    #[test]
    fn lengths_agree_with_the_algorithm() {
        for scheme in SCHEMES {
            let expected = match scheme.algorithm {
                Algorithm::EdDsa => scheme.field_length,
                Algorithm::EcDsa { .. } => 1 + 2 * scheme.field_length,
            };
            assert_eq!(scheme.public_key_length, expected, "{}", scheme.name);
        }
    }
}
