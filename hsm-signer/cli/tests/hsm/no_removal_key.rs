//! A key that is named for something else signs no removal, and is shown as no removal key.

use crate::support::Sandbox;

const REMOVAL: [&str; 6] = ["--group-id", "00", "--epoch", "1", "--leaf-index", "1"];

#[test]
fn the_audit_key_is_used_and_shown_as_no_removal_key() {
    let sandbox = Sandbox::new();
    let generate = ["keys", "generate", "--scheme", "ed25519"];
    let audit = [&generate[..], &["--label", "mls-audit", "--id", "0a"]].concat();
    sandbox.succeed(&audit);
    sandbox.succeed(&generate);
    for names in [["--label", "mls-audit"], ["--id", "0a"]] {
        let propose = [&["propose-remove"], &names[..], &REMOVAL].concat();
        let error = sandbox.fail(&propose);
        assert!(error.contains("no removal key"), "{error}");
        for format in ["raw", "jwk"] {
            let public = ["keys", "public", "--format", format];
            let error = sandbox.fail(&[&public[..], &names].concat());
            assert!(error.contains("no removal key"), "{error}");
        }
        let pem = ["keys", "public", "--format", "pem"];
        let shown = sandbox.succeed(&[&pem[..], &names].concat());
        assert!(shown.contains("BEGIN PUBLIC KEY"), "{shown}");
    }
    let error = sandbox.fail(&["keys", "retire", "--label", "mls-audit"]);
    assert!(error.contains("no key in use"), "{error}");
    let error = sandbox.fail(&["keys", "destroy", "--label", "mls-audit"]);
    assert!(error.contains("no retired key"), "{error}");
    let own = ["--label", "mls-removal-ed25519"];
    sandbox.succeed(&[&["propose-remove"], &own[..], &REMOVAL].concat());
}
