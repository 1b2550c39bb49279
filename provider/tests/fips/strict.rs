//! The strict policy: the indicator's word on every call, or a named exception.

use mls_fips::{Algorithm, Service, observe};
use openmls_hw_crypto::{HwCrypto, Policy};

use crate::walk::{CASES, cases};

#[test]
fn every_approved_operation_passes_and_no_other() {
    let strict = HwCrypto::with_policy(Policy::Strict).unwrap();
    assert_eq!(strict.policy(), Some(Policy::Strict));
    let mut passed = 0;
    for case in cases() {
        let outcome = case.run(&strict);
        assert_eq!(
            outcome.is_ok(),
            case.is_approved(),
            "{}: {outcome:?}",
            case.name()
        );
        passed += usize::from(outcome.is_ok());
    }
    println!("strict: {passed} of {CASES} operations pass");
    assert!(passed > CASES / 2);
}

/// Every operation asks the module, and what it asks for is what its algorithm needs: that
/// nothing else does the work. (That nothing else is there, `symbols.rs` says.)
#[test]
fn every_operation_is_done_by_the_module() {
    let crypto = HwCrypto::default();
    let mut seen = 0;
    for case in cases() {
        let (outcome, observations) = case.observe(&crypto);
        assert_eq!(outcome, Ok(()), "{}", case.name());
        let of = |service| observations.iter().any(|seen| seen.service == service);
        for &service in expected(case.operation) {
            assert!(
                of(service),
                "{} without {service:?}: {observations:?}",
                case.name()
            );
        }
        let algorithms = [Algorithm::Sha2, Algorithm::HmacSha2, Algorithm::Drbg];
        for observation in &observations {
            assert!(
                case.approvals.contains(&observation.algorithm)
                    || algorithms.contains(&observation.algorithm),
                "{}: {observation:?}",
                case.name()
            );
        }
        seen += observations.len();
    }
    println!("{CASES} operations made {seen} calls of the module");
}

/// What an operation cannot be done without.
fn expected(operation: &str) -> &'static [Service] {
    use Service::*;
    match operation {
        "random_vec" | "random_array" => &[Random],
        "hash" => &[Digest],
        "hmac" | "hkdf_extract" | "hkdf_extract without salt" | "hkdf_expand" => &[Hmac],
        "aead_encrypt" => &[Seal],
        "aead_decrypt" => &[Open],
        "signature_key_gen" | "SignatureKeyPair::new" => &[KeyGeneration],
        "sign" | "SignatureKeyPair::sign" => &[KeyEntry, Sign],
        "SignatureKeyPair::from_raw" => &[KeyEntry],
        "verify_signature" => &[Verify],
        "prepare_verifications" => &[Verify, Digest],
        "hpke_seal" | "hpke_seal_batch" | "prepare_seals, hpke_seal" => {
            &[KeyGeneration, Agreement, Hmac, Seal]
        }
        "hpke_open" => &[KeyEntry, Agreement, Hmac, Open],
        "hpke_setup_sender_and_export" | "prepare_seals" => &[KeyGeneration, Agreement, Hmac],
        "hpke_setup_receiver_and_export" => &[KeyEntry, Agreement, Hmac],
        "derive_hpke_keypair" | "derive_hpke_keypairs_batch" => &[Hmac, KeyEntry],
        "generate_hpke_keypairs" => &[KeyGeneration],
        "supports" => &[],
        other => panic!("what does {other} need?"),
    }
}

/// The policy notices: a call in which the module does nothing has no approval.
#[test]
fn an_observed_call_without_the_module_does_not_pass() {
    let ((), seen) = mls_fips::record(|| observe(Service::Digest, Algorithm::Sha2, || ()));
    assert!(!seen[0].passes());
}
