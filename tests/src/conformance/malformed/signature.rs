//! Signatures and their keys.

use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{CryptoError, HpkeKemType, SignatureScheme},
};

use super::{
    bit_flips,
    encodings::{self, Flaw},
    wrong_lengths,
};
use crate::conformance::{
    Report, offers_scheme,
    reference::{self, kem},
    report::ok,
};

const MESSAGE: &[u8] = b"message";

/// Each scheme with the KEM on whose curve it is; Ed25519 has keys of its own.
const SCHEMES: [(SignatureScheme, Option<HpkeKemType>); 4] = [
    (SignatureScheme::ED25519, None),
    (
        SignatureScheme::ECDSA_SECP256R1_SHA256,
        Some(HpkeKemType::DhKemP256),
    ),
    (
        SignatureScheme::ECDSA_SECP384R1_SHA384,
        Some(HpkeKemType::DhKemP384),
    ),
    (
        SignatureScheme::ECDSA_SECP521R1_SHA512,
        Some(HpkeKemType::DhKemP521),
    ),
];

fn schemes(
    crypto: &impl OpenMlsCrypto,
) -> impl Iterator<Item = (SignatureScheme, Option<HpkeKemType>)> {
    let rows = SCHEMES.into_iter();
    rows.filter(|&(scheme, _)| offers_scheme(crypto, scheme))
}

/// Private and public key of the reference.
fn key_pair(scheme: SignatureScheme, curve: Option<HpkeKemType>) -> Option<(Vec<u8>, Vec<u8>)> {
    let private = match curve {
        Some(kem) => kem::derive_key_pair(kem, b"signature key")?.0,
        None => vec![3; 32],
    };
    reference::signature::public_key(scheme, &private).map(|public| (private, public))
}

/// Private and public keys that are none.
pub fn signature_keys(crypto: &impl OpenMlsCrypto) -> Report {
    let mut report = Report::new("signature keys");
    for (scheme, curve) in schemes(crypto) {
        let Some((private, public)) = key_pair(scheme, curve) else {
            report.fail(format!("{scheme:?}"), "no reference key");
            continue;
        };
        private_keys(&mut report, crypto, scheme, curve, &private);
        public_keys(&mut report, crypto, scheme, curve, (&private, &public));
    }
    report
}

fn private_keys(
    report: &mut Report,
    crypto: &impl OpenMlsCrypto,
    scheme: SignatureScheme,
    curve: Option<HpkeKemType>,
    private: &[u8],
) {
    let Some(kem) = curve else {
        return seeds(report, crypto, scheme, private);
    };
    for (name, key) in encodings::scalars_out_of_range(kem) {
        report.refuses_with(
            CryptoError::SigningError,
            format!("{scheme:?} private key {name}"),
            || crypto.sign(scheme, MESSAGE, &key),
        );
    }
    report.accepts(format!("{scheme:?} largest private key"), || {
        let key = encodings::largest_scalar(kem).ok_or("no such key")?;
        ok(crypto.sign(scheme, MESSAGE, &key)).map(drop)
    });
}

fn seeds(report: &mut Report, crypto: &impl OpenMlsCrypto, scheme: SignatureScheme, seed: &[u8]) {
    for (name, key) in wrong_lengths(seed) {
        report.refuses_with(
            CryptoError::InvalidLength,
            format!("{scheme:?} private key {name}"),
            || crypto.sign(scheme, MESSAGE, &key),
        );
    }
}

fn public_keys(
    report: &mut Report,
    crypto: &impl OpenMlsCrypto,
    scheme: SignatureScheme,
    curve: Option<HpkeKemType>,
    (private, public): (&[u8], &[u8]),
) {
    let Some(signature) = reference::signature::sign(scheme, private, MESSAGE) else {
        return report.fail(format!("{scheme:?}"), "no reference signature");
    };
    let bad: Vec<_> = match curve {
        Some(kem) => encodings::bad_points(kem, public)
            .into_iter()
            .map(|point| (point.name, point.flaw, point.bytes))
            .collect(),
        None => wrong_lengths(public)
            .into_iter()
            .map(|(name, bytes)| (name, Flaw::Encoding, bytes))
            .chain([("not a point", Flaw::Point, not_an_ed25519_point())])
            .collect(),
    };
    for (name, flaw, key) in bad {
        let error = match flaw {
            Flaw::Encoding => CryptoError::InvalidPublicKey,
            Flaw::Point => CryptoError::InvalidSignature,
        };
        report.refuses_with(error, format!("{scheme:?} public key {name}"), || {
            crypto.verify_signature(scheme, MESSAGE, &key, &signature)
        });
    }
}

