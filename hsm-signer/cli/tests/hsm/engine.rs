//! The engine on SoftHSM when nothing fails: in this process and in a child.

use std::sync::Arc;
use std::sync::mpsc::{RecvError, channel};
use std::time::{Duration, Instant};

use mls_hsm_signer::engine::{
    Engine, EngineConfig, EngineError, Key, KeyChoice, Lane, MAX_MESSAGE, SourceConfig,
};
use mls_hsm_signer::{KeySelector, Removal, SCHEMES, Scheme};
use openmls::prelude::tls_codec::Deserialize;
use openmls::prelude::{MlsMessageBodyIn, MlsMessageIn};

use crate::support::engine::{
    configured, count_valid, patience, pin, requests, setup, sign_all, start, worker,
};
use crate::support::{TestToken, verified};

fn both(token: &TestToken, sessions: usize) -> [Engine; 2] {
    let setup = setup(token, sessions);
    [
        SourceConfig::in_process(setup.clone(), pin()),
        SourceConfig::isolated(setup, worker(), pin()),
    ]
    .map(|source| start(vec![source]))
}

#[test]
fn every_scheme_signs_alone_and_in_batches() {
    let token = TestToken::with_keys();
    for engine in both(&token, 4) {
        assert_eq!(engine.keys().len(), SCHEMES.len());
        for key in engine.keys() {
            let signature = engine.sign(&key, b"alone", patience()).unwrap();
            assert!(verified(
                key.scheme(),
                key.public_key(),
                b"alone",
                &signature
            ));
        }
        sign_all(&engine, 50);
        let health = engine.health();
        assert!(health.healthy && health.sources[0].signatures >= 200);
        assert_eq!(engine.pending(), 0);
    }
}

#[test]
fn sixteen_threads_share_four_sessions() {
    let token = TestToken::with_keys();
    for engine in both(&token, 4) {
        std::thread::scope(|scope| {
            for thread in 0..16 {
                let engine = &engine;
                scope.spawn(move || {
                    let keys = engine.keys();
                    for number in 0..8 {
                        let key = &keys[(thread + number) % keys.len()];
                        let message = format!("{thread} {number}");
                        let signature = engine.sign(key, message.as_bytes(), patience());
                        let (scheme, public) = (key.scheme(), key.public_key());
                        let signature = signature.unwrap();
                        assert!(verified(scheme, public, message.as_bytes(), &signature));
                    }
                });
            }
        });
    }
}

#[test]
fn results_come_in_the_order_of_the_requests() {
    let token = TestToken::with_keys();
    let engine = start(vec![SourceConfig::isolated(
        setup(&token, 3),
        worker(),
        pin(),
    )]);
    let mut requests = requests(&engine.keys(), 40);
    requests.reverse();
    requests.swap(0, 77);
    let results = engine.sign_batch(requests.clone(), patience());
    assert_eq!(count_valid(&requests, &results), requests.len());
    assert!(engine.sign_batch(Vec::new(), patience()).is_empty());
}

#[test]
fn what_does_not_fit_is_refused_before_it_is_accepted() {
    let token = TestToken::with_keys();
    let source = SourceConfig::isolated(setup(&token, 2), worker(), pin());
    let mut config = configured(vec![source]);
    config.capacity = 10;
    let engine = Engine::start(config).unwrap();
    let key = engine.keys()[0].clone();
    let results = engine.sign_batch(requests(&[Arc::clone(&key)], 11), patience());
    let full = |result: &Result<_, _>| matches!(result, Err(EngineError::QueueFull));
    assert!(results.len() == 11 && results.iter().all(full));
    let long = vec![0; MAX_MESSAGE + 1];
    let refused = engine.sign(&key, &long, patience());
    assert!(matches!(refused, Err(EngineError::MessageTooLong { .. })));
    let signature = engine.sign(&key, &long[1..], patience()).unwrap();
    assert!(verified(
        key.scheme(),
        key.public_key(),
        &long[1..],
        &signature
    ));
    let late = engine.sign(&key, b"late", Instant::now() - Duration::from_secs(1));
    assert!(
        matches!(late, Err(EngineError::DeadlinePassed { .. })),
        "{late:?}"
    );
    assert_eq!(engine.pending(), 0);
    sign_all(&engine, 2);
}

#[test]
fn keys_are_found_by_scheme_and_by_public_key() {
    let token = TestToken::with_keys();
    let engine = start(vec![SourceConfig::in_process(setup(&token, 1), pin())]);
    for scheme in SCHEMES {
        let key = engine.current_key(scheme).unwrap();
        let again = engine.key_by_public_key(key.public_key()).unwrap();
        assert_eq!(again.object().label, scheme.default_label());
    }
    let unknown = engine.key_by_public_key(&[1; 32]).unwrap_err();
    assert!(unknown.to_string().contains("mls-removal-ed25519"));
}

#[test]
fn the_current_key_of_every_scheme_proposes_a_removal() {
    let token = TestToken::with_keys();
    let source = SourceConfig::isolated(setup(&token, 2), worker(), pin());
    let engine = start(vec![source]);
    let removal = Removal {
        group_id: b"group".to_vec(),
        epoch: 1,
        leaf_index: 2,
        sender_index: 0,
    };
    for scheme in SCHEMES {
        let key = engine.current_key(scheme).unwrap();
        assert!(!proposed(&engine, &key, &removal).is_empty());
    }
}

