//! The module in this process: initialised anew while threads sign. C_Finalize during a
//! signature crashes SoftHSM, so a process of its own stands for every test that does it.

#![allow(missing_docs)]

#[allow(dead_code, unused_imports)]
#[path = "hsm/support/mod.rs"]
mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mls_hsm_signer::engine::SourceConfig;
use mls_hsm_signer::failure::RecoveryStep;
use mls_hsm_signer::token::Access;
use mls_hsm_signer::{HsmSigner, KeySelector, SCHEMES};
use openmls_traits::signatures::Signer;
use support::engine::{FaultyToken, pin, sign_all, start, steps, wait_for};
use support::{TestToken, verified};

/// How often the module is initialised anew.
const TIMES: usize = 20;

/// One test, since C_Finalize ends the sessions of all.
#[test]
fn a_module_in_this_process_is_finalised_only_when_nobody_is_in_it() {
    under_load();
    by_the_engine();
}

fn under_load() {
    let token = TestToken::with_keys();
    let open = token.open();
    let label = KeySelector::label(SCHEMES[1].default_label());
    let (signed, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let done = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while done.load(Ordering::SeqCst) < TIMES {
                    match HsmSigner::open(open.clone(), &label).map(|signer| {
                        let signature = signer.sign(b"message");
                        (signer.public_key().to_vec(), signature)
                    }) {
                        Ok((key, Ok(signature))) => {
                            assert!(verified(&SCHEMES[1], &key, b"message", &signature));
                            signed.fetch_add(1, Ordering::SeqCst);
                        }
                        _ => {
                            refused.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                }
            });
        }
        for _ in 0..TIMES {
            let deadline = Instant::now() + Duration::from_secs(60);
            open.recover(RecoveryStep::Reinitialise, deadline).unwrap();
            done.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    println!("{TIMES} times under load: {signed:?} signed, {refused:?} refused");
    assert!(signed.load(Ordering::SeqCst) > 0);
    // A session from before is refused, and does not end another's.
    let before = open.session(Access::Use).unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    open.recover(RecoveryStep::Reinitialise, deadline).unwrap();
    assert!(
        before
            .find(mls_hsm_signer::token::KeyClass::Private, &label)
            .is_err()
    );
    drop(before);
    assert!(HsmSigner::open(open, &label).is_ok());
}

/// The ladder of an engine in this process ends at C_Finalize and C_Initialize.
fn by_the_engine() {
    let faulty = FaultyToken::new();
    let engine = start(vec![SourceConfig::in_process(faulty.setup(3), pin())]);
    for rule in [
        "C_SignInit return 0x30 until C_Finalize",
        "C_Sign return 0x82 times 2",
        "C_Sign flip times 2",
    ] {
        faulty.set(&[rule]);
        sign_all(&engine, 4);
    }
    faulty.set(&["C_Sign return 0x30"]);
    wait_for(&engine, Duration::from_secs(60), |health| !health.healthy);
    faulty.set(&[]);
    wait_for(&engine, Duration::from_secs(60), |health| health.healthy);
    sign_all(&engine, 2);
    assert!(
        steps(&engine, RecoveryStep::Reinitialise) >= 1,
        "{:?}",
        engine.health()
    );
    assert_eq!(
        steps(&engine, RecoveryStep::Restart),
        0,
        "there is no process to restart"
    );
}
