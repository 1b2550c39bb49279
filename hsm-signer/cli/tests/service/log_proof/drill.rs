//! The drill of docs/operations.md: token, database and configuration are destroyed and restored, and
//! what was answered before is answered again, byte for byte.

use std::path::Path;
use std::process::Command;

use mls_hsm_signer::api::RemovalResult;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::{database, path, refusal, setup, sink};
use crate::support::{Service, Setup, eventually, item};

/// Every scheme: ECDSA's signatures would not come out alike twice.
const SCHEMES: [&str; 4] = [
    "ed25519",
    "ecdsa_secp256r1_sha256",
    "ecdsa_secp384r1_sha384",
    "ecdsa_secp521r1_sha512",
];

/// One removal with each scheme.
fn removals(service: &Service, leaf: u32) -> Value {
    let items = SCHEMES.map(|scheme| item(scheme, "group", leaf));
    let results = service.propose(items.into()).unwrap();
    for result in &results {
        assert!(matches!(result, RemovalResult::Signed(_)), "{result:?}");
    }
    json!(results)
}

/// Waits until the sink has a checkpoint of so many records.
fn attested(service: &Service, records: u64) {
    eventually("a checkpoint in the file", || {
        let sink = sink(&service.setup);
        let output = service.setup.audit_verify(&["--checkpoints", path(&sink)]);
        serde_json::from_slice::<Value>(&output.stdout)
            .is_ok_and(|said| said["chains"][0]["attested"] == records)
    });
}

fn copy(from: &Path, to: &Path) {
    let mut copy = Command::new("cp");
    let copied = copy.arg("--archive").arg(from).arg(to).status().unwrap();
    assert!(copied.success());
}

/// The token and the database, copied as the document says.
fn backed_up(service: &Service) {
    let sandbox = &service.setup.sandbox;
    let backup = sandbox.path("backup");
    std::fs::create_dir(&backup).unwrap();
    let database = backup.join("store.db");
    let mut command = service.setup.audit(&["backup", path(&database)]);
    let made = command.output().unwrap();
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    copy(&sandbox.path("tokens"), &backup);
}

/// Neither the token nor the database is left, as after the loss of the machine; then both are what
/// was kept.
fn destroyed_and_restored(service: &mut Service) {
    service.signal(Signal::KILL);
    service.wait();
    let sandbox = &service.setup.sandbox;
    std::fs::remove_dir_all(sandbox.path("tokens")).unwrap();
    let store = database(&service.setup);
    std::fs::remove_dir_all(store.parent().unwrap()).unwrap();
    copy(&sandbox.path("backup/tokens"), &sandbox.path("tokens"));
    std::fs::create_dir(store.parent().unwrap()).unwrap();
    copy(&sandbox.path("backup/store.db"), &store);
}

fn verified(setup: &Setup, arguments: &[&str]) -> Option<i32> {
    let kept = sink(setup);
    let mut all = vec!["--checkpoints", path(&kept)];
    all.extend(arguments);
    setup.audit_verify(&all).status.code()
}

#[test]
fn what_is_destroyed_is_restored_with_the_same_answers() {
    let mut service = setup().start();
    let keys = service.wire().get("/mls/public-keys").json();
    let before = removals(&service, 1);
    attested(&service, 4);
    backed_up(&service);
    destroyed_and_restored(&mut service);
    assert_eq!(verified(&service.setup, &[]), Some(0));
    let service = service.setup.clone().start();
    assert_eq!(service.wire().get("/mls/public-keys").json(), keys);
    assert_eq!(removals(&service, 1), before);
    removals(&service, 2);
    service.verify_audit();
}

#[test]
fn a_loss_that_is_accepted_is_signed_again_and_the_rest_is_the_same() {
    let mut service = setup().start();
    let before = removals(&service, 1);
    backed_up(&service);
    let lost = removals(&service, 2);
    attested(&service, 8);
    destroyed_and_restored(&mut service);
    assert_eq!(verified(&service.setup, &[]), Some(3));
    let said = refusal(&service.setup);
    let (_, time) = said.split_once("for accepted_loss: ").unwrap();
    let time = time.split_whitespace().next().unwrap();
    let time: String = time.chars().take_while(char::is_ascii_digit).collect();
    let accepted = ["--accepted-loss", time.as_str()];
    assert_eq!(verified(&service.setup, &accepted), Some(0));
    let mut setup = service.setup.clone();
    setup.of_tenants(&format!("accepted_loss = {time}"));
    let service = setup.start();
    assert_eq!(removals(&service, 1), before);
    let again = removals(&service, 2);
    assert_ne!(again, lost, "ECDSA's signatures are others");
    assert_eq!(removals(&service, 2), again);
}
