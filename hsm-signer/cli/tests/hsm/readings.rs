//! The tokens' keys looked at again while the engine runs: rotations and retirements are taken up, and
//! what is gone, exchanged or out of reach stays known.

use std::sync::Arc;

use mls_hsm_signer::engine::{Engine, EngineError, Phase, SourceConfig};
use mls_hsm_signer::token::{Access, KeyClass};
use mls_hsm_signer::{Error, KeySelector, KeySpec, Pin, SCHEMES, Scheme, Token, keys};

use crate::support::TestToken;
use crate::support::engine::{
    FaultyToken, SOON, configured, destroy, imported, isolated, new_private_key, patience, pin,
    setup, sign_all, start, wait_for, worker,
};

/// Makes another key under the label of a scheme's first generation.
fn another(token: &Arc<dyn Token>, scheme: &'static Scheme) {
    let spec = KeySpec::with_random_id(scheme, &scheme.default_label()).unwrap();
    keys::generate(token, &spec).unwrap();
}

fn is_aside(engine: &Engine, public_key: &[u8]) {
    let key = engine.key_by_public_key(public_key).unwrap();
    let error = engine.sign(&key, b"message", patience()).unwrap_err();
    assert!(
        matches!(error.token(), Some(Error::KeySetAside { .. })),
        "{error}"
    );
    let label = &key.object().label;
    let refused = engine.refused_keys();
    let named = refused.iter().filter(|refused| refused.label == *label);
    assert_eq!(named.count(), 1, "{label}: {refused:?}");
}

fn mismatch(engine: &Engine, scheme: &Scheme) {
    let error = engine.refresh_keys().unwrap_err();
    assert!(
        matches!(error.token(), Some(Error::KeyMismatch { .. })),
        "{error}"
    );
    let said = error.to_string();
    assert!(said.contains(&scheme.default_label()), "{said}");
}

/// A key in the place of another is not taken, and nothing else waits for it.
#[test]
fn an_exchanged_key_keeps_no_other_from_being_taken() {
    let token = TestToken::with_keys();
    let engine = isolated(&token);
    let [exchanged, rotated, gone] = [0, 1, 2].map(|scheme: usize| &SCHEMES[scheme]);
    let lost = [exchanged, gone].map(|scheme| engine.current_key(scheme).unwrap());
    destroy(&token, exchanged);
    another(&token.open(), exchanged);
    let new = keys::generation::rotate(&token.open(), rotated).unwrap();
    destroy(&token, gone);
    mismatch(&engine, exchanged);
    let current = engine.current_key(rotated).unwrap();
    assert_eq!(current.public_key(), new.public_key());
    for lost in &lost {
        assert!(engine.current_key(lost.scheme()).is_err());
        is_aside(&engine, lost.public_key());
    }
    assert_eq!(engine.refused_keys().len(), 2);
    // Nor at the next reading.
    mismatch(&engine, exchanged);
    // Nor later, in the place of one that was gone already.
    another(&token.open(), gone);
    mismatch(&engine, gone);
    assert!(engine.current_key(gone).is_err());
    sign_all(&engine, 2);
}

/// What is gone stays known however often it is looked, and is used again once it is back.
#[test]
fn a_lost_key_is_known_after_a_reading() {
    let token = TestToken::new();
    let kept = [1, 2].map(|scheme: usize| new_private_key(&SCHEMES[scheme]));
    kept.iter().for_each(|key| imported(&token, key));
    let engine = isolated(&token);
    let lost = engine.current_key(&SCHEMES[1]).unwrap();
    destroy(&token, &SCHEMES[1]);
    for _ in 0..2 {
        engine.refresh_keys().unwrap();
        is_aside(&engine, lost.public_key());
    }
    imported(&token, &kept[0]);
    engine.sign(&lost, b"message", patience()).unwrap();
    // All of them, with a stranger's key under the label of one.
    for scheme in [1, 2] {
        destroy(&token, &SCHEMES[scheme]);
    }
    wait_for(&engine, SOON, |health| health.has_no_key());
    another(&token.open(), &SCHEMES[2]);
    mismatch(&engine, &SCHEMES[2]);
    assert!(engine.keys().is_empty());
    imported(&token, &kept[0]);
    wait_for(&engine, SOON, |health| health.healthy);
    engine.sign(&lost, b"message", patience()).unwrap();
}