/// `y = 2` has no `x` on edwards25519.
fn not_an_ed25519_point() -> Vec<u8> {
    let mut y = vec![0; 32];
    y[0] = 2;
    y
}

/// Signatures that are none: truncated, extended, every flipped bit, fixed-length `r | s`,
/// of another message.
pub fn signatures(crypto: &impl OpenMlsCrypto) -> Report {
    let mut report = Report::new("signatures");
    for (scheme, curve) in schemes(crypto) {
        let Some((public, signature)) = signed(scheme, curve) else {
            report.fail(format!("{scheme:?}"), "no reference signature");
            continue;
        };
        report.accepts(format!("{scheme:?}"), || {
            ok(crypto.verify_signature(scheme, MESSAGE, &public, &signature))
        });
        for (name, message, signature) in forgeries(curve, &signature) {
            report.refuses_with(
                CryptoError::InvalidSignature,
                format!("{scheme:?} {name}"),
                || crypto.verify_signature(scheme, &message, &public, &signature),
            );
        }
    }
    report
}

/// A public key, and the signature of [`MESSAGE`] under it.
fn signed(scheme: SignatureScheme, curve: Option<HpkeKemType>) -> Option<(Vec<u8>, Vec<u8>)> {
    let (private, public) = key_pair(scheme, curve)?;
    reference::signature::sign(scheme, &private, MESSAGE).map(|signature| (public, signature))
}

/// Messages with signatures that are not theirs.
fn forgeries(
    curve: Option<HpkeKemType>,
    signature: &[u8],
) -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let truncated = (0..signature.len()).map(|length| ("truncated", signature[..length].to_vec()));
    let flipped = bit_flips(signature).map(|flipped| ("bit flipped", flipped));
    let extended = ("with a byte more", [signature, &[0]].concat());
    let zeros = ("zeros", vec![0; signature.len()]);
    let fixed = curve.and_then(kem::parameters).map(|parameters| {
        let fixed = fixed_length(signature, parameters.n_sk);
        ("r | s", fixed)
    });
    let others = bit_flips(MESSAGE).map(|other| ("of another message", other, signature.to_vec()));
    truncated
        .chain(flipped)
        .chain([extended, zeros])
        .chain(fixed)
        .map(|(name, signature)| (name, MESSAGE.to_vec(), signature))
        .chain(others)
        .collect()
}

/// The two integers of a DER signature at the length of the curve, one after the other.
fn fixed_length(der: &[u8], length: usize) -> Vec<u8> {
    // SEQUENCE with a length of one byte, or of two from 128 bytes on.
    let mut rest = if der[1] & 0x80 == 0 {
        &der[2..]
    } else {
        &der[3..]
    };
    let mut integers = Vec::new();
    while let [_, size, tail @ ..] = rest {
        let (integer, tail) = tail.split_at(usize::from(*size));
        let significant = integer
            .iter()
            .position(|&byte| byte != 0)
            .unwrap_or(integer.len());
        let digits = &integer[significant..];
        integers.extend(vec![0; length.saturating_sub(digits.len())]);
        integers.extend_from_slice(digits);
        rest = tail;
    }
    integers
}

/// A scheme that no suite of the checks uses.
pub fn signature_unsupported(crypto: &impl OpenMlsCrypto) -> Report {
    const UNSUPPORTED: CryptoError = CryptoError::UnsupportedSignatureScheme;
    let mut report = Report::new("signature schemes that are not supported");
    let scheme = SignatureScheme::ED448;
    report.refuses_with(UNSUPPORTED, "generate", || crypto.signature_key_gen(scheme));
    report.refuses_with(UNSUPPORTED, "sign", || {
        crypto.sign(scheme, MESSAGE, &[1; 57])
    });
    report.refuses_with(UNSUPPORTED, "verify", || {
        crypto.verify_signature(scheme, MESSAGE, &[1; 57], &[1; 114])
    });
    report
}
