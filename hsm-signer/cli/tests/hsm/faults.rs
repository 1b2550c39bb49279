//! Failures that the fault module provokes, each while the engine signs through a child
//! process: what is accepted ends right or is refused, health follows, the engine
//! recovers without its process being started anew, and nothing wrong is released.

use std::time::{Duration, Instant};

use mls_hsm_signer::engine::{Engine, EngineConfig, EngineError, Phase, SourceConfig};
use mls_hsm_signer::failure::RecoveryStep;
use mls_hsm_signer::{Error, Pin, Scheme};

use crate::support::engine::{
    FaultyToken, SOON, count_valid, patience, phase, pin, requests, sign_all, start, steps,
    wait_for, worker,
};
use crate::support::verified;

/// A caller that is in a hurry.
fn soon() -> Instant {
    Instant::now() + Duration::from_secs(3)
}

/// Codes that pass, each returned by C_Sign once: whoever asked gets a signature.
#[test]
fn a_failure_that_passes_is_not_seen_by_callers() {
    let faulty = FaultyToken::new();
    let engine = faulty.engine(4);
    let codes: [u32; 12] = [
        0x82,        // CKR_OBJECT_HANDLE_INVALID
        0x60,        // CKR_KEY_HANDLE_INVALID
        0xb3,        // CKR_SESSION_HANDLE_INVALID
        0xb0,        // CKR_SESSION_CLOSED
        0x90,        // CKR_OPERATION_ACTIVE
        0x101,       // CKR_USER_NOT_LOGGED_IN
        0x30,        // CKR_DEVICE_ERROR
        0x32,        // CKR_DEVICE_REMOVED
        0x05,        // CKR_GENERAL_ERROR
        0x06,        // CKR_FUNCTION_FAILED
        0x02,        // CKR_HOST_MEMORY
        0x8000_0001, // a vendor's
    ];
    for code in codes {
        faulty.set(&[&format!("C_Sign return {code:#x} times 1")]);
        sign_all(&engine, 4);
        faulty.set(&[&format!("C_SignInit return {code:#x} times 2")]);
        sign_all(&engine, 4);
    }
    let health = wait_for(&engine, SOON, |health| health.healthy);
    let steps: u64 = health.sources[0].steps.iter().map(|(_, n)| n).sum();
    println!(
        "{} codes, {steps} steps of recovery: {health:?}",
        codes.len()
    );
    assert!(steps >= codes.len() as u64, "{health:?}");
}

/// As long as a code stays the engine is unhealthy, says why and refuses in time; when it
/// goes, the engine is healthy again by itself.
#[test]
fn a_failure_that_stays_is_said_and_heals_when_it_ends() {
    let faulty = FaultyToken::new();
    let engine = faulty.engine(4);
    for (function, code) in [("C_Sign", "0x30"), ("C_FindObjectsInit", "0x5")] {
        faulty.set(&[&format!("{function} return {code}"), "C_Sign return 0x30"]);
        let health = wait_for(&engine, SOON, |health| phase(health) == Phase::Out);
        assert!(!health.healthy);
        assert!(
            health.sources[0]
                .last_failure
                .as_deref()
                .unwrap()
                .contains("CKR_")
        );
        let requests = requests(&engine.keys(), 1);
        let results = engine.sign_batch(requests.clone(), soon());
        assert_eq!(count_valid(&requests, &results), 0);
        for result in results {
            let error = result.unwrap_err();
            let clear = matches!(
                error,
                EngineError::Unavailable { .. } | EngineError::DeadlinePassed { .. }
            );
            assert!(clear && error.to_string().contains("CKR_"), "{error}");
        }
        faulty.set(&[]);
        wait_for(&engine, SOON, |health| health.healthy);
        sign_all(&engine, 4);
    }
    let breaker = engine.health().sources[0].breaker_opened;
    assert!(breaker >= 2, "the breaker opened {breaker} times");
}

/// A code that will not pass is said at once, and is no reason to recover.
#[test]
fn a_permanent_failure_is_refused_at_once() {
    let faulty = FaultyToken::new();
    let engine = faulty.engine(2);
    let key = engine.keys()[1].clone();
    for code in ["0x68", "0x70", "0x20", "0x54"] {
        let before = steps(&engine, RecoveryStep::NewSession);
        faulty.set(&[&format!("C_Sign return {code} times 1")]);
        let refused = (0..50).find_map(|_| engine.sign(&key, b"message", patience()).err());
        if let Some(error) = refused {
            assert!(matches!(error.token(), Some(Error::Pkcs11(_))), "{error}");
        }
        assert_eq!(steps(&engine, RecoveryStep::NewSession), before, "{code}");
        faulty.set(&[]);
    }
    wait_for(&engine, SOON, |health| health.healthy);
    sign_all(&engine, 2);
}

