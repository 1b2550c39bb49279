//! A public half whose private half is gone: nothing signs under it, and the doctor says so.

use serde_json::Value;

use crate::support::Sandbox;
use crate::support::odd_keys::Tool;

const ED25519: &str = "mls-removal-ed25519";

fn deleted(tool: &Tool<'_>, label: &str) {
    tool.run(&["--delete-object", "--type", "privkey", "--label", label]);
}

/// What the doctor says, and whether it calls the token healthy.
fn doctor(sandbox: &Sandbox, arguments: &[&str]) -> (bool, String) {
    let output = sandbox.run(&[&["doctor"], arguments].concat());
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("healthy\n"), "{said}");
    (output.status.success(), said)
}

#[test]
fn the_doctor_names_a_half_that_is_left() {
    let sandbox = Sandbox::new();
    sandbox.succeed(&["keys", "generate"]);
    let json = sandbox.succeed(&["keys", "list", "--json", "--label", ED25519]);
    let listed: Value = serde_json::from_str(&json).unwrap();
    let id = listed[0]["id"].as_str().unwrap();
    let tool = Tool {
        sandbox: &sandbox,
        token: "removal",
    };
    deleted(&tool, ED25519);
    for arguments in [&[][..], &["--label", ED25519], &["--id", id]] {
        let (healthy, said) = doctor(&sandbox, arguments);
        let line = said.lines().find(|line| line.contains("private half"));
        let line = line.unwrap_or_else(|| panic!("{arguments:?}: {said}"));
        assert!(!healthy && line.starts_with("FAILED"), "{said}");
        assert!(line.contains(ED25519) && line.contains(id), "{line}");
        assert!(line.contains("keys rotate"), "{line}");
    }
    // The others are as they were, and are asked for by themselves.
    let p256 = "mls-removal-ecdsa_secp256r1_sha256";
    assert!(doctor(&sandbox, &["--label", p256]).0);
    // Of a retired key nobody needs the private half.
    for _ in 0..2 {
        sandbox.succeed(&["keys", "rotate", "--scheme", "ecdsa_secp256r1_sha256"]);
    }
    sandbox.succeed(&["keys", "retire", "--label", p256]);
    let retired = format!("retired-{p256}");
    deleted(&tool, &retired);
    let (_, said) = doctor(&sandbox, &[]);
    let line = said.lines().find(|line| line.contains(&retired)).unwrap();
    assert!(line.starts_with("note"), "{line}");
}

/// Pairs of one id are told apart by their labels, and a pair of two labels is one by its id.
#[test]
fn a_half_that_has_its_pair_is_not_called_left() {
    let sandbox = Sandbox::new();
    sandbox.succeed(&["keys", "generate", "--scheme", "ed25519"]);
    let tool = Tool {
        sandbox: &sandbox,
        token: "removal",
    };
    let (first, second) = ("mls-removal-ecdsa_secp256r1_sha256", "another label");
    for label in [first, second] {
        tool.make("EC:prime256v1", label, "01", &["--usage-sign"]);
    }
    let left = |said: &str| said.contains("private half is gone");
    assert!(!left(&doctor(&sandbox, &[]).1));
    tool.run(&["--delete-object", "--type", "pubkey", "--label", second]);
    assert!(!left(&doctor(&sandbox, &[]).1));
}
