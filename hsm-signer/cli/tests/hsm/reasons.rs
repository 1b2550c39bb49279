//! The reasons that commands give: of the key that is meant, true, and with a way on that works.

use serde_json::Value;

use crate::support::odd_keys::{P256, Tool};
use crate::support::{PIN, Sandbox};

const P256_SCHEME: [&str; 2] = ["--scheme", "ecdsa_secp256r1_sha256"];

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A good key of Ed25519, and one of P-256 that may be extracted.
fn beside_a_bad_one(id: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.succeed(&["keys", "generate", "--scheme", "ed25519"]);
    let tool = Tool {
        sandbox: &sandbox,
        token: "removal",
    };
    let signs = ["--usage-sign", "--sensitive", "--extractable"];
    tool.make("EC:prime256v1", P256, id, &signs);
    sandbox
}

/// The scheme that is asked for has a bad key, and another scheme a good one.
#[test]
fn the_key_that_is_meant_is_named_and_not_all() {
    let sandbox = beside_a_bad_one("01");
    let group = ["--group-id", "0a", "--epoch", "1", "--leaf-index", "1"];
    let propose = [&["propose-remove"], &P256_SCHEME[..], &group].concat();
    let said = sandbox.fail(&propose);
    assert!(
        said.contains(P256) && said.contains("CKA_EXTRACTABLE is not false"),
        "{said}"
    );
    assert!(said.contains("no ECDSA P-256 removal key"), "{said}");
    assert!(!said.contains("no removal key of the token"), "{said}");
}

/// What is no removal key has no public key that anybody should use.
#[test]
fn the_public_key_of_an_unusable_key_is_not_shown() {
    let sandbox = beside_a_bad_one("01");
    let listed = sandbox.succeed(&["keys", "list"]);
    assert_eq!(listed.matches("public key").count(), 1, "{listed}");
    let keys = parsed(&sandbox.succeed(&["keys", "list", "--json"]));
    for key in keys.as_array().unwrap() {
        assert_eq!(key["public_key"].is_null(), key["label"] == P256, "{key}");
        assert!(key["scheme"].is_string(), "{key}");
    }
    // Whoever knows it all the same has no proposal by it.
    let file = sandbox.path("public.der").display().to_string();
    let tool = Tool {
        sandbox: &sandbox,
        token: "removal",
    };
    let read = [
        "--read-object",
        "--type",
        "pubkey",
        "--id",
        "01",
        "--output-file",
        &file,
    ];
    tool.run(&read);
    let point = std::fs::read(&file).unwrap().split_off(26);
    let key = mls_hsm_signer::encoding::base64(&point);
    let group = ["--group-id", "0a", "--epoch", "1", "--leaf-index", "1"];
    let propose = [&["propose-remove", "--public-key", &key], &group[..]].concat();
    let said = sandbox.fail(&propose);
    assert!(said.contains("CKA_EXTRACTABLE is not false"), "{said}");
    // It is named otherwise, to be put away.
    let names = ["--label", P256, "--id", "01"];
    let retired = sandbox.succeed(&[&["keys", "retire", "--json"], &names[..]].concat());
    let label = format!("retired-{P256}");
    assert_eq!(parsed(&retired)["label"], label.as_str());
    sandbox.succeed(&["keys", "destroy", "--label", &label]);
    let keys = parsed(&sandbox.succeed(&["keys", "list", "--json"]));
    assert_eq!(keys.as_array().unwrap().len(), 1, "{keys}");
}

/// By its names too, a key goes only when it may.
#[test]
fn a_named_key_is_retired_and_destroyed_as_one_by_its_public_key() {
    let sandbox = beside_a_bad_one("01");
    let good = ["--label", "mls-removal-ed25519"];
    let said = sandbox.fail(&[&["keys", "retire"], &good[..]].concat());
    assert!(said.contains("the newest of its scheme"), "{said}");
    let said = sandbox.fail(&["keys", "destroy", "--label", P256]);
    assert!(said.contains("no retired key labelled"), "{said}");
    let said = sandbox.fail(&["keys", "retire", "--id", "ff"]);
    assert!(said.contains("no key in use with id ff"), "{said}");
}

