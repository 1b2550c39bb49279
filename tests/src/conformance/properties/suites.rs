//! What an implementation says about itself, and its randomness.

use openmls_traits::{
    crypto::OpenMlsCrypto,
    random::OpenMlsRand,
    types::{Ciphersuite, CryptoError},
};

use super::{bytes, holds};
use crate::conformance::{
    Report,
    report::{ok, same},
};

/// The suites of RFC 9420, Section 17.1.
const SUITES: std::ops::RangeInclusive<u16> = 0x0001..=0x0007;

/// `supports` agrees with `supported_ciphersuites`, and a supported suite signs and decrypts.
pub fn supported_suites(crypto: &impl OpenMlsCrypto, cases: u32) -> Report {
    let mut report = Report::new("supported suites");
    let listed = crypto.supported_ciphersuites();
    for suite in SUITES.filter_map(|code_point| Ciphersuite::try_from(code_point).ok()) {
        if !listed.contains(&suite) {
            report.refuses_with(CryptoError::UnsupportedCiphersuite, suite, || {
                crypto.supports(suite)
            });
            continue;
        }
        report.accepts(suite, || ok(crypto.supports(suite)));
        holds(
            &mut report,
            suite,
            cases,
            (bytes(200), bytes(200)),
            |(message, info)| round_trip(crypto, suite, &message, &info),
        );
    }
    report
}

fn round_trip(
    crypto: &impl OpenMlsCrypto,
    suite: Ciphersuite,
    message: &[u8],
    info: &[u8],
) -> Result<(), String> {
    let (private, public) = ok(crypto.signature_key_gen(suite.signature_algorithm()))?;
    let signature = ok(crypto.sign(suite.signature_algorithm(), message, &private))?;
    ok(crypto.verify_signature(suite.signature_algorithm(), message, &public, &signature))?;
    let recipient = ok(crypto.derive_hpke_keypair(suite.hpke_config(), &[9; 64]))?;
    let sealed = crypto.hpke_seal(suite.hpke_config(), &recipient.public, info, &[], message);
    let opened = ok(crypto.hpke_open(
        suite.hpke_config(),
        &ok(sealed)?,
        &recipient.private,
        info,
        &[],
    ))?;
    same("plaintext", &opened[..], message)
}

/// Random bytes come at the length asked for and are not the same twice.
pub fn randomness(rand: &impl OpenMlsRand) -> Report {
    let mut report = Report::new("randomness");
    for length in [0, 1, 16, 32, 1_000, 100_000] {
        report.accepts(format!("{length} bytes"), || {
            let drawn = rand.random_vec(length).map_err(|error| error.to_string())?;
            same("length", &drawn.len(), &length)
        });
    }
    report.accepts("two arrays", || {
        let first: [u8; 32] = rand.random_array().map_err(|error| error.to_string())?;
        let second: [u8; 32] = rand.random_array().map_err(|error| error.to_string())?;
        same("repetition", &(first == second), &false)
    });
    report.accepts("two vectors", || {
        let first = rand.random_vec(32).map_err(|error| error.to_string())?;
        let second = rand.random_vec(32).map_err(|error| error.to_string())?;
        same("repetition", &(first == second), &false)
    });
    report
}
