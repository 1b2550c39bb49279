//! Outages of a real SoftHSM, provoked from outside while the engine signs: logins lost,
//! sessions closed, the token moved away, its PIN changed, its keys doubled.

use std::time::Duration;

use mls_hsm_signer::engine::{Engine, EngineError, Phase, SourceConfig};
use mls_hsm_signer::failure::RecoveryStep;
use mls_hsm_signer::token::Access;
use mls_hsm_signer::{Error, KeySpec, Pin, PrivateKey, SCHEMES, Scheme};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::engine::{
    FaultyToken, SOON, configured, destroy, imported, isolated, new_private_key, patience, phase,
    pin, setup, sign_all, start, steps, wait_for, worker,
};
use crate::support::programs::program;
use crate::support::{PIN, TestToken, module_path};

fn kill_child(engine: &Engine) {
    let process = engine.health().sources[0].process.unwrap();
    let process = Pid::from_raw(process as i32).unwrap();
    kill_process(process, Signal::KILL).unwrap();
}

/// SoftHSM says CKR_OBJECT_HANDLE_INVALID then, and never CKR_USER_NOT_LOGGED_IN.
#[test]
fn another_sessions_logout_is_survived() {
    let faulty = FaultyToken::new();
    let engine = faulty.engine(3);
    for rule in [
        "C_SignInit logout times 1",
        "C_Sign logout times 1",
        "C_SignInit logout every 13",
    ] {
        faulty.set(&[rule]);
        // A message is tried eight times at most, and one logout fails those of all sessions.
        sign_all(&engine, 12);
    }
    faulty.set(&[]);
    wait_for(&engine, SOON, |health| health.healthy);
    assert!(
        steps(&engine, RecoveryStep::LogIn) >= 1,
        "{:?}",
        engine.health()
    );
}

#[test]
fn sessions_that_the_token_closes_are_replaced() {
    let faulty = FaultyToken::new();
    let engine = faulty.engine(3);
    for rule in [
        "C_SignInit close times 3",
        "C_Sign close times 3",
        "C_SignInit close every 7",
    ] {
        faulty.set(&[rule]);
        sign_all(&engine, 6);
    }
    faulty.set(&[]);
    wait_for(&engine, SOON, |health| health.healthy);
}

