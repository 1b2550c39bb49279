//! One verdict on a signature: [`HwCrypto`]'s is the strictest that providers have in common.

use mls_tests::P521;
use mls_tests::conformance::{
    Counts,
    verdicts::{ecdsa, small_orders, taming},
};
use openmls_hw_crypto::HwCrypto;
use openmls_traits::types::SignatureScheme;

fn crypto() -> HwCrypto {
    HwCrypto::default()
}

#[test]
fn ed25519_vectors_on_which_implementations_disagree() {
    taming(&crypto()).assert(Counts::new(1, 11));
}

/// Seven `y`, each with both signs, as key and as `R`.
#[test]
fn ed25519_points_of_small_order() {
    small_orders(&crypto()).assert(Counts::new(0, 14 * 14));
}

/// Two good ones; 9 numbers out of range and 13 other writings.
#[test]
fn ecdsa_signatures_at_their_ends() {
    use SignatureScheme::*;
    let counts = Counts::new(2, 9 + 13);
    ecdsa(&crypto(), ECDSA_SECP256R1_SHA256).assert(counts);
    ecdsa(&crypto(), ECDSA_SECP384R1_SHA384).assert(counts);
    if P521 == 1 {
        ecdsa(&crypto(), ECDSA_SECP521R1_SHA512).assert(counts);
    }
}
