//! Keys in SoftHSM: generated, imported from openssl's files, listed, and refused.

use std::sync::Arc;

use crate::support::programs::openssl;
use crate::support::{TestToken, generate, open, verified};
use mls_hsm_signer::token::{Access, KeyClass, Protection};
use mls_hsm_signer::{
    Error, HsmSigner, KeySelector, KeySpec, PrivateKey, SCHEMES, Scheme, Token, keys,
};
use openmls_traits::signatures::Signer;

/// What `openssl genpkey` is told for each scheme: how Wire's operators make theirs.
fn openssl_arguments(scheme: &Scheme) -> Vec<String> {
    match scheme.title.strip_prefix("ECDSA ") {
        None => vec!["-algorithm".into(), scheme.name.into()],
        Some(curve) => [
            "-algorithm",
            "ec",
            "-pkeyopt",
            &format!("ec_paramgen_curve:{curve}"),
        ]
        .map(String::from)
        .to_vec(),
    }
}

fn openssl_key(scheme: &Scheme) -> PrivateKey {
    let output = openssl()
        .arg("genpkey")
        .args(openssl_arguments(scheme))
        .output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    PrivateKey::from_pem(std::str::from_utf8(&output.stdout).unwrap()).unwrap()
}

fn spec(scheme: &'static Scheme, label: &str) -> KeySpec {
    KeySpec::with_random_id(scheme, label).unwrap()
}

#[test]
fn generated_keys_can_never_leave_the_token() {
    let token = TestToken::new();
    let session = token.open();
    for scheme in SCHEMES {
        let signer = generate(&session, scheme);
        let object = signer.object();
        assert_eq!(
            object.protection(),
            Protection::MadeInToken,
            "{}",
            scheme.name
        );
        let kept = &object.attributes;
        let flags = [
            kept.sensitive,
            kept.always_sensitive,
            kept.never_extractable,
        ];
        assert_eq!(flags, [Some(true); 3]);
        assert_eq!((kept.extractable, kept.local), (Some(false), Some(true)));
        assert_eq!((kept.sign, kept.also_allowed.len()), (Some(true), 0));
    }
}

#[test]
fn openssl_keys_of_every_scheme_are_imported_and_sign() {
    let token = TestToken::new();
    let session = token.open();
    for scheme in SCHEMES {
        let key = openssl_key(scheme);
        assert_eq!(key.scheme().name, scheme.name);
        keys::import(&session, &spec(scheme, &scheme.default_label()), &key).unwrap();
        let signer = open(&session, scheme);
        assert_eq!(signer.public_key(), key.public_key());
        assert_eq!(signer.object().protection(), Protection::Imported);
        let signature = signer.sign(b"message").unwrap();
        assert!(
            verified(scheme, key.public_key(), b"message", &signature),
            "{}",
            scheme.name
        );
    }
}

