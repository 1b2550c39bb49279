//! Keys in a token that cannot be removal keys though they are named so, and tokens that are
//! others' too: one bad key stops nobody, is named with its reason, and is used by nobody.

use std::sync::Arc;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::Attribute;
use cryptoki::slot::Slot;
use mls_fault_module::{Faults, library};
use mls_hsm_signer::engine::SourceConfig;
use mls_hsm_signer::failure::RecoveryStep;
use mls_hsm_signer::keys::generation;
use mls_hsm_signer::token::{Access, KeyClass};
use mls_hsm_signer::{Error, HsmSigner, KeySelector, KeySpec, SCHEMES, Token, keys};
use serde_json::Value;

use crate::support::engine::{
    configured, patience, pin, setup, sign_all, start, steps, wait_for, worker,
};
use crate::support::odd_keys::{ADMITTED, ODD_KEYS, P256, Tool};
use crate::support::{FaultyAccess, Sandbox, TestToken, generate, module_path};

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

const PROPOSAL: [&str; 7] = [
    "propose-remove",
    "--group-id",
    "0a",
    "--epoch",
    "1",
    "--leaf-index",
    "1",
];

/// Every command, with every kind of key that pkcs11-tool makes.
#[test]
fn an_odd_key_is_named_and_used_by_no_command() {
    for odd in ODD_KEYS {
        let sandbox = Sandbox::new();
        sandbox.succeed(&["keys", "generate", "--scheme", "ed25519"]);
        (odd.make)(&Tool::of(&sandbox), P256);
        let admitted = if odd.admitted { &[][..] } else { &ADMITTED };
        let with = |arguments: &[&'static str]| [arguments, admitted].concat();
        let is_named = |said: &str| {
            assert!(said.contains(P256) && said.contains(odd.reason), "{said}");
        };
        let listed = parsed(&sandbox.succeed(&with(&["keys", "list", "--json"])));
        let listed = listed.as_array().unwrap();
        let ours: Vec<_> = listed.iter().filter(|key| key["label"] == P256).collect();
        assert!(!ours.is_empty());
        for key in &ours {
            is_named(&key.to_string().replace("\\\"", "\""));
        }
        // The good one is there, alone.
        let output = sandbox.run(&with(&["keys", "public"]));
        assert!(output.status.success(), "{output:?}");
        let shown = parsed(&String::from_utf8(output.stdout).unwrap());
        let shown: Vec<_> = shown["removal"].as_object().unwrap().keys().collect();
        assert_eq!(shown, ["ed25519"], "{}", odd.reason);
        is_named(&String::from_utf8(output.stderr).unwrap());
        let scheme = ["--scheme", "ecdsa_secp256r1_sha256"];
        is_named(&sandbox.fail(&with(&[&["keys", "public"], &scheme[..]].concat())));
        let propose = [&PROPOSAL[..], &scheme].concat();
        let said = sandbox.fail(&with(&propose));
        assert!(said.contains(odd.reason), "{said}");
        let output = sandbox.run(&with(&["doctor"]));
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        is_named(&said);
        assert!(said.contains("id 01"), "{said}");
        assert!(
            said.contains("signature of \"mls-removal-ed25519\""),
            "{said}"
        );
        // Others are rotated, and the scheme itself gets a key that signs.
        for scheme in ["ed25519", "ecdsa_secp256r1_sha256"] {
            let rotate = ["keys", "rotate", "--json", "--scheme", scheme];
            let made = parsed(&sandbox.succeed(&with(&rotate)));
            assert!(made["label"].as_str().unwrap().ends_with("-g2"), "{made}");
            // Which every command finds, as a service does.
            let scheme = ["--scheme", scheme];
            let shown = sandbox.run(&with(&[&["keys", "public"], &scheme[..]].concat()));
            let shown = parsed(&String::from_utf8(shown.stdout).unwrap());
            assert_eq!(shown["removal"][scheme[1]], made["public_key"], "{shown}");
            let proposed = [&PROPOSAL[..], &scheme, &["--json"]].concat();
            let proposed = parsed(&sandbox.succeed(&with(&proposed)));
            assert_eq!(proposed["public_key"], made["public_key"], "{proposed}");
        }
    }
}

/// pkcs11-tool's keys are the commonest there are: a word admits what they may do beside signing.
#[test]
fn what_a_key_may_do_beside_signing_is_admitted_by_name() {
    let sandbox = Sandbox::new();
    (ODD_KEYS[0].make)(&Tool::of(&sandbox), P256);
    let said = sandbox.fail(&["keys", "public"]);
    let way_out = "--admit-use decrypt --admit-use unwrap";
    assert!(
        said.contains(way_out) && said.contains("keys rotate"),
        "{said}"
    );
    let half = sandbox.fail(&["keys", "public", "--admit-use", "decrypt"]);
    assert!(half.contains("CKA_UNWRAP is true"), "{half}");
    let scheme = ["--scheme", "ecdsa_secp256r1_sha256"];
    sandbox.succeed(&[&["keys", "public"], &ADMITTED[..]].concat());
    sandbox.succeed(&[&PROPOSAL[..], &scheme, &ADMITTED].concat());
    let said = sandbox.succeed(&[&["doctor"], &ADMITTED[..]].concat());
    assert!(said.contains("admitted: CKA_DECRYPT is true"), "{said}");
    assert!(
        said.ends_with("healthy\n") && !said.contains("FAILED"),
        "{said}"
    );
}

/// Whoever admits a use learns of nothing then that could have been said before; and what no word
/// admits is not offered to be.
#[test]
fn all_that_is_wrong_with_a_key_is_said_at_once() {
    let sandbox = Sandbox::new();
    let allowed = ["--allowed-mechanisms", "ECDSA-SHA256", "--extractable"];
    Tool::of(&sandbox).make("EC:prime256v1", P256, "01", &allowed);
    let said = sandbox.fail(&["keys", "public"]);
    for fault in [
        "CKA_EXTRACTABLE is not false",
        "CKA_DECRYPT is true",
        "CKA_UNWRAP is true",
        "CKA_ALLOWED_MECHANISMS has no CKM_ECDSA",
    ] {
        assert!(said.contains(fault), "{fault}: {said}");
    }
    assert!(!said.contains("--admit-use"), "{said}");
}

#[test]
fn the_label_decides_between_pairs_of_one_id() {
    for id in [&["--id", "01"][..], &[]] {
        let sandbox = Sandbox::new();
        let schemes = [
            ("prime256v1", "ecdsa_secp256r1_sha256"),
            ("secp384r1", "ecdsa_secp384r1_sha384"),
        ];
        for (curve, scheme) in schemes {
            let (kind, label) = (format!("EC:{curve}"), format!("mls-removal-{scheme}"));
            let make = [
                "--keypairgen",
                "--key-type",
                &kind,
                "--usage-sign",
                "--sensitive",
            ];
            Tool::of(&sandbox).run(&[&make[..], &["--label", &label], id].concat());
        }
        let shown = sandbox.succeed(&[&["keys", "public"], &ADMITTED[..]].concat());
        for (_, scheme) in schemes {
            assert!(shown.contains(scheme), "{id:?}: {shown}");
            sandbox.succeed(&[&PROPOSAL[..], &["--scheme", scheme], &ADMITTED].concat());
        }
    }
}

/// A key that may only derive: pkcs11-tool makes none with SoftHSM.
#[test]
fn a_key_that_may_not_sign_is_refused() {
    let test = TestToken::new();
    let token = test.open();
    generate(&token, &SCHEMES[0]);
    let module = Pkcs11::new(module_path()).unwrap();
    // It is initialised already; so is the login the process's.
    let _ = module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
    let slot = Slot::try_from(token.identity().slot).unwrap();
    let session = module.open_rw_session_no_drop(slot).unwrap();
    let named = [
        Attribute::Token(true),
        Attribute::Label(P256.into()),
        Attribute::Id(vec![1]),
    ];
    let curve = Attribute::EcParams(b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07".to_vec());
    let only_derives = [
        Attribute::Private(false),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(false),
        Attribute::Decrypt(false),
        Attribute::Unwrap(false),
        Attribute::Derive(true),
    ];
    let public = [&named[..], &[curve]].concat();
    let private = [&named[..], &only_derives].concat();
    session
        .generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private)
        .unwrap();
    let found = generation::removal_keys(token.as_ref()).unwrap();
    assert_eq!(found.generations.len(), 1);
    let refused = &found.refused[0];
    assert_eq!(
        (refused.label.as_str(), refused.id.as_slice()),
        (P256, &[1][..])
    );
    for fault in ["CKA_SIGN is not true", "CKA_PRIVATE is false"] {
        assert!(refused.reason.contains(fault), "{refused}");
    }
    let error = HsmSigner::open(Arc::clone(&token), &KeySelector::label(P256)).unwrap_err();
    assert!(matches!(error, Error::KeyAttributes { .. }), "{error}");
    session.close().unwrap();
}

/// The private key is replaced in the running token, and the old public key left: the engine
/// sets it aside, takes no step of recovery, and signs with the others all the while.
#[test]
fn a_key_that_fails_alone_is_set_aside_without_recovery() {
    let token = TestToken::with_keys();
    let engine = start(vec![SourceConfig::isolated(
        setup(&token, 2),
        worker(),
        pin(),
    )]);
    sign_all(&engine, 1);
    let process = engine.health().sources[0].process;
    let key = engine.current_key(&SCHEMES[1]).unwrap();
    let open = token.open();
    let session = open.session(Access::Manage).unwrap();
    for private in session
        .find(
            KeyClass::Private,
            &KeySelector::label(key.object().label.as_str()),
        )
        .unwrap()
    {
        session.destroy(private).unwrap();
    }
    let spec = KeySpec::new(key.scheme(), &key.object().label, &key.object().id).unwrap();
    let other = session.generate(&spec).unwrap();
    session.destroy(other.public).unwrap();
    let error = engine.sign(&key, b"message", patience()).unwrap_err();
    assert!(
        matches!(error.token(), Some(Error::KeySetAside { .. })),
        "{error}"
    );
    let rest = engine.keys();
    assert_eq!(rest.len(), SCHEMES.len() - 1, "it is shown no more");
    assert!(engine.current_key(&SCHEMES[1]).is_err());
    let refused = engine.refused_keys();
    assert_eq!(refused.len(), 1);
    assert!(
        refused[0].reason.contains("does not verify"),
        "{}",
        refused[0]
    );
    for _ in 0..20 {
        for one in &rest {
            engine.sign(one, b"message", patience()).unwrap();
        }
        engine.sign(&key, b"message", patience()).unwrap_err();
    }
    let health = engine.health();
    assert!(
        health.healthy && health.sources[0].missing_keys.len() == 1,
        "{health:?}"
    );
    assert_eq!(health.sources[0].process, process);
    let taken: u64 = RecoveryStep::ALL
        .map(|step| steps(&engine, step))
        .iter()
        .sum();
    assert_eq!(taken, 0, "{health:?}");
    // Looked at again, it is no key of the engine's.
    engine.refresh_keys().unwrap();
    let refused = engine.refused_keys();
    assert_eq!(refused.len(), 1);
    assert!(
        refused[0].reason.contains("does not verify"),
        "{}",
        refused[0]
    );
    assert!(engine.current_key(&SCHEMES[1]).is_err());
}

/// Permanent for the key, whichever is asked: nothing is restarted for it.
#[test]
fn a_permanent_failure_of_keys_does_not_climb() {
    let faulty = crate::support::engine::FaultyToken::new();
    let engine = faulty.engine(2);
    faulty.set(&["C_SignInit return 0x68"]);
    wait_for(&engine, std::time::Duration::from_secs(60), |health| {
        !health.healthy
    });
    std::thread::sleep(std::time::Duration::from_secs(2));
    for step in [
        RecoveryStep::LogIn,
        RecoveryStep::Reinitialise,
        RecoveryStep::Restart,
    ] {
        assert_eq!(steps(&engine, step), 0, "{step}: {:?}", engine.health());
    }
    faulty.set(&[]);
    wait_for(&engine, std::time::Duration::from_secs(60), |health| {
        health.healthy
    });
    sign_all(&engine, 1);
}

#[test]
fn an_engine_without_a_fit_key_says_why() {
    let token = TestToken::new();
    let open = token.open();
    let pair = generate(&open, &SCHEMES[0]);
    let session = open.session(Access::Manage).unwrap();
    let names = KeySelector::id(pair.object().id.clone());
    for public in session.find(KeyClass::Public, &names).unwrap() {
        session.destroy(public).unwrap();
    }
    let source = SourceConfig::isolated(setup(&token, 1), worker(), pin());
    let error = mls_hsm_signer::engine::Engine::start(configured(vec![source])).unwrap_err();
    let said = error.to_string();
    assert!(matches!(error.token(), Some(Error::NoKeyFit(_))), "{said}");
    assert!(
        said.contains("mls-removal-ed25519") && said.contains("no public key"),
        "{said}"
    );
}

/// A token that is others' too: its keys are found by their labels, and each object is read once.
#[test]
fn foreign_keys_are_hardly_looked_at() {
    const FOREIGN: usize = 150;
    let test = TestToken::with_keys();
    let open = test.open();
    let session = open.session(Access::Manage).unwrap();
    for number in 0..FOREIGN {
        let (label, id) = (format!("foreign {number}"), number.to_be_bytes());
        session
            .generate(&KeySpec::new(&SCHEMES[1], &label, &id).unwrap())
            .unwrap();
    }
    drop(session);
    let faulty = FaultyAccess::to(&test);
    let counted = |function: &str, work: &dyn Fn(&dyn Token)| {
        faulty.faults.set(&[&format!("{function} log")]).unwrap();
        let before = faulty.faults.log().len();
        work(faulty.token.as_ref());
        let made = faulty.faults.log().len() - before;
        faulty.faults.clear().unwrap();
        made
    };
    let own = SCHEMES.len();
    let removal_keys = |token: &dyn Token| {
        let found = generation::removal_keys(token).unwrap();
        assert_eq!((found.generations.len(), found.refused.len()), (own, 0));
    };
    let list = |token: &dyn Token| {
        let all = keys::list(token, &KeySelector::any()).unwrap();
        assert_eq!(all.len(), own + FOREIGN);
        assert!(
            all.iter()
                .all(|entry| entry.key.is_some() && entry.refusal.is_none())
        );
    };
    // cryptoki asks twice for what has no fixed length.
    let of_labels = counted("C_GetAttributeValue", &removal_keys);
    assert!(of_labels <= 2 * (FOREIGN + own) + 4 * own, "{of_labels}");
    let searches = counted("C_FindObjectsInit", &removal_keys);
    assert!(searches <= 1 + own, "{searches}");
    let read = counted("C_GetAttributeValue", &list);
    assert!(read <= 4 * (FOREIGN + own), "{read}");
    assert_eq!(counted("C_FindObjectsInit", &list), 2);
}

/// Certificates, RSA keys and others' EC keys are no fault of a token.
#[test]
fn a_shared_token_is_healthy() {
    let sandbox = Sandbox::new();
    sandbox.succeed(&["keys", "generate"]);
    let tool = Tool::of(&sandbox);
    tool.make("rsa:2048", "web server", "aa", &[]);
    tool.make("EC:secp256k1", "wallet", "bb", &[]);
    tool.make("EC:prime256v1", "somebody's", "cc", &[]);
    let said = sandbox.succeed(&["doctor"]);
    assert!(
        said.ends_with("healthy\n") && !said.contains("FAILED"),
        "{said}"
    );
    assert!(said.contains("other keys: 3"), "{said}");
    let listed = parsed(&sandbox.succeed(&["keys", "list", "--json"]));
    assert_eq!(listed.as_array().unwrap().len(), 7);
}

/// The module hides a mechanism, as a token has it that lacks the curve.
#[test]
fn a_token_without_ed25519_gets_the_other_keys() {
    let sandbox = Sandbox::new();
    let directory = tempfile::tempdir().unwrap();
    let faults = Faults::install(&library().unwrap(), directory.path(), module_path()).unwrap();
    faults.set(&["C_GetMechanismList hide 0x1057"]).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = sandbox.command_through(&faults.module(), arguments);
        command.output().unwrap()
    };
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let output = run(&["keys", "generate", "--json"]);
    assert!(output.status.success(), "{output:?}");
    let made = parsed(&text(&output.stdout));
    assert_eq!(made.as_array().unwrap().len(), 3);
    assert!(text(&output.stderr).contains("Ed25519"), "{output:?}");
    // Who names it is refused.
    let output = run(&[
        "keys", "generate", "--scheme", "ed25519", "--label", "named",
    ]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = text(&run(&["doctor"]).stdout);
    assert!(
        said.ends_with("healthy\n") && said.contains("cannot sign with Ed25519"),
        "{said}"
    );
}
