//! Private keys that are numbers, as others store them.
//!
//! SEC 1 (section 2.3.7) and RFC 9180 (section 7.1.2) write a scalar at the length of its field.
//! Libraries of big numbers leave leading zeros out, and others add them: the number is the key.

use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::{
    HpkeAeadType, HpkeCiphertext, HpkeKdfType, HpkeKemType, SignatureScheme,
};

use crate::conformance::reference::hpke::{Algorithms, Context};
use crate::conformance::reference::{kem, signature};
use crate::conformance::report::{ok, same};
use crate::conformance::{Report, offers_kem, offers_scheme};

/// Each curve's KEM with its signature scheme.
const CURVES: [(HpkeKemType, SignatureScheme); 3] = [
    (
        HpkeKemType::DhKemP256,
        SignatureScheme::ECDSA_SECP256R1_SHA256,
    ),
    (
        HpkeKemType::DhKemP384,
        SignatureScheme::ECDSA_SECP384R1_SHA384,
    ),
    (
        HpkeKemType::DhKemP521,
        SignatureScheme::ECDSA_SECP521R1_SHA512,
    ),
];

const MESSAGE: &[u8] = b"message";

/// A number signs, and opens what was sealed to its key, however many zeros are before it.
pub fn private_scalars(crypto: &impl OpenMlsCrypto) -> Report {
    let mut report = Report::new("private keys with other leading zeros");
    for (kem, scheme) in CURVES {
        let Some(length) = kem::parameters(kem).map(|row| row.n_sk) else {
            continue;
        };
        for scalar in scalars(length) {
            for written in writings(&scalar) {
                let case = format!("of {} bytes at {}", digits(&scalar).len(), written.len());
                if offers_scheme(crypto, scheme) {
                    report.accepts(format!("{scheme:?} {case}"), || {
                        signs(crypto, scheme, &scalar, &written)
                    });
                }
                if offers_kem(crypto, kem) {
                    report.accepts(format!("{kem:?} {case}"), || {
                        opens(crypto, kem, &scalar, &written)
                    });
                }
            }
        }
    }
    report
}

/// Numbers of one byte, of one byte less than the length, and of half of it.
fn scalars(length: usize) -> [Vec<u8>; 3] {
    [1, length / 2, length - 1].map(|digits| {
        let mut scalar = vec![0; length];
        scalar[length - digits..].fill(7);
        scalar
    })
}

/// Without zeros, at its length, and with more.
fn writings(scalar: &[u8]) -> [Vec<u8>; 4] {
    let more = |zeros: usize| [&vec![0; zeros], scalar].concat();
    [digits(scalar).to_vec(), scalar.to_vec(), more(1), more(100)]
}

fn digits(scalar: &[u8]) -> &[u8] {
    let zeros = scalar.iter().take_while(|&&byte| byte == 0).count();
    &scalar[zeros..]
}

fn signs(
    crypto: &impl OpenMlsCrypto,
    scheme: SignatureScheme,
    scalar: &[u8],
    written: &[u8],
) -> Result<(), String> {
    let public = signature::public_key(scheme, scalar).ok_or("no reference key")?;
    let signed = ok(crypto.sign(scheme, MESSAGE, written))?;
    let verified = signature::verify(scheme, &public, MESSAGE, &signed);
    same("verdict of the reference", &verified, &true)
}

fn opens(
    crypto: &impl OpenMlsCrypto,
    kem: HpkeKemType,
    scalar: &[u8],
    written: &[u8],
) -> Result<(), String> {
    let algorithms = Algorithms {
        kem,
        kdf: HpkeKdfType::HkdfSha256,
        aead: HpkeAeadType::AesGcm128,
    };
    let sent = || {
        let public = kem::public_key(kem, scalar)?;
        let (ephemeral, _) = kem::derive_key_pair(kem, b"ephemeral")?;
        let (enc, context) = Context::sender(algorithms, &ephemeral, &public, b"")?;
        Some((enc, context.seal(b"", MESSAGE)?))
    };
    let (enc, ciphertext) = sent().ok_or("no reference ciphertext")?;
    let input = HpkeCiphertext {
        kem_output: enc.into(),
        ciphertext: ciphertext.into(),
    };
    let opened = ok(crypto.hpke_open(algorithms.config(), &input, written, b"", b""))?;
    same("plaintext", &opened[..], MESSAGE)
}
