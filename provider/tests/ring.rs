//! What the build with ring, and without AWS-LC, is and is not.

#![cfg(not(any(feature = "aws-lc", feature = "fips")))]

use mls_fips::{FipsError, Requirement};
use openmls_hw_crypto::{BatchEngine, HwCrypto, RandomError, SUITES, SignatureKeyPair};
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::random::OpenMlsRand;
use openmls_traits::types::{CryptoError, HashType, HpkeKemType, SignatureScheme};

#[test]
fn it_has_four_suites_and_says_who_does_batches() {
    let suites: Vec<u16> = SUITES.iter().map(|suite| suite.code_point()).collect();
    let with_ed448 = [0x0001, 0x0002, 0x0003, 0x0004, 0x0006, 0x0007];
    match cfg!(feature = "curve448") {
        true => assert_eq!(suites, with_ed448),
        false => assert_eq!(suites, [0x0001, 0x0002, 0x0003, 0x0007]),
    }
    let status = HwCrypto::default().status();
    println!("{status:?}");
    let p384 = (HpkeKemType::DhKemP384, BatchEngine::Ring);
    assert!(status.batches.contains(&p384));
    let p521 = SignatureKeyPair::new(SignatureScheme::ECDSA_SECP521R1_SHA512);
    assert!(p521.is_err());
}

/// The requirement holds for the whole process, which is this file's; the other test asks for
/// nothing that would succeed without it.
#[test]
fn fips_mode_is_not_to_be_had_and_where_it_is_required_nothing_runs() {
    let before = HwCrypto::default();
    assert!(before.hash(HashType::Sha2_256, b"").is_ok());
    assert_eq!(HwCrypto::fips().err(), Some(FipsError::NotLinked));

    mls_fips::require(Requirement::Fips);
    for crypto in [before, HwCrypto::default()] {
        let refused = CryptoError::CryptoLibraryError;
        assert_eq!(crypto.hash(HashType::Sha2_256, b"").err(), Some(refused));
        let scheme = SignatureScheme::ECDSA_SECP256R1_SHA256;
        assert_eq!(crypto.signature_key_gen(scheme).err(), Some(refused));
        assert!(crypto.supported_ciphersuites().is_empty());
        let random = crypto.random_vec(32);
        assert_eq!(random.err(), Some(RandomError::Fips(FipsError::NotLinked)));
    }
}
