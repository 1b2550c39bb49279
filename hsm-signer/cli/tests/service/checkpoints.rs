//! Checkpoints of the audit log, signed in the token by a key that signs nothing else.

use std::process::Output;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::odd_keys::Tool;
use crate::support::{Service, Setup, eventually, item};

const TENANT: &str = "example.com";

fn statements(service: &Service) -> Vec<Value> {
    let answer = service.wire().get("/v1/audit/statements").json();
    answer["statements"].as_array().unwrap().clone()
}

fn chain(output: &Output) -> Value {
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    said["chains"][0].clone()
}

#[test]
fn the_audit_key_signs_checkpoints_and_nothing_else() {
    let mut setup = Setup::new();
    let label = "mls-audit";
    let made = setup.generate(TENANT, &["--scheme", "ed25519", "--label", label]);
    let audit_key = made[0]["public_key"].as_str().unwrap();
    setup.of_tenants(&format!("audit_key_label = {label:?}"));
    setup.more("[audit]\ncheckpoint_seconds = 1");
    setup.faults(TENANT).set(&["C_Sign keep"]).unwrap();
    let mut service = setup.start();
    let propose = |service: &Service, leaves: std::ops::Range<u32>| {
        let items = leaves.map(|leaf| item("ed25519", "group", leaf));
        assert!(service.propose(items.collect()).is_ok());
    };
    propose(&service, 0..12);
    eventually("a checkpoint of all records", || {
        statements(&service).iter().any(|one| one["sequence"] == 12)
    });
    let mut checked = 0;
    for statement in statements(&service) {
        assert_eq!(statement["public_key"], audit_key);
        checked += 1;
    }
    assert!(checked > 0);
    let keys = service.wire().get("/v1/keys").json();
    let removal_key = keys["keys"][0]["public_key"].as_str().unwrap();
    assert_eq!(keys["keys"][0]["signature_scheme"], "ed25519");
    assert!(
        !keys.to_string().contains(audit_key),
        "it is offered to groups"
    );
    let signed = service.setup.faults(TENANT).signed();
    let text = b"mls-hsm-signer audit statement";
    let is_statement = |data: &&Vec<u8>| data.windows(text.len()).any(|part| part == text);
    assert!(
        signed.iter().any(|data| is_statement(&data)),
        "not in the token"
    );

    // The end of the service leaves no record without a checkpoint.
    propose(&service, 12..15);
    service.signal(Signal::TERM);
    assert_eq!(service.wait(), Some(0), "{}", service.log());
    let key = |key: &str| format!("ed25519:{key}");
    let (audit_key, removal_key) = (key(audit_key), key(removal_key));
    let trust = [
        "--checkpoint-key",
        &audit_key,
        "--removal-key",
        &removal_key,
    ];
    let output = service.setup.audit_verify(&trust);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = chain(&output);
    assert_eq!(
        (&report["records"], &report["attested"]),
        (&15.into(), &15.into())
    );
    assert_eq!(
        (&report["keys_given"], &report["unattested"]),
        (&true.into(), &0.into())
    );
    let wrong = ["--checkpoint-key", &removal_key];
    let output = service.setup.audit_verify(&wrong);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
}

/// What is advised for removal keys would not bring it back.
#[test]
fn the_loss_of_the_audit_key_is_said_with_what_helps() {
    let mut setup = Setup::new();
    let label = "mls-audit";
    setup.generate(TENANT, &["--scheme", "ed25519", "--label", label]);
    setup.of_tenants(&format!("audit_key_label = {label:?}"));
    let service = setup.start();
    let tool = Tool {
        sandbox: &service.setup.sandbox,
        token: TENANT,
    };
    for class in ["privkey", "pubkey"] {
        tool.run(&["--delete-object", "--type", class, "--label", label]);
    }
    let said = |log: String| {
        let mut lines = log.lines();
        let line = lines.find(|line| line.contains("recovery ends"));
        line.map(str::to_owned)
    };
    eventually("the loss is said", || said(service.log()).is_some());
    let line = said(service.log()).unwrap();
    assert!(line.contains("under the same label"), "{line}");
    assert!(line.contains(label) && line.contains("restart"), "{line}");
    assert!(!line.contains("mls-removal"), "{line}");
    // Removals are signed meanwhile.
    let items = vec![item("ed25519", "group", 1)];
    assert!(service.propose(items).is_ok());
}
