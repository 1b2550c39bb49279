//! Groups on the suites of draft-ietf-mls-pq-ciphersuites whose members prepare their commits, joins
//! and key packages: what was prepared is just what OpenMLS asks for.

use mls_tests::groups::{Crowd, Operation, Tally, Tree};
use mls_tests::openers::print_engines;
use openmls_hw_crypto::HwCrypto;
use openmls_traits::types::Ciphersuite;

/// A group's whole life: populated, and partly blank.
fn live(suite: Ciphersuite, size: usize, tree: Tree) -> Tally {
    let mut crowd = Crowd::new(suite, size, tree);
    crowd.perform(&[Operation::Update]);
    crowd.populate();
    crowd.perform_all(1);
    crowd.blank_a_third();
    crowd.perform_all(1);
    crowd.finish()
}

fn prove(suite: Ciphersuite, size: usize) {
    print_engines(&HwCrypto::default());
    let mut tally = live(suite, size, Tree::InGroupInfo);
    tally += live(suite, size, Tree::Apart);
    println!("{suite:?}: {tally:?}");
    assert!(tally.prepared_commits >= 2);
    assert!(tally.prepared_seals > tally.prepared_commits);
    assert!(tally.prepared_joins > 0 && tally.key_packages > 0);
}

#[test]
fn x_wing() {
    prove(
        Ciphersuite::MLS_128_MLKEM768X25519_AES128GCM_SHA256_Ed25519,
        9,
    );
}

#[test]
fn x_wing_with_ml_dsa() {
    let suite = Ciphersuite::MLS_128_MLKEM768X25519_CHACHA20POLY1305_SHA384_MLDSA44;
    prove(suite, 4);
}

#[test]
fn ml_kem_768_with_ml_dsa() {
    prove(Ciphersuite::MLS_192_MLKEM768_AES256GCM_SHA384_MLDSA65, 5);
}

#[test]
fn ml_kem_1024_with_ml_dsa() {
    prove(Ciphersuite::MLS_256_MLKEM1024_AES256GCM_SHA512_MLDSA87, 4);
}
