//! What FIPS mode refuses: by algorithm, in every operation.

use openmls_hw_crypto::{HwCrypto, Policy, SUITES};
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::{Ciphersuite, CryptoError, HpkeAeadType, HpkeConfig, HpkeKdfType};

use crate::walk::{CASES, CASES_OF_SUITE, Failed, SUITE_COUNTS, X448, cases};

/// The suites that only approved algorithms make up.
pub const APPROVED: &[u16] = match (cfg!(feature = "ml-kem"), cfg!(feature = "ml-dsa")) {
    (false, _) => &[0x0002, 0x0005, 0x0007],
    (true, false) => &[0x0002, 0x0005, 0x0007, 0x0042, 0x0050, 0xf042],
    (true, true) => &[
        0x0002, 0x0005, 0x0007, 0x0042, 0x0050, 0x0051, 0x0906, 0x0907, 0xf042,
    ],
};

#[test]
fn every_operation_runs_if_and_only_if_its_algorithms_are_approved() {
    let (unrestricted, fips) = (HwCrypto::default(), HwCrypto::fips().unwrap());
    assert_eq!(unrestricted.policy(), None);
    assert_eq!(fips.policy(), Some(Policy::Fips));
    let (mut run, mut refused) = (0, 0);
    for case in cases() {
        assert_eq!(case.run(&unrestricted), Ok(()), "{}", case.name());
        match (case.is_enabled(), case.run(&fips)) {
            (true, Ok(())) => run += 1,
            (false, Err(error)) => {
                assert!(is_refusal(&error), "{}: {error:?}", case.name());
                refused += 1;
            }
            (_, outcome) => panic!("{}: {outcome:?}", case.name()),
        }
    }
    println!("FIPS mode: {run} operations run, {refused} refused");
    // Refused are ChaCha20-Poly1305 both ways, and all of suites with what is not approved.
    let (_, suites) = SUITE_COUNTS;
    let expected = 2 + suites * CASES_OF_SUITE;
    assert_eq!((run, refused), (CASES - expected, expected));
}

fn is_refusal(error: &Failed) -> bool {
    match error {
        Failed::Crypto(error) => matches!(
            error,
            CryptoError::UnsupportedCiphersuite | CryptoError::UnsupportedAeadAlgorithm
        ),
        Failed::Other(error) => error.starts_with("unsupported"),
    }
}

#[test]
fn the_suites_are_the_approved_ones() {
    let fips = HwCrypto::fips().unwrap();
    let listed: Vec<u16> = fips
        .supported_ciphersuites()
        .into_iter()
        .map(|suite| suite as u16)
        .collect();
    assert_eq!(listed, APPROVED);
    for suite in SUITES.iter().map(|suite| suite.ciphersuite) {
        let approved = APPROVED.contains(&(suite as u16));
        assert_eq!(fips.supports(suite).is_ok(), approved);
        assert_eq!(fips.refusal(suite).is_none(), approved);
        assert_eq!(HwCrypto::default().refusal(suite), None);
    }
}

#[test]
fn a_refusal_names_the_rule() {
    let fips = HwCrypto::fips().unwrap();
    let of = |suite| fips.refusal(suite).unwrap();
    let x25519 = of(Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519);
    assert!(x25519.contains("FIPS mode: 0x0001"), "{x25519}");
    assert!(x25519.contains("X25519 is not approved"), "{x25519}");
    assert!(x25519.contains("SP 800-56A"), "{x25519}");
    let x448 = of(Ciphersuite::MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448);
    assert!(x448.contains("X448 is not approved"), "{x448}");
    let elsewhere =
        HwCrypto::default().refusal(Ciphersuite::MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448);
    assert!(elsewhere.unwrap().contains("not implemented"));
}

/// An AEAD that is not approved, under a KEM and a KDF that are; and a KEM of no suite.
#[test]
fn it_is_the_algorithm_that_decides_and_not_the_suite() {
    use openmls_traits::types::HpkeKemType::DhKemP256;
    let fips = HwCrypto::fips().unwrap();
    let config = |aead| HpkeConfig(DhKemP256, HpkeKdfType::HkdfSha256, aead);
    let pair = fips
        .derive_hpke_keypair(config(HpkeAeadType::AesGcm128), &[5; 32])
        .unwrap();
    let seal = |config| fips.hpke_seal(config, &pair.public, b"", b"", b"text");
    assert!(seal(config(HpkeAeadType::AesGcm256)).is_ok());
    let refused = seal(config(HpkeAeadType::ChaCha20Poly1305));
    assert_eq!(refused.err(), Some(CryptoError::UnsupportedAeadAlgorithm));
    let x448 = HpkeConfig(X448, HpkeKdfType::HkdfSha256, HpkeAeadType::AesGcm128);
    assert_eq!(
        fips.derive_hpke_keypair(x448, &[5; 64]).err(),
        Some(CryptoError::UnsupportedCiphersuite)
    );
}
