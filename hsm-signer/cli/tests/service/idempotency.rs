//! One removal, one signature, one record, the same bytes for ever.

use std::collections::HashSet;

use mls_hsm_signer::api::RemovalsRequest;

use crate::support::{Setup, item, message, runtime};

const SCHEME: &str = "ecdsa_secp256r1_sha256";

#[test]
fn a_thousand_parallel_repeats_cost_one_signature() {
    let service = Setup::new().start();
    // So slow that all of them wait for the one signature together.
    let faults = service.setup.faults("example.com");
    faults.set(&["C_Sign delay 1000000"]).unwrap();
    let request = RemovalsRequest {
        removals: vec![item(SCHEME, "group", 1)],
        ..RemovalsRequest::default()
    };
    let client = service.client();
    let answers: Vec<_> = runtime().block_on(async {
        let asks = (0..1_000).map(|_| {
            let (client, request) = (client.clone(), request.clone());
            tokio::spawn(async move { client.propose_removals(request).await })
        });
        let asks: Vec<_> = asks.collect();
        let mut answers = Vec::new();
        for ask in asks {
            answers.push(ask.await.unwrap().unwrap());
        }
        answers
    });
    assert_eq!(answers.len(), 1_000);
    let messages: HashSet<_> = answers
        .iter()
        .map(|answer| message(&answer.results[0]))
        .collect();
    assert_eq!(messages.len(), 1, "different bytes for the same removal");
    // The client keeps clear of the bound of connections that one caller has, 250: 64 that
    // are asked on, and as many that were begun when another became free first.
    let open = service.counted("mls_hsm_signer_connections{listener=\"unix\"}");
    assert!((1..=128).contains(&open), "{open} connections");
    let head = service.wire().get("/v1/audit/head").json();
    assert_eq!(head["sequence"], 1, "more than one audit record");
    // The engine's own probes are signatures too; the store says how often it had one made.
    let made = service.counted("mls_hsm_signer_store_claims_total{outcome=\"ours\"}");
    assert_eq!(made, 1, "more than one signature");
    service.verify_audit();
}

#[test]
fn the_bytes_are_the_same_after_a_restart_and_a_kill() {
    let mut service = Setup::new().start();
    let items: Vec<_> = (0..20).map(|leaf| item(SCHEME, "group", leaf)).collect();
    let first: Vec<_> = service
        .propose(items.clone())
        .unwrap()
        .iter()
        .map(message)
        .collect();
    for round in 0..2 {
        if round == 0 {
            service.signal(rustix::process::Signal::TERM);
            assert_eq!(service.wait(), Some(0));
        } else {
            service.kill();
        }
        service.start_again();
        let again: Vec<_> = service
            .propose(items.clone())
            .unwrap()
            .iter()
            .map(message)
            .collect();
        assert_eq!(again, first);
    }
    assert_eq!(service.wire().get("/v1/audit/head").json()["sequence"], 20);
    service.verify_audit();
}
