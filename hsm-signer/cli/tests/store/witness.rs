//! The store holds the database against what it wrote itself: a log that was rewritten below it
//! is refused, not gone on with.

use std::sync::Arc;

use mls_hsm_signer::audit::StatementSigner;
use mls_hsm_signer::audit::store::{Attested, Store, StoreError};

use crate::opening::change;
use crate::support::{
    Cluster, Key, Place, SoftSigner, TENANT, assert_sound, places, requests, settle, settle_all,
    soon,
};

/// Deletes the last record and its checkpoint, and moves the chain's head back.
const ROLLED_BACK: &str = "DELETE FROM record WHERE sequence = 3; \
     DELETE FROM statement WHERE sequence = 3; \
     UPDATE chain SET sequence = 2, head = (SELECT hash FROM record WHERE sequence = 2)";

/// Exchanges the last record for another one, and says that the chain ends with that.
const FORKED: &str = "UPDATE record SET hash = (SELECT head FROM chain), encoded = message \
     WHERE sequence = 2; UPDATE record SET hash = (SELECT anchor FROM chain) WHERE sequence = 3; \
     UPDATE chain SET head = anchor";

const REMOVED: &str = "DELETE FROM statement; DELETE FROM record; DELETE FROM chain";

/// Takes the last record away, and nothing else.
const LAST_GONE: &str = "DELETE FROM record WHERE sequence = 3";

/// Puts a row where the next record belongs.
const IN_THE_WAY: &str = "INSERT INTO record SELECT tenant, 4, (SELECT head FROM chain), encoded, \
     hash, message, proposal_ref FROM record WHERE sequence = 3";

/// Cuts the beginning off, as if it had been pruned.
const UNSIGNED_PRUNING: &str = "UPDATE chain SET pruned = 2, anchor = (SELECT hash FROM record \
     WHERE sequence = 2); DELETE FROM record WHERE sequence <= 2";

/// A store with three records and a checkpoint of them.
async fn filled(place: &Place, key: &Key, signer: &Arc<SoftSigner>) -> Store {
    let store = place.open().await;
    for number in 1..=3 {
        settle(&store, key, number).await;
    }
    let made = store.checkpoint(TENANT, false, signer.clone()).await;
    assert_eq!(made.unwrap().unwrap().statement.sequence, 3);
    store
}

/// Asserts that nothing is signed, recorded or attested any more.
async fn assert_refuses(store: &Store, key: &Key, signer: &Arc<SoftSigner>) {
    let first = settle_all(store, key, &requests(key, [104]), soon()).await;
    assert!(first[0].is_err(), "a record was added to a rewritten log");
    let signatures = key.signatures();
    let next = settle_all(store, key, &requests(key, [105]), soon()).await;
    assert!(next[0].is_err());
    assert_eq!(key.signatures(), signatures, "the HSM was asked");
    let error = store.available().unwrap_err().to_string();
    assert!(error.contains("is not the one that"), "{error}");
    let made = store.checkpoint(TENANT, false, signer.clone()).await;
    assert!(made.is_err(), "{made:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_rewritten_below_a_running_store_is_refused() {
    for what in [
        ROLLED_BACK,
        FORKED,
        REMOVED,
        LAST_GONE,
        IN_THE_WAY,
        UNSIGNED_PRUNING,
    ] {
        for place in places() {
            let (key, signer) = (Key::p256(), Arc::new(SoftSigner::new("ed25519")));
            let store = filled(&place, &key, &signer).await;
            change(&place, what).await;
            assert_refuses(&store, &key, &signer).await;
            store.close().await;
        }
    }
}

/// Where the HSM has said nothing of a log, it is read and hashed from its beginning.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_without_checkpoints_is_held_against_its_own_hashes() {
    for what in [
        "UPDATE chain SET head = anchor",
        "UPDATE chain SET id = head",
        "UPDATE chain SET sequence = 9223372036854775807",
        "DELETE FROM record WHERE sequence = 2",
        UNSIGNED_PRUNING,
    ] {
        for place in places() {
            let key = Key::p256();
            let store = place.open().await;
            for number in 1..=3 {
                settle(&store, &key, number).await;
            }
            let attested = Attested {
                keys: vec![SoftSigner::new("ed25519").key()],
                ..Attested::default()
            };
            store.hold(TENANT, &attested).await.unwrap();
            store.close().await;
            change(&place, what).await;
            let store = place.open().await;
            let held = store.hold(TENANT, &attested).await;
            assert!(
                matches!(held, Err(StoreError::Rewritten { .. })),
                "{what}: {held:?}"
            );
            store.close().await;
        }
    }
}