/// The message of one removal, proposed alone.
fn proposed(engine: &Engine, key: &Arc<Key>, removal: &Removal) -> Vec<u8> {
    let removals = [(Arc::clone(key), removal.clone())];
    let mut messages = engine.propose_removals(&removals, patience());
    assert_eq!(messages.len(), 1);
    messages.remove(0).unwrap()
}

/// Two removals by the engine's first key.
fn two_removals(engine: &Engine) -> [(Arc<Key>, Removal); 2] {
    [1, 2].map(|leaf_index| {
        let removal = Removal {
            group_id: b"group".to_vec(),
            epoch: 1,
            leaf_index,
            sender_index: 0,
        };
        (engine.keys()[0].clone(), removal)
    })
}

fn lane(capacity: usize) -> Lane {
    Lane {
        name: "caller".into(),
        weight: 1,
        capacity,
    }
}

#[test]
fn nobody_is_told_of_removals_that_were_not_taken_in() {
    let token = TestToken::with_keys();
    let source = SourceConfig::isolated(setup(&token, 1), worker(), pin());
    let engine = start(vec![source]);
    let (tell, told) = channel();
    let done = move |_, _| tell.send(()).unwrap();
    let submitted = engine.submit_removals(&lane(1), &two_removals(&engine), patience(), done);
    assert!(matches!(submitted, Err(EngineError::LaneFull)));
    assert_eq!(told.recv(), Err(RecvError));
    assert_eq!(engine.pending(), 0);
}

/// The thread that tells is the one whose session signs, and there is no other.
#[test]
fn a_panic_of_who_is_told_goes_no_further() {
    let token = TestToken::with_keys();
    let source = SourceConfig::isolated(setup(&token, 1), worker(), pin());
    let engine = start(vec![source]);
    let (tell, told) = channel();
    let done = move |proposals: Vec<Result<_, _>>, _| {
        tell.send(proposals.iter().all(Result::is_ok)).unwrap();
        panic!("who is told panics");
    };
    let submitted = engine.submit_removals(&lane(2), &two_removals(&engine), patience(), done);
    submitted.unwrap();
    assert_eq!(told.recv(), Ok(true));
    sign_all(&engine, 2);
    assert_eq!(engine.pending(), 0);
}

/// Each message is the one that is built for it alone: the same bytes with Ed25519, whose
/// signatures are always the same, and valid with all.
#[test]
fn many_removals_are_proposed_at_once() {
    let token = TestToken::with_keys();
    let source = SourceConfig::isolated(setup(&token, 3), worker(), pin());
    let engine = start(vec![source]);
    let keys = engine.keys();
    let removal = |number: u32| Removal {
        group_id: format!("group {}", number % 7).into_bytes(),
        epoch: number.into(),
        leaf_index: number,
        sender_index: number % 3,
    };
    let removals: Vec<_> = (0..60)
        .map(|number| {
            (
                Arc::clone(&keys[number as usize % keys.len()]),
                removal(number),
            )
        })
        .collect();
    let messages = engine.propose_removals(&removals, patience());
    assert_eq!(messages.len(), removals.len());
    let mut same = 0;
    for ((key, removal), message) in removals.iter().zip(messages) {
        let message = message.unwrap();
        let parsed = MlsMessageIn::tls_deserialize_exact(&message).unwrap();
        let MlsMessageBodyIn::PublicMessage(parsed) = parsed.extract() else {
            panic!("not a PublicMessage");
        };
        assert_eq!(parsed.group_id().as_slice(), removal.group_id);
        assert_eq!(parsed.epoch().as_u64(), removal.epoch);
        let alone = proposed(&engine, key, removal);
        if key.scheme().name == "ed25519" {
            assert_eq!(alone, message);
            same += 1;
        } else {
            assert_ne!(alone, message, "ECDSA signs otherwise each time");
        }
    }
    assert_eq!(same, 15);
}

#[test]
fn other_keys_than_the_pinned_ones_are_refused() {
    let token = TestToken::with_keys();
    let source = || SourceConfig::in_process(setup(&token, 1), pin());
    let started = |pins: Vec<Vec<u8>>, label: &str| {
        Engine::start(EngineConfig {
            keys: KeyChoice::Named(vec![KeySelector::label(label)]),
            pins,
            ..configured(vec![source()])
        })
    };
    let label = Scheme::by_name("ed25519").unwrap().default_label();
    let known = started(Vec::new(), &label).unwrap().keys()[0].clone();
    let right = known.public_key().to_vec();
    assert!(started(vec![right.clone()], &label).is_ok());
    let mut wrong = right.clone();
    wrong[0] ^= 1;
    let error = started(vec![wrong.clone()], &label).unwrap_err();
    assert!(matches!(error, EngineError::NotPinned(_)), "{error}");
    let error = started(vec![right, wrong], &label).unwrap_err();
    assert!(matches!(error, EngineError::KeyUnknown { .. }), "{error}");
}
