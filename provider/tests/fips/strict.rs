//! The strict policy: the indicator's word on every call, or a named exception.

use mls_fips::{Algorithm, Service, observe};
use openmls_hw_crypto::{HwCrypto, Policy, SignedMessage};
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::SignatureScheme;

use crate::walk::{CASES, Case, cases};

#[test]
fn every_approved_operation_passes_and_no_other() {
    let strict = HwCrypto::with_policy(Policy::Strict).unwrap();
    assert_eq!(strict.policy(), Some(Policy::Strict));
    let mut passed = 0;
    for case in cases() {
        let outcome = case.run(&strict);
        assert_eq!(
            outcome.is_ok(),
            case.is_enabled(),
            "{}: {outcome:?}",
            case.name()
        );
        passed += usize::from(outcome.is_ok());
    }
    println!("strict: {passed} of {CASES} operations pass");
    assert!(passed > CASES / 2);
}

/// A key of the wrong length is refused before the module is asked.
#[test]
fn one_that_the_module_does_not_see_keeps_no_other_from_being_prepared() {
    let strict = HwCrypto::with_policy(Policy::Strict).unwrap();
    let scheme = SignatureScheme::ECDSA_SECP256R1_SHA256;
    let (private, public) = strict.signature_key_gen(scheme).unwrap();
    let signature = strict.sign(scheme, b"message", &private).unwrap();
    let signed = [&public[..], b"short"].map(|public_key| SignedMessage {
        scheme,
        message: b"message".to_vec(),
        public_key,
        signature: &signature,
    });
    let prepared = strict.prepare_verifications(&signed).unwrap();
    assert_eq!(prepared.unused(), 1);
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
        for &service in expected(&case) {
            assert!(
                of(service),
                "{} without {service:?}: {observations:?}",
                case.name()
            );
        }
        for observation in &observations {
            let is_part = may_ask_for(&case, observation.algorithm);
            assert!(is_part, "{}: {observation:?}", case.name());
        }
        seen += observations.len();
    }
    println!("{CASES} operations made {seen} calls of the module");
}

/// Whether it is an algorithm of the case, a part of one, or what derives and seeds them all.
fn may_ask_for(case: &Case, algorithm: Algorithm) -> bool {
    use Algorithm::*;
    let parts: &[Algorithm] = match case.approvals.first() {
        Some(MlKem) => &[Sha3],
        Some(XWing) => &[MlKem, X25519, Sha3],
        _ => &[],
    };
    let all = [case.approvals.as_slice(), parts, &[Sha2, HmacSha2, Drbg]];
    all.concat().contains(&algorithm)
}

/// What an operation cannot be done without.
fn expected(case: &Case) -> &'static [Service] {
    match case.approvals.first() {
        Some(Algorithm::MlKem) => expected_by_ml_kem(case.operation),
        Some(Algorithm::XWing) => match case.operation {
            // X25519's halves of its keys are not of the module's own generation, and the KEM's
            // secret comes of SHA3-256.
            "derive_hpke_keypair"
            | "derive_hpke_keypairs_batch"
            | "generate_hpke_keypairs"
            | "prepare_seals" => expected_by_ml_kem(case.operation),
            other => expected_of(other),
        },
        _ => expected_of(case.operation),
    }
}

/// Of a KEM whose private keys are seeds.
fn expected_by_ml_kem(operation: &str) -> &'static [Service] {
    use Service::*;
    match operation {
        "hpke_seal" | "hpke_seal_batch" | "prepare_seals, hpke_seal" => {
            &[Encapsulation, Hmac, Seal]
        }
        "hpke_open" => &[KeyEntry, Decapsulation, Hmac, Open],
        "hpke_setup_sender_and_export" => &[Encapsulation, Hmac],
        // The KEM's secret is the one that is prepared.
        "prepare_seals" => &[Encapsulation],
        "hpke_setup_receiver_and_export" => &[KeyEntry, Decapsulation, Hmac],
        "derive_hpke_keypair" | "derive_hpke_keypairs_batch" => &[Digest, KeyEntry],
        "generate_hpke_keypairs" => &[Random, KeyEntry],
        other => expected_of(other),
    }
}

fn expected_of(operation: &str) -> &'static [Service] {
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
        "verify_signature" | "verify_batch" => &[Verify],
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
