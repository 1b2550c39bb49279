//! The NIST curves on RustCrypto.

/// One module for a curve: its Diffie-Hellman function and its ECDSA.
macro_rules! nist_curve {
    ($curve:ident, $name:literal) => {
        #[doc = concat!("ECDH and ECDSA on ", $name, ".")]
        pub(super) mod $curve {
            use $curve::{
                PublicKey, SecretKey,
                ecdsa::{
                    Signature, SigningKey, VerifyingKey,
                    signature::{Signer, Verifier},
                },
            };

            /// The uncompressed point `sk * G`.
            pub(in super::super) fn public_key(sk: &[u8]) -> Option<Vec<u8>> {
                let point = SecretKey::from_slice(sk).ok()?.public_key();
                uncompressed(&point)
            }

            /// The x-coordinate of `sk * pk`.
            pub(in super::super) fn dh(sk: &[u8], pk: &[u8]) -> Option<Vec<u8>> {
                let sk = SecretKey::from_slice(sk).ok()?;
                let pk = PublicKey::from_sec1_bytes(pk).ok()?;
                Some(sk.diffie_hellman(&pk).raw_secret_bytes().to_vec())
            }

            /// The uncompressed encoding of a point in any encoding of SEC 1.
            pub(in super::super) fn decompress(point: &[u8]) -> Option<Vec<u8>> {
                uncompressed(&PublicKey::from_sec1_bytes(point).ok()?)
            }

            /// A signature in DER.
            pub(in super::super) fn sign(sk: &[u8], message: &[u8]) -> Option<Vec<u8>> {
                let signature: Signature = SigningKey::from_slice(sk).ok()?.sign(message);
                Some(signature.to_der().as_bytes().to_vec())
            }

            /// Whether the DER `signature` of `message` is valid.
            pub(in super::super) fn verify(pk: &[u8], message: &[u8], signature: &[u8]) -> bool {
                let key = VerifyingKey::from_sec1_bytes(pk);
                let signature = Signature::from_der(signature);
                matches!((key, signature), (Ok(key), Ok(signature))
                    if key.verify(message, &signature).is_ok())
            }

            fn uncompressed(point: &PublicKey) -> Option<Vec<u8>> {
                use $curve::elliptic_curve::sec1::ToSec1Point;
                Some(point.to_sec1_point(false).as_bytes().to_vec())
            }
        }
    };
}

nist_curve!(p256, "P-256");
nist_curve!(p384, "P-384");
nist_curve!(p521, "P-521");
