//! An HSM that fails or is slow, seen from outside.

use std::time::{Duration, Instant};

use mls_hsm_signer::api::{REMOVALS_PATH, RemovalsRequest};

use crate::support::{Setup, item};

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
    let began = Instant::now();
    let reply = service.wire().post(REMOVALS_PATH, &body(1, 300));
    assert_eq!(reply.code(), "deadline-passed");
    assert!(began.elapsed() < Duration::from_secs(30));
    service.setup.faults("example.com").clear().unwrap();
    assert_eq!(
        service.wire().post(REMOVALS_PATH, &body(1, 10_000)).status,
        200
    );
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
    let unready = (0..500).find_map(|_| {
        std::thread::sleep(Duration::from_millis(20));
        let reply = service.wire().get("/readyz");
        (reply.status == 503).then_some(reply)
    });
    assert_eq!(unready.unwrap().code(), "hsm-unavailable");
    assert_eq!(service.wire().get("/healthz").status, 200);
    service.setup.faults("example.com").clear().unwrap();
    let ready = (0..1_500).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        service.wire().get("/readyz").status == 200
    });
    assert!(ready, "{}", service.log());
    assert_eq!(
        service.wire().post(REMOVALS_PATH, &body(1, 10_000)).status,
        200
    );
    assert_eq!(service.wire().get("/v1/audit/head").json()["sequence"], 1);
}