/// Every session is closed at once after use, and the login stays: one is kept for that.
#[test]
fn the_login_outlives_the_last_session_that_signs() {
    let token = TestToken::with_keys();
    let mut setup = setup(&token, 2);
    setup.limits.idle = Duration::ZERO;
    let engine = start(vec![SourceConfig::isolated(setup, worker(), pin())]);
    for _ in 0..5 {
        sign_all(&engine, 1);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(
        steps(&engine, RecoveryStep::LogIn),
        0,
        "{:?}",
        engine.health()
    );
}

/// As p11-kit says for ever once its server has died: until the module is finalised.
#[test]
fn a_device_error_that_only_finalising_ends_is_ended_so() {
    let faulty = FaultyToken::new();
    let engine = faulty.engine(3);
    faulty.set(&["C_SignInit return 0x30 until C_Finalize"]);
    sign_all(&engine, 4);
    assert!(
        steps(&engine, RecoveryStep::Reinitialise) >= 1,
        "{:?}",
        engine.health()
    );
}

#[test]
fn a_token_that_was_moved_away_is_used_again_when_it_is_back() {
    let token = TestToken::with_keys();
    let engine = isolated(&token);
    sign_all(&engine, 2);
    let home = token.directory();
    let away = home.with_extension("away");
    for _ in 0..2 {
        std::fs::rename(&home, &away).unwrap();
        let health = wait_for(&engine, SOON, |health| !health.healthy);
        assert!(health.sources[0].last_failure.is_some());
        std::fs::rename(&away, &home).unwrap();
        wait_for(&engine, SOON, |health| health.healthy);
        sign_all(&engine, 2);
    }
}

/// The live login goes on; the next one fails, once, and is not repeated.
#[test]
fn a_pin_changed_elsewhere_is_tried_once() {
    let faulty = FaultyToken::new();
    faulty.set(&["C_Login log"]);
    let engine = faulty.engine(2);
    change_pin(&faulty.token, PIN, "314159");
    sign_all(&engine, 2);
    let before = faulty.faults.log().len();
    kill_child(&engine);
    let health = wait_for(&engine, SOON, |health| phase(health) == Phase::Refused);
    let said = health.sources[0]
        .last_failure
        .as_deref()
        .unwrap_or_default();
    assert!(said.contains("CKR_PIN_INCORRECT"), "{said}");
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(faulty.faults.log().len(), before + 1);
    let key = engine.keys()[0].clone();
    let error = engine.sign(&key, b"message", patience()).unwrap_err();
    assert!(matches!(error, EngineError::Refused { .. }), "{error}");
    // A person has mended it, and says so: one more try, with the PIN that is given.
    for (pin, phase_after, said) in [
        ("999999", Phase::Refused, false),
        ("314159", Phase::Ready, true),
    ] {
        let tried = faulty.faults.log().len();
        engine.renew_pins(|_| Ok(Pin::new(pin)?)).unwrap();
        assert_eq!(
            engine.retry_refused().is_ok(),
            said,
            "{:?}",
            engine.health()
        );
        assert_eq!(phase(&engine.health()), phase_after);
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(faulty.faults.log().len(), tried + 1);
    }
    sign_all(&engine, 2);
    // Where nothing is refused, nothing is tried.
    let tried = faulty.faults.log().len();
    engine.renew_pins(|_| Ok(Pin::new("314159")?)).unwrap();
    engine.retry_refused().unwrap();
    assert_eq!(faulty.faults.log().len(), tried);
    change_pin(&faulty.token, "314159", PIN);
}

fn change_pin(token: &TestToken, from: &str, to: &str) {
    let output = program("pkcs11-tool", "opensc")
        .arg("--module")
        .arg(module_path())
        .args(["--token-label", &token.identity().label, "--login"])
        .args(["--pin", from, "--change-pin", "--new-pin", to])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn two_keys_of_one_label_are_refused() {
    let token = TestToken::with_keys();
    let open = token.open();
    let label = SCHEMES[0].default_label();
    let engine = isolated(&token);
    let session = open.session(Access::Manage).unwrap();
    let spec = KeySpec::new(&SCHEMES[0], &label, b"another").unwrap();
    let pair = session.generate(&spec).unwrap();
    // The engine that runs has found its key before; one that looks again refuses.
    kill_child(&engine);
    let key = engine.current_key(&SCHEMES[0]).unwrap();
    wait_for(&engine, SOON, |health| {
        !health.sources[0].missing_keys.is_empty()
    });
    wait_for(&engine, SOON, |health| health.healthy);
    let error = engine.sign(&key, b"message", patience()).unwrap_err();
    assert!(
        matches!(error.token(), Some(Error::KeySetAside { .. })),
        "{error}"
    );
    let missing = &engine.health().sources[0].missing_keys;
    assert!(missing[0].contains("2 objects"), "{missing:?}");
    // One that starts now has the others.
    let source = SourceConfig::isolated(setup(&token, 1), worker(), pin());
    let other = Engine::start(configured(vec![source])).unwrap();
    assert_eq!(other.keys().len(), SCHEMES.len() - 1);
    let refused = other.refused_keys();
    assert_eq!(refused.len(), 2);
    assert!(refused.iter().all(|key| key.label == label), "{refused:?}");
    sign_all(&other, 1);
    drop(other);
    session.destroy(pair.private).unwrap();
    session.destroy(pair.public).unwrap();
    engine.refresh_keys().unwrap();
    sign_all(&engine, 1);
}

/// Keys destroyed under the engine are neither shown nor used from then on; the others go on, and no
/// step of recovery is taken, whatever is asked for.
#[test]
fn a_key_that_vanishes_is_missed_alone() {
    let token = TestToken::with_keys();
    let engine = isolated(&token);
    let gone = [&SCHEMES[1], &SCHEMES[3]];
    let keys = gone.map(|scheme| engine.current_key(scheme).unwrap());
    let process = engine.health().sources[0].process;
    for scheme in gone {
        destroy(&token, scheme);
    }
    for key in &keys {
        let error = engine.sign(key, b"message", patience()).unwrap_err();
        let Some(Error::KeySetAside { reason, .. }) = error.token() else {
            panic!("{error}");
        };
        assert!(
            reason.starts_with("the token has no private key"),
            "{reason}"
        );
        assert!(engine.current_key(key.scheme()).is_err());
    }
    let there = engine.current_key(&SCHEMES[2]).unwrap();
    engine.sign(&there, b"message", patience()).unwrap();
    let health = engine.health();
    assert_eq!(health.sources[0].missing_keys.len(), 2);
    assert_eq!(engine.keys().len(), SCHEMES.len() - 2);
    let mut refused = engine.refused_keys();
    refused.sort_by(|a, b| a.label.cmp(&b.label));
    let labels: Vec<_> = refused.iter().map(|key| key.label.clone()).collect();
    assert_eq!(labels, gone.map(Scheme::default_label));
    assert!(
        refused[0].reason.contains("no private key"),
        "{}",
        refused[0]
    );
    let taken: u64 = RecoveryStep::ALL
        .map(|step| steps(&engine, step))
        .iter()
        .sum();
    assert_eq!(taken, 0, "{health:?}");
    // A process that starts anew misses them as well, and does not look for them further.
    kill_child(&engine);
    wait_for(&engine, SOON, |health| {
        health.healthy && health.sources[0].process != process
    });
    sign_all(&engine, 1);
    assert_eq!(steps(&engine, RecoveryStep::Reinitialise), 0);
    assert_eq!(engine.refused_keys().len(), 2);
}

/// A key that comes back while the others sign is used again, without any failure that
/// would tell of it.
#[test]
fn a_key_that_comes_back_is_found_again() {
    let token = TestToken::new();
    let import = |key: &PrivateKey| imported(&token, key);
    let key = new_private_key(&SCHEMES[1]);
    import(&key);
    import(&new_private_key(&SCHEMES[2]));
    let engine = isolated(&token);
    let gone = engine.current_key(&SCHEMES[1]).unwrap();
    destroy(&token, &SCHEMES[1]);
    let error = engine.sign(&gone, b"message", patience()).unwrap_err();
    assert!(
        matches!(error.token(), Some(Error::KeySetAside { .. })),
        "{error}"
    );
    let there = engine.current_key(&SCHEMES[2]).unwrap();
    engine.sign(&there, b"message", patience()).unwrap();
    import(&key);
    // Accepted after it came back: the engine looks before it refuses.
    engine.sign(&gone, b"message", patience()).unwrap();
    assert_eq!(engine.keys().len(), 2);
    sign_all(&engine, 2);
    assert!(engine.health().sources[0].missing_keys.is_empty());
}

/// The last keys destroyed: after every step has been taken once, none is shown, and nothing is done
/// but to look for them.
#[test]
fn the_last_keys_that_vanish_are_set_aside_too() {
    let token = TestToken::new();
    let import = |key: &PrivateKey| imported(&token, key);
    let kept = [1, 2].map(|scheme: usize| new_private_key(&SCHEMES[scheme]));
    kept.iter().for_each(import);
    let engine = isolated(&token);
    let gone = engine.keys();
    for key in &gone {
        destroy(&token, key.scheme());
    }
    wait_for(&engine, SOON, |health| phase(health) == Phase::NoKey);
    assert!(engine.health().has_no_key() && !engine.health().healthy);
    assert!(engine.keys().is_empty());
    assert_eq!(engine.refused_keys().len(), 2);
    for key in &gone {
        let error = engine.sign(key, b"message", patience()).unwrap_err();
        assert!(
            matches!(error.token(), Some(Error::KeySetAside { .. })),
            "{error}"
        );
        assert!(engine.current_key(key.scheme()).is_err());
        let signed_before = engine.key_of_scheme(key.scheme()).unwrap();
        assert_eq!(signed_before.public_key(), key.public_key());
    }
    // Several looks later no step was taken again.
    let taken = |engine: &Engine| RecoveryStep::ALL.map(|step| steps(engine, step));
    let (before, process) = (taken(&engine), engine.health().sources[0].process);
    assert!(before.iter().all(|times| *times <= 1), "{before:?}");
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(taken(&engine), before);
    assert_eq!(engine.health().sources[0].process, process);
    // Its outage is seen all the same, and begins no other search than that.
    kill_child(&engine);
    wait_for(&engine, SOON, |health| {
        phase(health) == Phase::NoKey && health.sources[0].process != process
    });
    import(&kept[0]);
    wait_for(&engine, SOON, |health| health.healthy);
    sign_all(&engine, 2);
    assert_eq!(engine.keys().len(), 1);
    import(&kept[1]);
    engine.sign(&gone[1], b"message", patience()).unwrap();
    assert_eq!(engine.keys().len(), 2);
}
