//! The schemes that are measured: those of Wire's server.

use aws_lc_rs::digest::{Algorithm, SHA256, SHA384, SHA512, digest};
use aws_lc_rs::signature as aws;
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};

type Verification = &'static dyn aws::VerificationAlgorithm;

/// A signature scheme, as the bare module is asked for it and as its signatures are verified.
pub struct Scheme {
    pub name: &'static str,
    /// What hashes for the module, which does not do it for ECDSA.
    hash: Option<&'static Algorithm>,
    /// Verifies what PKCS#11 answers: with ECDSA r and s, one after the other.
    pub in_token: Verification,
    /// Verifies what MLS sends: with ECDSA their encoding in DER.
    pub in_mls: Verification,
}

pub const NAMES: [&str; 4] = [
    "ed25519",
    "ecdsa_secp256r1_sha256",
    "ecdsa_secp384r1_sha384",
    "ecdsa_secp521r1_sha512",
];

const fn ecdsa(
    name: &'static str,
    hash: &'static Algorithm,
    in_token: Verification,
    in_mls: Verification,
) -> Scheme {
    Scheme {
        name,
        hash: Some(hash),
        in_token,
        in_mls,
    }
}

static ALL: [Scheme; 4] = [
    Scheme {
        name: NAMES[0],
        hash: None,
        in_token: &aws::ED25519,
        in_mls: &aws::ED25519,
    },
    ecdsa(
        NAMES[1],
        &SHA256,
        &aws::ECDSA_P256_SHA256_FIXED,
        &aws::ECDSA_P256_SHA256_ASN1,
    ),
    ecdsa(
        NAMES[2],
        &SHA384,
        &aws::ECDSA_P384_SHA384_FIXED,
        &aws::ECDSA_P384_SHA384_ASN1,
    ),
    ecdsa(
        NAMES[3],
        &SHA512,
        &aws::ECDSA_P521_SHA512_FIXED,
        &aws::ECDSA_P521_SHA512_ASN1,
    ),
];

impl Scheme {
    pub fn all() -> &'static [Self] {
        &ALL
    }

    pub fn by_name(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|scheme| scheme.name == name)
    }

    /// The label of its key, as the signer names keys by default.
    pub fn label(&self) -> String {
        format!("mls-removal-{}", self.name)
    }

    /// What the module is asked to do with [`input`](Self::input).
    pub fn mechanism(&self) -> Mechanism<'static> {
        match self.hash {
            Some(_) => Mechanism::Ecdsa,
            None => Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed25519)),
        }
    }

    /// What the module is given for a message.
    pub fn input(&self, message: &[u8]) -> Vec<u8> {
        match self.hash {
            Some(hash) => digest(hash, message).as_ref().to_vec(),
            None => message.to_vec(),
        }
    }
}
