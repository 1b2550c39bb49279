//! `keys rotate` beside a service that runs: what the token has forgotten, the service knows.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::thread;

use serde_json::{Value, json};

use crate::support::odd_keys::Tool;
use crate::support::operator::stderr;
use crate::support::{Service, Setup, item, module_path};

const SECOND: &str = "mls-removal-ed25519-g2";

/// Runs `keys rotate` for Ed25519: its exit code, what it printed, and what it said beside.
pub fn rotate(service: &Service, arguments: &[&str]) -> (Option<i32>, Value, String) {
    rotate_in(&service.setup, arguments)
}

/// The same, in the token of a service that may not run.
fn rotate_in(setup: &Setup, arguments: &[&str]) -> (Option<i32>, Value, String) {
    let sandbox = &setup.sandbox;
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

/// What runs at `place` may be the service of another token, which knows nothing of this one's keys.
#[test]
fn the_service_of_another_token_is_not_asked() {
    let service = Setup::new().start();
    let other = Setup::new();
    let place = format!("unix:{}", service.setup.socket().display());
    let (code, _, said) = rotate_in(&other, &["--server", &place]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("another token") && said.contains("--tenant"),
        "{said}"
    );
    let (_, made, said) = rotate_in(&other, &[]);
    assert_eq!(made["label"], SECOND, "{said}");
}

/// Answers each connection at the socket with `answer`, and how many there were.
fn answering(listener: UnixListener, answer: &str) -> thread::JoinHandle<usize> {
    let answer = answer.to_owned();
    thread::spawn(move || {
        let mut count = 0;
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            if lines.next().is_none() {
                break;
            }
            count += 1;
            lines.find(|line| line.as_ref().is_ok_and(String::is_empty));
            stream.write_all(answer.as_bytes()).unwrap();
        }
        count
    })
}

/// What a listener at a socket says to `keys rotate`, which asks it once.
fn rotated_beside(setup: &Setup, answer: &str) -> String {
    let path = setup.sandbox.path("other.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let answers = answering(listener, answer);
    let (code, _, said) = rotate_in(setup, &["--server", &format!("unix:{}", path.display())]);
    assert_eq!(code, Some(1), "{said}");
    // A connection that says nothing ends the thread.
    drop(std::os::unix::net::UnixStream::connect(&path).unwrap());
    assert_eq!(answers.join().unwrap(), 1, "{said}");
    std::fs::remove_file(path).unwrap();
    said
}

/// A service that does not say which labels it has known may have known any, and one that is not
/// there will not be there in a moment.
#[test]
fn a_service_that_does_not_say_is_not_believed_to_know_nothing() {
    let setup = Setup::new();
    let keys = json!({ "tenant": "example.com", "keys": [], "refused": [] }).to_string();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{keys}",
        keys.len()
    );
    let said = rotated_beside(&setup, &answer);
    assert!(
        said.contains("older") && said.contains("--generation"),
        "{said}"
    );
    rotated_beside(&setup, "");
    let busy = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";
    rotated_beside(&setup, busy);
    let (_, made, _) = rotate_in(&setup, &[]);
    assert_eq!(made["label"], SECOND);
}

/// What is asked of a running service is what signs there, and what does not.
#[test]
fn the_status_shows_a_services_keys_and_those_that_it_refuses() {
    let service = Setup::new().start();
    let tool = Tool {
        sandbox: &service.setup.sandbox,
        token: "example.com",
    };
    let label = "mls-removal-ecdsa_secp256r1_sha256-g2";
    tool.signing("EC:prime256v1", label, "77", &["--extractable"]);
    assert_eq!(reload(&service).0, Some(0));
    let place = format!("unix:{}", service.setup.socket().display());
    let status = |arguments: &[&str]| {
        let all = [&["status", "--server", &place], arguments].concat();
        let output = service.setup.sandbox.command(&all).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let said = status(&["--keys"]);
    assert!(said.contains("mls-removal-ed25519\n"), "{said}");
    assert!(said.contains("tokens      hsm-example.com"), "{said}");
    let (_, refused) = said.split_once(&format!("{label}\n")).unwrap();
    for part in ["unusable", "EXTRACTABLE", "77"] {
        assert!(refused.contains(part), "{part}: {said}");
    }
    let value: Value = serde_json::from_str(&status(&["--keys", "--json"])).unwrap();
    assert_eq!(value["keys"].as_array().unwrap().len(), 4, "{value}");
    assert_eq!(value["refused"][0]["label"], label, "{value}");
    assert!(!status(&[]).contains(label));
}