#[test]
fn a_key_that_is_not_there_is_named() {
    let sandbox = Sandbox::new();
    sandbox.succeed(&["keys", "generate", "--scheme", "ed25519"]);
    for command in [&["doctor"][..], &["keys", "public"]] {
        let output = sandbox.run(&[command, &["--label", "nosuch"]].concat());
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(
            said.contains("no private key labelled \"nosuch\""),
            "{said}"
        );
        assert!(said.contains("keys list"), "{said}");
        assert!(!said.contains("keys generate"), "{said}");
    }
}

/// pkcs11-tool gives none where it is told none.
#[test]
fn a_key_without_an_id_is_said_to_have_none() {
    let sandbox = beside_a_bad_one("");
    for arguments in [
        &["keys", "list"][..],
        &["doctor"],
        &["keys", "public"],
        &[&["keys", "public"], &P256_SCHEME[..]].concat(),
    ] {
        let output = sandbox.run(arguments);
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(said.contains("without an id"), "{arguments:?}: {said}");
        let empty = ["with id :", "with id  ", "id :", "(id )", "id \n"];
        for empty in empty {
            assert!(!said.contains(empty), "{empty:?}: {arguments:?}: {said}");
        }
    }
}

/// A generation is written in one way; a label that comes near is nobody's, which is said.
#[test]
fn a_label_that_is_almost_a_removal_keys_is_named() {
    let sandbox = Sandbox::new();
    sandbox.succeed(&["keys", "generate", "--scheme", "ed25519"]);
    for near in ["-g01", "-g1", "-g0", "-g", "-g02"] {
        let label = format!("{P256}{near}");
        let generate = [&["keys", "generate", "--label", &label], &P256_SCHEME[..]].concat();
        let said = sandbox.misuse(&generate);
        assert!(said.contains(&label) && said.contains("-g2"), "{said}");
    }
    let label = format!("{P256}-g01");
    let tool = Tool {
        sandbox: &sandbox,
        token: "removal",
    };
    tool.make("EC:prime256v1", &label, "01", &["--usage-sign"]);
    let output = sandbox.run(&["doctor"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    let noted = said.lines().find(|line| line.contains(&label));
    let noted = noted.unwrap_or_else(|| panic!("{label}: {said}"));
    assert!(
        noted.starts_with("FAILED") && noted.contains("-g2"),
        "{said}"
    );
}

#[test]
fn a_label_may_begin_with_a_dash() {
    let sandbox = Sandbox::new();
    let label = ["--label", "-g01"];
    let generate = ["keys", "generate", "--scheme", "ed25519"];
    sandbox.succeed(&[&generate, &label[..]].concat());
    let listed = sandbox.succeed(&[&["keys", "list", "--json"], &label[..]].concat());
    assert_eq!(parsed(&listed)[0]["label"], "-g01");
}

/// No try is spent on what nobody can see.
#[test]
fn a_pin_with_an_invisible_character_is_not_tried() {
    let sandbox = Sandbox::new();
    for pin in [
        format!("{PIN}\u{200b}"),
        "27\u{200b}1828".to_owned(),
        format!("\u{2060}{PIN}"),
        format!("{PIN}\u{feff}"),
        format!("{PIN}\u{202e}"),
        format!("{PIN}\u{ad}"),
    ] {
        sandbox.write("pin", &pin, 0o600);
        let said = sandbox.fail(&["keys", "list"]);
        assert!(said.contains("not visible"), "{pin:?}: {said}");
        assert!(said.contains("Nothing was tried"), "{pin:?}: {said}");
        assert!(said.is_ascii(), "{said}");
    }
}

#[test]
fn a_configuration_that_is_not_there_is_no_secret() {
    let sandbox = Sandbox::empty();
    let missing = sandbox.path("nosuch.toml").display().to_string();
    for check in [&["--check"][..], &[]] {
        let serve = [&["serve", "--config", &missing], check].concat();
        let output = sandbox.command(&serve).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(said.contains("nosuch.toml"), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
}