/// The keys of a token that cannot be asked are those that it had, and the reading says that it is
/// not whole.
#[test]
fn a_token_that_is_out_keeps_its_keys_at_a_reading() {
    let [shared, own] = [1, 2].map(|scheme: usize| new_private_key(&SCHEMES[scheme]));
    let [one, two] = [(); 2].map(|()| FaultyToken::importing(&shared));
    imported(&two.token, &own);
    let source = |faulty: &FaultyToken, name: &str| {
        SourceConfig::isolated(faulty.setup(2), worker(), pin()).named(name)
    };
    let engine = start(vec![source(&one, "one"), source(&two, "two")]);
    let key = engine.current_key(&SCHEMES[2]).unwrap();
    two.set(&["* return 0x30"]);
    wait_for(&engine, SOON, |health| {
        health.sources[1].phase == Phase::Out
    });
    let error = engine.refresh_keys().unwrap_err();
    let said = error.to_string();
    assert!(matches!(error, EngineError::Unasked(_)), "{said}");
    assert!(said.contains("two: ") && !said.contains("one"), "{said}");
    assert_eq!(engine.refused_keys(), []);
    assert!(engine.current_key(&SCHEMES[2]).is_ok());
    // Nor is one forgotten that the other token has retired.
    keys::generation::rotate(&one.token.open(), &SCHEMES[1]).unwrap();
    let retired = keys::generation::retire;
    retired(one.token.open().as_ref(), shared.public_key()).unwrap();
    engine.refresh_keys().unwrap_err();
    assert!(engine.key_by_public_key(shared.public_key()).is_ok());
    two.set(&[]);
    wait_for(&engine, SOON, |health| {
        health.sources[1].phase == Phase::Ready
    });
    engine.sign(&key, b"message", patience()).unwrap();
    engine.refresh_keys().unwrap();
    // It is asked now, and has it: it is retired all the same.
    assert!(engine.key_by_public_key(shared.public_key()).is_err());
}

/// One key under two labels is one key, and the label that is too many is named.
#[test]
fn a_copy_of_a_key_is_named_and_not_listed_twice() {
    let token = TestToken::new();
    let key = new_private_key(&SCHEMES[1]);
    imported(&token, &key);
    let copy = keys::generation::label(&SCHEMES[1], 2);
    let spec = KeySpec::with_random_id(&SCHEMES[1], &copy).unwrap();
    // As another program makes one; this crate refuses to.
    let open = token.open();
    let session = open.session(Access::Manage).unwrap();
    session.import(&spec, &key).unwrap();
    let engine = isolated(&token);
    assert_eq!(engine.keys().len(), 1);
    let refused = engine.refused_keys();
    let [refused] = &refused[..] else {
        panic!("{refused:?}");
    };
    assert_eq!(refused.label, copy);
    assert!(refused.reason.contains("the same public key"), "{refused}");
    // The old key under the label of another generation, and a stranger's under its own.
    destroy(&token, &SCHEMES[1]);
    another(&token.open(), &SCHEMES[1]);
    for _ in 0..2 {
        mismatch(&engine, &SCHEMES[1]);
        assert_eq!(engine.keys().len(), 1);
        assert_eq!(engine.keys()[0].public_key(), key.public_key());
    }
    sign_all(&engine, 1);
}

/// A person must act, whatever the other tokens lack.
#[test]
fn a_refused_pin_is_said_beside_a_token_without_a_key() {
    let (keyless, other) = (TestToken::new(), TestToken::with_keys());
    let wrong = Pin::new("000000").unwrap();
    let source = |token, pin| SourceConfig::isolated(setup(token, 1), worker(), pin);
    let sources = vec![source(&keyless, pin()), source(&other, wrong).named("two")];
    let error = Engine::start(configured(sources)).unwrap_err();
    assert!(error.concerns_pin(), "{error}");
}

/// A key that has no public half any more is known by its names alone.
#[test]
fn a_key_without_its_public_half_is_retired_too() {
    let (token, scheme) = (TestToken::with_keys(), &SCHEMES[0]);
    let engine = isolated(&token);
    let old = engine.current_key(scheme).unwrap();
    keys::generation::rotate(&token.open(), scheme).unwrap();
    let names = KeySelector::label(scheme.default_label());
    let open = token.open();
    let session = open.session(Access::Manage).unwrap();
    let half = session.find(KeyClass::Public, &names).unwrap()[0];
    session.destroy(half).unwrap();
    drop(session);
    engine.refresh_keys().unwrap();
    is_aside(&engine, old.public_key());
    let which = keys::generation::OldKey::Named(&names);
    keys::generation::retire_key(open.as_ref(), which).unwrap();
    engine.refresh_keys().unwrap();
    assert!(engine.key_by_public_key(old.public_key()).is_err());
    assert_eq!(engine.refused_keys(), []);
}

