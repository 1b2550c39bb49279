//! Disks that are full, that fail, that do not sync, and power cuts: nothing is released that
//! is not on the disk, and the service goes on when the fault ends.

use std::time::{Duration, Instant};

use mls_fault_disk::{Disk, Rule, failed, synced};
use mls_hsm_signer::audit::store::{Answer, Store, StoreConfig, StoreError, Unsettled};

use crate::opening::begin_reading;
use crate::support::child::Random;
use crate::support::{
    Key, Place, TENANT, assert_sound, request, requests, settle, settle_all, soon,
};

async fn refused(store: &Store, key: &Key, number: u32) -> StoreError {
    let asked = [request(key, number)];
    let mut results = settle_all(store, key, &asked, soon()).await;
    match results.pop().unwrap() {
        Err(Unsettled::Store(error)) => error,
        other => panic!("{other:?}"),
    }
}

async fn until_available(store: &Store) {
    let until = soon();
    while store.available().is_err() {
        assert!(Instant::now() < until, "{store:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_disk_releases_nothing_and_the_store_comes_back() {
    for rule in Rule::ALL {
        let place = Place::sqlite();
        let disk = Disk::new(place.file().parent().unwrap());
        let store = place.open().await;
        let key = Key::p256();
        let mut answers = Vec::new();
        for number in 0..3 {
            answers.push(settle(&store, &key, number).await);
        }
        let before = failed();
        disk.set(Some(rule));
        // The first is signed and cannot be kept; the next is refused before it is signed.
        let error = refused(&store, &key, 10).await;
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
        assert!(failed() > before, "{rule:?} did not strike");
        let signed = key.signatures();
        for number in 10..15 {
            let error = refused(&store, &key, number).await;
            assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
        }
        assert_eq!(key.signatures(), signed, "{rule:?}");
        assert!(store.available().is_err(), "{rule:?}");
        disk.set(None);
        until_available(&store).await;
        for (number, answer) in (0..).zip(&answers) {
            assert_eq!(&settle(&store, &key, number).await, answer, "{rule:?}");
        }
        let after = settle(&store, &key, 10).await;
        let metrics = store.metrics();
        let (failures, recoveries) = (metrics.failures.get(), metrics.recoveries.get());
        assert!(failures > 0 && recoveries > 0, "{metrics:?}");
        assert_sound(&store, TENANT, 4).await;
        store.close().await;
        let again = place.open().await;
        assert_eq!(settle(&again, &key, 10).await, after, "{rule:?}");
        again.close().await;
        println!("{rule:?}: {error}");
    }
}

/// Faults come and go under load.
#[tokio::test(flavor = "multi_thread")]
async fn faults_under_load_lose_nothing_that_was_acknowledged() {
    let place = Place::sqlite();
    let disk = Disk::new(place.file().parent().unwrap());
    let store = std::sync::Arc::new(place.open().await);
    let key = std::sync::Arc::new(Key::p256());
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let callers = (0..6u32).map(|caller| {
        let (store, key, stop) = (store.clone(), key.clone(), stop.clone());
        tokio::spawn(async move {
            let (mut kept, mut failed) = (Vec::new(), 0);
            for number in caller * 100_000.. {
                if stop.load(std::sync::atomic::Ordering::SeqCst) {
                    break;
                }
                let asked = [request(&key, number)];
                match settle_all(&store, &key, &asked, soon())
                    .await
                    .pop()
                    .unwrap()
                {
                    Ok(answer) => kept.push((number, answer)),
                    Err(_) => {
                        failed += 1;
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                }
            }
            (kept, failed)
        })
    });
    let callers: Vec<_> = callers.collect();
    let mut random = Random(1);
    for round in 0..10 {
        let rule = Rule::ALL[round % Rule::ALL.len()];
        tokio::time::sleep(Duration::from_millis(20 + random.next() % 50)).await;
        disk.set(Some(rule));
        tokio::time::sleep(Duration::from_millis(20 + random.next() % 50)).await;
        disk.set(None);
        until_available(&store).await;
    }
    stop.store(true, std::sync::atomic::Ordering::SeqCst);
    let (mut kept, mut failed) = (Vec::new(), 0);
    for caller in callers {
        let (answers, failures) = caller.await.unwrap();
        kept.extend(answers);
        failed += failures;
    }
    assert!(failed > 0 && kept.len() > 20, "{failed} {}", kept.len());
    store.close().await;
    let again = place.open().await;
    assert_answers(&again, &key, &kept).await;
    again.close().await;
    println!("{} kept, {failed} refused", kept.len());
}

async fn assert_answers(store: &Store, key: &Key, kept: &[(u32, Answer)]) {
    let signed = key.signatures();
    for kept in kept.chunks(200) {
        let asked = requests(key, kept.iter().map(|(number, _)| *number));
        let answers = settle_all(store, key, &asked, soon()).await;
        for ((number, before), now) in kept.iter().zip(answers) {
            assert_eq!(&now.unwrap(), before, "{number}");
        }
    }
    assert_eq!(key.signatures(), signed, "an acknowledged request was lost");
    let chain = store.reader().chain(TENANT).await.unwrap().unwrap();
    assert_sound(store, TENANT, chain.sequence).await;
}

/// Only what was synced survives: every acknowledged answer is in it, at any moment, also
/// right after a crash and a restart.
#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_loses_nothing_that_was_acknowledged() {
    let place = Place::sqlite();
    let disk = Disk::new(place.file().parent().unwrap());
    let key = Key::p256();
    let mut kept = Vec::new();
    let mut number = 0;
    let before = synced();
    for round in 0..4 {
        let store = place.open().await;
        for _ in 0..15 {
            number += 1;
            kept.push((number, settle(&store, &key, number).await));
            if number % 5 == 0 {
                after_power_cut(&disk, &key, &kept).await;
            }
        }
        if round % 2 == 0 {
            store.close().await;
        } else {
            drop(store);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    assert!(synced() - before >= 60, "the syncs were not seen");
}

async fn after_power_cut(disk: &Disk, key: &Key, kept: &[(u32, Answer)]) {
    let directory = tempfile::tempdir().unwrap();
    disk.power_cut(directory.path());
    let path = directory.path().join("audit.db");
    let config = StoreConfig::new(format!("sqlite:{}", path.display()));
    let store = Store::open(&config).await.unwrap();
    assert_answers(&store, key, kept).await;
    store.close().await;
}

/// What a killed process wrote and did not sync can be read by the next one, from the page
/// cache. It must be on the disk before it is answered.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_unsynced_is_synced_before_it_is_answered() {
    let place = Place::sqlite();
    let directory = place.file().parent().unwrap().to_owned();
    let disk = Disk::new(&directory);
    let key = Key::p256();
    let store = place.open().await;
    settle(&store, &key, 1).await;
    // Written to the log, never synced, and the process is gone.
    disk.set(Some(Rule::SyncError));
    refused(&store, &key, 2).await;
    let left = tempfile::tempdir().unwrap();
    for name in ["audit.db", "audit.db-wal"] {
        std::fs::copy(directory.join(name), left.path().join(name)).unwrap();
    }
    disk.set(None);
    store.close().await;

    let after = Disk::new(left.path());
    let path = left.path().join("audit.db");
    let config = StoreConfig::new(format!("sqlite:{}", path.display()));
    let store = Store::open(&config).await.unwrap();
    let signed = key.signatures();
    let answer = settle(&store, &key, 2).await;
    println!("signed anew: {}", key.signatures() > signed);
    after_power_cut(&after, &key, &[(2, answer)]).await;
    store.close().await;
}

/// The same in one process, while somebody reads an earlier state: then the log cannot all be
/// copied into the database.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_unsynced_is_synced_while_others_read() {
    use sqlx::Connection;
    let place = Place::sqlite();
    let disk = Disk::new(place.file().parent().unwrap());
    let key = Key::p256();
    let store = place.open().await;
    settle(&store, &key, 1).await;
    let reader = begin_reading(&place).await;
    disk.set(Some(Rule::SyncError));
    refused(&store, &key, 2).await;
    disk.set(None);
    until_available(&store).await;
    let answer = settle(&store, &key, 2).await;
    after_power_cut(&disk, &key, &[(2, answer)]).await;
    reader.close().await.unwrap();
    store.close().await;
}
