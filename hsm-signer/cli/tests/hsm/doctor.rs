//! What the doctor counts as a removal key, and what it says of schemes that have none.

use crate::support::Sandbox;
use crate::support::odd_keys::Tool;

fn gone(sandbox: &Sandbox, label: &str) {
    let tool = Tool {
        sandbox,
        token: "removal",
    };
    for class in ["privkey", "pubkey"] {
        tool.run(&["--delete-object", "--type", class, "--label", label]);
    }
}

/// The doctor's lines, and its exit code.
fn doctor(sandbox: &Sandbox) -> (Option<i32>, String) {
    let output = sandbox.run(&["doctor"]);
    let said = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), said)
}

#[test]
fn a_token_with_a_retired_key_alone_has_no_removal_key() {
    let sandbox = Sandbox::new();
    let (first, second) = ("mls-removal-ed25519", "mls-removal-ed25519-g2");
    let scheme = ["--scheme", "ed25519"];
    sandbox.succeed(&[&["keys", "generate"], &scheme[..]].concat());
    sandbox.succeed(&[&["keys", "rotate"], &scheme[..]].concat());
    sandbox.succeed(&["keys", "retire", "--label", first]);
    let (code, said) = doctor(&sandbox);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("keys: 1 that are named as removal keys, and 1 retired"),
        "{said}"
    );
    gone(&sandbox, second);
    let (code, said) = doctor(&sandbox);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("keys: 0 that are named as removal keys, and 1 retired"),
        "{said}"
    );
    let failed = said.lines().find(|line| line.starts_with("FAILED"));
    assert!(failed.unwrap().contains("nothing to sign with"), "{said}");
}

/// The token does not know what it had.
#[test]
fn a_scheme_without_a_key_is_noted_with_where_a_lost_one_is_named() {
    let sandbox = Sandbox::new();
    sandbox.succeed(&["keys", "generate"]);
    let noted = |said: &str| {
        let mut lines = said.lines();
        let line = lines.find(|line| line.contains("GET /v1/keys"));
        line.map(str::to_owned)
    };
    assert_eq!(noted(&doctor(&sandbox).1), None);
    gone(&sandbox, "mls-removal-ecdsa_secp384r1_sha384");
    let (code, said) = doctor(&sandbox);
    assert_eq!(code, Some(0), "{said}");
    let line = noted(&said).unwrap_or_else(|| panic!("{said}"));
    assert!(line.starts_with("note"), "{line}");
    assert!(
        line.contains("ECDSA P-384") || line.contains("P-384"),
        "{line}"
    );
}
