//! A key that cannot be a removal key beside good ones: the service serves, and says so.

use std::time::Duration;

use rustix::process::Signal;

use crate::support::odd_keys::{ODD_KEYS, P256, Tool};
use mls_hsm_signer::api::RemovalResult;
use mls_hsm_signer::client::ClientError;

use crate::support::programs::{openssl, program};
use crate::support::{PIN, Setup, eventually, item, message};

/// The odd key is the newest generation, which new groups would get.
#[test]
fn an_odd_key_is_never_shown_and_restarts_nothing() {
    for odd in ODD_KEYS {
        let mut setup = Setup::new();
        if !odd.admitted {
            setup.of_tokens("admit_key_uses = [\"decrypt\", \"unwrap\"]");
        }
        let label = format!("{P256}-g2");
        let tool = Tool {
            sandbox: &setup.sandbox,
            token: "example.com",
        };
        (odd.make)(&tool, &label);
        let service = setup.start();
        let processes = service.children();
        let keys = service.wire().get("/v1/keys").json();
        assert_eq!(keys["keys"].as_array().unwrap().len(), 4, "{keys}");
        let refused = keys["refused"].as_array().unwrap();
        assert!(!refused.is_empty(), "{keys}");
        for key in refused {
            assert_eq!(key["label"], label.as_str(), "{keys}");
            let reason = key["reason"].as_str().unwrap();
            assert!(reason.contains(odd.reason), "{reason}");
        }
        assert_eq!(refused[0]["id"], "01");
        let log = service.log();
        let line = log
            .lines()
            .find(|line| line.contains("a removal key is not used"));
        let line = line.unwrap_or_else(|| panic!("{log}"));
        assert!(line.contains(&label) && line.contains("01"), "{line}");
        let shown = service.wire().get("/mls/public-keys").json();
        let first = keys["keys"]
            .as_array()
            .unwrap()
            .iter()
            .find(|key| key["label"] == P256);
        assert_eq!(
            shown["removal"]["ecdsa_secp256r1_sha256"],
            first.unwrap()["public_key"]
        );
        // Longer than a probe of each key takes.
        for leaf in 0..5 {
            service
                .propose(vec![item("ecdsa_secp256r1_sha256", "group", leaf)])
                .unwrap();
            std::thread::sleep(Duration::from_millis(300));
        }
        assert_eq!(service.children(), processes);
        let log = service.log();
        assert!(!log.contains("recover"), "{log}");
        let labels = "{tenant=\"example.com\"}";
        let count = service.counted(&format!("mls_hsm_signer_refused_keys{labels}"));
        assert_eq!(count, refused.len() as u64);
    }
}

const ED25519: &str = "mls-removal-ed25519";

/// The doctor looks at what is in the token, and a key that is gone is not.
fn says_where_it_is_named(action: &str) {
    for part in ["GET /v1/keys", "refused", "doctor", "no more in the token"] {
        assert!(action.contains(part), "{part}: {action}");
    }
}

/// What the HSM's own tool does to the key of Ed25519 beneath a service that runs.
fn spoilt(spoil: impl Fn(&Tool<'_>), reason: &str) {
    let service = Setup::new().start();
    let tool = Tool {
        sandbox: &service.setup.sandbox,
        token: "example.com",
    };
    let processes = service.children();
    let sign = |scheme: &str, leaf| service.propose(vec![item(scheme, "group", leaf)]).unwrap();
    sign("ed25519", 1);
    let public = service.wire().get("/mls/public-keys").json()["removal"]["ed25519"].clone();
    spoil(&tool);
    let mut named = item("ed25519", "group", 2);
    named.sender_public_key = Some(public.as_str().unwrap().into());
    let refused = |wanted| match service.propose(vec![wanted]).unwrap_err() {
        ClientError::Refused(problem) => problem,
        other => panic!("{other}"),
    };
    let problem = refused(named.clone());
    assert_eq!(
        (problem.status, problem.code.as_str()),
        (502, "signing-failed")
    );
    says_where_it_is_named(&problem.action);
    // From then on nobody is given it.
    let shown = service.wire().get("/mls/public-keys").json();
    assert_eq!(
        shown["removal"]["ed25519"],
        serde_json::Value::Null,
        "{shown}"
    );
    assert_eq!(shown["removal"].as_object().unwrap().len(), 3, "{shown}");
    let keys = service.wire().get("/v1/keys").json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 3, "{keys}");
    assert_eq!(keys["refused"][0]["label"], ED25519, "{keys}");
    let said = keys["refused"][0]["reason"].as_str().unwrap();
    assert!(said.contains(reason), "{said}");
    let labels = "{tenant=\"example.com\"}";
    let metric = format!("mls_hsm_signer_refused_keys{labels}");
    assert_eq!(service.counted(&metric), 1);
    eventually("it is said", || {
        service.log().contains("a key is set aside")
    });
    for leaf in 0..5 {
        let signed = sign("ecdsa_secp256r1_sha256", leaf);
        assert!(
            matches!(signed[..], [RemovalResult::Signed(_)]),
            "{signed:?}"
        );
        assert_eq!(refused(named.clone()).status, 502);
        std::thread::sleep(Duration::from_millis(300));
    }
    assert_eq!(service.children(), processes);
    let log = service.log();
    assert!(!log.contains("recover"), "{log}");
    assert_eq!(refused(item("ed25519", "group", 3)).status, 502);
}

