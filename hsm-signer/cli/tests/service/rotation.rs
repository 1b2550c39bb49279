//! `keys rotate` beside a service that runs: what the token has forgotten, the service knows.

use serde_json::Value;

use crate::support::odd_keys::Tool;
use crate::support::{Service, Setup, item, module_path};

const SECOND: &str = "mls-removal-ed25519-g2";

/// Runs `keys rotate` for Ed25519: its exit code, what it printed, and what it said beside.
pub fn rotate(service: &Service, arguments: &[&str]) -> (Option<i32>, Value, String) {
    let sandbox = &service.setup.sandbox;
    let mut command = sandbox.command(&["keys", "rotate", "--json", "--scheme", "ed25519"]);
    command.args(["--token-label", "example.com", "--module"]);
    command.arg(module_path()).args(arguments);
    command.arg("--pin-file").arg(sandbox.path("pin"));
    let output = command.output().unwrap();
    let printed = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), printed, said)
}

/// Runs `reload`: its exit code, and what it said.
pub fn reload(service: &Service) -> (Option<i32>, String) {
    let place = format!("unix:{}", service.setup.socket().display());
    let mut command = service
        .setup
        .sandbox
        .command(&["reload", "--server", &place]);
    let output = command.output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code(), said)
}

/// The newest key is gone from the token without a trace, and the service has known it.
#[test]
fn a_rotation_takes_no_label_that_a_service_has_known() {
    let service = Setup::new().start();
    let tool = Tool {
        sandbox: &service.setup.sandbox,
        token: "example.com",
    };
    let gone = |label: &str| {
        for class in ["privkey", "pubkey"] {
            tool.run(&["--delete-object", "--type", class, "--label", label]);
        }
    };
    let (_, made, said) = rotate(&service, &[]);
    assert_eq!(made["label"], SECOND);
    assert!(
        said.contains("--server") && said.contains("--generation"),
        "{said}"
    );
    assert_eq!(reload(&service).0, Some(0));
    gone(SECOND);
    // The token knows nothing of it any more, and the service says how to go on.
    assert_eq!(rotate(&service, &[]).1["label"], SECOND);
    let (code, said) = reload(&service);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("keys rotate") && said.contains("--server"),
        "{said}"
    );
    gone(SECOND);
    let place = format!("unix:{}", service.setup.socket().display());
    let (_, made, said) = rotate(&service, &["--server", &place]);
    assert_eq!(made["label"], "mls-removal-ed25519-g3", "{said}");
    assert!(!said.contains("note"), "{said}");
    let (code, said) = reload(&service);
    assert_eq!(code, Some(0), "{said}");
    service.propose(vec![item("ed25519", "group", 1)]).unwrap();
    // A number that is, or was, another key's is none to choose.
    for taken in ["1", "3"] {
        let (code, _, said) = rotate(&service, &["--generation", taken]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("generation 3"), "{said}");
    }
    let (_, made, said) = rotate(&service, &["--generation", "7"]);
    assert_eq!(made["label"], "mls-removal-ed25519-g7", "{said}");
    let (code, _, said) = rotate(&service, &["--server", "unix:/nowhere/signer.sock"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("/nowhere/signer.sock"), "{said}");
}

/// Those too whose keys are gone.
#[test]
fn a_service_tells_the_labels_that_it_has_known() {
    let service = Setup::new().start();
    let keys = |service: &Service| service.wire().get("/v1/keys").json();
    let known = |keys: &Value| {
        let labels = keys["known_labels"].as_array();
        labels.unwrap_or_else(|| panic!("{keys}")).clone()
    };
    let tool = Tool {
        sandbox: &service.setup.sandbox,
        token: "example.com",
    };
    rotate(&service, &[]);
    assert_eq!(reload(&service).0, Some(0));
    assert_eq!(known(&keys(&service)).len(), 5);
    for class in ["privkey", "pubkey"] {
        tool.run(&["--delete-object", "--type", class, "--label", SECOND]);
    }
    assert_eq!(reload(&service).0, Some(0));
    assert!(known(&keys(&service)).contains(&SECOND.into()));
}
