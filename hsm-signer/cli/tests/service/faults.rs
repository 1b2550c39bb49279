//! An HSM that fails or is slow, seen from outside.

use mls_hsm_signer::api::{
    AuditRecord, AuditRecords, REMOVALS_PATH, RemovalResult, RemovalsRequest,
};
use mls_hsm_signer::audit::Record;
use mls_hsm_signer::encoding::from_base64;

use crate::support::{Setup, eventually, item};

fn body(leaf: u32, timeout_ms: u64) -> Vec<u8> {
    let request = RemovalsRequest {
        timeout_ms: Some(timeout_ms),
        removals: vec![item("ed25519", "group", leaf)],
        ..RemovalsRequest::default()
    };
    serde_json::to_vec(&request).unwrap()
}

#[test]
fn a_request_ends_by_its_deadline_and_is_answered_later() {
    let setup = Setup::new();
    let service = setup.start();
    service
        .setup
        .faults("example.com")
        .set(&["C_Sign delay 1500000"])
        .unwrap();
    let reply = service.wire().post(REMOVALS_PATH, &body(1, 300));
    assert_eq!(reply.code(), "deadline-passed");
    service.setup.faults("example.com").clear().unwrap();
    eventually("it is answered", || {
        service.wire().post(REMOVALS_PATH, &body(1, 10_000)).status == 200
    });
    service.verify_audit();
}

#[test]
fn an_hsm_that_is_out_makes_the_service_unready_and_comes_back() {
    let service = Setup::new().start();
    service
        .setup
        .faults("example.com")
        .set(&["C_Sign return 0x30"])
        .unwrap();
    let reply = service.wire().post(REMOVALS_PATH, &body(1, 3_000));
    assert!([503, 504].contains(&reply.status), "{reply:?}");
    eventually("unready", || service.wire().get("/readyz").status == 503);
    assert_eq!(service.wire().get("/readyz").code(), "hsm-unavailable");
    assert_eq!(service.wire().get("/healthz").status, 200);
    service.setup.faults("example.com").clear().unwrap();
    eventually("ready again", || {
        service.wire().get("/readyz").status == 200
    });
    assert_eq!(
        service.wire().post(REMOVALS_PATH, &body(1, 10_000)).status,
        200
    );
    assert_eq!(service.wire().get("/v1/audit/head").json()["sequence"], 1);
}

/// The audit log says which of a tenant's tokens signed, and not which could have.
#[test]
fn the_record_names_the_token_that_signed() {
    let mut setup = Setup::new();
    setup.spare = true;
    let service = setup.start();
    let faults = service.setup.faults("example.com");
    faults.set(&["C_Sign return 0x30"]).unwrap();
    let removals = (0..6).map(|leaf| item("ed25519", "group", leaf)).collect();
    let results = service.propose(removals).unwrap();
    assert!(results.iter().all(is_signed), "{results:?}");
    let records = service.wire().get("/v1/audit/records").json();
    let records: AuditRecords = serde_json::from_value(records).unwrap();
    let source = |stored: &AuditRecord| {
        let record = Record::decode(&from_base64(&stored.record).unwrap());
        record.unwrap().source
    };
    let sources: Vec<_> = records.records.iter().map(source).collect();
    assert_eq!(sources, ["spare-example.com"; 6]);
    service.verify_audit();
}

fn is_signed(result: &RemovalResult) -> bool {
    matches!(result, RemovalResult::Signed(_))
}
