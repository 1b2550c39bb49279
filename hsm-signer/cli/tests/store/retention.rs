//! Pruning: up to a checkpoint, signed, and provable afterwards.

use std::sync::Arc;
use std::time::Duration;

use mls_hsm_signer::audit::store::StoreError;
use mls_hsm_signer::audit::{Fault, Kind, Verification};

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
                let made = store.checkpoint(TENANT, signer.clone()).await.unwrap();
                times.push(made.unwrap().statement.time);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        assert!(
            store
                .checkpoint(TENANT, signer.clone())
                .await
                .unwrap()
                .is_none()
        );
        let other = Arc::new(SoftSigner::new("ed25519"));
        let pruned = store.prune(TENANT, times[2], other).await.unwrap();
        assert_eq!(pruned, None, "another key's checkpoints");
        let pruned = store.prune(TENANT, times[0] - 1, signer.clone()).await;
        assert_eq!(pruned.unwrap(), None, "younger than the policy says");

        let pruned = store.prune(TENANT, times[1], signer.clone()).await;
        let pruned = pruned.unwrap().unwrap();
        assert_eq!(pruned.statement.kind, Kind::Pruning);
        assert_eq!(pruned.statement.sequence, 20);
        let report = verify(store.reader(), TENANT, &trust).await;
        assert!(report.sound(), "{report:?}");
        assert_eq!((report.pruned, report.records, report.last), (20, 10, 30));
        let again = store.prune(TENANT, times[1], signer.clone()).await;
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
        let mut statements = store.reader().statements(TENANT).await.unwrap();
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
        .checkpoint(TENANT, signer.clone())
        .await
        .unwrap()
        .unwrap();
    store.close().await;
    edit(
        &place,
        "UPDATE record SET hash = randomblob(32) WHERE sequence = 10",
    )
    .await;
    let store = place.open().await;
    let refused = store.prune(TENANT, u64::MAX, signer).await;
    assert!(
        matches!(refused, Err(StoreError::Corrupt(_))),
        "{refused:?}"
    );
    assert_eq!(
        store.reader().records(TENANT, 0, 100).await.unwrap().len(),
        10
    );
    store.close().await;
}

/// An answer that was exchanged in the database is not given out.
#[tokio::test]
async fn an_exchanged_answer_is_not_released() {
    let place = Place::sqlite();
    let key = Key::p256();
    let store = place.open().await;
    for number in 1..=2 {
        settle(&store, &key, number).await;
    }
    store.close().await;
    edit(
        &place,
        "UPDATE record SET message = (SELECT message FROM record WHERE sequence = 2)",
    )
    .await;
    let store = place.open().await;
    let asked = crate::support::requests(&key, [1]);
    let answers = crate::support::settle_all(&store, &key, &asked, crate::support::soon()).await;
    assert!(
        matches!(
            &answers[0],
            Err(mls_hsm_signer::audit::store::Unsettled::Store(
                StoreError::Corrupt(_)
            ))
        ),
        "{answers:?}"
    );
    assert_eq!(key.signatures(), 2);
    store.close().await;
}