#[test]
fn a_flipped_bit_is_never_released() {
    let faulty = FaultyToken::new();
    let engine = faulty.engine(4);
    faulty.set(&["C_Sign flip every 3"]);
    let requests_now = requests(&engine.keys(), 20);
    let results = engine.sign_batch(requests_now.clone(), patience());
    let signed = count_valid(&requests_now, &results);
    println!(
        "{signed} of {} signed while every third was spoilt",
        results.len()
    );
    faulty.set(&["C_Sign flip"]);
    wait_for(&engine, SOON, |health| !health.healthy);
    let all_wrong = requests(&engine.keys(), 2);
    let results = engine.sign_batch(all_wrong.clone(), soon());
    assert_eq!(count_valid(&all_wrong, &results), 0);
    let rejected = engine.health().sources[0].rejected;
    assert!(rejected > 0, "nothing was rejected");
    faulty.set(&[]);
    wait_for(&engine, SOON, |health| health.healthy);
    sign_all(&engine, 4);
}

#[test]
fn a_wrong_length_is_never_released() {
    let faulty = FaultyToken::new();
    let engine = faulty.engine(2);
    for length in ["0", "1", "63"] {
        faulty.set(&[&format!("C_Sign length {length}")]);
        wait_for(&engine, SOON, |health| !health.healthy);
        let wrong = requests(&engine.keys(), 1);
        let results = engine.sign_batch(wrong.clone(), soon());
        assert_eq!(count_valid(&wrong, &results), 0, "length {length}");
        faulty.set(&[]);
        wait_for(&engine, SOON, |health| health.healthy);
    }
    // A length that no memory holds: the module's process may end over it, not this one.
    faulty.set(&[
        "C_Sign:size return 0x5 times 3",
        "C_Sign length 9223372036854775807 times 3",
    ]);
    sign_all(&engine, 2);
    faulty.set(&[]);
    wait_for(&engine, SOON, |health| health.healthy);
}

/// The question for a signature's length refused: the session stays in its operation for
/// ever, and is thrown away.
#[test]
fn a_wedged_session_is_thrown_away() {
    let faulty = FaultyToken::new();
    let engine = faulty.engine(1);
    for _ in 0..5 {
        faulty.set(&["C_Sign:size return 0x30 times 1"]);
        sign_all(&engine, 3);
    }
}

#[test]
fn a_crash_is_survived() {
    let faulty = FaultyToken::new();
    let engine = faulty.engine(4);
    for function in ["C_Sign", "C_SignInit", "C_OpenSession"] {
        faulty.set(&[&format!("{function} crash times 2")]);
        sign_all(&engine, 10);
    }
    // The next child crashes too, while it starts.
    for function in ["C_Initialize", "C_Login", "C_GetTokenInfo"] {
        faulty.set(&["C_Sign crash times 1", &format!("{function} crash times 1")]);
        sign_all(&engine, 10);
    }
    assert!(
        steps(&engine, RecoveryStep::Restart) >= 2,
        "{:?}",
        engine.health()
    );
}

#[test]
fn a_hang_is_ended_and_survived() {
    let faulty = FaultyToken::new();
    let engine = faulty.engine(4);
    for function in ["C_Sign", "C_SignInit"] {
        faulty.set(&[&format!("{function} hang times 3")]);
        let waiting = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| sign_all(&engine, 5));
            wait_for(&engine, SOON, |health| !health.healthy);
            faulty.set(&[]);
            waiting.join()
        });
        waiting.unwrap();
        wait_for(&engine, SOON, |health| health.healthy);
    }
    assert!(
        steps(&engine, RecoveryStep::Restart) >= 1,
        "{:?}",
        engine.health()
    );
}

/// Nobody signs, and the outage shows all the same.
#[test]
fn an_outage_shows_without_traffic() {
    let faulty = FaultyToken::new();
    let engine = faulty.engine(4);
    for fault in ["C_Sign hang", "C_Sign return 0x30", "C_Sign crash"] {
        faulty.set(&[fault]);
        wait_for(&engine, SOON, |health| !health.healthy);
        faulty.set(&[]);
        wait_for(&engine, SOON, |health| health.healthy);
    }
    sign_all(&engine, 2);
}

