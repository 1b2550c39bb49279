//! An independent judge of signatures: aws-lc-rs directly; for Ed448, which AWS-LC has not, the
//! installed openssl.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ED25519, ML_DSA_44,
    ML_DSA_65, ML_DSA_87, UnparsedPublicKey, VerificationAlgorithm,
};
use mls_hsm_signer::Scheme;
use mls_hsm_signer::encoding::public_key;

/// Whether `signature` is the key's signature of `message`.
pub fn verified(
    scheme: &'static Scheme,
    public_key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> bool {
    let algorithm: &dyn VerificationAlgorithm = match scheme.name {
        "ed25519" => &ED25519,
        "ecdsa_secp256r1_sha256" => &ECDSA_P256_SHA256_ASN1,
        "ecdsa_secp384r1_sha384" => &ECDSA_P384_SHA384_ASN1,
        "ecdsa_secp521r1_sha512" => &ECDSA_P521_SHA512_ASN1,
        "mldsa44" => &ML_DSA_44,
        "mldsa65" => &ML_DSA_65,
        "mldsa87" => &ML_DSA_87,
        "ed448" => return by_openssl(scheme, public_key, message, signature),
        other => panic!("no verifier for {other}"),
    };
    let key = UnparsedPublicKey::new(algorithm, public_key);
    key.verify(message, signature).is_ok()
}

fn by_openssl(
    scheme: &'static Scheme,
    public_key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> bool {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let pem = public_key::pem(&(scheme, public_key.to_vec())).unwrap();
    let mut command = crate::programs::openssl();
    command.args(["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey"]);
    command.arg(file("key", pem.as_bytes()));
    command.arg("-in").arg(file("message", message));
    command.arg("-sigfile").arg(file("signature", signature));
    command.output().unwrap().status.success()
}

/// Whether a PublicMessage of an external sender carries the key's signature of its content (RFC
/// 9420, sections 6.1 and 12.1.8.1), read here by hand.
pub fn removal_verified(scheme: &'static Scheme, public_key: &[u8], message: &[u8]) -> bool {
    // ProtocolVersion and WireFormat; then the group, epoch, sender type and index.
    let mut end = 4;
    end = after_vector(message, end) + 8 + 1 + 4;
    // Authenticated data; then the content type, the proposal type and the leaf.
    end = after_vector(message, end) + 1 + 2 + 4;
    let (content, signature) = message.split_at(end);
    let start = after_vector(signature, 0) - length(signature, 0).1;
    let mut signed = Vec::new();
    for part in [&b"MLS 1.0 FramedContentTBS"[..], content] {
        match part.len() {
            short @ ..64 => signed.push(short as u8),
            long => signed.extend((0x4000 | long as u16).to_be_bytes()),
        }
        signed.extend(part);
    }
    verified(scheme, public_key, &signed, &signature[start..])
}

/// How long a vector's length is, and the vector (RFC 9420, section 2.1.2).
fn length(bytes: &[u8], at: usize) -> (usize, usize) {
    match bytes[at] >> 6 {
        0 => (1, bytes[at].into()),
        1 => (
            2,
            (usize::from(bytes[at] & 0x3f) << 8) | usize::from(bytes[at + 1]),
        ),
        _ => panic!("longer than any field of a removal"),
    }
}

fn after_vector(bytes: &[u8], at: usize) -> usize {
    let (header, content) = length(bytes, at);
    at + header + content
}
