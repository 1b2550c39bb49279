//! Labels that are almost those of removal keys: no command makes or uses such a key, and one that is
//! in a token is named with the label that was meant.

use mls_hsm_signer::token::{Access, KeyClass};
use mls_hsm_signer::{Error, KeySelector, KeySpec, SCHEMES, keys};

use crate::support::engine::{isolated, openssl_key};
use crate::support::odd_keys::Tool;
use crate::support::{Sandbox, TestToken};

const REMOVAL: [&str; 6] = ["--group-id", "00", "--epoch", "1", "--leaf-index", "1"];

/// Each with the label that is nearest.
const NEAR: [(&str, &str); 9] = [
    ("mls-removal-ed2551", "mls-removal-ed25519"),
    ("mls-removal-ed25519-g1", "mls-removal-ed25519"),
    ("mls-removal-ed25519-g02", "mls-removal-ed25519-g2"),
    ("mls-removal-ed25519 ", "mls-removal-ed25519"),
    ("MLS-Removal-Ed25519-G3", "mls-removal-ed25519-g3"),
    ("\u{202e}mls-removal-ed25519", "mls-removal-ed25519"),
    (
        "mls-removal-ecdsa_secp256r1",
        "mls-removal-ecdsa_secp256r1_sha256",
    ),
    ("mls-removal-foo", "\"mls-removal-ed25519\", "),
    ("retired-mls-removal-ed25519x", "mls-removal-ed25519"),
];

#[test]
fn no_command_makes_or_uses_a_key_of_such_a_label() {
    let sandbox = Sandbox::new();
    let key = sandbox.write("key.pem", &openssl_key(&SCHEMES[0]), 0o600);
    let key = key.to_str().unwrap();
    for (label, meant) in NEAR {
        let generate = ["keys", "generate", "--scheme", "ed25519"];
        let commands: [&[&str]; 4] = [
            &generate,
            &["keys", "import", "--pkcs8", key],
            &[&["propose-remove"], &REMOVAL[..]].concat(),
            &["keys", "public"],
        ];
        for command in commands {
            let error = sandbox.misuse(&[command, &["--label", label]].concat());
            assert!(error.contains(meant), "{command:?} {label:?}: {error}");
        }
    }
    assert_eq!(sandbox.succeed(&["keys", "list", "--json"]), "[]\n");
    for scheme in SCHEMES {
        let error = KeySpec::new(scheme, "mls-removal-foo", b"1").unwrap_err();
        assert!(matches!(error, Error::KeyLabel { .. }), "{error}");
    }
}

/// Whatever has made it.
#[test]
fn a_key_of_such_a_label_is_named_and_used_by_nobody() {
    let sandbox = Sandbox::new();
    sandbox.succeed(&["keys", "generate"]);
    let tool = Tool {
        sandbox: &sandbox,
        token: "removal",
    };
    let (near, meant) = (
        "mls-removal-ecdsa_secp256r1",
        "\"mls-removal-ecdsa_secp256r1_sha256\"",
    );
    tool.make("EC:prime256v1", near, "0a", &["--usage-sign"]);
    let output = sandbox.run(&["doctor"]);
    let said = String::from_utf8(output.stdout).unwrap();
    let line = said.lines().find(|line| line.contains("id 0a")).unwrap();
    assert!(line.contains(near) && line.contains(meant), "{line}");
    assert!(line.starts_with("FAILED"), "{said}");
    let error = sandbox.fail(&[&["propose-remove", "--id", "0a"], &REMOVAL[..]].concat());
    assert!(error.contains(meant), "{error}");
    let error = sandbox.fail(&["keys", "public", "--id", "0a"]);
    assert!(error.contains(meant), "{error}");
    let listed = sandbox.succeed(&["keys", "list", "--id", "0a"]);
    assert!(listed.contains(meant), "{listed}");
}

/// So a service says it at its start and in `/v1/keys`.
#[test]
fn an_engine_refuses_a_key_of_such_a_label() {
    let token = TestToken::with_keys();
    let open = token.open();
    let session = open.session(Access::Manage).unwrap();
    let spec = KeySpec::new(&SCHEMES[0], "to be renamed", b"1").unwrap();
    keys::generate(&open, &spec).unwrap();
    let names = KeySelector::label(spec.label());
    for class in [KeyClass::Public, KeyClass::Private] {
        let half = session.find(class, &names).unwrap()[0];
        session.relabel(half, "mls-removal-ed25519 ").unwrap();
    }
    drop(session);
    let engine = isolated(&token);
    assert_eq!(engine.keys().len(), SCHEMES.len());
    let refused = engine.refused_keys();
    let [refused] = &refused[..] else {
        panic!("{refused:?}");
    };
    assert_eq!(
        (refused.label.as_str(), refused.id.as_slice()),
        ("mls-removal-ed25519 ", &b"1"[..])
    );
    assert!(
        refused.reason.contains("\"mls-removal-ed25519\""),
        "{refused}"
    );
}

/// A label that says another scheme is refused before anything is made, by what was asked for.
#[test]
fn a_label_of_another_scheme_is_refused_by_its_name() {
    let sandbox = Sandbox::new();
    let label = "mls-removal-ecdsa_secp256r1_sha256-g5";
    let generate = ["keys", "generate", "--scheme", "ed25519", "--label", label];
    let error = sandbox.fail(&generate);
    assert!(error.contains(label), "{error}");
    assert!(
        error.contains("P-256") && error.contains("Ed25519"),
        "{error}"
    );
    assert!(!error.contains("with id"), "{error}");
    let listed = sandbox.succeed(&["keys", "list", "--json"]);
    assert_eq!(listed.trim(), "[]");
}
