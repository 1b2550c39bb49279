//! Records in a second, synced: run with `--release -- --ignored --nocapture records`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mls_hsm_signer::audit::store::{Claim, RequestKey, Signed, Store};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use crate::support::{Key, TENANT, assert_sound, places, requests, sign, soon};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement, in minutes"]
async fn records_in_a_second() {
    for place in places() {
        for (callers, batch, rounds) in [(1, 1, 300), (16, 1, 60), (1, 100, 60), (8, 100, 20)] {
            let mut config = place.config();
            config.max_claims = 100_000;
            let store = Arc::new(Store::open(&config).await.unwrap());
            let key = Arc::new(Key::new("ed25519"));
            let before = syncs(&store);
            let mut claimed = Duration::ZERO;
            let mut committed = Duration::ZERO;
            let mut number = 0;
            for _ in 0..rounds {
                let asked: Vec<Vec<RequestKey>> = (0..callers)
                    .map(|_| {
                        number += batch;
                        requests(&key, number - batch..number)
                    })
                    .collect();
                let begun = Instant::now();
                let claims = claim_all(&store, asked).await;
                claimed += begun.elapsed();
                let signed: Vec<Vec<Signed>> = claims
                    .into_iter()
                    .map(|claims| {
                        let ours = claims.into_iter().filter_map(|claim| match claim {
                            Claim::Ours(ours) => Some(sign(&key, ours)),
                            _ => None,
                        });
                        ours.collect()
                    })
                    .collect();
                let begun = Instant::now();
                commit_all(&store, signed).await;
                committed += begun.elapsed();
            }
            let after = syncs(&store);
            let transactions = after.0 - before.0;
            let records = f64::from(number);
            println!(
                "{}: {callers} callers, batches of {batch}: {:.0} records/s committed, {:.0} with \
                 the claims, {transactions} syncs of {:.2} ms",
                place.name(),
                records / committed.as_secs_f64(),
                records / (committed + claimed).as_secs_f64(),
                (after.1 - before.1) * 1000.0 / transactions,
            );
            let chain = store.reader().chain(TENANT).await.unwrap().unwrap();
            assert_sound(&store, TENANT, chain.sequence).await;
            store.close().await;
        }
    }
}

/// How many transactions were synced, and the seconds that it took.
fn syncs(store: &Store) -> (f64, f64) {
    let mut registry = Registry::default();
    store.metrics().register(&mut registry);
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    let value = |name: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(name));
        value.unwrap().trim().parse().unwrap()
    };
    (
        value("store_sync_duration_seconds_count"),
        value("store_sync_duration_seconds_sum"),
    )
}

async fn claim_all(store: &Arc<Store>, asked: Vec<Vec<RequestKey>>) -> Vec<Vec<Claim>> {
    let claiming = asked.into_iter().map(|asked| {
        let store = Arc::clone(store);
        tokio::spawn(async move { store.claim(&asked, soon()).await })
    });
    let mut claims = Vec::new();
    for claiming in claiming.collect::<Vec<_>>() {
        let claimed = claiming.await.unwrap();
        claims.push(claimed.into_iter().map(Result::unwrap).collect());
    }
    claims
}

async fn commit_all(store: &Arc<Store>, signed: Vec<Vec<Signed>>) {
    let committing = signed.into_iter().map(|signed| {
        let store = Arc::clone(store);
        tokio::spawn(async move { store.commit(signed).await })
    });
    for committing in committing.collect::<Vec<_>>() {
        assert!(committing.await.unwrap().iter().all(Result::is_ok));
    }
}
