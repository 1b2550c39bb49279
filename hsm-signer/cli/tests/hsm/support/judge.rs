//! An independent judge of signatures: aws-lc-rs directly, and the `der` crate's strict
//! decoder. Neither is what the signer verifies with.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ED25519,
    UnparsedPublicKey, VerificationAlgorithm,
};
use der::asn1::UintRef;
use der::{Decode, Encode, Reader, SliceReader};
use mls_hsm_signer::Scheme;

/// Whether `signature` is the key's signature of `message`.
pub fn verified(scheme: &Scheme, public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let algorithm: &dyn VerificationAlgorithm = match scheme.name {
        "ed25519" => &ED25519,
        "ecdsa_secp256r1_sha256" => &ECDSA_P256_SHA256_ASN1,
        "ecdsa_secp384r1_sha384" => &ECDSA_P384_SHA384_ASN1,
        "ecdsa_secp521r1_sha512" => &ECDSA_P521_SHA512_ASN1,
        other => panic!("no verifier for {other}"),
    };
    UnparsedPublicKey::new(algorithm, public_key)
        .verify(message, signature)
        .is_ok()
}

/// The lengths of r and s in an ECDSA signature that is strict, minimal DER.
pub fn strict_der(signature: &[u8]) -> Option<(usize, usize)> {
    let mut reader = SliceReader::new(signature).ok()?;
    let (r, s) = reader
        .sequence(|parts| Ok::<_, der::Error>((UintRef::decode(parts)?, UintRef::decode(parts)?)))
        .ok()?;
    reader.finish().ok()?;
    let content = [r.to_der().ok()?, s.to_der().ok()?].concat();
    let header = signature.len() - content.len();
    let minimal = header == 2 + usize::from(content.len() >= 0x80);
    (minimal && signature.ends_with(&content)).then(|| (r.as_bytes().len(), s.as_bytes().len()))
}
