//! Signatures made in SoftHSM, by generated and imported keys, from many threads.

use std::sync::Arc;
use std::thread;

use crate::support::{TestToken, generate, open, strict_der, verified};
use mls_hsm_signer::quirks::{Quirks, SigningPlan};
use mls_hsm_signer::scheme::Algorithm;
use mls_hsm_signer::token::pkcs11_scheme::Pkcs11Scheme;
use mls_hsm_signer::{HsmSigner, KeySelector, SCHEMES, Scheme};
use openmls_traits::signatures::Signer;

#[test]
fn the_signer_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<HsmSigner>();
}

#[test]
fn generated_keys_of_every_scheme_sign() {
    let token = TestToken::new();
    let session = token.open();
    for scheme in SCHEMES {
        generate(&session, scheme);
        let signer = open(&session, scheme);
        assert_eq!(signer.signature_scheme(), scheme.signature_scheme);
        assert_eq!(signer.public_key().len(), scheme.public_key_length);
        for message in [b"".as_slice(), b"a", &[0x55; 5000]] {
            let signature = signer.sign(message).unwrap();
            assert!(
                verified(scheme, signer.public_key(), message, &signature),
                "{}",
                scheme.name
            );
            assert!(!verified(scheme, signer.public_key(), b"other", &signature));
        }
    }
}

#[test]
fn softhsm_is_given_digests_for_ecdsa_and_messages_for_ed25519() {
    let token = TestToken::new();
    let session = token.open();
    assert_eq!(Quirks::of(session.identity()).name, "SoftHSM 2");
    for scheme in SCHEMES {
        let plan = generate(&session, scheme).plan();
        let sign = Pkcs11Scheme::of(scheme).unwrap().sign;
        match scheme.algorithm {
            Algorithm::EdDsa | Algorithm::MlDsa => {
                assert_eq!(plan, SigningPlan::Message(sign));
            }
            Algorithm::EcDsa(hash) => {
                assert_eq!(plan, SigningPlan::Digest(hash, sign));
            }
        }
    }
}

/// More signatures than the sessions that a token keeps, from sixteen threads at once.
#[test]
fn sixteen_threads_sign_at_once() {
    const THREADS: usize = 16;
    const EACH: usize = 40;
    let token = TestToken::new();
    let session = token.open();
    let signers: Vec<_> = SCHEMES
        .iter()
        .map(|scheme| generate(&session, scheme))
        .collect();
    let good: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let signer = &signers[thread % signers.len()];
                scope.spawn(move || signed_and_verified(signer, thread, EACH))
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    assert_eq!(good, THREADS * EACH);
}

fn signed_and_verified(signer: &HsmSigner, thread: usize, count: usize) -> usize {
    let valid = |number: &usize| {
        let message = format!("thread {thread}, message {number}");
        let signature = signer.sign(message.as_bytes()).unwrap();
        verified(
            signer.scheme(),
            signer.public_key(),
            message.as_bytes(),
            &signature,
        )
    };
    (0..count).filter(valid).count()
}

/// Sixteen threads log in to one token at once: one login is real, the others learn
/// that it has been done, and each can sign.
#[test]
fn sixteen_threads_log_in_at_once() {
    let token = TestToken::new();
    generate(&token.open(), &SCHEMES[1]);
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| open(&token.open(), &SCHEMES[1]).sign(b"message").unwrap());
        }
    });
}

/// 3,000 signatures for each curve: valid, and strict minimal DER although one
/// component in 256 (one in two for P-521) begins with a zero byte that DER drops.
#[test]
fn three_thousand_ecdsa_signatures_are_valid_and_strict_der() {
    const COUNT: usize = 3_000;
    let token = TestToken::new();
    let session = token.open();
    for scheme in SCHEMES
        .iter()
        .filter(|scheme| scheme.algorithm != Algorithm::EdDsa)
    {
        let signer = Arc::new(generate(&session, scheme));
        let shorter: usize = thread::scope(|scope| {
            let half = |from| {
                let signer = Arc::clone(&signer);
                scope.spawn(move || check_signatures(&signer, from..from + COUNT / 2))
            };
            let halves = [half(0), half(COUNT / 2)];
            halves.into_iter().map(|half| half.join().unwrap()).sum()
        });
        println!(
            "{}: {COUNT} signatures, {shorter} components with leading zeros",
            scheme.name
        );
        assert!(
            shorter > 0,
            "no component began with a zero: the case was not met"
        );
    }
}

/// Checks one signature for each number; returns how many components were shorter than
/// the field.
fn check_signatures(signer: &HsmSigner, numbers: std::ops::Range<usize>) -> usize {
    let scheme: &Scheme = signer.scheme();
    let shorter_in = |number: usize| {
        let message = number.to_be_bytes();
        let signature = signer.sign(&message).unwrap();
        assert!(
            verified(scheme, signer.public_key(), &message, &signature),
            "{}",
            scheme.name
        );
        let (r, s) = strict_der(&signature).expect("strict DER");
        usize::from(r < scheme.field_length) + usize::from(s < scheme.field_length)
    };
    numbers.map(shorter_in).sum()
}

#[test]
fn a_key_is_found_by_label_by_id_and_by_both() {
    let token = TestToken::new();
    let session = token.open();
    let made = generate(&session, &SCHEMES[0]);
    let (label, id) = (made.object().label.clone(), made.object().id.clone());
    for selector in [
        KeySelector::label(label.as_str()),
        KeySelector::id(id.as_slice()),
        KeySelector::label_and_id(label.as_str(), id.as_slice()),
    ] {
        let found = HsmSigner::open(Arc::clone(&session), &selector).unwrap();
        assert_eq!(found.public_key(), made.public_key());
    }
    let other = KeySelector::label_and_id(label.as_str(), b"other".as_slice());
    assert!(HsmSigner::open(session, &other).is_err());
}

#[test]
fn debug_names_the_key_and_nothing_secret() {
    let token = TestToken::new();
    let signer = generate(&token.open(), &SCHEMES[0]);
    let debug = format!("{signer:?}");
    assert!(
        debug.contains("mls-removal-ed25519") && !debug.contains(crate::support::PIN),
        "{debug}"
    );
}
