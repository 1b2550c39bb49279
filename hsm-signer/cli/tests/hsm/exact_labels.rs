//! What is done to a key goes by the label that it has, to the letter.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use serde_json::Value;

use crate::support::Sandbox;
use crate::support::odd_keys::{P256, Tool};

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// What is destroyed is a retired key, and what is almost named so is not.
#[test]
fn a_key_that_was_never_retired_is_not_destroyed() {
    let sandbox = Sandbox::new();
    let tool = Tool::of(&sandbox);
    for (id, label) in [
        ("01", "mls-removal-ecdsa_secp256r1_sha256 "),
        ("02", "MLS-Removal-Backup"),
        ("03", "mls-removal-ecdsa_secp256r1_sha256-g1"),
    ] {
        tool.signing("EC:prime256v1", label, id, &[]);
        let said = sandbox.fail(&["keys", "destroy", "--id", id]);
        assert!(said.contains("no retired key with id"), "{said}");
    }
    let keys = parsed(&sandbox.succeed(&["keys", "list", "--json"]));
    assert_eq!(keys.as_array().unwrap().len(), 3, "{keys}");
}

/// The bytes of a label that are no text are none that a key is found by.
#[test]
fn what_is_not_destroyed_is_not_said_to_be() {
    let sandbox = Sandbox::new();
    let tool = Tool::of(&sandbox);
    let label = OsStr::from_bytes(b"retired-mls-removal-ecdsa_secp256r1_sha256\xff");
    let pair = ["--keypairgen", "--key-type", "EC:prime256v1", "--id", "01"];
    let pair = pair.map(OsStr::new);
    tool.run(&[&pair[..], &[OsStr::new("--label"), label]].concat());
    let said = sandbox.fail(&["keys", "destroy", "--id", "01"]);
    assert!(said.contains("no private key"), "{said}");
}

/// Wire's form says of each key that it is a removal key that is in use.
#[test]
fn a_retired_key_is_shown_as_pem_alone() {
    let sandbox = Sandbox::new();
    for _ in 0..2 {
        sandbox.succeed(&["keys", "rotate", "--scheme", "ed25519"]);
    }
    sandbox.succeed(&["keys", "retire", "--label", "mls-removal-ed25519"]);
    let retired = ["keys", "public", "--label", "retired-mls-removal-ed25519"];
    for format in ["raw", "jwk"] {
        let said = sandbox.fail(&[&retired[..], &["--format", format]].concat());
        assert!(said.contains("retired"), "{said}");
    }
    sandbox.succeed(&[&retired[..], &["--format", "pem"]].concat());
}

/// A number beyond all use is no generation's, and the last is followed by none.
#[test]
fn no_rotation_is_the_last_by_accident() {
    let sandbox = Sandbox::new();
    let rotate = ["keys", "rotate", "--scheme", "ed25519"];
    let output = sandbox.run(&[&rotate[..], &["--generation", "4294967295"]].concat());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("1000000"), "{said}");
    let far = ["keys", "generate", "--scheme", "ed25519", "--label"];
    let said = sandbox.misuse(&[&far[..], &["mls-removal-ed25519-g4294967295"]].concat());
    assert!(said.contains("removal key"), "{said}");
    sandbox.succeed(&rotate);
    sandbox.succeed(&[&rotate[..], &["--generation", "1000000"]].concat());
    let said = sandbox.fail(&rotate);
    assert!(said.contains("no generation"), "{said}");
}

/// A stranger's label of any length stands in nobody's way.
#[test]
fn a_label_that_is_too_long_to_be_read_is_a_strangers() {
    let sandbox = Sandbox::new();
    let label = "stranger".repeat(9000);
    Tool::of(&sandbox).signing("EC:prime256v1", &label, "01", &[]);
    sandbox.succeed(&["keys", "rotate", "--scheme", "ed25519"]);
    let keys = parsed(&sandbox.succeed(&["keys", "list", "--json"]));
    assert_eq!(keys.as_array().unwrap().len(), 2, "{keys}");
    sandbox.succeed(&["keys", "public"]);
    sandbox.succeed(&["doctor"]);
}

/// Who finds a label in an old record finds one key by it.
#[test]
fn the_label_of_a_retired_key_is_not_given_again() {
    let sandbox = Sandbox::new();
    for _ in 0..2 {
        sandbox.succeed(&["keys", "rotate", "--scheme", "ed25519"]);
    }
    sandbox.succeed(&["keys", "retire", "--label", "mls-removal-ed25519"]);
    let generate = ["keys", "generate", "--scheme", "ed25519"];
    let said = sandbox.fail(&generate);
    assert!(said.contains("retired-mls-removal-ed25519"), "{said}");
    for label in [
        "retired-mls-removal-ed25519",
        "retired-mls-removal-ed25519-g7",
    ] {
        let said = sandbox.misuse(&[&generate[..], &["--label", label]].concat());
        assert!(said.contains("retired"), "{said}");
    }
    let keys = parsed(&sandbox.succeed(&["keys", "list", "--json"]));
    assert_eq!(keys.as_array().unwrap().len(), 2, "{keys}");
}

/// Labels alone do not tell keys apart; who names one by its id too sees the ids that there are.
#[test]
fn a_key_that_is_not_found_is_looked_for_among_labels_and_ids() {
    let sandbox = Sandbox::new();
    for _ in 0..2 {
        sandbox.succeed(&["keys", "rotate", "--scheme", "ed25519"]);
    }
    let keys = parsed(&sandbox.succeed(&["keys", "list", "--json"]));
    let id = keys[0]["id"].as_str().unwrap();
    let retire = ["keys", "retire", "--label", "mls-removal-ed25519"];
    let said = sandbox.fail(&[&retire[..], &["--id", "0123"]].concat());
    assert!(said.contains("0123") && said.contains(id), "{said}");
}

/// One of them cannot be named without the other.
#[test]
fn keys_of_one_label_and_id_are_left_to_the_tools_of_the_token() {
    let sandbox = Sandbox::new();
    let tool = Tool::of(&sandbox);
    for _ in 0..2 {
        tool.signing("EC:prime256v1", P256, "01", &[]);
    }
    let name = ["--label", P256, "--id", "01"];
    let said = sandbox.fail(&[&["keys", "retire"], &name[..]].concat());
    assert!(said.contains("own tool"), "{said}");
    let keys = parsed(&sandbox.succeed(&["keys", "list", "--json"]));
    assert_eq!(keys.as_array().unwrap().len(), 2, "{keys}");
}
