//! Pruning: up to a checkpoint, signed, and provable afterwards.

use std::sync::Arc;
use std::time::Duration;

use mls_hsm_signer::audit::store::StoreError;
use mls_hsm_signer::audit::{Fault, Kind, StatementSigner, Verification};
use mls_hsm_signer::encoding::hex;

use crate::opening::edit;
use crate::support::{Key, Place, SoftSigner, TENANT, places, settle, trust, verify};

#[tokio::test]
async fn what_was_pruned_is_attested_and_the_rest_verifies() {
    for place in places() {
        let store = place.open().await;
        let key = Key::p256();
        let signer = Arc::new(SoftSigner::new("ed25519"));
        let trust = trust(&signer, &key);
        let mut times = Vec::new();
        for number in 1..=30u32 {
            settle(&store, &key, number).await;
            if number % 10 == 0 {
                let made = store
                    .checkpoint(TENANT, false, signer.clone())
                    .await
                    .unwrap();
                times.push(made.unwrap().statement.time);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        assert!(
            store
                .checkpoint(TENANT, false, signer.clone())
                .await
                .unwrap()
                .is_none()
        );
        let other = Arc::new(SoftSigner::new("ed25519"));
        let pruned = store.prune(TENANT, 0, other).await.unwrap();
        assert_eq!(pruned, None, "another key's checkpoints");
        let pruned = store
            .prune(TENANT, times[2] - times[0] + 1, signer.clone())
            .await;
        assert_eq!(pruned.unwrap(), None, "younger than the policy says");

        let pruned = store
            .prune(TENANT, times[2] - times[1], signer.clone())
            .await;
        let pruned = pruned.unwrap().unwrap();
        assert_eq!(pruned.statement.kind, Kind::Pruning);
        assert_eq!(pruned.statement.sequence, 20);
        let report = verify(store.reader(), TENANT, &trust).await;
        assert!(report.sound(), "{report:?}");
        assert_eq!((report.pruned, report.records, report.last), (20, 10, 30));
        let again = store
            .prune(TENANT, times[2] - times[1], signer.clone())
            .await;
        assert_eq!(again.unwrap(), None);

        // What is kept is still answered; what was pruned is signed anew, at the end.
        let signatures = key.signatures();
        assert_eq!(settle(&store, &key, 25).await.sequence, 25);
        assert_eq!(key.signatures(), signatures);
        assert_eq!(settle(&store, &key, 5).await.sequence, 31);
        let report = verify(store.reader(), TENANT, &trust).await;
        assert!(report.sound(), "{report:?}");

        // Without the HSM's word the beginning is simply missing.
        let chain = store.reader().chain(TENANT).await.unwrap().unwrap();
        let mut statements = store.reader().statements(TENANT, 0, 1000).await.unwrap();
        statements.retain(|signed| signed.statement.kind != Kind::Pruning);
        let report = Verification::begin(chain, statements, &trust).finish();
        assert_eq!(report.findings[0].fault, Fault::FrontMissing);
        store.close().await;
    }
}

/// The HSM does not put its name to what does not fit.
#[tokio::test]
async fn a_chain_that_was_tampered_with_is_not_pruned() {
    let place = Place::sqlite();
    let key = Key::p256();
    let signer = Arc::new(SoftSigner::new("ed25519"));
    let store = place.open().await;
    for number in 1..=10 {
        settle(&store, &key, number).await;
    }
    store
        .checkpoint(TENANT, false, signer.clone())
        .await
        .unwrap()
        .unwrap();
    // The end is held against its own hashes.
    settle(&store, &key, 11).await;
    settle(&store, &key, 12).await;
    store.close().await;
    edit(
        &place,
        "UPDATE record SET hash = randomblob(32) WHERE sequence = 10",
    )
    .await;
    let store = place.open().await;
    let refused = store.prune(TENANT, 0, signer).await;
    assert!(
        matches!(refused, Err(StoreError::Corrupt(_))),
        "{refused:?}"
    );
    assert_eq!(
        store.reader().records(TENANT, 0, 100).await.unwrap().len(),
        12
    );
    store.close().await;
}

const HOUR_MS: u64 = 60 * 60 * 1000;

const DAY_MS: u64 = 24 * HOUR_MS;

/// A clock that jumps a year ahead, and ten days more, makes checkpoints of those times; no record
/// is a day old.
#[tokio::test]
async fn a_clock_that_jumped_prunes_nothing() {
    let place = Place::sqlite();
    let key = Key::p256();
    let signer = Arc::new(SoftSigner::new("ed25519"));
    let store = place.open().await;
    settle(&store, &key, 1).await;
    let made = store.checkpoint(TENANT, true, signer.clone()).await;
    let made = made.unwrap().unwrap();
    assert_eq!(
        store
            .checkpoint(TENANT, true, signer.clone())
            .await
            .unwrap(),
        None
    );
    settle(&store, &key, 2).await;
    let chain = store.reader().chain(TENANT).await.unwrap().unwrap();
    let checkpoint = |hours: u64| {
        let mut statement = made.statement.clone();
        (statement.sequence, statement.head) = (chain.sequence, chain.head);
        statement.time += hours * HOUR_MS;
        let signature = signer.sign(&statement.signature_input()).unwrap();
        format!(
            "INSERT INTO statement SELECT tenant, 2, x'{}', key, x'{}' FROM statement \
             WHERE sequence = 1",
            hex(&statement.encode()),
            hex(&signature)
        )
    };
    for day in [365, 375] {
        edit(&place, &checkpoint(day * 24)).await;
    }
    let pruned = store.prune(TENANT, DAY_MS, signer.clone()).await;
    assert_eq!(pruned.unwrap(), None);
    // Hours that checkpoints have counted are hours.
    for hour in 1..=24 {
        edit(&place, &checkpoint(375 * 24 + hour)).await;
    }
    let pruned = store.prune(TENANT, DAY_MS, signer.clone()).await;
    assert_eq!(pruned.unwrap().unwrap().statement.sequence, 2);
    store.close().await;
}