#[test]
fn a_token_with_fewer_sessions_is_used_with_fewer() {
    let faulty = FaultyToken::new();
    // One of the four keeps the login.
    faulty.set(&["C_OpenSession limit 4"]);
    let engine = faulty.engine(16);
    sign_all(&engine, 20);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| sign_all(&engine, 2));
        }
    });
}

#[test]
fn a_public_key_that_lies_is_refused() {
    let faulty = FaultyToken::new();
    faulty.set(&["C_GetAttributeValue lie"]);
    let source = SourceConfig::isolated(faulty.setup(2), worker(), pin());
    let error = Engine::start(crate::support::engine::configured(vec![source])).unwrap_err();
    assert!(error.to_string().contains("does not verify"), "{error}");
    // The engine knows the keys, and only then the token lies.
    faulty.set(&[]);
    let engine = faulty.engine(2);
    faulty.set(&["C_GetAttributeValue lie", "C_Sign return 0x82 times 1"]);
    let wrong = requests(&engine.keys(), 1);
    let results = engine.sign_batch(wrong.clone(), soon());
    count_valid(&wrong, &results);
    wait_for(&engine, SOON, |health| !health.healthy);
    let health = engine.health();
    assert!(
        health.sources[0]
            .missing_keys
            .iter()
            .all(|key| key.contains("another public key")),
        "{health:?}"
    );
    faulty.set(&[]);
    wait_for(&engine, SOON, |health| health.healthy);
    sign_all(&engine, 2);
}

/// A module that has lost sight of some keys: that others sign does not end recovery.
#[test]
fn keys_lost_among_others_are_looked_for_on_the_next_rung() {
    let faulty = FaultyToken::new();
    let engine = faulty.engine(2);
    faulty.set(&[
        "C_GetAttributeValue lie times 3",
        "C_Sign return 0x82 times 1",
    ]);
    sign_all(&engine, 1);
    let health = wait_for(&engine, SOON, |health| health.healthy);
    assert!(health.sources[0].missing_keys.is_empty(), "{health:?}");
    let taken = [
        RecoveryStep::FindKey,
        RecoveryStep::LogIn,
        RecoveryStep::Reinitialise,
    ]
    .map(|step| steps(&engine, step));
    assert_eq!(taken, [1, 1, 0], "{health:?}");
}

/// However often the module is initialised anew, a PIN that was refused is not tried again.
#[test]
fn a_refused_pin_is_tried_once() {
    let faulty = FaultyToken::new();
    faulty.set(&["C_Login log"]);
    let wrong = Pin::new("000000").unwrap();
    let source = SourceConfig::isolated(faulty.setup(2), worker(), wrong);
    let error = Engine::start(crate::support::engine::configured(vec![source])).unwrap_err();
    assert!(error.to_string().contains("CKR_PIN_INCORRECT"), "{error}");
    assert_eq!(faulty.faults.log().len(), 1);
    // The PIN is changed while the engine runs, and then the login is lost.
    let engine = faulty.engine(2);
    assert_eq!(faulty.faults.log().len(), 2);
    faulty.set(&["C_Login log", "C_Login return 0xa0", "C_Sign return 0x30"]);
    wait_for(&engine, SOON, |health| phase(health) == Phase::Refused);
    let health = engine.health();
    let tried = faulty.faults.log().len();
    assert_eq!(tried, 3, "{health:?}");
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(faulty.faults.log().len(), tried, "it was tried again");
    let key = engine.keys()[0].clone();
    let error = engine.sign(&key, b"message", soon()).unwrap_err();
    assert!(matches!(error, EngineError::Refused { .. }), "{error}");
}

/// An HSM that is away may crash or hang at every login; a PIN that was taken before is not
/// to blame, and recovery goes on.
#[test]
fn logins_without_an_answer_do_not_end_recovery() {
    let faulty = FaultyToken::new();
    let engine = faulty.engine(2);
    faulty.set(&[
        "C_Login log",
        "C_Login crash times 6",
        "C_Sign crash times 1",
    ]);
    wait_for(&engine, SOON, |health| !health.healthy);
    wait_for(&engine, SOON, |health| health.healthy);
    assert!(faulty.faults.log().len() >= 7);
    sign_all(&engine, 2);
}

/// Many callers at a slow token wait for their turn, and none of them takes it to hang.
#[test]
fn a_long_queue_is_no_outage() {
    let faulty = FaultyToken::new();
    let engine = faulty.engine(1);
    faulty.set(&["C_Sign delay 60000"]);
    let key = engine.keys()[0].clone();
    std::thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| engine.sign(&key, b"message", patience()).unwrap());
        }
    });
    assert_eq!(
        steps(&engine, RecoveryStep::Restart),
        0,
        "{:?}",
        engine.health()
    );
}

