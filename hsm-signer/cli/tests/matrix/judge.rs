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
