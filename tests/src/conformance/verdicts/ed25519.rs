//! Ed25519 keys and signatures on which implementations disagree.

use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{CryptoError, SignatureScheme},
};
use serde::Deserialize;

use crate::conformance::{
    Report,
    hex::{self, Hex},
    report::ok,
};

const VECTORS: &str = include_str!("../../../testdata/ed25519-speccheck.json");

#[derive(Deserialize)]
struct Vectors {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    message: Hex,
    public: Hex,
    signature: Hex,
    accepted: bool,
}

/// The vectors of "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko, 2020): of 12 one is
/// accepted.
///
/// # Panics
///
/// Panics if the vectors cannot be read.
pub fn taming(crypto: &impl OpenMlsCrypto) -> Report {
    let mut report = Report::new("Taming the many EdDSAs");
    let vectors: Vectors = serde_json::from_str(VECTORS).expect("the vectors are JSON");
    for (number, case) in vectors.cases.iter().enumerate() {
        let verify = || verify(crypto, &case.message, &case.public, &case.signature);
        let name = format!("{number}: {}", case.name);
        match case.accepted {
            true => report.accepts(name, || ok(verify())),
            false => report.refuses(name, verify),
        }
    }
    report
}

/// The canonical encodings of the points of small order, without the sign of `x`: the neutral point,
/// the one of order 2, those of order 4, and those of order 8.
const CANONICAL: [&str; 5] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
];

/// `p` and `p + 1`, for `y` of 0 and 1.
const NOT_REDUCED: [&str; 2] = [
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/// How many messages are tried under a key: of eight the equation holds for one.
const MESSAGES: u8 = 32;

/// Each key of small order with each `R` of small order and an `S` of zero, which are a signature of
/// every eighth message without any private key: 14 by 14 encodings, canonical and not (C2SP,
/// CCTV, ed25519).
pub fn small_orders(crypto: &impl OpenMlsCrypto) -> Report {
    let mut report = Report::new("Ed25519 points of small order");
    let encodings = encodings();
    for public in &encodings {
        for r in &encodings {
            let signature = [&r[..], &[0; 32]].concat();
            let forge = || {
                let mut messages = (0..MESSAGES).map(|message| [message]);
                let forged =
                    messages.any(|message| verify(crypto, &message, public, &signature).is_ok());
                forged.then_some(()).ok_or(CryptoError::InvalidSignature)
            };
            report.refuses(format!("key {}, R {}", digits(public), digits(r)), forge);
        }
    }
    report
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn encodings() -> Vec<Vec<u8>> {
    let all = CANONICAL.into_iter().chain(NOT_REDUCED);
    all.filter_map(hex::decode)
        .flat_map(|positive| {
            let mut negative = positive.clone();
            negative[31] |= 0x80;
            [positive, negative]
        })
        .collect()
}

fn verify(
    crypto: &impl OpenMlsCrypto,
    message: &[u8],
    public: &[u8],
    signature: &[u8],
) -> Result<(), CryptoError> {
    crypto.verify_signature(SignatureScheme::ED25519, message, public, signature)
}
