//! What counts: a signature that verifies, by AWS-LC and none of the signer's code.

use aws_lc_rs::digest::{self, digest};
use aws_lc_rs::signature as aws;
use base64ct::{Base64, Encoding};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use mls_hsm_signer::Scheme;
use tls_codec::{DeserializeBytes, Serialize, VLByteSlice, VLBytes};

use crate::Failure;

/// What is signed where no removal is asked for: as long as what is signed for one.
pub const MESSAGE: [u8; 150] = [0x5a; 150];

/// The group of all removals. They differ by their epoch, which numbers them.
pub const GROUP: &[u8] = b"a group of the signer's benchmark";

/// Whom they remove.
pub const LEAF: u32 = 1;

/// What a contender answered.
pub enum Signed {
    /// A signature of [`MESSAGE`] as PKCS#11 has it.
    InToken(Vec<u8>),
    /// A signature of [`MESSAGE`] as MLS sends it.
    InMls(Vec<u8>),
    /// An MLSMessage in base64 that proposes the removal of this epoch.
    Proposal(u64, String),
}

type Verification = &'static dyn aws::VerificationAlgorithm;

/// How signatures of a scheme are made by a bare module, and verified.
#[derive(Clone, Copy)]
pub struct Algorithms {
    /// What hashes for the module, which does not do it for ECDSA.
    hash: Option<&'static digest::Algorithm>,
    /// As PKCS#11 answers: with ECDSA r and s, one after the other.
    in_token: Verification,
    /// As MLS sends: with ECDSA their encoding in DER.
    in_mls: Verification,
}

impl Algorithms {
    pub fn of(scheme: &Scheme) -> Result<Self, Failure> {
        let (hash, in_token, in_mls): (_, Verification, Verification) = match scheme.name {
            "ed25519" => (None, &aws::ED25519, &aws::ED25519),
            "ecdsa_secp256r1_sha256" => (
                Some(&digest::SHA256),
                &aws::ECDSA_P256_SHA256_FIXED,
                &aws::ECDSA_P256_SHA256_ASN1,
            ),
            "ecdsa_secp384r1_sha384" => (
                Some(&digest::SHA384),
                &aws::ECDSA_P384_SHA384_FIXED,
                &aws::ECDSA_P384_SHA384_ASN1,
            ),
            "ecdsa_secp521r1_sha512" => (
                Some(&digest::SHA512),
                &aws::ECDSA_P521_SHA512_FIXED,
                &aws::ECDSA_P521_SHA512_ASN1,
            ),
            name => return Err(format!("{name} is not measured").into()),
        };
        Ok(Self {
            hash,
            in_token,
            in_mls,
        })
    }

    /// What the module is asked for, and what it is given, to sign a message.
    pub fn in_token(&self, message: &[u8]) -> (Mechanism<'static>, Vec<u8>) {
        match self.hash {
            Some(hash) => (Mechanism::Ecdsa, digest(hash, message).as_ref().to_vec()),
            None => {
                let pure = EddsaParams::new(EddsaSignatureScheme::Ed25519);
                (Mechanism::Eddsa(pure), message.to_vec())
            }
        }
    }
}

/// A public key of the sandbox's token.
pub struct PublicKey {
    pub scheme: &'static Scheme,
    algorithms: Algorithms,
    bytes: Vec<u8>,
}

impl PublicKey {
    pub fn new(scheme: &'static Scheme, bytes: &[u8]) -> Result<Self, Failure> {
        let algorithms = Algorithms::of(scheme)?;
        Ok(Self {
            scheme,
            algorithms,
            bytes: bytes.to_vec(),
        })
    }

    /// Fails when the signature is none of this key's, or the proposal is not the one asked for.
    pub fn verify(&self, signed: &Signed) -> Result<(), Failure> {
        let Algorithms {
            in_token, in_mls, ..
        } = self.algorithms;
        match signed {
            Signed::InToken(signature) => self.verify_by(in_token, &MESSAGE, signature),
            Signed::InMls(signature) => self.verify_by(in_mls, &MESSAGE, signature),
            Signed::Proposal(epoch, message) => {
                let message = Base64::decode_vec(message)?;
                let content = content(*epoch)?;
                let signature = message.strip_prefix(content.as_slice());
                let signature = signature.ok_or("a proposal is not the one asked for")?;
                let signature = VLBytes::tls_deserialize_exact_bytes(signature)?;
                self.verify_by(in_mls, &sign_content(&content)?, signature.as_slice())
            }
        }
    }

    fn verify_by(&self, by: Verification, message: &[u8], signature: &[u8]) -> Result<(), Failure> {
        let verified = aws::UnparsedPublicKey::new(by, &self.bytes).verify(message, signature);
        verified.map_err(|_| format!("a signature of {} does not verify", self.scheme.name).into())
    }
}

/// FramedContentTBS (RFC 9420, section 6.1) of a removal, with which its MLSMessage begins; all
/// that follows is the signature.
fn content(epoch: u64) -> Result<Vec<u8>, Failure> {
    Ok([
        &[0, 1, 0, 1][..], // mls10, mls_public_message
        &VLByteSlice(GROUP).tls_serialize_detached()?,
        &epoch.to_be_bytes(),
        &[2, 0, 0, 0, 0], // external, the first sender
        &[0],             // no authenticated data
        &[2, 0, 3],       // proposal, remove
        &LEAF.to_be_bytes(),
    ]
    .concat())
}

/// SignContent (RFC 9420, section 5.1.2).
fn sign_content(content: &[u8]) -> Result<Vec<u8>, Failure> {
    let label = VLByteSlice(b"MLS 1.0 FramedContentTBS").tls_serialize_detached()?;
    Ok([label, VLByteSlice(content).tls_serialize_detached()?].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};

    #[test]
    fn what_does_not_verify_does_not_count() {
        let pair = Ed25519KeyPair::generate().unwrap();
        let scheme = Scheme::by_name("ed25519").unwrap();
        let key = PublicKey::new(scheme, pair.public_key().as_ref()).unwrap();
        let signature = pair.sign(&MESSAGE).as_ref().to_vec();
        let spoiled = [&[signature[0] ^ 1], &signature[1..]].concat();
        for form in [Signed::InToken, Signed::InMls] {
            key.verify(&form(signature.clone())).unwrap();
            key.verify(&form(spoiled.clone())).unwrap_err();
        }
        let proposal = |epoch: u64| {
            let content = content(epoch).unwrap();
            let signature = pair.sign(&sign_content(&content).unwrap());
            let signature = VLByteSlice(signature.as_ref()).tls_serialize_detached();
            Base64::encode_string(&[content, signature.unwrap()].concat())
        };
        key.verify(&Signed::Proposal(7, proposal(7))).unwrap();
        key.verify(&Signed::Proposal(7, proposal(8))).unwrap_err();
    }
}