/// The public key that we compute is the one that openssl writes.
#[test]
fn openssl_sees_the_same_public_key() {
    for scheme in SCHEMES {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.pem");
        let run = |arguments: &[String]| {
            let output = openssl().args(arguments).output().unwrap();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        let file = path.display().to_string();
        let mut generate = vec!["genpkey".into(), "-out".into(), file.clone()];
        generate.extend(openssl_arguments(scheme));
        run(&generate);
        let public = run(&["pkey", "-pubout", "-in", &file].map(String::from));
        let key = PrivateKey::from_pem(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let ours = (key.scheme(), key.public_key().to_vec());
        assert_eq!(
            mls_hsm_signer::encoding::public_key::pem(&ours).unwrap(),
            public
        );
    }
}

#[test]
fn a_label_or_id_that_exists_is_refused_and_nothing_changes() {
    let token = TestToken::new();
    let session = token.open();
    let scheme = &SCHEMES[1];
    let first = generate(&session, scheme);
    let same_label = spec(scheme, &scheme.default_label());
    let same_id = KeySpec::new(scheme, "another label", &first.object().id).unwrap();
    for spec in [&same_label, &same_id] {
        let error = keys::generate(&session, spec).unwrap_err();
        assert!(matches!(error, Error::KeyExists { .. }), "{error}");
        let error = keys::import(&session, spec, &openssl_key(scheme)).unwrap_err();
        assert!(matches!(error, Error::KeyExists { .. }), "{error}");
    }
    assert_eq!(open(&session, scheme).public_key(), first.public_key());
    assert_eq!(objects(&session), (1, 1));
}

/// All or none: the second spec's label is taken by the first.
#[test]
fn keys_are_generated_all_or_none() {
    let token = TestToken::new();
    let session = token.open();
    let [first, second] = [&SCHEMES[1], &SCHEMES[2]].map(|scheme| spec(scheme, "same label"));
    let error = keys::generate_all(&session, &[first, second]).unwrap_err();
    assert!(matches!(error, Error::KeyExists { .. }), "{error}");
    assert_eq!(objects(&session), (0, 0));
    let specs: Vec<_> = SCHEMES
        .iter()
        .map(|scheme| spec(scheme, scheme.name))
        .collect();
    assert_eq!(keys::generate_all(&session, &specs).unwrap().len(), 4);
    assert_eq!(objects(&session), (4, 4));
}

/// How many private and public keys the token holds.
fn objects(token: &Arc<dyn Token>) -> (usize, usize) {
    let session = token.session(Access::Use).unwrap();
    let count = |class| session.find(class, &KeySelector::any()).unwrap().len();
    (count(KeyClass::Private), count(KeyClass::Public))
}

/// Two keys with one label cannot be made through this crate, but they exist.
#[test]
fn two_keys_with_one_label_are_refused() {
    let token = TestToken::new();
    let session = token.open();
    let scheme = &SCHEMES[0];
    let manage = session.session(Access::Manage).unwrap();
    for id in [b"one", b"two"] {
        manage
            .generate(&KeySpec::new(scheme, "twin", id).unwrap())
            .unwrap();
    }
    let open = |selector| HsmSigner::open(Arc::clone(&session), &selector);
    let error = open(KeySelector::label("twin")).unwrap_err();
    assert!(
        matches!(error, Error::KeyAmbiguous { count: 2, .. }),
        "{error}"
    );
    let said = error.to_string();
    assert!(
        said.contains("--id") && said.contains("keys list"),
        "{said}"
    );
    assert!(open(KeySelector::id(b"one".as_slice())).is_ok());
    assert!(open(KeySelector::label_and_id("twin", b"two".as_slice())).is_ok());
}

/// Two pairs of one id: each private key's public key is the one of its label.
#[test]
fn the_label_decides_between_two_public_keys_of_one_id() {
    let token = TestToken::new();
    let session = token.open();
    let scheme = &SCHEMES[1];
    let manage = session.session(Access::Manage).unwrap();
    let first = manage
        .generate(&KeySpec::new(scheme, "first", b"id").unwrap())
        .unwrap();
    manage
        .generate(&KeySpec::new(scheme, "second", b"id").unwrap())
        .unwrap();
    for label in ["first", "second"] {
        HsmSigner::open(Arc::clone(&session), &KeySelector::label(label)).unwrap();
    }
    manage.destroy(first.public).unwrap();
    let error = HsmSigner::open(Arc::clone(&session), &KeySelector::label("first")).unwrap_err();
    assert!(
        matches!(error, Error::SignatureInvalid),
        "the other's public key: {error}"
    );
}

#[test]
fn a_private_key_without_a_public_key_is_refused() {
    let token = TestToken::new();
    let session = token.open();
    let manage = session.session(Access::Manage).unwrap();
    let pair = manage.generate(&spec(&SCHEMES[0], "half")).unwrap();
    manage.destroy(pair.public).unwrap();
    let error = HsmSigner::open(Arc::clone(&session), &KeySelector::label("half")).unwrap_err();
    assert!(
        matches!(
            error,
            Error::KeyNotFound {
                class: "public key",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_missing_key_is_named() {
    let token = TestToken::new();
    let error = HsmSigner::open(token.open(), &KeySelector::label("nothing here")).unwrap_err();
    assert!(matches!(
        error,
        Error::KeyNotFound {
            class: "private key",
            ..
        }
    ));
    assert!(error.to_string().contains("nothing here"), "{error}");
}

#[test]
fn a_key_of_another_scheme_is_not_imported() {
    let token = TestToken::new();
    let session = token.open();
    let error = keys::import(
        &session,
        &spec(&SCHEMES[1], "key"),
        &openssl_key(&SCHEMES[2]),
    );
    assert!(matches!(error, Err(Error::KeyAttributes { .. })));
    assert_eq!(objects(&session), (0, 0));
}

#[test]
fn names_that_are_none_are_refused() {
    for (label, id) in [("", "id"), ("label", ""), ("a\nb", "id")] {
        let error = KeySpec::new(&SCHEMES[0], label, id.as_bytes()).unwrap_err();
        assert!(matches!(error, Error::KeyName));
    }
    assert!(matches!(
        KeySpec::new(&SCHEMES[0], &"x".repeat(256), b"id"),
        Err(Error::KeyName)
    ));
}

#[test]
fn the_list_shows_every_key_and_what_is_wrong_with_it() {
    let token = TestToken::new();
    let session = token.open();
    for scheme in SCHEMES {
        generate(&session, scheme);
    }
    let manage = session.session(Access::Manage).unwrap();
    let pair = manage.generate(&spec(&SCHEMES[0], "half")).unwrap();
    manage.destroy(pair.public).unwrap();
    let entries = keys::list(session.as_ref(), &KeySelector::any()).unwrap();
    let usable = entries
        .iter()
        .filter(|entry| entry.refusal.is_none())
        .count();
    assert_eq!((entries.len(), usable), (5, 4));
    let labels: Vec<_> = entries
        .iter()
        .map(|entry| entry.object.label.as_str())
        .collect();
    assert!(labels.is_sorted(), "{labels:?}");
}
