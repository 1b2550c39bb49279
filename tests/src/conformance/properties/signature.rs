//! Signatures.

use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{HpkeKemType, SignatureScheme},
};

use super::{bytes, exactly, holds};
use crate::conformance::{
    Report, offers_scheme,
    reference::{kem, signature},
    report::{ok, same},
};

const LONGEST_MESSAGE: usize = 600;

const SCHEMES: [SignatureScheme; 4] = [
    SignatureScheme::ED25519,
    SignatureScheme::ECDSA_SECP256R1_SHA256,
    SignatureScheme::ECDSA_SECP384R1_SHA384,
    SignatureScheme::ECDSA_SECP521R1_SHA512,
];

fn schemes(crypto: &impl OpenMlsCrypto) -> impl Iterator<Item = SignatureScheme> {
    SCHEMES
        .into_iter()
        .filter(|&scheme| offers_scheme(crypto, scheme))
}

/// What either side signs the other verifies; Ed25519 signatures are the same bytes.
pub fn signatures(crypto: &impl OpenMlsCrypto, cases: u32) -> Report {
    let mut report = Report::new("signatures");
    for scheme in schemes(crypto) {
        let inputs = (exactly(32), bytes(LONGEST_MESSAGE));
        holds(
            &mut report,
            format!("{scheme:?}"),
            cases,
            inputs,
            |(seed, message)| {
                let private = private_key(scheme, &seed).ok_or("no reference key")?;
                let public = signature::public_key(scheme, &private).ok_or("no reference key")?;
                let ours = ok(crypto.sign(scheme, &message, &private))?;
                let theirs = signature::sign(scheme, &private, &message).ok_or("no signature")?;
                if scheme == SignatureScheme::ED25519 {
                    same("signature", &ours, &theirs)?;
                }
                let verified = signature::verify(scheme, &public, &message, &ours);
                same("verdict of the reference", &verified, &true)?;
                ok(crypto.verify_signature(scheme, &message, &public, &theirs))
            },
        );
    }
    report
}

/// Generated keys have the public key that the reference computes, and sign.
pub fn generated_keys(crypto: &impl OpenMlsCrypto, cases: u32) -> Report {
    let mut report = Report::new("generated signature keys");
    for scheme in schemes(crypto) {
        let inputs = bytes(LONGEST_MESSAGE);
        holds(
            &mut report,
            format!("{scheme:?}"),
            cases,
            inputs,
            |message| {
                let (private, public) = ok(crypto.signature_key_gen(scheme))?;
                let expected =
                    signature::public_key(scheme, &private).ok_or("not a private key")?;
                same("public key", &public, &expected)?;
                let signed = ok(crypto.sign(scheme, &message, &private))?;
                let verified = signature::verify(scheme, &public, &message, &signed);
                same("verdict of the reference", &verified, &true)
            },
        );
    }
    report
}

/// A private key at the length of the scheme; any 32 bytes are one for Ed25519.
fn private_key(scheme: SignatureScheme, seed: &[u8]) -> Option<Vec<u8>> {
    let kem = match scheme {
        SignatureScheme::ECDSA_SECP256R1_SHA256 => HpkeKemType::DhKemP256,
        SignatureScheme::ECDSA_SECP384R1_SHA384 => HpkeKemType::DhKemP384,
        SignatureScheme::ECDSA_SECP521R1_SHA512 => HpkeKemType::DhKemP521,
        _ => return Some(seed.to_vec()),
    };
    kem::derive_key_pair(kem, seed).map(|(private, _)| private)
}
