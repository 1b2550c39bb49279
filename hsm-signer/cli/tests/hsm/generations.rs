//! Rotation: new keys for new groups, old keys for old groups, and the steps by which a
//! key ends.

use mls_hsm_signer::keys::generation::{self, all, destroy, retire, rotate};
use mls_hsm_signer::token::{Access, KeyClass};
use mls_hsm_signer::{Error, HsmSigner, KeySelector, SCHEMES, Token};
use openmls_traits::signatures::Signer;
use serde_json::Value;

use crate::support::{FaultyAccess, Sandbox, TestToken, verified};

fn labels(token: &dyn Token) -> Vec<String> {
    let keys = all(token).unwrap();
    keys.into_iter().map(|key| key.object.label).collect()
}

#[test]
fn old_keys_sign_until_they_are_retired_and_end_when_destroyed() {
    let test = TestToken::new();
    let token = test.open();
    for scheme in SCHEMES {
        let [first, second] = [(); 2].map(|()| rotate(&token, scheme).unwrap());
        assert_ne!(first.public_key(), second.public_key());
        assert_eq!(first.object().label, generation::label(scheme, 1));
        assert_eq!(second.object().label, generation::label(scheme, 2));
        // A group that names the old key finds it by that.
        let old = generation::find(token.as_ref(), first.public_key()).unwrap();
        assert_eq!((old.number, old.retired), (1, false));
        let signer = HsmSigner::open(token.clone(), &old.selector()).unwrap();
        let signature = signer.sign(b"old group").unwrap();
        assert!(verified(
            scheme,
            first.public_key(),
            b"old group",
            &signature
        ));
        // Not before it is old, and not before it is retired.
        let newest = retire(token.as_ref(), second.public_key()).unwrap_err();
        assert!(matches!(newest, Error::KeyAttributes { .. }), "{newest}");
        let in_use = destroy(token.as_ref(), first.public_key()).unwrap_err();
        assert!(matches!(in_use, Error::KeyUnknown { .. }), "{in_use}");
        retire(token.as_ref(), first.public_key()).unwrap();
        let gone = generation::find(token.as_ref(), first.public_key()).unwrap_err();
        assert!(matches!(gone, Error::KeyUnknown { .. }), "{gone}");
        destroy(token.as_ref(), first.public_key()).unwrap();
        let third = rotate(&token, scheme).unwrap();
        assert_eq!(third.object().label, generation::label(scheme, 3));
    }
    assert_eq!(labels(token.as_ref()).len(), 8);
}

/// The public half that is left of a key has its label still.
#[test]
fn a_rotation_passes_by_a_half_that_is_left() {
    let test = TestToken::new();
    let token = test.open();
    let scheme = &SCHEMES[0];
    let first = rotate(&token, scheme).unwrap();
    let session = token.session(Access::Manage).unwrap();
    let names = KeySelector::label(first.object().label.as_str());
    let private = session.find(KeyClass::Private, &names).unwrap()[0];
    session.destroy(private).unwrap();
    drop(session);
    let second = rotate(&token, scheme).unwrap();
    assert_eq!(second.object().label, generation::label(scheme, 2));
}

/// A retired key signs nothing, by whatever it is named.
#[test]
fn the_command_line_signs_with_no_retired_key() {
    let sandbox = Sandbox::new();
    let scheme = ["--scheme", "ed25519"];
    for _ in 0..2 {
        sandbox.succeed(&[&["keys", "rotate"], &scheme[..]].concat());
    }
    sandbox.succeed(&["keys", "retire", "--label", "mls-removal-ed25519"]);
    let removal = ["--group-id", "00", "--epoch", "1", "--leaf-index", "2"];
    let by = ["propose-remove", "--label"];
    let current = ["mls-removal-ed25519-g2"];
    sandbox.succeed(&[&by[..], &current, &removal].concat());
    let retired = ["retired-mls-removal-ed25519"];
    let error = sandbox.fail(&[&by[..], &retired, &removal].concat());
    assert!(error.contains("is retired"), "{error}");
}

/// A retirement that fails halfway has not happened, and is completed by trying again.
#[test]
fn a_retirement_that_fails_halfway_is_completed_later() {
    let test = TestToken::new();
    let faulty = FaultyAccess::to(&test);
    let token = &faulty.token;
    for scheme in SCHEMES {
        let first = rotate(token, scheme).unwrap();
        rotate(token, scheme).unwrap();
        faulty
            .faults
            .set(&["C_SetAttributeValue return 0x30 from 2"])
            .unwrap();
        retire(token.as_ref(), first.public_key()).unwrap_err();
        let key = generation::find(token.as_ref(), first.public_key()).unwrap();
        assert!(HsmSigner::open(token.clone(), &key.selector()).is_ok());
        faulty.faults.clear().unwrap();
        retire(token.as_ref(), first.public_key()).unwrap();
        // The private key goes first: what may remain signs nothing, and is named.
        faulty
            .faults
            .set(&["C_DestroyObject return 0x30 from 2"])
            .unwrap();
        let error = destroy(token.as_ref(), first.public_key()).unwrap_err();
        assert!(matches!(error, Error::LeftBehind { .. }), "{error}");
        assert!(error.to_string().contains("public key labelled"), "{error}");
        faulty.faults.clear().unwrap();
        assert!(all(token.as_ref()).is_ok());
    }
}

#[test]
fn generations_by_the_command_line() {
    let sandbox = Sandbox::new();
    let parsed = |text: String| -> Value { serde_json::from_str(&text).unwrap() };
    let scheme = ["--scheme", "ecdsa_secp256r1_sha256"];
    let rotate = || parsed(sandbox.succeed(&[&["keys", "rotate", "--json"], &scheme[..]].concat()));
    let (first, second) = (rotate(), rotate());
    assert_eq!(second["label"], "mls-removal-ecdsa_secp256r1_sha256-g2");
    let old = first["public_key"].as_str().unwrap();
    let new = second["public_key"].as_str().unwrap();
    let proposal = [
        "propose-remove",
        "--json",
        "--group-id",
        "0a",
        "--epoch",
        "1",
        "--leaf-index",
        "1",
        "--public-key",
    ];
    let propose = |key| [&proposal[..], &[key]].concat();
    for key in [old, new] {
        let said = parsed(sandbox.succeed(&propose(key)));
        assert_eq!(said["public_key"], key);
    }
    let error = sandbox.fail(&["keys", "retire", "--public-key", new]);
    assert!(error.contains("rotate first"), "{error}");
    let retired = parsed(sandbox.succeed(&["keys", "retire", "--json", "--public-key", old]));
    assert_eq!(
        retired["label"],
        "retired-mls-removal-ecdsa_secp256r1_sha256"
    );
    let error = sandbox.fail(&propose(old));
    assert!(
        error.contains("no key in use of this public key"),
        "{error}"
    );
    sandbox.succeed(&["keys", "destroy", "--public-key", old]);
    // There is no first generation any more.
    let shown = parsed(sandbox.succeed(&[&["keys", "public"], &scheme[..]].concat()));
    assert_eq!(shown["removal"]["ecdsa_secp256r1_sha256"], new);
    let by_scheme = [&proposal[..proposal.len() - 1], &scheme].concat();
    assert_eq!(parsed(sandbox.succeed(&by_scheme))["public_key"], new);
    let listed = parsed(sandbox.succeed(&["keys", "list", "--json"]));
    assert_eq!(listed, Value::Array(vec![second]));
}
