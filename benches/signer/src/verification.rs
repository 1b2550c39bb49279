//! What counts: a signature that verifies, by AWS-LC and none of the signer's code.

use aws_lc_rs::signature::{UnparsedPublicKey, VerificationAlgorithm};
use base64ct::{Base64, Encoding};
use tls_codec::{DeserializeBytes, Serialize, VLByteSlice, VLBytes};

use crate::Failure;
use crate::scheme::Scheme;

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

/// A public key of the sandbox's token.
pub struct PublicKey<'a> {
    pub scheme: &'static Scheme,
    pub bytes: &'a [u8],
}

impl PublicKey<'_> {
    /// Fails when the signature is none of this key's, or the proposal is not the one asked for.
    pub fn verify(&self, signed: &Signed) -> Result<(), Failure> {
        let (in_token, in_mls) = (self.scheme.in_token, self.scheme.in_mls);
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

    fn verify_by(
        &self,
        algorithm: &'static dyn VerificationAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), Failure> {
        let key = UnparsedPublicKey::new(algorithm, self.bytes);
        let verified = key.verify(message, signature);
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
        let key = PublicKey {
            scheme: Scheme::by_name("ed25519").unwrap(),
            bytes: pair.public_key().as_ref(),
        };
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