/// With the timing that servers have: how soon an outage shows, and how soon its end.
#[test]
fn an_outage_shows_soon_with_the_default_timing() {
    let faulty = FaultyToken::new();
    let source = SourceConfig::isolated(faulty.setup(4), worker(), pin());
    let engine = Engine::start(EngineConfig::new(source)).unwrap();
    for fault in [
        "C_Sign hang",
        "C_Sign return 0x30",
        "C_Sign flip",
        "C_Sign crash",
    ] {
        let began = Instant::now();
        faulty.set(&[fault]);
        wait_for(&engine, SOON, |health| !health.healthy);
        let shown = began.elapsed();
        wait_for(&engine, SOON, |health| phase(health) == Phase::Out);
        let began = Instant::now();
        faulty.set(&[]);
        wait_for(&engine, SOON, |health| health.healthy);
        println!(
            "{fault}: shown after {shown:?}, healed after {:?}",
            began.elapsed()
        );
    }
}

/// A message that makes the module crash whenever it is signed is refused in the end, and
/// the others are signed.
#[test]
fn a_message_that_kills_does_not_kill_for_ever() {
    let faulty = FaultyToken::new();
    let engine = faulty.engine(1);
    faulty.set(&["C_Sign crash"]);
    let key = engine.keys()[0].clone();
    let deadline = Instant::now() + Duration::from_secs(5);
    let error = engine.sign(&key, b"message", deadline).unwrap_err();
    println!("refused: {error}");
    faulty.set(&[]);
    wait_for(&engine, SOON, |health| health.healthy);
    sign_all(&engine, 2);
}

/// Two tokens with the same keys: what fails at one is signed by the other, the report
/// says which is out, and it comes back by itself.
#[test]
fn another_token_takes_over() {
    let (one, another) = twins();
    let source = |faulty: &FaultyToken, name: &str| {
        SourceConfig::isolated(faulty.setup(4), worker(), pin()).named(name)
    };
    let engine = start(vec![source(&one, "one"), source(&another, "another")]);
    assert!(
        engine
            .health()
            .sources
            .iter()
            .all(|s| s.phase == Phase::Ready)
    );
    for fault in [
        "C_Sign return 0x30",
        "C_Sign hang",
        "C_Sign crash",
        "C_Sign flip",
    ] {
        one.set(&[fault]);
        sign_all(&engine, 10);
        let health = wait_for(&engine, SOON, |health| phase(health) != Phase::Ready);
        assert!(health.healthy, "the other still signs: {health:?}");
        assert_eq!(health.sources[0].name, "one");
        let signed = engine.sign_batch(requests(&engine.keys(), 10), patience());
        for signature in signed {
            assert_eq!(&*signature.unwrap().source, "another");
        }
        one.set(&[]);
        wait_for(&engine, SOON, |health| phase(health) == Phase::Ready);
    }
    let signed = |place: usize| engine.health().sources[place].signatures;
    let before = (signed(0), signed(1));
    sign_all(&engine, 200);
    println!(
        "spread: {} and {}",
        signed(0) - before.0,
        signed(1) - before.1
    );
    assert!(signed(0) > before.0 && signed(1) > before.1);
}

/// The faster of two tokens signs more; so much faster that nothing else on the machine tells.
#[test]
fn load_is_spread_by_latency() {
    let (slow, fast) = twins();
    slow.set(&["C_Sign delay 200000"]);
    fast.set(&["C_Sign delay 1000"]);
    let source = |faulty: &FaultyToken| SourceConfig::isolated(faulty.setup(4), worker(), pin());
    let engine = start(vec![source(&slow), source(&fast)]);
    sign_all(&engine, 60);
    let health = engine.health();
    let [slow, fast] = [0, 1].map(|place| health.sources[place].signatures);
    println!("slow {slow}, fast {fast}");
    assert!(fast > slow, "{health:?}");
}

/// Two tokens with the same P-256 key, imported into both.
fn twins() -> (FaultyToken, FaultyToken) {
    let scheme = Scheme::by_name("ecdsa_secp256r1_sha256").unwrap();
    let key = crate::support::engine::new_private_key(scheme);
    let twin = || FaultyToken::importing(&key);
    let (one, another) = (twin(), twin());
    let engine = one.engine(1);
    let pinned = engine.keys()[0].clone();
    let signature = engine.sign(&pinned, b"twins", patience()).unwrap();
    assert!(verified(scheme, pinned.public_key(), b"twins", &signature));
    (one, another)
}
