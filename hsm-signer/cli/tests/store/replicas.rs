//! Replicas on one PostgreSQL database: one is killed, the database is killed and restarted.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mls_hsm_signer::audit::Trust;
use mls_hsm_signer::audit::store::{Claim, Store, Theirs};

use crate::support::child::{Acknowledged, Random, Replica, assert_kept, merge};
use crate::support::{
    Cluster, Key, Place, TENANT, assert_sound, request, requests, settle, settle_all, sign, soon,
    verify,
};

/// How often a replica is killed, unless STORE_KILLS says otherwise.
const KILLS: u64 = 6;

async fn ours(store: &Store, key: &Key, number: u32) -> Claim {
    let mut claims = store.claim(&[request(key, number)], soon()).await;
    claims.pop().unwrap().unwrap()
}

fn theirs(claim: Claim) -> Theirs {
    match claim {
        Claim::Theirs(theirs) => theirs,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_sign_a_request_once() {
    let place = Place::postgres();
    let stores = [Arc::new(place.open().await), Arc::new(place.open().await)];
    let key = Arc::new(Key::p256());
    let asking = (0..200).map(|at: usize| {
        let (store, key) = (Arc::clone(&stores[at % 2]), Arc::clone(&key));
        tokio::spawn(async move {
            let asked = requests(&key, 0..10);
            settle_all(&store, &key, &asked, soon()).await
        })
    });
    let mut first = None;
    for asking in asking.collect::<Vec<_>>() {
        let answers = asking.await.unwrap();
        let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(first.get_or_insert_with(|| answers.clone()), &answers);
    }
    assert_eq!(key.signatures(), 10);
    assert_sound(&stores[0], TENANT, 10).await;
    for store in stores {
        store.close().await;
    }
}

/// A claim is seen by the other replica, and ends when it is dropped, when it is committed,
/// and when its replica is gone.
#[tokio::test(flavor = "multi_thread")]
async fn claims_are_seen_by_other_replicas_and_end() {
    let place = Place::postgres();
    let (one, two) = (place.open().await, place.open().await);
    let key = Key::p256();
    let held = ours(&one, &key, 1).await;
    assert!(matches!(held, Claim::Ours(_)));
    assert_eq!(theirs(ours(&two, &key, 1).await).wait(soon()).await, None);
    drop(held);
    let Claim::Ours(claim) = eventually_ours(&two, &key, 1).await else {
        unreachable!()
    };
    let answer = two.commit(vec![sign(&key, claim)]).await;
    let answer = answer.into_iter().next().unwrap().unwrap();
    let Claim::Answered(seen) = ours(&one, &key, 1).await else {
        panic!("not answered");
    };
    assert_eq!(seen, answer);
    let held = ours(&one, &key, 2).await;
    theirs(ours(&two, &key, 2).await);
    one.close().await;
    drop(one);
    eventually_ours(&two, &key, 2).await;
    drop(held);
    two.close().await;
}

async fn eventually_ours(store: &Store, key: &Key, number: u32) -> Claim {
    let until = soon();
    loop {
        match ours(store, key, number).await {
            Claim::Theirs(theirs) => assert_eq!(theirs.wait(soon()).await, None),
            claim => return claim,
        }
        assert!(Instant::now() < until, "never ours");
    }
}

/// The connection with the locks is lost while two replicas have the same request signed: one
/// signature is kept, and both callers get it.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_signatures_of_one_request_one_is_released() {
    let place = Place::postgres();
    let Place::Postgres(database) = &place else {
        unreachable!()
    };
    let (one, two) = (place.open().await, place.open().await);
    let key = Key::p256();
    let Claim::Ours(first) = ours(&one, &key, 1).await else {
        panic!("not ours");
    };
    database.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE application_name = 'mls-hsm-signer claims' AND datname = current_database()",
    );
    let until = soon();
    let second = loop {
        let claimed = two.claim(&[request(&key, 1)], soon()).await;
        if let Some(Ok(Claim::Ours(second))) = claimed.into_iter().next() {
            break second;
        }
        assert!(Instant::now() < until);
    };
    let signed = [sign(&key, first), sign(&key, second)];
    assert_ne!(signed[0].proposal, signed[1].proposal);
    let [first, second] = signed;
    let (first, second) = tokio::join!(one.commit(vec![first]), two.commit(vec![second]));
    assert_eq!(first[0].as_ref().unwrap(), second[0].as_ref().unwrap());
    assert_eq!(key.signatures(), 2);
    assert_sound(&one, TENANT, 1).await;
    let raced = [&one, &two].map(|store| store.metrics().raced.get());
    assert_eq!(raced[0] + raced[1], 1);
    one.close().await;
    two.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_and_the_database_are_killed_under_load() {
    let kills = std::env::var("STORE_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    let cluster = Cluster::start();
    let database = cluster.database();
    let config = database.config();
    let mut all = Acknowledged::new();
    let mut refused = 0;
    let mut random = Random(std::process::id().into());
    let mut replicas = vec![
        Replica::start(&config, random.next() >> 8),
        Replica::start(&config, random.next() >> 8),
    ];
    for round in 0..kills {
        for replica in &replicas {
            replica.wait_for(1);
        }
        std::thread::sleep(Duration::from_micros(random.next() % 100_000));
        if round % 3 == 2 {
            // The database is killed and recovers; both replicas come back by themselves.
            let before: Vec<u64> = replicas.iter().map(Replica::seen).collect();
            cluster.kill();
            cluster.restart();
            for (replica, before) in replicas.iter().zip(before) {
                replica.wait_for(before + 1);
            }
        } else {
            let survivor = replicas[1].seen();
            let heard = replicas.remove(0).kill();
            refused += heard.refused;
            merge(&mut all, heard);
            replicas[0].wait_for(survivor + 1);
            replicas.push(Replica::start(&config, random.next() >> 8));
        }
    }
    for replica in replicas {
        let heard = replica.kill();
        refused += heard.refused;
        merge(&mut all, heard);
    }
    let store = Store::open(&config).await.unwrap();
    assert_kept(&store, &all).await;
    let report = verify(store.reader(), TENANT, &Trust::default()).await;
    assert!(report.sound(), "{report:?}");
    assert!(report.records >= all.len() as u64);
    println!(
        "{kills} kills, {} requests acknowledged, {refused} refused",
        all.len()
    );
    store.close().await;
}

/// A database that is away is said to be, and claims are refused before anything is signed.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_comes_back() {
    let cluster = Cluster::start();
    let database = cluster.database();
    let store = Store::open(&database.config()).await.unwrap();
    let key = Key::p256();
    let answer = settle(&store, &key, 1).await;
    cluster.kill();
    let refused = settle_all(&store, &key, &requests(&key, [2, 3]), soon()).await;
    assert!(refused.iter().all(Result::is_err));
    cluster.restart();
    let until = soon();
    loop {
        let asked = requests(&key, [2]);
        let answers = settle_all(&store, &key, &asked, soon()).await;
        if answers[0].is_ok() {
            break;
        }
        assert!(Instant::now() < until, "{store:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(settle(&store, &key, 1).await, answer);
    assert_sound(&store, TENANT, 2).await;
    store.close().await;
}