/// What another replica prunes is followed when one of the tenant's keys signed that.
#[tokio::test(flavor = "multi_thread")]
async fn what_another_replica_prunes_is_followed_if_a_key_of_the_tenant_signed_it() {
    for trusted in [true, false] {
        let place = Place::postgres();
        let (key, signer) = (Key::p256(), Arc::new(SoftSigner::new("ed25519")));
        let (one, two) = (place.open().await, filled(&place, &key, &signer).await);
        settle(&two, &key, 4).await;
        let keys = match trusted {
            true => vec![signer.key()],
            false => vec![SoftSigner::new("ed25519").key()],
        };
        settle(&one, &key, 5).await;
        let attested = Attested {
            keys,
            ..Attested::default()
        };
        one.hold(TENANT, &attested).await.unwrap();
        two.prune(TENANT, 0, signer.clone()).await.unwrap().unwrap();
        if trusted {
            settle(&one, &key, 6).await;
        } else {
            assert_refuses(&one, &key, &Arc::new(SoftSigner::new("ed25519"))).await;
        }
        one.close().await;
        two.close().await;
    }
}

/// A rule in the database that drops what is written: no answer is released without its record.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_drops_records_is_refused() {
    for place in places() {
        let (key, signer) = (Key::p256(), Arc::new(SoftSigner::new("ed25519")));
        let store = filled(&place, &key, &signer).await;
        let rule = match place {
            Place::Sqlite(_) => {
                "CREATE TRIGGER dropped BEFORE INSERT ON record BEGIN SELECT raise(ignore); END"
            }
            Place::Postgres(_) => "CREATE RULE dropped AS ON INSERT TO record DO INSTEAD NOTHING",
        };
        change(&place, rule).await;
        assert_refuses(&store, &key, &signer).await;
        store.close().await;
    }
}

/// A promoted standby lacks the last commits, which were acknowledged.
#[tokio::test(flavor = "multi_thread")]
async fn a_failover_that_lost_records_is_refused() {
    let cluster = Cluster::start();
    let database = cluster.database();
    let (key, signer) = (Key::p256(), Arc::new(SoftSigner::new("ed25519")));
    let store = Store::open(&database.config()).await.unwrap();
    settle(&store, &key, 1).await;
    cluster.keep_copy();
    let until = soon();
    while settle_all(&store, &key, &requests(&key, [2, 3]), soon())
        .await
        .iter()
        .any(Result::is_err)
    {
        assert!(std::time::Instant::now() < until, "{store:?}");
    }
    cluster.fail_over();
    let until = soon();
    loop {
        let answers = settle_all(&store, &key, &requests(&key, [4]), soon()).await;
        assert!(answers[0].is_err(), "the loss of a record was not noticed");
        // Between two attempts it may be available, until it looks at the log.
        let refused = store.available().err();
        if refused.is_some_and(|error| error.to_string().contains("is not the one that")) {
            break;
        }
        assert!(std::time::Instant::now() < until, "{store:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_refuses(&store, &key, &signer).await;
    store.close().await;
}

/// What another replica adds extends what this one knows, and is no reason to refuse.
#[tokio::test(flavor = "multi_thread")]
async fn what_another_replica_adds_is_followed_and_what_it_does_not_is_refused() {
    let place = Place::postgres();
    let (key, signer) = (Key::p256(), Arc::new(SoftSigner::new("ed25519")));
    let (one, two) = (place.open().await, place.open().await);
    for number in 1..=40 {
        let store = if number % 3 == 0 { &one } else { &two };
        settle(store, &key, number).await;
    }
    let made = one.checkpoint(TENANT, false, signer.clone()).await.unwrap();
    assert_eq!(made.unwrap().statement.sequence, 40);
    assert_sound(&one, TENANT, 40).await;
    // A record that no replica hashed.
    change(
        &place,
        "INSERT INTO record SELECT tenant, 41, sha256(request), encoded, sha256(hash), message, \
         proposal_ref FROM record WHERE sequence = 40; \
         UPDATE chain SET sequence = 41, head = (SELECT hash FROM record WHERE sequence = 41)",
    )
    .await;
    assert_refuses(&one, &key, &signer).await;
    assert_refuses(&two, &key, &signer).await;
    one.close().await;
    two.close().await;
}
