//! Who may do what: refused before the HSM is asked.

use std::collections::HashSet;

use mls_hsm_signer::api::RemovalsRequest;
use mls_hsm_signer::encoding::from_base64;

use crate::support::{Setup, item};

/// The paths that need a permission, with it.
const PATHS: [(&str, &str); 7] = [
    ("/mls/public-keys", "read-keys"),
    ("/v1/keys", "read-keys"),
    ("/v1/audit/head", "read-audit"),
    ("/v1/audit/records", "read-audit"),
    ("/v1/audit/statements", "read-audit"),
    ("/metrics", "read-metrics"),
    ("/v1/external-proposals/remove", "propose-removals"),
];

fn uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn body(group: &str) -> Vec<u8> {
    let request = RemovalsRequest {
        removals: vec![item("ed25519", group, 1)],
        ..RemovalsRequest::default()
    };
    serde_json::to_vec(&request).unwrap()
}

#[test]
fn each_permission_opens_its_paths_and_no_other() {
    let mut refused = 0;
    for granted in [
        "read-keys",
        "read-audit",
        "read-metrics",
        "propose-removals",
    ] {
        let mut setup = Setup::new();
        let uid = uid();
        setup.caller(&format!(
            "name = \"one\"\nunix_uids = [{uid}]\ntenants = [\"example.com\"]\nmay = [{granted:?}]"
        ));
        let service = setup.start();
        for (path, needed) in PATHS {
            let reply = match needed {
                "propose-removals" => service.wire().post(path, &body("group")),
                _ => service.wire().get(path),
            };
            if needed == granted {
                assert_eq!(reply.status, 200, "{path}: {reply:?}");
            } else {
                assert_eq!(reply.code(), "not-permitted", "{path}");
                refused += 1;
            }
        }
    }
    assert_eq!(refused, 4 * 7 - 7);
}

#[test]
fn a_stranger_is_told_that_it_is_one() {
    let mut setup = Setup::new();
    setup.caller(&format!(
        "name = \"other\"\nunix_uids = [{}]\nmay = [\"read-keys\"]",
        uid() + 1
    ));
    setup.faults("example.com").set(&["C_Sign log"]).unwrap();
    // It never is ready for this user: asked as soon as it listens.
    let mut child = setup.command().spawn().unwrap();
    let reply = loop {
        std::thread::sleep(std::time::Duration::from_millis(20));
        if let Ok(wire) = crate::support::Wire::unix(&setup.socket()) {
            break wire.get("/readyz");
        }
        assert!(child.try_wait().unwrap().is_none());
    };
    assert_eq!(reply.code(), "caller-unknown");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn schemes_groups_batches_and_rates_are_bounded() {
    let mut setup = Setup::new();
    setup.caller(&format!(
        "name = \"one\"\nunix_uids = [{}]\ntenants = [\"example.com\"]\nmay = [\"propose-removals\"]\n\
         schemes = [\"ed25519\"]\ngroup_id_prefixes = [\"61\"]\nbatch = 5\nremovals_per_second = 1\n\
         burst = 8",
        uid()
    ));
    let service = setup.start();
    let code = |items| match service.propose(items) {
        Ok(_) => "signed".to_owned(),
        Err(mls_hsm_signer::client::ClientError::Refused(problem)) => problem.code,
        Err(other) => panic!("{other}"),
    };
    assert_eq!(code(vec![item("ed25519", "a group", 1)]), "signed");
    assert_eq!(code(vec![item("ed25519", "b group", 1)]), "group-refused");
    assert_eq!(
        code(vec![item("ecdsa_secp256r1_sha256", "a group", 1)]),
        "scheme-refused"
    );
    let many = |count| {
        (0..count)
            .map(|leaf| item("ed25519", "a group", leaf))
            .collect()
    };
    assert_eq!(code(many(6)), "batch-too-large");
    assert_eq!(code(many(5)), "signed");
    assert_eq!(code(many(5)), "rate-exceeded");
}

#[test]
fn nothing_crosses_between_tenants() {
    let mut setup = Setup::new();
    setup.tenant("other.example");
    let everything = setup.everything();
    setup.caller(&everything);
    let service = setup.start();
    let keys = |tenant: &str| -> HashSet<String> {
        let listed = service
            .wire()
            .get(&format!("/v1/keys?tenant={tenant}"))
            .json();
        let keys = listed["keys"].as_array().unwrap().iter();
        keys.map(|key| key["public_key"].as_str().unwrap().to_owned())
            .collect()
    };
    let (ours, theirs) = (keys("example.com"), keys("other.example"));
    assert!(ours.len() == 4 && theirs.len() == 4 && ours.is_disjoint(&theirs));
    assert_eq!(service.wire().get("/v1/keys").code(), "tenant-needed");
    assert_eq!(
        service.wire().get("/v1/keys?tenant=third.example").code(),
        "tenant-refused"
    );
    let mut crossed = 0;
    for key in &theirs {
        let mut removal = item("ed25519", "group", 1);
        removal.signature_scheme = None;
        removal.sender_public_key = Some(key.clone());
        let request = RemovalsRequest {
            tenant: Some("example.com".into()),
            removals: vec![removal],
            ..RemovalsRequest::default()
        };
        let body = serde_json::to_vec(&request).unwrap();
        let reply = service
            .wire()
            .post(mls_hsm_signer::api::REMOVALS_PATH, &body);
        assert_eq!(reply.code(), "key-unknown", "{:?}", from_base64(key));
        crossed += 1;
    }
    assert_eq!(crossed, 4);
}
