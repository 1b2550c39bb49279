//! Times in records never go backwards, whatever the clock does.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use mls_hsm_signer::audit::store::StoredRecord;
use mls_hsm_signer::audit::{Record, chain};
use mls_hsm_signer::encoding::hex;

use crate::opening::edit;
use crate::support::{Key, Place, SoftSigner, TENANT, assert_sound, settle};

const HOUR_MS: u64 = 60 * 60 * 1000;

fn time(stored: &StoredRecord) -> u64 {
    Record::decode(&stored.encoded).unwrap().time
}

/// The last record is of a process whose clock was an hour ahead.
#[tokio::test]
async fn a_record_is_not_before_the_one_before_it() {
    let place = Place::sqlite();
    let key = Key::p256();
    let store = place.open().await;
    settle(&store, &key, 1).await;
    let before = store.reader().chain(TENANT).await.unwrap().unwrap();
    let stored = store
        .reader()
        .records(TENANT, 0, 1)
        .await
        .unwrap()
        .remove(0);
    store.close().await;
    let mut record = Record::decode(&stored.encoded).unwrap();
    record.time += HOUR_MS;
    let encoded = record.encode();
    let hash = hex(&chain::next(&before.anchor, &encoded));
    let sql = format!(
        "UPDATE record SET encoded = x'{}', hash = x'{hash}'; UPDATE chain SET head = x'{hash}'",
        hex(&encoded)
    );
    edit(&place, &sql).await;
    let store = place.open().await;
    // What the HSM signs is of this clock, by which ages are measured.
    let signer = Arc::new(SoftSigner::new("ed25519"));
    let made = store.checkpoint(TENANT, false, signer).await.unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    assert!(u128::from(made.unwrap().statement.time) <= now.as_millis());
    settle(&store, &key, 2).await;
    settle(&store, &key, 3).await;
    let records = store.reader().records(TENANT, 0, 10).await.unwrap();
    let times: Vec<u64> = records.iter().map(time).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert_sound(&store, TENANT, 3).await;
    store.close().await;
}