#[test]
fn a_key_destroyed_under_a_service_is_shown_no_more() {
    let destroy = |tool: &Tool<'_>| {
        for class in ["privkey", "pubkey"] {
            tool.run(&["--delete-object", "--type", class, "--label", ED25519]);
        }
    };
    spoilt(destroy, "the token has no private key");
}

/// Nothing is left to sign with, and that is said as it is: neither that it recovers by itself nor
/// by a process that starts anew every few seconds.
#[test]
fn the_last_keys_destroyed_under_a_service_are_shown_no_more() {
    let service = Setup::new().start();
    let tool = Tool {
        sandbox: &service.setup.sandbox,
        token: "example.com",
    };
    let recorded = service.propose(vec![item("ed25519", "group", 1)]).unwrap();
    let keys = service.wire().get("/v1/keys").json();
    for key in keys["keys"].as_array().unwrap() {
        for class in ["privkey", "pubkey"] {
            let label = key["label"].as_str().unwrap();
            tool.run(&["--delete-object", "--type", class, "--label", label]);
        }
    }
    eventually("it is not ready", || {
        let ready = service.wire().get("/readyz");
        ready.status == 503 && ready.code() == "no-removal-key"
    });
    let ready = service.wire().get("/readyz").json();
    says_where_it_is_named(ready["action"].as_str().unwrap());
    let processes = service.children();
    let shown = service.wire().get("/mls/public-keys").json();
    assert_eq!(shown["removal"].as_object().unwrap().len(), 0, "{shown}");
    let keys = service.wire().get("/v1/keys").json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 0, "{keys}");
    assert_eq!(keys["refused"].as_array().unwrap().len(), 4, "{keys}");
    let ClientError::Refused(problem) = service
        .propose(vec![item("ed25519", "group", 2)])
        .unwrap_err()
    else {
        panic!("no problem");
    };
    assert_eq!(
        (problem.status, problem.code.as_str()),
        (502, "signing-failed")
    );
    // What was signed before is still to be had.
    let again = service.propose(vec![item("ed25519", "group", 1)]).unwrap();
    assert_eq!(message(&again[0]), message(&recorded[0]));
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(service.children(), processes);
    let log = service.log();
    assert_eq!(log.matches("recovery begins").count(), 1, "{log}");
    assert!(!log.contains("it begins anew later"), "{log}");
    // A key that is made instead is used from the next reading on.
    service.setup.generate(
        "example.com",
        &["--scheme", "ed25519", "--label", "mls-removal-ed25519-g2"],
    );
    service.signal(Signal::HUP);
    eventually("it is ready again", || {
        service.wire().get("/readyz").status == 200
    });
    service.propose(vec![item("ed25519", "group", 3)]).unwrap();
}

/// The private half is another's from then on.
#[test]
fn a_key_exchanged_under_a_service_is_shown_no_more() {
    let exchange = |tool: &Tool<'_>| {
        let public = tool.run(&["--list-objects", "--type", "pubkey"]);
        let mut keys = public.split("Public Key Object");
        let ours = keys.find(|key| key.contains(ED25519)).unwrap();
        let id = ours
            .lines()
            .find_map(|line| line.trim().strip_prefix("ID:"));
        tool.run(&["--delete-object", "--type", "privkey", "--label", ED25519]);
        let key = tool.sandbox.path("another.pem");
        let made = openssl()
            .args(["genpkey", "-algorithm", "ed25519", "-out"])
            .arg(&key)
            .output();
        assert!(made.unwrap().status.success());
        let mut import = program("softhsm2-util", "softhsm2");
        import.env("SOFTHSM2_CONF", tool.sandbox.path("softhsm2.conf"));
        import
            .arg("--import")
            .arg(&key)
            .args(["--no-public-key", "--pin", PIN]);
        import.args([
            "--token",
            tool.token,
            "--label",
            ED25519,
            "--id",
            id.unwrap().trim(),
        ]);
        let output = import.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    spoilt(exchange, "does not verify");
}