/// A rotation while the engine runs: new groups get the new key, the old one still signs.
#[test]
fn a_rotation_is_taken_up() {
    let token = TestToken::with_keys();
    let engine = isolated(&token);
    let old = engine.current_key(&SCHEMES[0]).unwrap();
    let rotated = keys::generation::rotate(&token.open(), &SCHEMES[0]).unwrap();
    engine.refresh_keys().unwrap();
    let new = engine.current_key(&SCHEMES[0]).unwrap();
    assert_eq!(new.public_key(), rotated.public_key());
    assert_eq!((old.generation(), new.generation()), (1, 2));
    assert_eq!(engine.keys().len(), SCHEMES.len() + 1);
    let found = engine.key_by_public_key(old.public_key()).unwrap();
    assert_eq!(found.object().label, SCHEMES[0].default_label());
    sign_all(&engine, 2);
    let retired = keys::generation::retire;
    let error = retired(token.open().as_ref(), new.public_key()).unwrap_err();
    assert!(error.to_string().contains("newest"), "{error}");
    retired(token.open().as_ref(), old.public_key()).unwrap();
    engine.refresh_keys().unwrap();
    assert!(engine.key_by_public_key(old.public_key()).is_err());
    let destroy = keys::generation::destroy;
    assert!(destroy(token.open().as_ref(), new.public_key()).is_err());
    destroy(token.open().as_ref(), old.public_key()).unwrap();
    sign_all(&engine, 1);
}

/// Has every token asked: on a loaded machine one may be opened late, and the engine starts without it.
fn all_asked(engine: &Engine) {
    wait_for(engine, SOON, |health| {
        let mut sources = health.sources.iter();
        sources.all(|source| matches!(source.phase, Phase::Ready | Phase::NoKey))
    });
    engine.refresh_keys().unwrap();
}

/// A key that only one token has otherwise is named beside the one that signs.
#[test]
fn another_key_of_a_label_in_a_second_token_is_named() {
    let (one, two) = (TestToken::with_keys(), TestToken::new());
    another(&two.open(), &SCHEMES[0]);
    let source =
        |token, name: &str| SourceConfig::isolated(setup(token, 1), worker(), pin()).named(name);
    let engine = start(vec![source(&one, "one"), source(&two, "two")]);
    let named = |engine: &Engine| {
        let refused = engine.refused_keys();
        let [refused] = &refused[..] else {
            panic!("{refused:?}");
        };
        assert_eq!(refused.label, SCHEMES[0].default_label());
        assert!(refused.reason.contains("token two"), "{refused}");
        refused.clone()
    };
    all_asked(&engine);
    let first = named(&engine);
    assert!(first.reason.contains("another key"), "{first}");
    // It is so at each reading, and the right one goes on.
    engine.refresh_keys().unwrap();
    assert_eq!(named(&engine), first);
    assert_eq!(engine.keys().len(), SCHEMES.len());
    let key = engine.current_key(&SCHEMES[0]).unwrap();
    engine.sign(&key, b"message", patience()).unwrap();
}

/// One that only the second token has and cannot use is named with its token too.
#[test]
fn a_bad_key_in_a_second_token_is_named() {
    let key = new_private_key(&SCHEMES[1]);
    let [one, two] = [(); 2].map(|()| TestToken::new());
    for token in [&one, &two] {
        imported(token, &key);
    }
    let open = two.open();
    let session = open.session(Access::Manage).unwrap();
    let names = KeySelector::label(SCHEMES[1].default_label());
    let half = session.find(KeyClass::Public, &names).unwrap()[0];
    session.destroy(half).unwrap();
    drop(session);
    let source =
        |token, name: &str| SourceConfig::isolated(setup(token, 1), worker(), pin()).named(name);
    // In either order: what one token cannot use is named, and the other's key signs.
    for order in [
        [(&one, "one"), (&two, "two")],
        [(&two, "two"), (&one, "one")],
    ] {
        let engine = start(order.map(|(token, name)| source(token, name)).into());
        all_asked(&engine);
        let refused = engine.refused_keys();
        assert_eq!(refused.len(), 1, "{refused:?}");
        let reason = &refused[0].reason;
        assert!(
            reason.contains("token two") && reason.contains("no public key"),
            "{reason}"
        );
        sign_all(&engine, 1);
    }
}

