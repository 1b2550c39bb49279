//! Wycheproof's ML-DSA through [`HwCrypto`]; the numbers are those of the data sets. ML-KEM's are in
//! the provider's own tests, for the trait hands out no shared secret.

use mls_tests::conformance::Counts;
use mls_tests::conformance::wycheproof::{ML_DSA, ml_dsa_sign, ml_dsa_verify};
use openmls_hw_crypto::HwCrypto;

/// Among the refused are those under a context, 2 of them good, which MLS does not have.
#[test]
fn ml_dsa_signatures_to_verify() {
    let counts = [(75, 105), (77, 133), (69, 172)];
    for (set, (accepted, refused)) in ML_DSA.into_iter().zip(counts) {
        ml_dsa_verify(&HwCrypto::default(), set).assert(Counts::new(accepted, refused));
    }
}

/// Refused: three seeds of wrong length each.
#[test]
fn ml_dsa_seeds_to_sign_with() {
    let counts = [(75, 8), (85, 17), (76, 17)];
    for (set, (accepted, hashes)) in ML_DSA.into_iter().zip(counts) {
        ml_dsa_sign(&HwCrypto::default(), set, hashes).assert(Counts::new(accepted, 3));
    }
}
