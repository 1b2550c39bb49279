//! [`HwCrypto`] agrees with a second implementation on random input.

use mls_rs_core::crypto::{CipherSuite, CryptoProvider};
use mls_rs_crypto_openssl::OpensslCryptoProvider;
use mls_tests::P521;
use mls_tests::conformance::{
    Counts,
    properties::{
        aead, derive_key_pair, generated_keys, hash, hkdf, hmac, hpke_exports, hpke_messages,
        hpke_with_provider, hpke_with_suite, randomness, signatures, supported_suites,
    },
    reference::hpke::Algorithms,
};
use openmls_hw_crypto::{HwCrypto, SUITES};
use openmls_rust_crypto::RustCrypto;
use openmls_traits::types::HpkeKemType;

/// Cases of a property that costs microseconds.
const MANY: u32 = 1_000;
/// Cases of a property that costs a few operations on a curve.
const SOME: u32 = 64;
/// Cases for each of the 36 combinations, without P-521 27, of HPKE's algorithms.
const FEW: u32 = 16;

fn crypto() -> HwCrypto {
    HwCrypto::default()
}

fn all_good(algorithms: usize, cases: u32) -> Counts {
    Counts::new(algorithms * cases as usize, 0)
}

#[test]
fn hashes() {
    hash(&crypto(), MANY).assert(all_good(3, MANY));
}

#[test]
fn hmac_tags() {
    hmac(&crypto(), MANY).assert(all_good(3, MANY));
}

#[test]
fn hkdf_extract_and_expand() {
    hkdf(&crypto(), MANY).assert(all_good(2 * 3, MANY));
}

#[test]
fn aead_both_ways() {
    aead(&crypto(), MANY).assert(all_good(3, MANY));
}

#[test]
fn signatures_both_ways() {
    signatures(&crypto(), SOME).assert(all_good(3 + P521, SOME));
}

#[test]
fn generated_signature_keys() {
    generated_keys(&crypto(), SOME).assert(all_good(3 + P521, SOME));
}

#[test]
fn hpke_key_pairs() {
    derive_key_pair(&crypto(), FEW).assert(all_good(9 * (3 + P521), FEW));
}

#[test]
fn hpke_messages_both_ways() {
    hpke_messages(&crypto(), FEW).assert(all_good(9 * (3 + P521), FEW));
}

#[test]
fn hpke_exports_both_ways() {
    hpke_exports(&crypto(), FEW).assert(all_good(9 * (3 + P521), FEW));
}

/// hpke-rs, in openmls_rust_crypto, has X25519 and P-256.
#[test]
fn hpke_with_hpke_rs() {
    let kems = [HpkeKemType::DhKem25519, HpkeKemType::DhKemP256];
    let algorithms: Vec<_> = Algorithms::offered_by(&crypto())
        .into_iter()
        .filter(|algorithms| kems.contains(&algorithms.kem))
        .collect();
    let report = hpke_with_provider(&crypto(), &RustCrypto::default(), &algorithms, FEW);
    report.assert(all_good(18, FEW));
}

/// mls-rs on OpenSSL, whose HPKE is fixed to the suites; the second opinion on P-384, which has no
/// vectors in RFC 9180.
#[test]
fn hpke_with_mls_rs_on_openssl() {
    let openssl = OpensslCryptoProvider::new();
    for suite in SUITES {
        let code_point = u16::from(suite.ciphersuite);
        let other = openssl
            .cipher_suite_provider(CipherSuite::from(code_point))
            .expect("mls-rs on OpenSSL has every suite of RFC 9420");
        hpke_with_suite(&crypto(), &other, SOME).assert(all_good(1, SOME));
    }
}

/// 0x0004 and 0x0006 are refused, and without P-521 0x0005.
#[test]
fn suites() {
    let supported = SUITES.len();
    assert_eq!(supported, 4 + P521);
    supported_suites(&crypto(), FEW)
        .assert(Counts::new(supported * (1 + FEW as usize), 7 - supported));
}

#[test]
fn random_bytes() {
    randomness(&crypto()).assert(Counts::new(8, 0));
}