/// A reading that has brought a key back does not end before it signs.
#[test]
fn a_reading_that_finds_a_key_again_ends_with_a_token_that_signs() {
    let token = TestToken::new();
    let kept = new_private_key(&SCHEMES[1]);
    imported(&token, &kept);
    let source = SourceConfig::isolated(setup(&token, 1), worker(), pin());
    let mut config = configured(vec![source]);
    // By itself it would look for its key too late for this test.
    config.timing.probe_interval = std::time::Duration::from_secs(3600);
    let engine = Engine::start(config).unwrap();
    let key = engine.current_key(&SCHEMES[1]).unwrap();
    destroy(&token, &SCHEMES[1]);
    engine.sign(&key, b"message", patience()).unwrap_err();
    wait_for(&engine, SOON, |health| health.has_no_key());
    imported(&token, &kept);
    engine.refresh_keys().unwrap();
    assert!(engine.health().healthy, "{:?}", engine.health());
    engine.sign(&key, b"message", patience()).unwrap();
}

/// A public key that a message names can be put into `pinned_public_keys` as it stands.
#[test]
fn the_pinned_public_key_is_told_in_the_form_of_the_configuration() {
    let token = TestToken::with_keys();
    let source = || SourceConfig::isolated(setup(&token, 1), worker(), pin());
    let engine = start(vec![source()]);
    let shown = |engine: &Engine| {
        let keys = engine.keys();
        let keys: Vec<_> = keys.iter().map(|key| key.public_key().to_vec()).collect();
        keys
    };
    let mut config = configured(vec![source()]);
    config.pins = shown(&engine);
    let new = keys::generation::rotate(&token.open(), &SCHEMES[0]).unwrap();
    let base64 = mls_hsm_signer::encoding::base64;
    let error = Engine::start(config).unwrap_err().to_string();
    assert!(error.contains(&base64(new.public_key())), "{error}");
    let mut config = configured(vec![source()]);
    config.pins = [shown(&engine), vec![new.public_key().to_vec(), vec![7; 32]]].concat();
    let error = Engine::start(config).unwrap_err().to_string();
    assert!(error.contains(&base64(&[7; 32])), "{error}");
    let error = engine.key_by_public_key(&[7; 32]).unwrap_err().to_string();
    assert!(error.contains(&base64(&[7; 32])), "{error}");
    let debugged = format!("{:?}", engine.keys()[0]);
    assert!(
        debugged.contains(&base64(engine.keys()[0].public_key())),
        "{debugged}"
    );
}

/// Gives both halves of a key another label.
fn relabel(token: &TestToken, from: &str, to: &str) {
    let open = token.open();
    let session = open.session(Access::Manage).unwrap();
    for class in [KeyClass::Public, KeyClass::Private] {
        let half = session.find(class, &KeySelector::label(from)).unwrap()[0];
        session.relabel(half, to).unwrap();
    }
}

/// A key is a removal key by its label: one that has another part now is gone, be the new label almost
/// a removal key's or quite another.
#[test]
fn a_key_that_is_renamed_is_gone() {
    let token = TestToken::with_keys();
    let engine = isolated(&token);
    let renamed = [
        (&SCHEMES[0], "mls-removal-ed25519 "),
        (&SCHEMES[1], "somebody's"),
    ];
    let lost = renamed.map(|(scheme, _)| engine.current_key(scheme).unwrap());
    for (scheme, label) in renamed {
        relabel(&token, &scheme.default_label(), label);
    }
    engine.refresh_keys().unwrap();
    for key in &lost {
        assert!(engine.current_key(key.scheme()).is_err());
        is_aside(&engine, key.public_key());
    }
    sign_all(&engine, 2);
    // Under its name it is there again.
    let (scheme, label) = renamed[0];
    relabel(&token, label, &scheme.default_label());
    engine.refresh_keys().unwrap();
    engine.sign(&lost[0], b"message", patience()).unwrap();
}

/// So is the only one, and no process is started for it again and again.
#[test]
fn the_only_key_that_is_renamed_is_gone() {
    for label in ["mls-removal-ed25519 ", "retired-mls-removal-ed25519x"] {
        let token = TestToken::new();
        imported(&token, &new_private_key(&SCHEMES[0]));
        let engine = isolated(&token);
        relabel(&token, &SCHEMES[0].default_label(), label);
        engine.refresh_keys().unwrap_err();
        wait_for(&engine, SOON, |health| health.has_no_key());
        assert!(engine.keys().is_empty());
    }
}
